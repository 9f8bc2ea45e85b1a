"""What an entry must remember over a restart. Its store holds no credential."""

from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass, fields, replace
from datetime import datetime
from functools import partial
from typing import Any

from homeassistant.core import HomeAssistant, callback
from homeassistant.util import dt as dt_util
from homeassistant.util.hass_dict import HassKey

from .const import DOMAIN, LOGGER
from .metering.guard import GuardState, Held
from .metering.ledger import Page
from .metering.model import Meter, Notice, Reading, Series, Update, Value
from .metering.vocabulary import Kind, MeterKind, Unit
from .storage import async_load_store, make_store
from .vendors.base import JsonObject

_SAVE_DELAY = 60
"""Seconds that readings wait for others to be written with them."""

_SAVE_PACE = 600
"""Seconds from one writing of readings to the next; storage cards wear out."""

_UNREADABLE = (ArithmeticError, AttributeError, LookupError, TypeError, ValueError)
"""What reading something foreign can raise."""


@dataclass(frozen=True, slots=True)
class Absence:
    """That a meter lacks in each complete listing since an instant."""

    since: datetime
    listings: int


@dataclass(frozen=True, slots=True)
class HandOver:
    """What a config flow learned, so that set-up needn't ask again."""

    update: Update
    state: JsonObject


_HAND_OVERS: HassKey[dict[str, HandOver]] = HassKey(f"{DOMAIN}_hand_overs")


@callback
def hand_over(
    hass: HomeAssistant, entry_unique_id: str, update: Update, state: JsonObject
) -> None:
    """Leave what signing in taught us to the set-up of the entry."""
    hass.data.setdefault(_HAND_OVERS, {})[entry_unique_id] = HandOver(update, state)


@callback
def take_over(hass: HomeAssistant, entry_unique_id: str | None) -> HandOver | None:
    """Take what a config flow left for the entry, once."""
    if entry_unique_id is None:
        return None
    return hass.data.get(_HAND_OVERS, {}).pop(entry_unique_id, None)


class Memory:
    """What one entry remembers."""

    def __init__(self, hass: HomeAssistant, entry_id: str) -> None:
        """Begin with nothing; `async_load` remembers."""
        self.meters: dict[str, Meter] = {}
        self.missing: frozenset[str] = frozenset()
        self.absences: dict[str, Absence] = {}
        """Since when the complete listings lack a meter, by its id."""
        self.readings: dict[Series, Reading] = {}
        self.guards: dict[Series, GuardState] = {}
        self.held: dict[Series, Held] = {}
        """What was held back last, since the start."""
        self.jumped: frozenset[str] = frozenset()
        """The meters of which a register went on from elsewhere, since the start."""
        self.notices: tuple[Notice, ...] = ()
        """What the vendor's data gives reason to tell a person."""
        self.pages: dict[Series, Page] = {}
        self.backend: JsonObject = {}
        self.polled_at: datetime | None = None
        """When live values were had last."""
        self.failure: str | None = None
        """Why the last attempt to get live values failed; None where it did not."""
        self.silent_since: datetime | None = None
        """The first of the calls that the vendor left without an answer, up to now."""
        self.doubted = False
        """Whether the last of them was a sign-in that a wrong password may explain."""
        self._hass = hass
        self._store = make_store(hass, entry_id)
        self._save_pending = False
        self._saved_at: float | None = None
        self._closed = False

    async def async_load(self) -> None:
        """Read the store; what can't be read is forgotten, with a warning."""
        if (data := await async_load_store(self._store)) is None:
            return
        if unreadable := sorted(self._read(data)):
            LOGGER.warning(
                "Part of what was remembered of an account can't be read and is "
                "learned anew (%s)",
                ", ".join(unreadable),
            )

    @callback
    def save_soon(self) -> None:
        """Save within ten minutes, and in any case when Home Assistant stops.

        What comes after a longer pause is saved within one.
        """
        # A delayed save that is asked for again is put off: a meter that is read
        # every few seconds would never be saved.
        if not self._save_pending and not self._closed:
            self._save_pending = True
            self._store.async_delay_save(self._collect, self._save_delay())

    async def async_save(self) -> None:
        """Save now."""
        if not self._closed:
            await self._store.async_save(self._collect())

    async def async_close(self) -> None:
        """Save for the last time: from now on the file may belong to another memory."""
        self._closed = True
        await self._store.async_save(self._collect())

    async def async_remove(self) -> None:
        """Forget everything, on disk too."""
        await self._store.async_remove()

    def _save_delay(self) -> float:
        """Return the seconds until readings may be written."""
        if self._saved_at is None:
            return _SAVE_DELAY
        passed = self._hass.loop.time() - self._saved_at
        return max(_SAVE_DELAY, _SAVE_PACE - passed)

    def _collect(self) -> JsonObject:
        self._save_pending = False
        self._saved_at = self._hass.loop.time()
        return {
            "meters": [asdict(meter) for meter in self.meters.values()],
            "missing": sorted(self.missing),
            "readings": [_dump_reading(reading) for reading in self.readings.values()],
            "guards": {
                series.key: state.to_json() for series, state in self.guards.items()
            },
            "pages": {
                series.key: page.to_json() for series, page in self.pages.items()
            },
            "notices": [asdict(notice) for notice in self.notices],
            "backend": self.backend,
            "polled_at": _dump_instant(self.polled_at),
            "failure": self.failure,
            "silent_since": _dump_instant(self.silent_since),
            "doubted": self.doubted,
            "absences": {
                meter_id: [_dump_instant(absence.since), absence.listings]
                for meter_id, absence in self.absences.items()
            },
        }

    def _read(self, data: Any) -> set[str]:
        """Read what `_collect` wrote, each part on its own.

        Returns the sections in which something can't be read. An instant from the
        future was noted by a clock that was ahead.
        """
        stored = _Stored(data)
        past = partial(_load_past, dt_util.utcnow())
        self.pages = dict(
            stored.items(
                "pages", lambda key, page: (Series.parse(key), Page.from_json(page))
            )
        )
        self.guards = {
            series: state
            for series, state in stored.items(
                "guards",
                lambda key, each: (Series.parse(key), GuardState.from_json(each)),
            )
            if state is not None
        }
        self.notices = tuple(stored.each("notices", _load_notice))
        self.backend = stored.value("backend", dict) or {}
        self.meters = {meter.id: meter for meter in stored.each("meters", _load_meter)}
        self.missing = frozenset(stored.each("missing", _load_text))
        self.readings = {
            reading.series: reading
            for reading in stored.each("readings", _load_reading)
        }
        self.polled_at = stored.value("polled_at", past)
        self.failure = stored.value("failure", lambda each: each and _load_text(each))
        self.silent_since = stored.value("silent_since", past)
        self.doubted = stored.value("doubted", _load_flag) or False
        self.absences = dict(
            stored.items(
                "absences",
                lambda key, each: (
                    key,
                    Absence(datetime.fromisoformat(each[0]), int(each[1])),
                ),
            )
        )
        return stored.unreadable


class _Stored:
    """A file's data, of which any part may be foreign."""

    def __init__(self, data: Any) -> None:
        """Be about all sections of a file."""
        self._data = data
        self.unreadable: set[str] = set()
        """The sections in which something can't be read."""

    def value[T](self, section: str, read: Callable[[Any], T]) -> T | None:
        """Return what a section says; None where it can't be read, or is newer."""
        if isinstance(self._data, dict) and section not in self._data:
            return None
        try:
            return read(self._data[section])
        except _UNREADABLE:
            self.unreadable.add(section)
            return None

    def each[T](self, section: str, read: Callable[[Any], T]) -> Iterable[T]:
        """Yield the items of a list, without those that can't be read."""
        for item in self.value(section, list) or ():
            try:
                yield read(item)
            except _UNREADABLE:
                self.unreadable.add(section)

    def items[T](self, section: str, read: Callable[[str, Any], T]) -> Iterable[T]:
        """Yield the items of a mapping, without those that can't be read."""
        for key, item in (self.value(section, dict) or {}).items():
            try:
                yield read(key, item)
            except _UNREADABLE:
                self.unreadable.add(section)


def _load_meter(data: JsonObject) -> Meter:
    meter = Meter(**{field.name: data[field.name] for field in fields(Meter)})
    return replace(meter, kind=MeterKind(meter.kind))


def _load_notice(data: JsonObject) -> Notice:
    meter = data["meter"]
    return Notice(
        _load_text(data["key"]),
        None if meter is None else _load_text(meter),
        {str(key): _load_text(text) for key, text in data["values"].items()},
    )


def _dump_reading(reading: Reading) -> JsonObject:
    value = reading.value
    return {
        "series": reading.series.key,
        "value": value.isoformat() if isinstance(value, datetime) else value,
        "measured_at": _dump_instant(reading.measured_at),
        "valid_until": _dump_instant(reading.valid_until),
        "since": _dump_instant(reading.since),
        "estimated": reading.estimated,
        "label": reading.label,
        "unit": reading.unit,
        "told": reading.told,
        "scale": reading.scale,
    }


def _load_reading(data: JsonObject) -> Reading:
    series = Series.parse(data["series"])
    value: Value | None = data["value"]
    if series.quantity.kind is Kind.INSTANT and isinstance(value, str):
        value = datetime.fromisoformat(value)
    return Reading(
        series,
        value,
        measured_at=_load_instant(data["measured_at"]),
        valid_until=_load_instant(data["valid_until"]),
        since=_load_instant(data["since"]),
        estimated=data["estimated"],
        label=data.get("label"),
        unit=Unit(unit) if (unit := data.get("unit")) else None,
        told=data.get("told"),
        scale=float(data.get("scale", 1)),
    )


def _dump_instant(instant: datetime | None) -> str | None:
    return None if instant is None else instant.isoformat()


def _load_instant(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text)


def _load_past(now: datetime, text: str | None) -> datetime | None:
    instant = _load_instant(text)
    return None if instant is None else min(instant, now)


def _load_flag(flag: Any) -> bool:
    if not isinstance(flag, bool):
        raise TypeError
    return flag


def _load_text(text: Any) -> str:
    if not isinstance(text, str):
        raise TypeError
    return text
