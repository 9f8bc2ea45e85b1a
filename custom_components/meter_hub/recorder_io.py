"""Reads and writes the rows of external statistics, and proves what was written."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from math import isclose

from homeassistant.components.recorder.models import (
    StatisticData,
    StatisticMeanType,
    StatisticMetaData,
)
from homeassistant.components.recorder.statistics import (
    async_add_external_statistics,
    get_last_statistics,
    statistics_during_period,
)
from homeassistant.components.recorder.tasks import SynchronizeTask
from homeassistant.const import UnitOfEnergy
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers.recorder import get_instance
from homeassistant.util.unit_conversion import EnergyConverter

from .const import DOMAIN
from .metering.ledger import Book, Chunk, Row, Shift
from .metering.spans import HOUR, from_epoch

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

_SAME = 1e-6
"""What sums of floats may differ by when they are computed in another order."""


@dataclass(frozen=True, slots=True)
class Claim:
    """What the recorder is thought to hold of a statistic."""

    statistic_id: str
    total: float
    """The sum of its last row; 0 without any."""
    rows: tuple[Row, ...] = ()
    """Some of its rows."""


@callback
def async_queue_chunk(
    hass: HomeAssistant,
    statistic_id: str,
    name: str,
    chunk: Chunk,
    *,
    currency: str | None = None,
) -> None:
    """Queue rows and the move of those after them, with nothing in between.

    The recorder works its queue off in order, so that only the end of the process
    can come between the two. Rows are kWh where there is no currency.
    """
    async_add_external_statistics(
        hass,
        StatisticMetaData(
            mean_type=StatisticMeanType.NONE,
            has_sum=True,
            name=name,
            source=DOMAIN,
            statistic_id=statistic_id,
            unit_class=None if currency else EnergyConverter.UNIT_CLASS,
            unit_of_measurement=currency or UnitOfEnergy.KILO_WATT_HOUR,
        ),
        [
            StatisticData(start=row.start, state=row.state, sum=row.sum)
            for row in chunk.rows
        ],
    )
    if chunk.shift is not None:
        async_queue_shift(hass, statistic_id, chunk.shift, currency=currency)


@callback
def async_queue_shift(
    hass: HomeAssistant,
    statistic_id: str,
    shift: Shift,
    *,
    currency: str | None = None,
) -> None:
    """Queue the move of all sums from an hour on; in kWh without a currency."""
    get_instance(hass).async_adjust_statistics(
        statistic_id,
        shift.start,
        shift.by,
        currency or UnitOfEnergy.KILO_WATT_HOUR,
    )


async def async_fence(hass: HomeAssistant) -> None:
    """Wait until the recorder has done all that it was asked before."""
    done = hass.loop.create_future()
    get_instance(hass).queue_task(SynchronizeTask(done))
    await done


async def async_read_book(hass: HomeAssistant, statistic_id: str) -> Book:
    """Return all that is written of a statistic."""
    return await get_instance(hass).async_add_executor_job(
        lambda: Book(_read_rows(hass, statistic_id, _EPOCH, None))
    )


async def async_are_written(hass: HomeAssistant, claims: Iterable[Claim]) -> list[bool]:
    """Tell of each claim whether it holds.

    A move of sums is one transaction: where the last sum has moved, all have.
    """
    return await get_instance(hass).async_add_executor_job(
        lambda: [_is_written(hass, claim) for claim in claims]
    )


def _is_written(hass: HomeAssistant, claim: Claim) -> bool:
    statistic_id = claim.statistic_id
    last = get_last_statistics(hass, 1, statistic_id, True, {"sum"}).get(statistic_id)
    if not isclose((last and last[0].get("sum")) or 0, claim.total, abs_tol=_SAME):
        return False
    if not claim.rows:
        return True
    written = {
        row.start: row
        for row in _read_rows(
            hass,
            statistic_id,
            min(row.start for row in claim.rows),
            max(row.start for row in claim.rows) + HOUR,
        )
    }
    return all(
        (there := written.get(row.start)) is not None
        and isclose(there.state, row.state, abs_tol=_SAME)
        and isclose(there.sum, row.sum, abs_tol=_SAME)
        for row in claim.rows
    )


def _read_rows(
    hass: HomeAssistant, statistic_id: str, start: datetime, end: datetime | None
) -> list[Row]:
    """Read the rows that start in [start, end), in kWh or in their currency."""
    rows = statistics_during_period(
        hass,
        start,
        end,
        {statistic_id},
        "hour",
        {EnergyConverter.UNIT_CLASS: UnitOfEnergy.KILO_WATT_HOUR},
        {"state", "sum"},
    ).get(statistic_id, [])
    return [
        Row(from_epoch(row["start"]), state, total)
        for row in rows
        if (state := row.get("state")) is not None
        and (total := row.get("sum")) is not None
    ]
