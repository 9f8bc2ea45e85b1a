"""What the cloud says about each code, in its `meta` objects."""

from typing import Any

TEXTS: dict[str, tuple[str, bool, str, str, str, str, str]] = {
    "0_0_0": ("METER_ID_NUMBER", True, "meter", "identification", "", "Meter ID", "Meter identification number"),
    "0_2_2": ("TARIFF_PROGRAM", True, "meter", "identification", "", "Tariff", "Tariff program"),
    "0_9_1": ("TIME", False, "meter", "identification", "", "Time", "Current time on meter"),
    "0_9_2": ("DATE", False, "meter", "identification", "", "Date", "Current date on meter"),
    "1_8_0": ("POSITIVE_ACTIVE_ENERGY_TOTAL", False, "energy", "active", "kWh", "Energy A+ (total)", "Positive active energy A+ (total)"),
    "1_8_1": ("POSITIVE_ACTIVE_ENERGY_T1", False, "energy", "active", "kWh", "Energy A+ (tariff 1)", "Positive active energy A+ (tariff 1)"),
    "1_8_2": ("POSITIVE_ACTIVE_ENERGY_T2", False, "energy", "active", "kWh", "Energy A+ (tariff 2)", "Positive active energy A+ (tariff 2)"),
    "2_8_0": ("NEGATIVE_ACTIVE_ENERGY_TOTAL", False, "energy", "active", "kWh", "Energy A- (total)", "Negative active energy A- (total)"),
    "15_8_0": ("ABSOLUTE_ACTIVE_ENERGY_TOTAL", False, "energy", "active", "kWh", "Energy |A| (total)", "Absolute active energy |A| (total)"),
    "5_8_0": ("REACTIVE_ENERGY_Q1_TOTAL", False, "energy", "reactive", "kvarh", "Energy R1 (total)", "Reactive energy Q1 (total)"),
    "8_8_0": ("REACTIVE_ENERGY_Q4_TOTAL", False, "energy", "reactive", "kvarh", "Energy R4 (total)", "Reactive energy Q4 (total)"),
    "16_7_0": ("INSTANTANEOUS_POWER", False, "power", "active", "kW", "Power", "Instantaneous active power"),
    "C_1_0": ("METER_SERIAL_NUMBER", True, "meter", "identification", "", "Meter SN", "Meter serial number"),
    "F_F_0": ("METER_ERROR_CODE", False, "meter", "diagnostic", "", "Meter error", "Meter error code"),
    "S_1_1_2": ("BATTERY_VOLTAGE", True, "non-obis", "beacon-info", "V", "Battery voltage", "Battery voltage"),
    "S_1_1_4": ("READOUT_TIME_SECONDS", False, "non-obis", "beacon-info", "", "Readout timestamp", "Actual readout timestamp"),
    "S_1_1_6": ("READOUT_SUCCEEDED_CNT", False, "non-obis", "beacon-info", "", "Succeeded readouts", "Succeeded readouts count"),
    "S_1_1_7": ("READOUT_FAILED_CNT", False, "non-obis", "beacon-info", "", "Failed readouts", "Failed readouts count on first/second meter message"),
    "S_1_1_8": ("UART_PARAMETERS", False, "non-obis", "beacon-info", "", "UART communication parameters", "TX LED light power / UART communication speed"),
    "S_1_1_9": ("TEMPERATURE", False, "non-obis", "beacon-info", "°C", "Temperature", "Temperature measured with OneMeter"),
    "S_1_1_14": ("TESTS", False, "non-obis", "beacon-info", "", "tests", "internal tests"),
    "S_1_1_16": ("ONEMETER_DEVICE_STATUS", False, "non-obis", "beacon-info", "", "Flags", "Device status flags"),
}  # fmt: skip


def describe(code: str) -> dict[str, Any]:
    """Return the cloud's description of a code."""
    key, constant, category, subcategory, unit, short, long = TEXTS[code]
    return {
        "key": key,
        "constant": constant,
        "category": category,
        "subcategory": subcategory,
        "unit": unit,
        "description": {"short": short, "long": long},
    }
