"""The shared vocabulary: quantities, channels, meters, readings, intervals, updates.

Energy is in kWh, power in W, instants are timezone-aware UTC and intervals are
half-open. A missing value is None, never 0. Grid power is positive for import,
battery power is positive for discharge.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Self

type Value = float | str | bool | datetime
"""What a reading can say: a number, a text, a flag or an instant."""


class Unit(StrEnum):
    """The unit of a number, in the notation that Home Assistant uses."""

    KILOWATT_HOUR = "kWh"
    KILOVAR_HOUR = "kvarh"
    WATT = "W"
    VAR = "var"
    VOLT_AMPERE = "VA"
    VOLT = "V"
    AMPERE = "A"
    HERTZ = "Hz"
    PERCENT = "%"
    CELSIUS = "°C"


class Kind(StrEnum):
    """How the value of a quantity behaves over time."""

    REGISTER = "register"
    """A cumulative total that never falls while the meter stays the same."""
    PERIOD = "period"
    """A total that restarts, as each month does; its readings tell since when."""
    COUNTER = "counter"
    """A number of events, which begins at zero again when a device restarts."""
    MEASUREMENT = "measurement"
    """A number that may go up and down."""
    NUMBER = "number"
    """A number that is no measurement of the present, such as a setting or a forecast."""
    FLAG = "flag"
    """A condition that is there or not."""
    TEXT = "text"
    """A word or an identifier."""
    INSTANT = "instant"
    """A point in time."""


class Quantity(StrEnum):
    """What is measured; the same word for every vendor."""

    kind: Kind
    unit: Unit | None

    def __new__(cls, key: str, kind: Kind, unit: Unit | None = None) -> Self:
        """Make the member a string that also knows its kind and unit."""
        member = str.__new__(cls, key)
        member._value_ = key
        member.kind = kind
        member.unit = unit
        return member

    GRID_IMPORT = "grid_import", Kind.REGISTER, Unit.KILOWATT_HOUR
    GRID_EXPORT = "grid_export", Kind.REGISTER, Unit.KILOWATT_HOUR
    ABSOLUTE_ENERGY = "absolute_energy", Kind.REGISTER, Unit.KILOWATT_HOUR
    """Import and export added up."""
    PULSE_ENERGY = "pulse_energy", Kind.REGISTER, Unit.KILOWATT_HOUR
    """Energy counted from the blinks of a meter's light."""
    REACTIVE_IMPORT = "reactive_import", Kind.REGISTER, Unit.KILOVAR_HOUR
    REACTIVE_EXPORT = "reactive_export", Kind.REGISTER, Unit.KILOVAR_HOUR
    REACTIVE_Q1 = "reactive_q1", Kind.REGISTER, Unit.KILOVAR_HOUR
    """Reactive energy by quadrant: Q1 inductive and Q4 capacitive, both on import."""
    REACTIVE_Q2 = "reactive_q2", Kind.REGISTER, Unit.KILOVAR_HOUR
    REACTIVE_Q3 = "reactive_q3", Kind.REGISTER, Unit.KILOVAR_HOUR
    REACTIVE_Q4 = "reactive_q4", Kind.REGISTER, Unit.KILOVAR_HOUR
    USAGE_THIS_MONTH = "usage_this_month", Kind.PERIOD, Unit.KILOWATT_HOUR
    USAGE_PREVIOUS_MONTH = "usage_previous_month", Kind.NUMBER, Unit.KILOWATT_HOUR
    USAGE_PROJECTION = "usage_projection", Kind.NUMBER, Unit.KILOWATT_HOUR
    """What the vendor expects of the whole month."""
    PRODUCTION_THIS_MONTH = "production_this_month", Kind.PERIOD, Unit.KILOWATT_HOUR
    PRODUCTION_PREVIOUS_MONTH = (
        "production_previous_month",
        Kind.NUMBER,
        Unit.KILOWATT_HOUR,
    )
    GRID_POWER = "grid_power", Kind.MEASUREMENT, Unit.WATT
    IMPORT_POWER = "import_power", Kind.MEASUREMENT, Unit.WATT
    EXPORT_POWER = "export_power", Kind.MEASUREMENT, Unit.WATT
    ABSOLUTE_POWER = "absolute_power", Kind.MEASUREMENT, Unit.WATT
    DEMAND = "demand", Kind.MEASUREMENT, Unit.WATT
    """The mean power of the measuring period that runs."""
    MAX_DEMAND = "max_demand", Kind.MEASUREMENT, Unit.WATT
    """The highest demand since the meter's last billing reset."""
    MAX_ABSOLUTE_DEMAND = "max_absolute_demand", Kind.MEASUREMENT, Unit.WATT
    CUMULATIVE_DEMAND = "cumulative_demand", Kind.NUMBER, Unit.WATT
    """The highest demands of all billing periods added up."""
    CURRENT = "current", Kind.MEASUREMENT, Unit.AMPERE
    VOLTAGE = "voltage", Kind.MEASUREMENT, Unit.VOLT
    FREQUENCY = "frequency", Kind.MEASUREMENT, Unit.HERTZ
    POWER_FACTOR = "power_factor", Kind.MEASUREMENT
    GENERIC = "generic", Kind.MEASUREMENT
    """What has no word here: its readings bring their own label and unit, and its
    channels are the vendor's codes."""
    READER_BATTERY = "reader_battery", Kind.MEASUREMENT, Unit.PERCENT
    READER_BATTERY_VOLTAGE = "reader_battery_voltage", Kind.MEASUREMENT, Unit.VOLT
    READER_TEMPERATURE = "reader_temperature", Kind.MEASUREMENT, Unit.CELSIUS
    READER_BATTERY_LOW = "reader_battery_low", Kind.FLAG
    READER_PROBLEM = "reader_problem", Kind.FLAG
    READER_LED_POWER = "reader_led_power", Kind.NUMBER
    READER_BAUD_RATE = "reader_baud_rate", Kind.NUMBER
    GOOD_READOUTS = "good_readouts", Kind.COUNTER
    FAILED_READOUTS = "failed_readouts", Kind.COUNTER
    FAILED_FIRST_MESSAGES = "failed_first_messages", Kind.COUNTER
    """Readouts that failed at the first, or at the second, message of the meter."""
    FAILED_SECOND_MESSAGES = "failed_second_messages", Kind.COUNTER
    MULTIPLIER = "multiplier", Kind.NUMBER
    """By what the meter's registers are to be multiplied, as it has transformers."""
    TARIFF = "tariff", Kind.TEXT
    METER_PROBLEM = "meter_problem", Kind.FLAG
    METER_ERROR = "meter_error", Kind.TEXT
    """The meter's own error code."""
    METER_TIME = "meter_time", Kind.TEXT
    METER_DATE = "meter_date", Kind.TEXT
    METER_SERIAL = "meter_serial", Kind.TEXT
    METER_ADDRESS = "meter_address", Kind.TEXT
    PORT_SERIAL = "port_serial", Kind.TEXT
    """The serial of the meter's optical port."""
    LAST_READING = "last_reading", Kind.INSTANT


class Channel(StrEnum):
    """The part of a quantity: its total, a phase, or a tariff zone."""

    TOTAL = "total"
    L1 = "l1"
    L2 = "l2"
    L3 = "l3"
    ZONE1 = "zone1"
    ZONE2 = "zone2"
    ZONE3 = "zone3"
    ZONE4 = "zone4"


PHASES = (Channel.L1, Channel.L2, Channel.L3)
ZONES = (Channel.ZONE1, Channel.ZONE2, Channel.ZONE3, Channel.ZONE4)


class MeterKind(StrEnum):
    """What stands behind a meter."""

    GRID = "grid"


class Quality(StrEnum):
    """How far the energy of an interval can be trusted."""

    MEASURED = "measured"
    """Final: the vendor measured the whole interval."""
    ESTIMATED = "estimated"
    """A vendor's estimate, or a share of a longer interval; may be replaced."""
    INCOMPLETE = "incomplete"
    """Only a part of the interval has been measured so far."""


@dataclass(frozen=True, slots=True, order=True)
class Series:
    """One quantity of one meter over time; one Home Assistant statistic."""

    meter: str
    quantity: Quantity
    channel: str = Channel.TOTAL

    @property
    def key(self) -> str:
        """The series as one text, for storage; `parse` reads it."""
        return f"{self.quantity}/{self.channel}/{self.meter}"

    @classmethod
    def parse(cls, key: str) -> Self:
        """Read what `key` wrote.

        Raises ValueError or KeyError where the text names no known quantity.
        """
        quantity, channel, meter = key.split("/", 2)
        return cls(meter, Quantity[quantity.upper()], channel)


@dataclass(frozen=True, slots=True)
class Meter:
    """One thing that measures; a device in Home Assistant."""

    id: str
    """The vendor's stable id, unique within the account."""
    name: str
    kind: MeterKind = MeterKind.GRID
    manufacturer: str | None = None
    model: str | None = None
    serial: str | None = None
    firmware: str | None = None
    hardware: str | None = None
    parent: str | None = None
    """The id of the meter that this one hangs on."""
    active: bool = True
    """False where the vendor has switched the meter off; not picked by default."""


@dataclass(frozen=True, slots=True)
class Reading:
    """One live value."""

    series: Series
    value: Value | None
    """In the unit of the quantity, a generic one in its own; None while the meter exists but the value is unknown."""
    measured_at: datetime | None = None
    valid_until: datetime | None = None
    """From this instant on the value says nothing about the present."""
    since: datetime | None = None
    """When a total that restarts began (Home Assistant's last_reset)."""
    estimated: bool = False
    label: str | None = None
    """The vendor's name of a generic reading."""
    unit: Unit | None = None
    """The unit of a generic reading."""
    scale: float = 1
    """What the meter's own number was multiplied by; another scale of a register
    is another register."""

    def value_at(self, now: datetime) -> Value | None:
        """Return the value, or None where it is no longer valid at `now`."""
        if self.valid_until is not None and now >= self.valid_until:
            return None
        return self.value


@dataclass(frozen=True, slots=True, order=True)
class Span:
    """A stretch of one series, from `start` until before `end`."""

    series: Series
    start: datetime
    end: datetime


@dataclass(frozen=True, slots=True)
class Interval:
    """Energy between two instants, from a vendor's history."""

    series: Series
    start: datetime
    end: datetime
    energy: float | None
    """kWh; None where the vendor has the interval but not its value yet."""
    quality: Quality = Quality.MEASURED


@dataclass(frozen=True, slots=True)
class Update:
    """Whatever one call taught us."""

    meters: tuple[Meter, ...] | None = None
    """The complete list of the account's meters; None where the call did not list."""
    missing: frozenset[str] = frozenset()
    """Meters that the vendor denied having."""
    readings: tuple[Reading, ...] = ()
    intervals: tuple[Interval, ...] = ()
    explored: tuple[Span, ...] = ()
    """Stretches that were answered for good, also where the answer was empty."""
    floors: Mapping[Series, datetime] = field(default_factory=dict)
    """Series that have history, with the first instant that the vendor still has."""
