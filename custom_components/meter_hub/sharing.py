"""Devices that two accounts of a vendor share: only one entry may show and write them."""

from collections.abc import Set as AbstractSet

from homeassistant.config_entries import ConfigEntry, ConfigEntryState
from homeassistant.core import HomeAssistant, callback

from .accounts import claimed_meters, entries_of, meters_of
from .const import CONF_METERS
from .memory import Memory
from .metering.model import Update
from .vendors.base import Vendor


@callback
def without_taken(
    hass: HomeAssistant,
    entry: ConfigEntry,
    vendor: Vendor,
    memory: Memory,
    update: Update,
) -> Update:
    """Leave out the meters that are new to an entry but belong to another one.

    They are not remembered, and so are new again in the next update: should the
    other entry let go of them, this one takes them.
    """
    new = _told_meters(update) - memory.meters.keys()
    if not new:
        return update
    return _without(update, new & _owned_by_others(hass, entry, vendor))


@callback
def claim_meters(hass: HomeAssistant, entry: ConfigEntry, memory: Memory) -> None:
    """Note new meters in the entry, where others see them before it is set up."""
    claimed = set(entry.data[CONF_METERS])
    if new := memory.meters.keys() - claimed:
        hass.config_entries.async_update_entry(
            entry, data={**entry.data, CONF_METERS: sorted(claimed | new)}
        )


def _owned_by_others(
    hass: HomeAssistant, entry: ConfigEntry, vendor: Vendor
) -> set[str]:
    """Return the meters that other entries of the vendor show or will show.

    Of two entries that claim a meter, and neither of which shows it yet, the older
    one owns it: so never both leave it to the other.
    """
    entries = entries_of(hass, vendor)
    older = entries[: entries.index(entry)]
    owned: set[str] = set()
    for other in entries:
        if other is entry:
            continue
        meters = meters_of(other)
        if other not in older and other.state is not ConfigEntryState.LOADED:
            meters -= claimed_meters(entry)
        owned |= meters
    return owned


def _without(update: Update, meters: AbstractSet[str]) -> Update:
    """Return what an update tells of all but some meters."""
    if not meters:
        return update
    return Update(
        meters=None
        if update.meters is None
        else tuple(meter for meter in update.meters if meter.id not in meters),
        missing=update.missing - meters,
        readings=tuple(
            each for each in update.readings if each.series.meter not in meters
        ),
        intervals=tuple(
            each for each in update.intervals if each.series.meter not in meters
        ),
        explored=tuple(
            each for each in update.explored if each.series.meter not in meters
        ),
        floors={
            series: floor
            for series, floor in update.floors.items()
            if series.meter not in meters
        },
    )


def _told_meters(update: Update) -> set[str]:
    """Return the ids of the meters that an update tells something of."""
    series = {
        *(each.series for each in update.readings),
        *(each.series for each in update.intervals),
        *(each.series for each in update.explored),
        *update.floors,
    }
    listed = {meter.id for meter in update.meters or ()}
    return listed | update.missing | {each.meter for each in series}
