"""A small metered house, made up, for what no recording shows."""

import json
from typing import Any

from .replay import Answer, Replay

SERIAL = "122000000001"
BATTERY = "492000000001"

PRODUCTION, NET, STORAGE, TOTAL = 1, 2, 3, 4

_KINDS = {
    PRODUCTION: "production",
    NET: "net-consumption",
    STORAGE: "storage",
    TOTAL: "total-consumption",
}


def a_house(
    firmware: str = "8.2.4286",
    cts: tuple[int, ...] = (PRODUCTION, NET),
    *,
    metered: bool = True,
) -> Replay:
    """Return a gateway with these current transformers and two inverters."""
    info = (
        f"<envoy_info><device><sn>{SERIAL}</sn><pn>800-00654-r08</pn>"
        f"<software>D{firmware}</software>"
        f"<imeter>{str(metered).lower()}</imeter></device></envoy_info>"
    )
    replay = Replay({"info": Answer(info.encode())})
    replay.set(
        "/ivp/meters",
        [
            {
                "eid": eid,
                "state": "enabled",
                "measurementType": _KINDS[eid],
                "phaseMode": "single",
                "phaseCount": 1,
                "meteringStatus": "normal",
                "statusFlags": [],
            }
            for eid in cts
        ],
    )
    replay.set("/ivp/meters/readings", [reading(eid, 0, 0, 0) for eid in cts])
    replay.set("/production.json", production())
    replay.set(
        "/api/v1/production",
        {
            "wattHoursToday": 1,
            "wattHoursSevenDays": 2,
            "wattHoursLifetime": 5_000_000,
            "wattsNow": 3000,
        },
    )
    replay.set("/api/v1/production/inverters", [inverter("a"), inverter("b")])
    return replay


def reading(eid: int, watts: float, delivered: float, received: float) -> Any:
    """Return what one current transformer measures."""
    channel = {
        "eid": eid,
        "timestamp": 1_790_000_000,
        "actEnergyDlvd": delivered,
        "actEnergyRcvd": received,
        "activePower": watts,
        "pwrFactor": 0.97,
        "voltage": 231.5,
        "current": abs(watts) / 230,
        "freq": 50.0,
    }
    return {**channel, "channels": [channel]}


def measure(replay: Replay) -> None:
    """Have the sun give 3 kW, of which 200 W are exported."""
    replay.set(
        "/ivp/meters/readings",
        [reading(PRODUCTION, 3000, 5_000_000, 10), reading(NET, -200, 900_000, 40_000)],
    )


def production(
    solar: float = 3000, home: float = 2000, inverters: float = 4_900_000
) -> Any:
    """Return the gateway's own figures."""
    eim = {"type": "eim", "activeCount": 1, "whToday": 0, "whLastSevenDays": 0}
    return {
        "production": [
            {
                "type": "inverters",
                "activeCount": 2,
                "wNow": solar,
                "whLifetime": inverters,
            },
            {
                **eim,
                "measurementType": "production",
                "wNow": solar,
                "whLifetime": 5_000_000,
            },
        ],
        "consumption": [
            {
                **eim,
                "measurementType": "total-consumption",
                "wNow": home,
                "whLifetime": 7_000_000,
            },
            {
                **eim,
                "measurementType": "net-consumption",
                "wNow": home - solar,
                "whLifetime": 2_000_000,
            },
        ],
        "storage": [],
    }


def unmetered(replay: Replay) -> Replay:
    """Take away all that only a metered gateway tells."""
    block = {"type": "inverters", "activeCount": 2}
    replay.set("/ivp/meters", [])
    replay.set(
        "/production.json",
        {"production": [{**block, "wNow": 2990, "whLifetime": 4_900_000}]},
    )
    return replay


def inverter(serial: str, watts: int = 1500) -> Any:
    """Return one inverter, without details."""
    return {
        "serialNumber": serial,
        "lastReportDate": 1_790_000_000,
        "devType": 1,
        "lastReportWatts": watts,
        "maxReportWatts": 2000,
    }


def device_data(joules: dict[str, int]) -> Any:
    """Return inverters with details, which have produced so many joules."""
    return {
        "deviceCount": len(joules),
        "deviceDataLimit": 50,
        **{
            str(number): {
                "sn": serial,
                "devName": "pcu",
                "active": True,
                "channels": [
                    {
                        "watts": {"now": 100, "max": 300},
                        "wattHours": {"today": 5},
                        "lifetime": {"joulesProduced": each},
                        "lastReading": {
                            "endDate": 1_790_000_000,
                            "duration": 900,
                            "joulesProduced": 90_000,
                            "acVoltageINmV": 231_500,
                            "acCurrentInmA": 430,
                            "acFrequencyINmHz": 50_000,
                            "dcVoltageINmV": 32_100,
                            "dcCurrentINmA": 3_100,
                            "channelTemp": 21,
                        },
                    }
                ],
            }
            for number, (serial, each) in enumerate(joules.items(), start=1)
        },
    }


def add_battery(replay: Replay, milliwatts: int) -> None:
    """Add an IQ battery that does this."""
    unit = {
        "part_num": "830-01760-r42",
        "serial_num": BATTERY,
        "installed": 1,
        "last_rpt_date": 1_790_000_000,
        "admin_state": 6,
        "admin_state_str": "ENCHG_STATE_READY",
        "img_load_date": 1,
        "img_pnum_running": "3.0",
        "bmu_fw_version": "2.1",
        "communicating": True,
        "percentFull": 10,
        "temperature": 21,
        "maxCellTemp": 22,
        "comm_level_sub_ghz": 5,
        "comm_level_2_4_ghz": 5,
        "led_status": 17,
        "dc_switch_off": False,
        "encharge_rev": 2,
        "encharge_capacity": 3500,
    }
    replay.set("/ivp/ensemble/inventory", [{"type": "ENCHARGE", "devices": [unit]}])
    replay.set(
        "/ivp/ensemble/secctrl",
        {
            "agg_soc": 54,
            "Max_energy": 3500,
            "ENC_agg_soc": 54,
            "ENC_agg_backup_energy": 0,
            "ENC_agg_avail_energy": 1890,
            "Enc_max_available_capacity": 3500,
            "configured_backup_soc": 0,
            "adjusted_backup_soc": 0,
            "ACB_agg_soc": 0,
            "ACB_agg_energy": 0,
        },
    )
    power = {
        "serial_num": BATTERY,
        "real_power_mw": milliwatts,
        "apparent_power_mva": milliwatts,
        "soc": 54,
    }
    replay.set("/ivp/ensemble/power", {"devices:": [power]})


def truncated(replay: Replay, path: str) -> None:
    """Answer only the first half on a path."""
    body = json.dumps(replay.get(path)).encode()
    name = path.strip("/").replace("/", "_")
    replay.answers[name] = Answer(body[: len(body) // 2])
