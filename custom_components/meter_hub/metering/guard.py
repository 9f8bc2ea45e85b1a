"""Keeps a register from falling, jumping or restarting before Home Assistant sees it.

Home Assistant sums a `total_increasing` sensor like this: a rise adds the rise, a
fall to 90 % or more of the last value subtracts the fall, and a fall below 90 % is
a new cycle that began at zero, so that the whole new value is added. A zero or a
dip that lasts for one reading would therefore book the whole register again. So:

- The published value only falls for a new cycle, and a new cycle is only begun at
  a value that can be the energy since the restart. A register that goes on from
  elsewhere (a used meter, another counter of the same device) goes on from the
  published value, with an offset.
- Zero is never published after a positive value: a register that has restarted is
  as well known from its first positive values.
- A small correction downwards is held until the register has passed its old value:
  the sum then ends where the register ends. With an offset, what was corrected
  would stay in the sum for ever.
- The register that was left is remembered. Where it comes back, its old offset does
  too, and what was counted in between is not counted twice.
- With another scale than before, the register goes on from its first value in it.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Any, Self

# A lower share of the last value is a new cycle for Home Assistant.
_NEW_CYCLE_SHARE = 0.9

# kWh. A correction is not larger, nor is what a register shows soon after a restart.
_SMALL_ENERGY = 20.0

# kW. More than the connection of a house carries.
ANY_HOUSE = 50.0

# The share of it that a house may draw for days. Where a register has risen faster to
# where another one was left, that one has come back.
_STEADY_SHARE = 0.1

# Readings are not evenly spaced, and a display lags behind what was measured.
_RATE_MARGIN = 1.5
_SHORTEST_TIME = timedelta(minutes=1)

# By how far a fall may miss the modulus and still be a wrap.
_WRAP_TOLERANCE = 0.01

# Offsets are sums of floats; no register shows less than a milliwatt-hour.
_DECIMALS = 6

_RESTART_READINGS = 2
_NEW_LEVEL_READINGS = 3
_NEW_LEVEL_TIME = timedelta(minutes=10)


@dataclass(frozen=True, slots=True)
class Rules:
    """What is known of a register beforehand."""

    wrap_at: float | None = None
    """kWh that the register, or one of the counters it is the sum of, holds at most."""
    max_rate: float | None = None
    """kW that the meter can measure at most; faster rises are held. None: no limit."""
    usual_rate: float = ANY_HOUSE
    """kW that held values may rise by and still agree with one another."""
    scale: float = 1.0
    """What the meter's own number is multiplied by."""


class HeldReason(StrEnum):
    """Why a value is not published."""

    ZERO = "zero"
    """Zero after a positive value."""
    DIP = "dip"
    """A fall to no less than 90 %."""
    RESET_UNCONFIRMED = "reset_unconfirmed"
    """A fall below 90 % that no later and higher value has confirmed."""
    JUMP = "jump"
    """A rise faster than the meter can measure."""


@dataclass(frozen=True, slots=True)
class Held:
    """A value that is not published, and why."""

    value: float
    reason: HeldReason
    at: datetime
    """When it was measured."""


@dataclass(frozen=True, slots=True)
class Trend:
    """Held values that agree with one another."""

    since: datetime
    base: float
    """The value at `since`."""
    at: datetime
    value: float
    readings: int = 1


@dataclass(frozen=True, slots=True)
class Former:
    """A register that was left for another one, and may come back."""

    raw: float
    """Its last value."""
    offset: float
    """With this it would go on from the published value."""


@dataclass(frozen=True, slots=True)
class GuardState:
    """What the guard remembers of one register; survives restarts as JSON."""

    at: datetime
    """When the last accepted value was measured."""
    raw: float
    """The last accepted value, as the vendor gave it."""
    published: float
    offset: float = 0.0
    """From the vendor's values to published ones."""
    identity: str | None = None
    """The serial of the meter that counts."""
    scale: float = 1.0
    """What the values were multiplied by."""
    trend: Trend | None = None
    former: Former | None = None

    def to_json(self) -> dict[str, Any]:
        """Return what `from_json` reads."""
        data = asdict(self)
        data["at"] = self.at.isoformat()
        if self.trend is not None:
            data["trend"]["since"] = self.trend.since.isoformat()
            data["trend"]["at"] = self.trend.at.isoformat()
        return data

    @classmethod
    def from_json(cls, data: Mapping[str, Any] | None) -> Self | None:
        """Read what `to_json` wrote; None where it can't be read."""
        try:
            return None if data is None else cls._read(data)
        except AttributeError, KeyError, OverflowError, TypeError, ValueError:
            return None

    @classmethod
    def _read(cls, data: Mapping[str, Any]) -> Self:
        trend, former = data["trend"], data["former"]
        identity, scale = data["identity"], data.get("scale")
        if scale is None and identity is not None:
            # The identity used to end in a scale other than 1, as in `serial x 30`.
            identity, _, scale = str(identity).partition(" x ")
        return cls(
            at=_instant(data["at"]),
            raw=float(data["raw"]),
            published=float(data["published"]),
            offset=float(data["offset"]),
            identity=str(identity) if identity else None,
            scale=float(scale or 1),
            trend=trend
            and Trend(
                since=_instant(trend["since"]),
                base=float(trend["base"]),
                at=_instant(trend["at"]),
                value=float(trend["value"]),
                readings=int(trend["readings"]),
            ),
            former=former and Former(float(former["raw"]), float(former["offset"])),
        )


@dataclass(frozen=True, slots=True)
class Verdict:
    """The value to publish, what to remember, and what was held back."""

    value: float
    state: GuardState
    held: Held | None = None


def check(
    state: GuardState | None,
    value: float,
    at: datetime,
    identity: str | None,
    rules: Rules,
) -> Verdict:
    """Judge one value of a register, in kWh; finite and not negative.

    `at` is when it was measured: a value from before the last accepted one changes
    nothing, so the caller must not pass instants that lie in the future. `identity`
    is the serial of the meter, None where the vendor does not say. Two values that
    differ only in an unknown identity belong to the same meter.
    """
    if state is None:
        return Verdict(value, GuardState(at, value, value, 0.0, identity, rules.scale))
    if at < state.at:
        return Verdict(state.published, state)
    before = state
    state = replace(before, identity=identity or before.identity, scale=rules.scale)
    if before.identity not in (None, state.identity):
        # A meter that was taken away does not come back.
        return _without_former(_restart(state, value, at, base=value))
    if before.scale != state.scale:
        return _without_former(_go_on(state, value, at, base=value))
    if value == 0 < state.raw:
        return Verdict(state.published, state, Held(value, HeldReason.ZERO, at))
    if (unwrapped := _unwrapped_offset(state, value, rules)) is not None:
        return _accept(replace(state, raw=value, offset=unwrapped), value, at)
    elapsed = at - state.at
    grows = 0 <= value - state.raw <= _STEADY_SHARE * _usual_growth(rules, elapsed)
    if not grows and (former := state.former) and _has_come_back(state, former, value):
        left = Former(state.raw, state.offset)
        back = replace(state, raw=value, offset=former.offset, former=left)
        return _accept(back, value, at)
    if state.raw == 0 and value > max(_SMALL_ENERGY, _usual_growth(rules, elapsed)):
        # What showed zero was no register yet.
        return _without_former(_go_on(state, value, at, base=value))
    if value < _NEW_CYCLE_SHARE * state.raw:
        return _doubt(state, value, at, rules, HeldReason.RESET_UNCONFIRMED)
    if state.published - _level(value, state.offset) > _SMALL_ENERGY:
        return _doubt(state, value, at, rules, HeldReason.DIP)
    if rules.max_rate is not None and value - state.raw > _growth(
        rules.max_rate, elapsed
    ):
        return _doubt(state, value, at, rules, HeldReason.JUMP)
    return _accept(state, value, at)


def _accept(state: GuardState, value: float, at: datetime) -> Verdict:
    """Take the value for one of the register, and publish it unless that were a fall."""
    level = _level(value, state.offset)
    if level < state.published:
        held = Held(value, HeldReason.DIP, at)
        return Verdict(state.published, replace(state, trend=None), held)
    return Verdict(level, replace(state, at=at, raw=value, published=level, trend=None))


def _doubt(
    state: GuardState, value: float, at: datetime, rules: Rules, reason: HeldReason
) -> Verdict:
    """Hold the value until enough others agree with it."""
    trend = _followed(state.trend, value, at, rules)
    state = replace(state, trend=trend)
    if reason is HeldReason.RESET_UNCONFIRMED:
        # One that repeats itself can be a stale answer: a new register grows.
        if trend.readings >= _RESTART_READINGS and trend.value > trend.base:
            return _restart(state, trend.value, trend.at, base=trend.base)
    elif (
        trend.readings >= _NEW_LEVEL_READINGS
        and trend.at - trend.since >= _NEW_LEVEL_TIME
    ):
        return _go_on(state, trend.value, trend.at, base=trend.base)
    return Verdict(state.published, state, Held(value, reason, at))


def _restart(state: GuardState, value: float, at: datetime, base: float) -> Verdict:
    """Begin a new cycle where the value is small enough to be all energy since then.

    Where Home Assistant would not see the small value as a new cycle, it is added
    to the published one instead: the sum is the same.
    """
    if value > _SMALL_ENERGY:
        return _go_on(state, value, at, base)
    if value < _NEW_CYCLE_SHARE * state.published:
        fresh = replace(
            state,
            at=at,
            raw=value,
            published=value,
            offset=0.0,
            trend=None,
            former=Former(state.raw, round(state.offset - state.published, _DECIMALS)),
        )
        return Verdict(value, fresh)
    return _go_on(state, value, at, base=0.0)


def _go_on(state: GuardState, value: float, at: datetime, base: float) -> Verdict:
    """Continue the published value with what has been counted since `base`."""
    offset = round(state.published - base, _DECIMALS)
    published = max(state.published, _level(value, offset))
    moved = replace(
        state,
        at=at,
        raw=value,
        published=published,
        offset=offset,
        trend=None,
        former=Former(state.raw, state.offset),
    )
    return Verdict(published, moved)


def _without_former(verdict: Verdict) -> Verdict:
    return replace(verdict, state=replace(verdict.state, former=None))


def _unwrapped_offset(state: GuardState, value: float, rules: Rules) -> float | None:
    """Return the offset after a wrap, or after one that is undone; else None."""
    if rules.wrap_at is None:
        return None
    wraps = round((state.raw - value) / rules.wrap_at)
    missed = value + wraps * rules.wrap_at - state.raw
    if not wraps or abs(missed) > _WRAP_TOLERANCE * rules.wrap_at:
        return None
    return round(state.offset + wraps * rules.wrap_at, _DECIMALS)


def _has_come_back(state: GuardState, former: Former, value: float) -> bool:
    """Tell whether the value goes on from the register that was left."""
    missed_now = abs(_level(value, state.offset) - state.published)
    missed_then = abs(_level(value, former.offset) - state.published)
    fits = missed_then <= _SMALL_ENERGY and missed_then < missed_now
    return fits and value >= former.raw


def _followed(trend: Trend | None, value: float, at: datetime, rules: Rules) -> Trend:
    if trend is None:
        return Trend(since=at, base=value, at=at, value=value)
    if at <= trend.at:
        return trend
    if 0 <= value - trend.value <= _usual_growth(rules, at - trend.at):
        return replace(trend, at=at, value=value, readings=trend.readings + 1)
    return Trend(since=at, base=value, at=at, value=value)


def _usual_growth(rules: Rules, elapsed: timedelta) -> float:
    most = rules.usual_rate if rules.max_rate is None else rules.max_rate
    return _growth(min(rules.usual_rate, most), elapsed)


def _growth(rate: float, elapsed: timedelta) -> float:
    hours = max(elapsed, _SHORTEST_TIME) / timedelta(hours=1)
    return rate * hours * _RATE_MARGIN


def _level(value: float, offset: float) -> float:
    return round(value + offset, _DECIMALS) if offset else value


def _instant(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)
