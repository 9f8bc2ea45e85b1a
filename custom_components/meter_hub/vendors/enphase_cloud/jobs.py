"""The calls to the Enphase Monitoring API that are worth making. Pure."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from ..base import Job
from .client import Granularity, Lifetime, Telemetry


class What(StrEnum):
    """What a call asks for."""

    NOTHING = "nothing"
    LIST = "list"
    """The systems of the account."""
    SUMMARY = "summary"
    DEVICES = "devices"
    LATEST = "latest_telemetry"
    """The newest power of everything."""
    REGISTERS = "production_meter_readings"
    TELEMETRY = "telemetry"
    """The energy of quarter hours, or of five minutes; `of` one `Telemetry`."""
    LIFETIME = "lifetime"
    """The energy of all days; `of` one `Lifetime`."""
    CHARGER = "ev_charger"
    """The energy of a charger's quarter hours; `of` its serial."""
    CHARGER_LIFETIME = "ev_charger_lifetime"
    SESSIONS = "ev_charger_sessions"
    """The last sessions of a charger; `of` its serial."""
    INVERTERS = "micro_inverters"
    """What each micro-inverter has counted; a call for each page of them."""


@dataclass(frozen=True, slots=True, order=True)
class Ask:
    """What a call asks for, and of what."""

    what: What
    of: str = ""

    @property
    def name(self) -> str:
        """A text that is the same for all that is allowed, or refused, as one."""
        return f"{self.what}/{self.of}" if self.of else self.what

    @classmethod
    def telemetry(cls, of: Telemetry) -> Ask:
        """Return what asks for the energy of intervals."""
        return cls(What.TELEMETRY, of)

    @classmethod
    def lifetime(cls, of: Lifetime) -> Ask:
        """Return what asks for the energy of days."""
        return cls(What.LIFETIME, of)


class Purpose(StrEnum):
    """What a call is made for."""

    LIST = "list"
    SETUP = "setup"
    """To know what a system is."""
    POLL = "poll"
    """To know today's energy, or the power."""
    LIFETIMES = "lifetimes"
    """To know all that was before the hours that are asked for."""
    NIGHT = "night"
    """To know the last days, once they are over."""
    CHARGERS = "chargers"
    """To know what the chargers gave today."""
    DEVICES = "devices"
    """To know whether a system is what it was."""
    SESSIONS = "sessions"
    """To know how the chargers were used last."""
    INVERTERS = "inverters"
    """To know what each micro-inverter has counted."""
    HISTORY = "history"
    """To know hours that no night reads any more."""
    ZONES = "zones"
    """To know the time zones of the systems; makes no call."""

    @property
    def is_swept(self) -> bool:
        """Whether such calls belong together, and something follows the last one."""
        return self not in (Purpose.HISTORY, Purpose.SESSIONS, Purpose.INVERTERS)


@dataclass(frozen=True, slots=True, kw_only=True)
class CloudJob(Job):
    """One call."""

    purpose: Purpose
    ask: Ask
    system: str = ""
    at: datetime | None = None
    """When the poll, the night or whatever it belongs to was to be."""
    asks: tuple[Ask, ...] = ()
    """All that is asked for with it, this call's included, in turn."""
    start: datetime | None = None
    span: Granularity | None = None
    by_phase: bool = False
    """Whether production is asked for in the way that also tells of its phases."""
    cadence: timedelta = timedelta(0)
    """The longest time until power is asked for again."""
    energy_cadence: timedelta = timedelta(0)
    """The same of energy."""
    planned: bool = True
    """Whether a day's calls are planned with it; a system is set up beside them."""
