"""The battery paths: IQ batteries, AC batteries, and the system controller."""

from typing import Any

from .gateway import Gateway
from .inverters import PERIOD, listed
from .storage import Battery, ac_batteries, iq_batteries

CONTROLLER_SERIAL = "492200040001"
CONTROLLER_FAHRENHEIT = 83
CONTACTS = ("NC1", "NC2", "NO1", "NO2")
RESERVE_PERCENT = 20
OK = ["envoy.global.ok", "prop.done"]


def inventory_json(gateway: Gateway) -> list[dict[str, Any]]:
    """Return the answer of /ivp/ensemble/inventory; empty where there is nothing."""
    groups: list[dict[str, Any]] = []
    if batteries := iq_batteries(gateway):
        devices = [
            _battery(gateway, battery, number)
            for number, battery in enumerate(batteries)
        ]
        groups.append({"type": "ENCHARGE", "devices": devices})
    if gateway.system.controller:
        groups.append({"type": "ENPOWER", "devices": [_controller(gateway)]})
    return groups


def power_json(gateway: Gateway) -> dict[str, Any]:
    """Return the answer of /ivp/ensemble/power, in mW and mVA."""
    # The colon in the key is really there.
    return {
        "devices:": [
            {
                "serial_num": battery.serial,
                "real_power_mw": battery.watts * 1000,
                "apparent_power_mva": battery.watts * 1000,
                "soc": battery.level,
            }
            for battery in iq_batteries(gateway)
        ]
    }


def secctrl_json(gateway: Gateway) -> dict[str, Any]:
    """Return the answer of /ivp/ensemble/secctrl, in Wh and per cent."""
    encharges, acbs = iq_batteries(gateway), ac_batteries(gateway)
    capacity = sum(battery.capacity for battery in encharges)
    phases = ("", "_phaseb", "_phasec")
    return {
        "shutdown": False,
        **{
            f"{name}{phase}": value
            for phase in phases
            for name, value in (
                ("freq_bias_hz", 0.0),
                ("voltage_bias_v", 0.0),
                ("freq_bias_hz_q8", 0),
                ("voltage_bias_v_q5", 0),
            )
        },
        "configured_backup_soc": RESERVE_PERCENT,
        "adjusted_backup_soc": RESERVE_PERCENT,
        "agg_soc": _level([*encharges, *acbs]),
        "Max_energy": capacity + sum(battery.capacity for battery in acbs),
        "ENC_agg_soc": _level(encharges),
        "ENC_agg_soh": 100 if encharges else 0,
        "ENC_agg_backup_energy": capacity * RESERVE_PERCENT // 100,
        "ENC_agg_avail_energy": sum(battery.available for battery in encharges),
        "Enc_commissioned_capacity": capacity,
        "Enc_max_available_capacity": capacity,
        "ACB_agg_soc": _level(acbs),
        "ACB_agg_energy": sum(battery.available for battery in acbs),
        "VLS_Limit": 10,
        "soc_rec_enabled": False,
        "soc_recovery_entry": 2,
        "soc_recovery_exit": 10,
        "Commission_in_progress": False,
        "ESS_in_progress": False,
    }


def relay_json(gateway: Gateway) -> dict[str, Any]:
    """Return the answer of /ivp/ensemble/relay."""
    mode = "multimode-ongrid" if gateway.system.controller else "unknown"
    return {
        "mains_admin_state": "closed",
        "mains_oper_state": "closed",
        "srt12_state": "open",
        "srt13_state": "open",
        "der1_state": 0,
        "der2_state": 0,
        "der3_state": 0,
        "Enchg_grid_mode": mode,
        "Solar_grid_mode": mode,
    }


def dry_contacts_json(gateway: Gateway) -> dict[str, Any]:
    """Return the answer of /ivp/ensemble/dry_contacts."""
    status = "closed" if gateway.system.controller else "open"
    return {"dry_contacts": [{"id": name, "status": status} for name in CONTACTS]}


def dry_contact_settings_json(gateway: Gateway) -> dict[str, Any]:
    """Return the answer of /ivp/ss/dry_contact_settings."""
    action = "apply" if gateway.system.controller else "none"
    more: dict[str, Any] = {}
    if gateway.system.controller:
        more = {
            "essential_start_time": 32400.0,
            "essential_end_time": 57600.0,
            "black_s_start": 5.0,
            "manual_override": "true",
            "priority": 1.0,
        }
    return {
        "dry_contacts": [
            {
                "id": name,
                "type": "NONE",
                "grid_action": action,
                "micro_grid_action": action,
                "gen_action": action,
                "override": "false",
                "load_name": "",
                "mode": "manual",
                "soc_low": 30.0,
                "soc_high": 70.0,
                "pv_serial_nb": [],
                **more,
            }
            for name in CONTACTS
        ]
    }


def devices_json(gateway: Gateway) -> list[dict[str, Any]]:
    """Return the answer of /inventory.json?deleted=1, which has the AC batteries."""
    installed = str(int(gateway.installed.timestamp()))
    dark = gateway.now - PERIOD
    panels = [
        {
            "part_num": "800-01374-r02",
            "installed": installed,
            "serial_num": inverter.serial,
            "device_status": OK[:1],
            "last_rpt_date": str(int(inverter.at.timestamp())),
            "admin_state": 2,
            "dev_type": 1,
            "created_date": installed,
            "img_load_date": "0",
            "img_pnum_running": "521-00005-r06-v10.31.01",
            "ptpn": "549-00040-r01-v10.31.01",
            "chaneid": 1627390225 + 256 * inverter.number,
            "device_control": [{"gficlearset": False}],
            "producing": inverter.watts > 0,
            "communicating": inverter.at > dark,
            "provisioned": True,
            "operating": inverter.watts > 0,
            "phase": "ph-a",
        }
        for inverter in listed(gateway)
    ]
    batteries = [
        {
            "part_num": "800-00930-r03",
            "installed": installed,
            "serial_num": battery.serial,
            "device_status": OK[:1],
            "last_rpt_date": str(gateway.epoch),
            "admin_state": 1,
            "dev_type": 11,
            "created_date": installed,
            "sleep_enabled": False,
            "percentFull": battery.level,
            "maxCellTemp": 18,
            "communicating": True,
            "operating": True,
            "producing": battery.watts > 0,
            "sleep_min_soc": 25,
            "sleep_max_soc": 30,
            "charge_status": battery.state,
        }
        for battery in ac_batteries(gateway)
    ]
    devices: dict[str, list[dict[str, Any]]] = {
        "PCU": panels,
        "ACB": batteries,
        "NSRB": [],
        "ESUB": [],
    }
    return [{"type": kind, "devices": group} for kind, group in devices.items()]


def _level(batteries: list[Battery]) -> int:
    capacity = sum(battery.capacity for battery in batteries)
    if not capacity:
        return 0
    held = sum(battery.capacity * battery.level for battery in batteries)
    return round(held / capacity)


def _battery(gateway: Gateway, battery: Battery, number: int) -> dict[str, Any]:
    return {
        "part_num": "836-01826-r76",
        "serial_num": battery.serial,
        **_dates(gateway),
        "admin_state": 6,
        "admin_state_str": "ENCHG_STATE_READY",
        "img_pnum_running": "3.0.7545_rel/31.33",
        "bmu_fw_version": "3.8.69",
        "communicating": True,
        "sleep_enabled": False,
        "percentFull": battery.stale_level,
        "temperature": 18 + number,
        "maxCellTemp": 19 + number,
        "reported_enc_grid_state": "grid-tied",
        "comm_level_sub_ghz": 0,
        "comm_level_2_4_ghz": 0,
        "led_status": 12,
        "dc_switch_off": False,
        "encharge_rev": 3,
        "encharge_capacity": battery.capacity,
        "phase": "ph-a",
        "der_index": 2,
    }


def _controller(gateway: Gateway) -> dict[str, Any]:
    return {
        "part_num": "865-00378-r27",
        "serial_num": CONTROLLER_SERIAL,
        **_dates(gateway),
        "admin_state": 24,
        "admin_state_str": "ENPWR_STATE_OPER_CLOSED",
        "img_pnum_running": "3.0.6297_rel/31.33",
        "communicating": True,
        "temperature": CONTROLLER_FAHRENHEIT,
        "comm_level_sub_ghz": 0,
        "comm_level_2_4_ghz": 0,
        "mains_admin_state": "closed",
        "mains_oper_state": "closed",
        "Enpwr_grid_mode": "multimode-ongrid",
        "Enchg_grid_mode": "multimode-ongrid",
        "Enpwr_relay_state_bm": 15868,
        "Enpwr_curr_state_id": 16,
    }


def _dates(gateway: Gateway) -> dict[str, Any]:
    installed = int(gateway.installed.timestamp())
    return {
        "installed": installed,
        "created_date": installed,
        "img_load_date": installed,
        "last_rpt_date": gateway.epoch,
        "device_status": OK,
    }
