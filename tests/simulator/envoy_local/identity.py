"""What a gateway tells about itself, and about things that the simulation hasn't got."""

from typing import Any

from .gateway import SERIAL, Gateway
from .storage import ac_batteries, iq_batteries

PART_NUMBERS = {False: "800-00656-r06", True: "800-00654-r06"}
"""By whether it is metered."""
TOKENS_SINCE = 7
LACKS_TARIFF = 7
"""Of this generation only metered gateways know the tariff."""


def info_xml(gateway: Gateway) -> str:
    """Return the answer of /info, which needs no sign-in."""
    tokens = gateway.version[0] >= TOKENS_SINCE
    major, minor, build = gateway.version
    return f"""<?xml version='1.0' encoding='UTF-8'?>
<envoy_info>
  <time>{gateway.epoch}</time>
  <device>
    <sn>{SERIAL}</sn>
    <pn>{PART_NUMBERS[gateway.system.metered]}</pn>
    <software>D{gateway.firmware}</software>
    <euaid>4c8675</euaid>
    <seqnum>0</seqnum>
    <apiver>1</apiver>
    <imeter>{str(gateway.system.metered).lower()}</imeter>
  </device>
{"  <web-tokens>true</web-tokens>" if tokens else ""}
  <package name='app'>
    <pn>500-00002-r01</pn>
    <version>{major:02}.{minor:02}.{build}</version>
    <build>5f4d83</build>
  </package>
  <build_info>
    <build_id>-envoy_simulated</build_id>
    <build_time_gmt>1722440021</build_time_gmt>
  </build_info>
</envoy_info>
"""


def home_json(gateway: Gateway) -> dict[str, Any]:
    """Return the answer of /home."""
    local = gateway.now.astimezone(gateway.house.timezone)
    system = gateway.system
    counts = {"pcu": system.inverters, "acb": len(ac_batteries(gateway))}
    counts |= {"nsrb": int(system.controller), "esub": 0}
    return {
        "software_build_epoch": 1722440021,
        "timezone": str(gateway.house.timezone),
        "current_date": f"{local:%m/%d/%Y}",
        "current_time": f"{local:%H:%M}",
        "network": {
            "web_comm": True,
            "ever_reported_to_enlighten": True,
            "last_enlighten_report_time": gateway.epoch - 300,
            "primary_interface": "eth0",
            "interfaces": [
                {
                    "type": "ethernet",
                    "interface": "eth0",
                    "mac": "02:00:5E:00:53:01",
                    "dhcp": True,
                    "ip": "192.0.2.10",
                    "signal_strength": 1,
                    "signal_strength_max": 1,
                    "carrier": True,
                },
                {
                    "signal_strength": 0,
                    "signal_strength_max": 0,
                    "type": "wifi",
                    "interface": "wlan0",
                    "mac": "02:00:5E:00:53:02",
                    "dhcp": True,
                    "ip": None,
                    "carrier": False,
                    "supported": True,
                    "present": True,
                    "configured": False,
                    "status": "connecting",
                },
            ],
        },
        "tariff": "none",
        "comm": {
            "num": sum(counts.values()),
            "level": 5,
            **{kind: {"num": num, "level": 5} for kind, num in counts.items()},
            "encharge": [
                {
                    "num": len(iq_batteries(gateway)),
                    "level": 0,
                    "level_24g": 0,
                    "level_subg": 0,
                }
            ],
        },
        "wireless_connection": [
            {
                "signal_strength": 0,
                "signal_strength_max": 0,
                "type": "BLE",
                "connected": True,
            }
        ],
    }


def tariff_json(gateway: Gateway) -> dict[str, Any] | None:
    """Return the answer of /admin/lib/tariff; None where there is no such path."""
    generation = gateway.version[0]
    if generation == LACKS_TARIFF and not gateway.system.metered:
        return None
    tariff: dict[str, Any] = {
        "currency": {"code": "EUR"},
        "single_rate": {"rate": 0.0, "sell": 0.0},
        "seasons": [],
        "seasons_sell": [],
    }
    schedule: dict[str, Any] = {
        "source": "Tariff",
        "date": "2025-05-07 19:18:12 UTC",
        "version": "00.00.02",
    }
    if generation >= TOKENS_SINCE:
        tariff |= {
            "logger": "mylogger",
            "date": "1743427085",
            "storage_settings": {
                "mode": "self-consumption",
                "operation_mode_sub_type": "",
                "reserved_soc": 20.0,
                "very_low_soc": 5,
                "charge_from_grid": False,
                "date": "1746645538",
                "opt_schedules": False,
            },
        }
    return {"tariff": tariff, "schedule": schedule}


def generator_json(gateway: Gateway) -> dict[str, Any]:
    """Return the answer of /ivp/ensemble/generator: there is none."""
    return {
        "admin_state": "unknown",
        "oper_state": "open",
        "admin_mode": 0,
        "schedule": 0,
        "start_soc": 100,
        "stop_soc": -1,
        "exc_on": 0,
        "present": 0,
        "type": 1,
    }


def pv_limit_json(gateway: Gateway) -> dict[str, Any]:
    """Return the answer of /ivp/sc/pvlimit."""
    return {"enable": False, "pv_limit_pct": 100}


def acb_config_json(gateway: Gateway) -> dict[str, Any]:
    """Return the answer of /admin/lib/acb_config: no AC battery is to sleep."""
    return {"acb_sleep": []}
