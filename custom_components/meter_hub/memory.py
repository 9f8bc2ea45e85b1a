"""What must survive a restart: one store per entry, one per owner of a quota.

No store holds a secret: the owner of a quota is stored as a hash.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields, replace
from datetime import datetime
from hashlib import sha256
from typing import Any

from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers.storage import Store
from homeassistant.util import dt as dt_util
from homeassistant.util.hass_dict import HassKey

from .const import DOMAIN, LOGGER
from .metering.budget import Budget
from .metering.guard import GuardState
from .metering.ledger import Page
from .metering.model import Kind, Meter, MeterKind, Reading, Series, Update, Value
from .vendors.allowance import Allowance
from .vendors.base import JsonObject, Vendor

STORAGE_VERSION = 1
STORAGE_MINOR_VERSION = 1

_SAVE_DELAY = 60
"""Seconds that readings may wait before they are written."""


@dataclass(frozen=True, slots=True)
class HandOver:
    """What a config flow learned, so that set-up needn't ask again."""

    update: Update
    state: JsonObject


_ALLOWANCES: HassKey[dict[str, Allowance]] = HassKey(f"{DOMAIN}_allowances")
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


async def async_get_allowance(
    hass: HomeAssistant, vendor: Vendor, credentials: Mapping[str, Any]
) -> Allowance:
    """Return the one allowance of all who use these credentials.

    Each call is on disk before it is made, so that no restart makes it again.
    """
    allowances = hass.data.setdefault(_ALLOWANCES, {})
    owner = sha256(
        f"{vendor.key}\n{vendor.quota_owner(credentials)}".encode()
    ).hexdigest()
    if owner not in allowances:
        store = Store[JsonObject](
            hass,
            STORAGE_VERSION,
            f"{DOMAIN}.allowance.{owner}",
            minor_version=STORAGE_MINOR_VERSION,
        )
        data = await _async_load(store)

        async def save(budget: Budget) -> None:
            await store.async_save(budget.to_json())

        allowances.setdefault(
            owner,
            Allowance(Budget.from_json(vendor.limits(), data), dt_util.utcnow, save),
        )
    return allowances[owner]


class Memory:
    """What one entry remembers."""

    def __init__(self, hass: HomeAssistant, entry_id: str) -> None:
        """Begin with nothing; `async_load` remembers."""
        self.meters: dict[str, Meter] = {}
        self.missing: frozenset[str] = frozenset()
        self.readings: dict[Series, Reading] = {}
        self.guards: dict[Series, GuardState] = {}
        self.pages: dict[Series, Page] = {}
        self.backend: JsonObject = {}
        self.polled_at: datetime | None = None
        """When live values were had last."""
        self._store = Store[JsonObject](
            hass,
            STORAGE_VERSION,
            f"{DOMAIN}.{entry_id}",
            minor_version=STORAGE_MINOR_VERSION,
        )
        self._save_pending = False
        self._closed = False

    async def async_load(self) -> None:
        """Read the store; what can't be read is forgotten, with a warning."""
        if (data := await _async_load(self._store)) is None:
            return
        try:
            self._read(data)
        except (
            ArithmeticError,
            AttributeError,
            LookupError,
            TypeError,
            ValueError,
        ) as err:
            LOGGER.warning(
                "Part of what was remembered of an account can't be read and is "
                "learned anew (%s)",
                type(err).__name__,
            )

    @callback
    def save_soon(self) -> None:
        """Save within a minute, and in any case when Home Assistant stops."""
        # A delayed save that is asked for again is put off: a meter that is read
        # every few seconds would never be saved.
        if not self._save_pending and not self._closed:
            self._save_pending = True
            self._store.async_delay_save(self._collect, _SAVE_DELAY)

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

    def _collect(self) -> JsonObject:
        self._save_pending = False
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
            "backend": self.backend,
            "polled_at": _dump_instant(self.polled_at),
        }

    def _read(self, data: JsonObject) -> None:
        """Read what `_collect` wrote, the hardest to learn anew first."""
        self.pages = {
            Series.parse(key): Page.from_json(page)
            for key, page in data["pages"].items()
        }
        self.guards = {
            Series.parse(key): state
            for key, stored in data["guards"].items()
            if (state := GuardState.from_json(stored)) is not None
        }
        self.backend = dict(data["backend"])
        meters = [_load_meter(meter) for meter in data["meters"]]
        self.meters = {meter.id: meter for meter in meters}
        self.missing = frozenset(data["missing"])
        readings = [_load_reading(reading) for reading in data["readings"]]
        self.readings = {reading.series: reading for reading in readings}
        self.polled_at = _load_instant(data["polled_at"])


async def _async_load(store: Store[JsonObject]) -> JsonObject | None:
    """Load a store; one that can't be loaded counts as empty, with a warning."""
    try:
        return await store.async_load()
    except Exception as err:  # noqa: BLE001  # a foreign file raises what it likes
        LOGGER.warning(
            "A stored file can't be read and is started anew (%s)", type(err).__name__
        )
        return None


def _load_meter(data: JsonObject) -> Meter:
    meter = Meter(**{field.name: data[field.name] for field in fields(Meter)})
    return replace(meter, kind=MeterKind(meter.kind))


def _dump_reading(reading: Reading) -> JsonObject:
    value = reading.value
    return {
        "series": reading.series.key,
        "value": value.isoformat() if isinstance(value, datetime) else value,
        "measured_at": _dump_instant(reading.measured_at),
        "valid_until": _dump_instant(reading.valid_until),
        "since": _dump_instant(reading.since),
        "estimated": reading.estimated,
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
    )


def _dump_instant(instant: datetime | None) -> str | None:
    return None if instant is None else instant.isoformat()


def _load_instant(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text)
