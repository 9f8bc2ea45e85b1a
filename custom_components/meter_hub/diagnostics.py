"""What a person may attach to a bug report: nothing secret, nothing personal.

Meters are numbered instead of named, and texts of unknown meaning are left out.
"""

from collections.abc import Callable, Mapping
from dataclasses import asdict
import re
from typing import Any

from homeassistant.components.diagnostics import REDACTED, async_redact_data
from homeassistant.core import HomeAssistant
from homeassistant.util import dt as dt_util

from .const import (
    CONF_DASHBOARD,
    CONF_EXCLUDED_METERS,
    CONF_METERS,
    CONF_PRICES,
    CONF_VENDOR,
)
from .coordinator import MeterHubConfigEntry
from .energy_sources import possible
from .metering.guard import GuardState
from .metering.ledger import Page
from .metering.model import Reading, Series
from .metering.spans import HOUR, Spans
from .metering.vocabulary import Kind
from .vendors.base import FieldKind, VendorError

PERSONAL = {"id", "name", "serial", "parent", "identity"}
"""What a meter, and the guard of its registers, know of a home and its grid contract."""

PERSONAL_KINDS = {Kind.TEXT, Kind.DATE}
"""The kinds of readings that can identify a home."""

SECRET_STATE = {"user_id", "username", "password", "token", "device_token"}
"""What a backend may keep of a login, be it a text or a number."""

OWN_WORDS = {"direction", "seen", "source", "status", "told_source"}
"""Under these keys a backend keeps what it concluded, in words of its own."""

OWN_NUMBERS = {"energy", "offset", "raw"}
"""Under these it keeps energies, which may be as large as a serial."""

HARMLESS_OPTIONS = {FieldKind.NUMBER, FieldKind.SWITCH, FieldKind.CHOICE}

LONGEST_NUMBER = 100_000
"""A whole number as large as this may be a serial."""

LIKE_AN_ID = r"\S+@\S+|(?=[A-Za-z]*\d)[A-Za-z0-9]{6,}"
"""An e-mail address, or a run with a digit that is longer than the codes in keys."""


async def async_get_config_entry_diagnostics(
    hass: HomeAssistant, entry: MeterHubConfigEntry
) -> dict[str, Any]:
    """Return what is known of an account and of how its data gets here."""
    coordinator = entry.runtime_data
    memory = coordinator.memory
    now = dt_util.utcnow()
    aliases = {
        meter_id: f"meter {number}"
        for number, meter_id in enumerate(sorted(_meter_ids(entry)), start=1)
    }
    budget = coordinator.allowance.budget
    return {
        "vendor": entry.data[CONF_VENDOR],
        "options": _options(entry, aliases),
        "last_update_success": coordinator.last_update_success,
        "error": _reason(coordinator.last_exception),
        "silent_since": memory.silent_since,
        "budget": {
            "limits": asdict(budget.limits),
            "calls_this_month": budget.used_this_month(now),
            "earliest": budget.earliest(now),
            "next_call": coordinator.next_call,
        },
        "backend": _harmless(
            async_redact_data(coordinator.backend.state(), SECRET_STATE), aliases
        ),
        "meters": {
            aliases[meter.id]: async_redact_data(asdict(meter), PERSONAL)
            | {
                "missing": meter.id in memory.missing,
                "absence": asdict(absence)
                if (absence := memory.absences.get(meter.id))
                else None,
            }
            for meter in memory.meters.values()
        },
        "readings": _by_series(memory.readings, aliases, _reading),
        "guards": _by_series(memory.guards, aliases, _guard),
        "held": _by_series(memory.held, aliases, lambda _, held: asdict(held)),
        "history": {
            "progress": coordinator.history.progress,
            "series": _by_series(memory.pages, aliases, _page),
        },
    }


def _meter_ids(entry: MeterHubConfigEntry) -> set[str]:
    memory = entry.runtime_data.memory
    listed = {*entry.data[CONF_METERS], *entry.options.get(CONF_EXCLUDED_METERS, ())}
    series = {*memory.readings, *memory.guards, *memory.pages}
    return listed | memory.meters.keys() | {each.meter for each in series}


def _options(entry: MeterHubConfigEntry, aliases: Mapping[str, str]) -> dict[str, Any]:
    coordinator = entry.runtime_data
    requests = entry.options.get(CONF_DASHBOARD, ())
    unknown = {
        field.key
        for field in coordinator.vendor.options
        if field.kind not in HARMLESS_OPTIONS
    }
    return {
        **async_redact_data(entry.options, unknown),
        CONF_EXCLUDED_METERS: [
            aliases[meter_id]
            for meter_id in entry.options.get(CONF_EXCLUDED_METERS, ())
        ],
        CONF_DASHBOARD: [
            f"{offer.kind} of {aliases[offer.meter]}"
            for offer in possible(coordinator.memory.meters.values())
            if offer.key in requests
        ],
        CONF_PRICES: [
            {**prices, "meter": aliases.get(prices["meter"], REDACTED)}
            for prices in entry.options.get(CONF_PRICES, ())
        ],
    }


def _reason(error: BaseException | None) -> str | None:
    """Return why the last update failed, without the text of an unknown error."""
    cause = error.__cause__ if error else None
    if isinstance(cause, VendorError):
        return cause.reason
    return type(error).__name__ if error else None


def _harmless(state: Any, aliases: Mapping[str, str]) -> Any:
    """Return a backend's state with its flags, instants and unsuspicious numbers only.

    Of its words, and of its large numbers, only those are shown that are its own by
    their key.
    """
    match state:
        case dict():
            return {
                _without_ids(str(key), aliases): value
                if (key in OWN_WORDS and isinstance(value, str))
                or (key in OWN_NUMBERS and isinstance(value, int | float))
                else _harmless(value, aliases)
                for key, value in state.items()
            }
        case list() | tuple():
            return [_harmless(value, aliases) for value in state]
        case str() if _is_instant(state):
            return state
        case str():
            return aliases.get(state, REDACTED)
        case int() | float() if state % 1 == 0 and abs(state) >= LONGEST_NUMBER:
            return REDACTED
        case _:
            return state


def _is_instant(text: str) -> bool:
    """Tell whether a text is an instant as states have them; a serial can be a date."""
    instant = dt_util.parse_datetime(text)
    if instant is None or instant.tzinfo is None:
        return False
    return instant.isoformat() == text


def _without_ids(key: str, aliases: Mapping[str, str]) -> str:
    """Return the key with meters numbered, and without whatever else may be an id."""
    known = [
        rf"(?<![A-Za-z0-9]){re.escape(each)}(?![A-Za-z0-9])"
        for each in sorted(aliases, key=len, reverse=True)
    ]
    return re.sub(
        "|".join((*known, LIKE_AN_ID)),
        lambda found: aliases.get(found[0], REDACTED),
        key,
    )


def _by_series[V](
    known: Mapping[Series, V],
    aliases: Mapping[str, str],
    show: Callable[[Series, V], dict[str, Any]],
) -> dict[str, Any]:
    return {
        f"{aliases[series.meter]} {series.quantity} {series.channel}": show(
            series, value
        )
        for series, value in sorted(known.items(), key=lambda item: item[0])
    }


def _reading(series: Series, reading: Reading) -> dict[str, Any]:
    unsafe = series.quantity.kind in PERSONAL_KINDS and reading.value is not None
    return {
        "value": REDACTED if unsafe else reading.value,
        "measured_at": reading.measured_at,
        "valid_until": reading.valid_until,
        "since": reading.since,
        "estimated": reading.estimated,
    }


def _guard(_: Series, state: GuardState) -> dict[str, Any]:
    return async_redact_data(asdict(state), PERSONAL)


def _page(_: Series, page: Page) -> dict[str, Any]:
    return {
        "floor": page.floor,
        "explored": _extent(page.explored),
        "empty": _extent(page.empty),
        "open": [
            asdict(doubt) | _extent(hours) for doubt, hours in sorted(page.open.items())
        ],
    }


def _extent(spans: Spans) -> dict[str, Any]:
    stretches = list(spans)
    return {
        "stretches": len(stretches),
        "hours": sum((end - start) / HOUR for start, end in stretches),
        "first": stretches[0][0] if stretches else None,
        "last": stretches[-1][1] if stretches else None,
    }
