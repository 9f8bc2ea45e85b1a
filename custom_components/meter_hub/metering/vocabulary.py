"""The shared vocabulary: what is measured, in which unit, of what, on which part of it.

Every vendor uses the same words. Energy is in kWh, power in W. Grid power is
positive for import, battery power is positive for discharge.
"""

from enum import StrEnum
from typing import Self


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
    DECIBEL_MILLIWATT = "dBm"
    HOUR = "h"
    SECOND = "s"


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
    CHOICE = "choice"
    """One of a few words that are ours, so that they can be translated."""
    DATE = "date"
    """A calendar day, as an ISO 8601 text."""
    INSTANT = "instant"
    """A point in time."""
    MONEY = "money"
    """A cumulative amount in the currency of the vendor's customers; may fall."""


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
    SOLAR = "solar", Kind.REGISTER, Unit.KILOWATT_HOUR
    """What solar panels, or one inverter, produced."""
    HOME = "home", Kind.REGISTER, Unit.KILOWATT_HOUR
    """What the home consumed."""
    BATTERY_CHARGE = "battery_charge", Kind.REGISTER, Unit.KILOWATT_HOUR
    BATTERY_DISCHARGE = "battery_discharge", Kind.REGISTER, Unit.KILOWATT_HOUR
    CIRCUIT_DELIVERED = "circuit_delivered", Kind.REGISTER, Unit.KILOWATT_HOUR
    """What flowed to the house through a further current transformer; its channels
    are what that one measures."""
    CIRCUIT_RECEIVED = "circuit_received", Kind.REGISTER, Unit.KILOWATT_HOUR
    EV_CHARGE = "ev_charge", Kind.REGISTER, Unit.KILOWATT_HOUR
    """What a charger gave to cars."""
    SOLAR_TODAY = "solar_today", Kind.PERIOD, Unit.KILOWATT_HOUR
    HOME_TODAY = "home_today", Kind.PERIOD, Unit.KILOWATT_HOUR
    BATTERY_CHARGE_TODAY = "battery_charge_today", Kind.PERIOD, Unit.KILOWATT_HOUR
    BATTERY_DISCHARGE_TODAY = (
        "battery_discharge_today",
        Kind.PERIOD,
        Unit.KILOWATT_HOUR,
    )
    EV_CHARGE_TODAY = "ev_charge_today", Kind.PERIOD, Unit.KILOWATT_HOUR
    GRID_IMPORT_TODAY = "grid_import_today", Kind.PERIOD, Unit.KILOWATT_HOUR
    GRID_EXPORT_TODAY = "grid_export_today", Kind.PERIOD, Unit.KILOWATT_HOUR
    GRID_IMPORT_YESTERDAY = "grid_import_yesterday", Kind.PERIOD, Unit.KILOWATT_HOUR
    GRID_EXPORT_YESTERDAY = "grid_export_yesterday", Kind.PERIOD, Unit.KILOWATT_HOUR
    GRID_IMPORT_LAST_HOUR = "grid_import_last_hour", Kind.PERIOD, Unit.KILOWATT_HOUR
    """The last full hour, from its reading's `since` on."""
    GRID_EXPORT_LAST_HOUR = "grid_export_last_hour", Kind.PERIOD, Unit.KILOWATT_HOUR
    BALANCED_IMPORT = "balanced_import", Kind.REGISTER, Unit.KILOWATT_HOUR
    """Import less export, netted within each hour and tariff zone."""
    BALANCED_EXPORT = "balanced_export", Kind.REGISTER, Unit.KILOWATT_HOUR
    BALANCED_IMPORT_TODAY = "balanced_import_today", Kind.PERIOD, Unit.KILOWATT_HOUR
    BALANCED_EXPORT_TODAY = "balanced_export_today", Kind.PERIOD, Unit.KILOWATT_HOUR
    IMPORT_COST = "import_cost", Kind.MONEY
    """What the imported energy costs."""
    EXPORT_COMPENSATION = "export_compensation", Kind.MONEY
    """What is paid for the exported energy."""
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
    SOLAR_POWER = "solar_power", Kind.MEASUREMENT, Unit.WATT
    HOME_POWER = "home_power", Kind.MEASUREMENT, Unit.WATT
    """What the home draws; without what charges its battery."""
    BATTERY_POWER = "battery_power", Kind.MEASUREMENT, Unit.WATT
    """Positive while the battery discharges."""
    EV_POWER = "ev_power", Kind.MEASUREMENT, Unit.WATT
    """What a charger gives to a car."""
    CIRCUIT_POWER = "circuit_power", Kind.MEASUREMENT, Unit.WATT
    IMPORT_POWER = "import_power", Kind.MEASUREMENT, Unit.WATT
    EXPORT_POWER = "export_power", Kind.MEASUREMENT, Unit.WATT
    AVERAGE_IMPORT_POWER = "average_import_power", Kind.MEASUREMENT, Unit.WATT
    """Over the last minute, from what the registers counted."""
    AVERAGE_EXPORT_POWER = "average_export_power", Kind.MEASUREMENT, Unit.WATT
    ABSOLUTE_POWER = "absolute_power", Kind.MEASUREMENT, Unit.WATT
    DEMAND = "demand", Kind.MEASUREMENT, Unit.WATT
    """The mean power of the measuring period that runs."""
    MAX_DEMAND = "max_demand", Kind.MEASUREMENT, Unit.WATT
    """The highest demand since the meter's last billing reset."""
    MAX_ABSOLUTE_DEMAND = "max_absolute_demand", Kind.MEASUREMENT, Unit.WATT
    CUMULATIVE_DEMAND = "cumulative_demand", Kind.NUMBER, Unit.WATT
    """The highest demands of all billing periods added up."""
    CURRENT = "current", Kind.MEASUREMENT, Unit.AMPERE
    """Positive for import where the meter tells the direction."""
    LOWEST_CURRENT = "lowest_current", Kind.MEASUREMENT, Unit.AMPERE
    """Over the last minute; below zero where a phase exported."""
    HIGHEST_CURRENT = "highest_current", Kind.MEASUREMENT, Unit.AMPERE
    MAIN_FUSE = "main_fuse", Kind.NUMBER, Unit.AMPERE
    FUSE_HEADROOM = "fuse_headroom", Kind.MEASUREMENT, Unit.AMPERE
    """How much more current the main fuse of a phase carries."""
    VOLTAGE = "voltage", Kind.MEASUREMENT, Unit.VOLT
    DC_VOLTAGE = "dc_voltage", Kind.MEASUREMENT, Unit.VOLT
    """Of the solar panels behind an inverter."""
    DC_CURRENT = "dc_current", Kind.MEASUREMENT, Unit.AMPERE
    FREQUENCY = "frequency", Kind.MEASUREMENT, Unit.HERTZ
    POWER_FACTOR = "power_factor", Kind.MEASUREMENT
    BATTERY_LEVEL = "battery_level", Kind.MEASUREMENT, Unit.PERCENT
    BATTERY_AVAILABLE = "battery_available", Kind.MEASUREMENT, Unit.KILOWATT_HOUR
    """The energy that is in the battery."""
    BATTERY_CAPACITY = "battery_capacity", Kind.NUMBER, Unit.KILOWATT_HOUR
    MAX_CHARGE_POWER = "max_charge_power", Kind.NUMBER, Unit.WATT
    """What the batteries of a system can take at most."""
    MAX_DISCHARGE_POWER = "max_discharge_power", Kind.NUMBER, Unit.WATT
    SYSTEM_SIZE = "system_size", Kind.NUMBER, Unit.WATT
    """The rated power of the solar panels."""
    MODULES = "modules", Kind.NUMBER
    """How many solar panels there are."""
    SYSTEM_STATUS = "system_status", Kind.CHOICE
    """One of `SystemStatus`."""
    TEMPERATURE = "temperature", Kind.MEASUREMENT, Unit.CELSIUS
    GRID_CONNECTED = "grid_connected", Kind.FLAG
    """Whether the house hangs on the grid, and not on its battery alone."""
    CHARGER_MODE = "charger_mode", Kind.TEXT
    """How the charger is controlled, or what it does, in the vendor's words."""
    CHARGER_PREVIOUS_MODE = "charger_previous_mode", Kind.TEXT
    CHARGER_STATUS = "charger_status", Kind.TEXT
    """How the charger is, in the vendor's words."""
    CHARGER_PLUGGED = "charger_plugged", Kind.FLAG
    """Whether a car hangs on the charger."""
    SESSION_START = "session_start", Kind.INSTANT
    """When a car was plugged in last; all of a session is that of this last one."""
    SESSION_END = "session_end", Kind.INSTANT
    SESSION_ENERGY = "session_energy", Kind.PERIOD, Unit.KILOWATT_HOUR
    SESSION_DURATION = "session_duration", Kind.NUMBER, Unit.SECOND
    SESSION_CHARGE_TIME = "session_charge_time", Kind.NUMBER, Unit.SECOND
    """How long of it the car charged."""
    SESSION_POWER = "session_power", Kind.NUMBER, Unit.WATT
    """The mean while it charged."""
    SESSION_COST = "session_cost", Kind.NUMBER
    """In a currency that the vendor doesn't name."""
    CHARGER_ALLOWED_CURRENT = "charger_allowed_current", Kind.NUMBER, Unit.AMPERE
    CHARGER_FUSE = "charger_fuse", Kind.NUMBER, Unit.AMPERE
    CHARGER_SAFE_CURRENT = "charger_safe_current", Kind.NUMBER, Unit.AMPERE
    """What the charger may draw when it hears from nobody."""
    CHARGER_OVERRIDE_CURRENT = "charger_override_current", Kind.NUMBER, Unit.AMPERE
    CHARGER_SOLAR = "charger_solar", Kind.FLAG
    """Whether the charger follows the sun."""
    CHARGER_SOLAR_START = "charger_solar_start", Kind.NUMBER, Unit.AMPERE
    """The current at the meter at which charging begins; below zero is export."""
    CHARGER_SOLAR_MAX = "charger_solar_max", Kind.NUMBER, Unit.AMPERE
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
    CLIENT_TYPE = "client_type", Kind.TEXT
    """Whether the contract is a consumer's or a producer's, in the vendor's words."""
    METERING_POINT = "metering_point", Kind.TEXT
    """The grid operator's code of the connection."""
    ADDRESS = "address", Kind.TEXT
    ACTIVATION_DATE = "activation_date", Kind.DATE
    """Since when the grid operator's service shows the connection."""
    CT_STATUS = "ct_status", Kind.TEXT
    """How a current transformer finds itself; its channels are what it measures."""
    TOKEN_EXPIRY = "token_expiry", Kind.INSTANT
    """Until when the gateway lets us in."""
    METER_STATUS = "meter_status", Kind.CHOICE
    """One of `MeterStatus`."""
    SIGNAL_STRENGTH = (
        "signal_strength",
        Kind.MEASUREMENT,
        Unit.DECIBEL_MILLIWATT,
    )
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
    LAST_HOUR = "last_hour", Kind.INSTANT
    """The end of the last hour whose energy is known."""
    DATA_DELAY = "data_delay", Kind.MEASUREMENT, Unit.HOUR
    """How long ago that was when the vendor was asked last."""
    OPEN_DAYS = "open_days", Kind.MEASUREMENT
    """The days of which the vendor has not told every hour for good."""


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


class Circuit(StrEnum):
    """What a current transformer is around, as a channel of what it alone measures."""

    PRODUCTION = "production"
    NET_CONSUMPTION = "net-consumption"
    TOTAL_CONSUMPTION = "total-consumption"
    STORAGE = "storage"
    BACKFEED = "backfeed"
    LOAD = "load"
    EVSE = "evse"
    """A charging station."""
    PV3P = "pv3p"
    """Three-phase solar inverters."""


class MeterKind(StrEnum):
    """What stands behind a meter."""

    GRID = "grid"
    GATEWAY = "gateway"
    """Of a solar system: what it measures may be solar, grid, home and battery."""
    INVERTER = "inverter"
    BATTERY = "battery"
    CONTROLLER = "controller"
    """Parts the house from the grid."""
    EV_CHARGER = "ev_charger"


class MeterStatus(StrEnum):
    """Whether a meter is heard from."""

    OK = "ok"
    STALE = "stale"
    """What it sent last is minutes old."""
    NO_DATA = "no_data"
    """It is listed, but what it sent holds no values."""
    OFFLINE = "offline"
    """The vendor hears nothing from it."""


class SystemStatus(StrEnum):
    """How a solar system is, in the words of its vendor's monitoring."""

    NORMAL = "normal"
    COMM = "comm"
    """The gateway is not heard from."""
    POWER = "power"
    """It produces less than it should."""
    METER = "meter"
    METER_ISSUE = "meter_issue"
    MICRO = "micro"
    BATTERY = "battery"
    STORAGE_IDLE = "storage_idle"
    ENCHARGE = "encharge"
    ENCHARGE_ISSUE = "encharge_issue"
    ENPOWER = "enpower"
    ENPOWER_ISSUE = "enpower_issue"
    OTHER = "other"
    """A word that is not known."""
