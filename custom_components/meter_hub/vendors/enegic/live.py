"""The live values of all meters, from one answer. Pure."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime, timedelta, tzinfo

from ...metering.model import Reading, Series
from ...metering.vocabulary import Quantity
from ..base import JsonObject
from .direction import Direction
from .items import NOMINAL
from .known import Known
from .mapping import STALE, Frame, readings_of, status_of
from .packets import Packets, item_of, packets_of

_LATE = timedelta(minutes=2)
"""By so much the packet of the next poll may be later than this one's."""


def packets_by_item(
    entries: Iterable[JsonObject],
    meters: Mapping[str, Known],
    zones: Mapping[str, tzinfo],
) -> dict[str, Packets]:
    """Return the packets of each item, by the items' ids; also of those that are no meters."""
    found: dict[str, Packets] = {}
    for entry in entries:
        if (item_id := item_of(entry)) is None:
            continue
        known = meters.get(item_id)
        zone = zones.get(known.zone, UTC) if known else UTC
        found[item_id] = packets_of(entry, zone, known.nominal if known else NOMINAL)
    return found


def live_readings(
    packets: Mapping[str, Packets],
    meters: Mapping[str, Known],
    zones: Mapping[str, tzinfo],
    now: datetime,
    interval: timedelta,
) -> tuple[Reading, ...]:
    """Return the readings of all meters that are listed; the next come after `interval`."""
    lasting = max(STALE, interval + _LATE)
    return tuple(
        reading
        for meter_id, known in meters.items()
        if known.listed
        for reading in _readings(
            known, packets.get(meter_id), zones.get(known.zone, UTC), now, lasting
        )
    )


def _readings(
    known: Known,
    packets: Packets | None,
    zone: tzinfo,
    now: datetime,
    lasting: timedelta,
) -> Iterator[Reading]:
    meter_id = known.about.id
    status = Series(meter_id, Quantity.METER_STATUS)
    yield Reading(status, status_of(packets, now), now)
    if known.main_fuse is not None:
        yield Reading(Series(meter_id, Quantity.MAIN_FUSE), known.main_fuse)
    if packets is None:
        return
    rise = known.minutes.rise
    frame = Frame(
        meter=meter_id,
        now=now,
        zone=zone,
        sign=known.learned.sign(rise),
        rise=rise,
        by_registers=known.learned.direction is Direction.UNSIGNED,
        fuse=known.main_fuse,
        estimated=known.clamps,
        lasting=lasting,
    )
    yield from readings_of(packets, frame)
