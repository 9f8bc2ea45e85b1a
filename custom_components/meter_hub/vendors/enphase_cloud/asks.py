"""What is asked for together: in a poll, in a night, at the beginning. Pure."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from ...metering.model import Series
from ...metering.vocabulary import Quantity
from .client import INTERVALS_KEPT, Granularity, Lifetime, Telemetry
from .jobs import Ask, Purpose, What
from .known import REFUSED_FOR, KnownSystem
from .ladder import EXACT_EACH, Parts, Rhythm
from .systems import Source

_QUANTITIES = {
    Telemetry.PRODUCTION_MICRO: (Quantity.SOLAR,),
    Telemetry.PRODUCTION_METER: (Quantity.SOLAR,),
    Telemetry.CONSUMPTION: (Quantity.HOME,),
    Telemetry.BATTERY: (Quantity.BATTERY_CHARGE, Quantity.BATTERY_DISCHARGE),
    Telemetry.IMPORT: (Quantity.GRID_IMPORT,),
    Telemetry.EXPORT: (Quantity.GRID_EXPORT,),
}

_LIFETIMES = {
    Telemetry.CONSUMPTION: Lifetime.CONSUMPTION,
    Telemetry.IMPORT: Lifetime.IMPORT,
    Telemetry.EXPORT: Lifetime.EXPORT,
    Telemetry.BATTERY: Lifetime.BATTERY,
}

SUMMARY, DEVICES, LATEST = Ask(What.SUMMARY), Ask(What.DEVICES), Ask(What.LATEST)
REGISTERS, INVERTERS = Ask(What.REGISTERS), Ask(What.INVERTERS)

PHASES = "rgm_stats"
"""What the phases of the production are known by among what is refused."""

_DAYS_EVERY = timedelta(days=28)

_GRID = (Telemetry.IMPORT, Telemetry.EXPORT)

_NAMES = {each: Ask.telemetry(each).name for each in Telemetry}


def production(known: KnownSystem) -> Telemetry:
    """Return by what the production of a system is measured."""
    if known.source is Source.METER:
        return Telemetry.PRODUCTION_METER
    return Telemetry.PRODUCTION_MICRO


def is_by_phase(known: KnownSystem, ask: Ask) -> bool:
    """Tell whether an answer may also tell of phases: production meters have them.

    While polls fail, nothing is worth asking for but what proves that they don't.
    """
    metered = ask == Ask.telemetry(Telemetry.PRODUCTION_METER)
    is_lacking = PHASES in known.refused or Purpose.POLL in known.failures
    return metered and not is_lacking


def derived(known: KnownSystem) -> tuple[Telemetry, ...]:
    """Return what import and export can be derived from."""
    allowed = (
        *_allowed(known, production(known)),
        *_allowed(known, Telemetry.CONSUMPTION),
        *_allowed(known, Telemetry.BATTERY),
    )
    # Where nothing is allowed, production will tell when that changes.
    return allowed or (production(known),)


def hides_battery(known: KnownSystem) -> bool:
    """Tell whether there is a battery that can't be had: nothing follows without it."""
    return known.has_battery and not _allowed(known, Telemetry.BATTERY)


def exact(known: KnownSystem) -> tuple[Telemetry, ...]:
    """Return what tells import and export, and consumption or what it follows from."""
    grid = (
        *_allowed(known, Telemetry.IMPORT),
        *_allowed(known, Telemetry.EXPORT),
    )
    if len(grid) < len(_GRID):
        return derived(known)
    if hides_battery(known) or not _allowed(known, production(known)):
        return *derived(known), *grid
    return production(known), *grid, *_allowed(known, Telemetry.BATTERY)


def parts(known: KnownSystem) -> Parts:
    """Return what a system has, as far as it decides what a poll costs."""
    has = derived(known)
    return Parts(
        Telemetry.CONSUMPTION in has,
        Telemetry.BATTERY in has,
        Telemetry.IMPORT in exact(known),
        len(chargers(known)),
        hides_battery(known),
    )


def chargers(known: KnownSystem) -> tuple[Ask, ...]:
    """Return what asks for the energy of chargers."""
    asks = (Ask(What.CHARGER, charger.serial) for charger in known.chargers)
    return tuple(ask for ask in asks if ask.name not in known.refused)


def sessions(known: KnownSystem) -> tuple[Ask, ...]:
    """Return what asks for the sessions of chargers."""
    asks = (Ask(What.SESSIONS, charger.serial) for charger in known.chargers)
    return tuple(ask for ask in asks if ask.name not in known.refused)


def poll(known: KnownSystem, rhythm: Rhythm, *, energy: bool) -> tuple[Ask, ...]:
    """Return what a poll asks for."""
    if not energy and LATEST.name not in known.refused:
        return (LATEST,)
    is_exact = rhythm.exact or hides_battery(known)
    telemetry = exact(known) if is_exact else derived(known)
    return tuple(Ask.telemetry(each) for each in telemetry)


def night(known: KnownSystem, rhythm: Rhythm, at: datetime) -> tuple[Ask, ...]:
    """Return what a night asks for; a light one leaves import and export out."""
    telemetry = derived(known)
    if not rhythm.light or is_exact_night(known, at):
        telemetry = (*telemetry, *(each for each in exact(known) if each in _GRID))
    return *(Ask.telemetry(each) for each in telemetry), *chargers(known)


def is_exact_night(known: KnownSystem, at: datetime) -> bool:
    """Tell whether a night asks for all, where most don't; systems take turns."""
    night_number = at.toordinal() + known.number
    return known.nights.done is None or night_number % EXACT_EACH == 0


def lifetimes(known: KnownSystem, now: datetime) -> tuple[Ask, ...]:
    """Return what asks for all that was before, as far as it was not told yet.

    Hours that were not asked for in time are only to be had as days, once in a while.
    """
    asks = [Ask.lifetime(Lifetime.PRODUCTION)]
    has = {*derived(known), *exact(known)}
    asks += [Ask.lifetime(_LIFETIMES[each]) for each in _LIFETIMES if each in has]
    asks += [Ask(What.CHARGER_LIFETIME, ask.of) for ask in chargers(known)]
    if known.source is Source.METER:
        asks.append(REGISTERS)
    last = known.lifetimes_at
    is_over = last is not None and not now - _DAYS_EVERY < last <= now
    grows_old = is_over and known.hourly_since < now - INTERVALS_KEPT
    return tuple(
        ask
        for ask in asks
        if ask.name not in known.refused
        and (grows_old or _is_due(known.lifetimes.get(ask.name, now), now))
    )


def history(known: KnownSystem) -> Iterator[tuple[Ask, tuple[Series, ...]]]:
    """Yield all that has hours, with the series that they are of."""
    for each in dict.fromkeys((*derived(known), *exact(known))):
        yield Ask.telemetry(each), series_of(known, each)
    for ask in chargers(known):
        yield ask, (Series(ask.of, Quantity.EV_CHARGE),)


def series_of(known: KnownSystem, telemetry: Telemetry) -> tuple[Series, ...]:
    """Return the series that an answer tells of."""
    return tuple(
        Series(known.about.id, quantity) for quantity in _QUANTITIES[telemetry]
    )


def span_of(known: KnownSystem, ask: Ask) -> Granularity:
    """Return the longest stretch that can be asked for at once."""
    if ask.of == Telemetry.PRODUCTION_MICRO:
        return Granularity.DAY
    return known.spans.get(ask.name, Granularity.WEEK)


def _is_due(again: datetime | None, now: datetime) -> bool:
    """Tell whether it is time; what is farther than any wait was a wrong clock's."""
    return again is not None and not now < again <= now + REFUSED_FOR


def _allowed(known: KnownSystem, telemetry: Telemetry) -> tuple[Telemetry, ...]:
    """Return what a system has and what was not refused."""
    has = known.has_battery if telemetry is Telemetry.BATTERY else known.has_consumption
    has = has or telemetry is production(known)
    allowed = has and _NAMES[telemetry] not in known.refused
    return (telemetry,) if allowed else ()
