"""The truth check is not vacuous: an integration that is wrong in one thing fails it.

The same account goes the same way each time: its last day is imported, then the whole
history, over the end of summer time, so that rows are put before others.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from custom_components.meter_hub import history, history_rows, recorder_io
from custom_components.meter_hub.const import CONF_HISTORY_DAYS
from custom_components.meter_hub.metering.ledger import Book, Chunk, hourly
from custom_components.meter_hub.metering.model import Interval, Series
from custom_components.meter_hub.metering.vocabulary import Quantity
from custom_components.meter_hub.statistic_names import statistic_id

from .matrix import HOUR, Account, OpenAccount
from .matrix_cases import VENDOR_CASES, VendorCase

pytest_plugins = ("tests.integration.matrix_accounts",)

NOW = datetime(2026, 10, 26, 9, 53, tzinfo=UTC)
"""The day after the end of summer time."""

HISTORY = timedelta(days=3)
ZONE = ZoneInfo("Europe/Warsaw")

type Mutate = Callable[[pytest.MonkeyPatch], None]

next_chunk = Book.next_chunk


async def async_import(account: Account) -> None:
    """Import the last day, then what is older."""
    await account.async_pass(HOUR / 2)
    account.hass.config_entries.async_update_entry(
        account.entry,
        options={**account.entry.options, CONF_HISTORY_DAYS: HISTORY.days + 1},
    )
    assert await account.hass.config_entries.async_reload(account.entry.entry_id)
    await account.async_pass(account.case.deepening)


@pytest.mark.parametrize("case", VENDOR_CASES, ids=lambda case: case.key)
async def test_all_is_right_without_a_mutation(
    case: VendorCase, open_account: OpenAccount
) -> None:
    account = await open_account(case, now=NOW, history=HISTORY, history_days=1)
    await async_import(account)

    verdicts = await account.async_verdicts()
    assert verdicts
    assert [verdict.problems() for verdict in verdicts.values() if not verdict.ok] == []
    hours = (HISTORY - case.lag) / HOUR
    assert min(verdict.hours for verdict in verdicts.values()) > hours - 2


def shift_by_an_hour(patch: pytest.MonkeyPatch) -> None:
    """Take the end of an hour for its start."""

    def shifted(intervals: Iterable[Interval], **more: Any) -> dict[datetime, Any]:
        hours = hourly(intervals, **more)
        return {hour + HOUR: energy for hour, energy in hours.items()}

    patch.setattr(history, "hourly", shifted)


def swap_directions(patch: pytest.MonkeyPatch) -> None:
    """Take import for export."""
    other = {
        Quantity.GRID_IMPORT: Quantity.GRID_EXPORT,
        Quantity.GRID_EXPORT: Quantity.GRID_IMPORT,
    }

    def swapped(vendor_key: str, series: Series) -> str:
        return statistic_id(
            vendor_key, replace(series, quantity=other[series.quantity])
        )

    patch.setattr(history_rows, "statistic_id", swapped)


def lose_the_fold(patch: pytest.MonkeyPatch) -> None:
    """Round by the clock on the wall, which shows an hour twice."""

    def folded(intervals: Iterable[Interval], **more: Any) -> dict[datetime, Any]:
        return {
            hour.astimezone(ZONE).replace(fold=0).astimezone(UTC): energy
            for hour, energy in hourly(intervals, **more).items()
        }

    patch.setattr(history, "hourly", folded)


def double_a_row(patch: pytest.MonkeyPatch) -> None:
    """Count the energy of one hour of a chunk twice."""

    def doubled(book: Book, *args: Any, **more: Any) -> Chunk | None:
        chunk = next_chunk(book, *args, **more)
        if chunk is None:
            return None
        *before, last = chunk.rows
        again = replace(last, sum=last.sum + last.state)
        return replace(chunk, rows=(*before, again))

    patch.setattr(Book, "next_chunk", doubled)


def lose_a_move(patch: pytest.MonkeyPatch) -> None:
    """Put rows before others without moving the sums of these."""
    patch.setattr(recorder_io, "async_queue_shift", lambda *_: None)
    patch.setattr(history_rows, "async_queue_shift", lambda *_: None)


def take_missing_for_zero(patch: pytest.MonkeyPatch) -> None:
    """Write the running hour, of which nothing is known, as zero."""

    def padded(intervals: Iterable[Interval], **more: Any) -> Mapping[datetime, Any]:
        hours = hourly(intervals, **more)
        last = max(hours)
        return hours | {last + HOUR: replace(hours[last], energy=0.0)}

    patch.setattr(history, "hourly", padded)


@pytest.mark.parametrize(
    ("mutate", "complaint"),
    [
        (shift_by_an_hour, "wrong"),
        (swap_directions, "wrong"),
        (lose_the_fold, "missing"),
        (double_a_row, "sum_errors"),
        (lose_a_move, "sum_errors"),
        (take_missing_for_zero, "extra"),
    ],
)
@pytest.mark.parametrize("case", VENDOR_CASES, ids=lambda case: case.key)
async def test_a_mutation_is_found(
    case: VendorCase,
    open_account: OpenAccount,
    monkeypatch: pytest.MonkeyPatch,
    mutate: Mutate,
    complaint: str,
) -> None:
    mutate(monkeypatch)
    account = await open_account(case, now=NOW, history=HISTORY, history_days=1)
    await async_import(account)

    verdicts = await account.async_verdicts()
    assert verdicts
    assert not all(verdict.ok for verdict in verdicts.values())
    assert [verdict for verdict in verdicts.values() if getattr(verdict, complaint)]
