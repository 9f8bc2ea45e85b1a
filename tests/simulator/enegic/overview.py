"""The items of an account, and the chargers that report to it."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from .meter import Family, Meter
from .packets import FIRMWARE, real_time_packet, sequence_number

HARDWARE = "4.6"
TIMEZONE = "Europe/Stockholm"
KINDS_OF_REPORTERS = (
    "ZaptecReporters",
    "EaseeReporters",
    "MontaReporters",
    "OpenReporters",
    "WallboxReporters",
    "AminaReporters",
    "OcppReporters",
)

type Reporters = dict[str, list[dict[str, Any]]]


def zaptec_reporter(meter: Meter, user_id: int) -> dict[str, Any]:
    """Return the settings of a charger that heeds a meter's main fuse."""
    return {
        "ReporterId": meter.item_id + 1000,
        "InstallationId": f"f79458b7-21d9-43ef-bc45-{meter.number:012d}",
        "UserId": user_id,
        "AlgorithmType": "Simple",
        "SimpleSettings": {
            "PhaseCurrentOverride": [-1, -1, -1],
            "ItemId": meter.item_id,
            "MainsFuseLevel": meter.fuse,
            "ChargerFuseLevel": 25,
            "AllowedCurrent": 0,
            "SafeModeCurrent": 6,
            "DelayResume": 5,
            "UseSchema": False,
            "Test": False,
            "SensorType": 8,
            "TimeZone": TIMEZONE,
            "SolarSettings": None,
            "PowerTariff": None,
        },
        "UserSettings": {
            "Mode": "Price",
            "PreviousMode": "Open",
            "DoNotSend": False,
            "SolarSettings": {
                "SolarMaxLevel": 4,
                "SolarStartLevel": -4,
                "Enabled": True,
            },
        },
    }


def items(
    meters: list[Meter], reporters: Reporters, user_id: int
) -> Iterator[dict[str, Any]]:
    """Iterate over all items of an account: chargers, an empty one, and meters."""
    for kind, settings in reporters.items():
        for each in settings:
            yield from _charger_items(kind.removesuffix("Reporters"), each, user_id)
    if meters:
        yield _item(meters[0].item_id + 2000, user_id)
    for meter in meters:
        yield _meter_item(meter, user_id)


def _charger_items(
    brand: str, settings: dict[str, Any], user_id: int
) -> Iterator[dict[str, Any]]:
    reporter_id = settings["ReporterId"]
    yield _item(
        reporter_id,
        user_id,
        category="LocalVirtual",
        kind="Reporter",
        subtype=f"{brand}Reporter",
    ) | {
        "Name": f"{brand} in the garage",
        "SystemName": None,
        "UserSettings": {"Specific": {"PartnerId": 3}},
    }
    yield _item(
        reporter_id + 1,
        user_id,
        category="LocalVirtual",
        kind="Charger",
        subtype=f"{brand}Charger",
    ) | {
        "SystemName": None,
        "UserSettings": {
            "ChargerId": "ZAG000000",
            "InstallationId": settings["InstallationId"],
            "ReporterId": str(reporter_id),
        },
    }


def _meter_item(meter: Meter, user_id: int) -> dict[str, Any]:
    item = _item(
        meter.item_id,
        meter.owner or user_id,
        category="LocalPhysical",
        kind="Phase",
        subtype=str(meter.family),
    )
    name = f"House {meter.number}"
    return item | {
        "ActualItemUserParameters": {
            "ItemCategory": item["ItemCategory"],
            "ItemId": meter.item_id,
            "ItemSubType": item["ItemSubType"],
            "ItemType": item["ItemType"],
            "Mac": item["MacAddress"],
            "Name": name,
            "SystemName": name,
            "TimeZone": meter.timezone,
            "UserId": item["UserId"],
            **(_CLAMPS if meter.family is Family.EM1 else _READER),
        },
        "FlashSeqNo": sequence_number(meter),
        "LatestPacketFromItem": real_time_packet(meter),
        "Name": name,
        "SharedDeviceOwner": meter.owner,
        "SystemName": name,
        "TimeZone": meter.timezone,
        "UserSettings": {"phase": _wiring(meter)},
    }


_READER = {
    "Cap": {
        "D": 0,
        "E": 0,
        "H": 1,
        "I": 0,
        "LAN": False,
        "RJ12": True,
        "RJ45": True,
        "S": 0,
        "WiFi": True,
        "extAnt": True,
    },
    "Dev": {"D": 0, "E": 0, "H": 1, "S": 0},
    "FW": FIRMWARE,
    "HBaud": 115200,
    "HW": HARDWARE,
}
_CLAMPS = {"Ai": 32, "Ks": 50, "PkWh": 1000}


def _wiring(meter: Meter) -> dict[str, Any]:
    family = "I" if meter.family is Family.EM1 else "H"
    node = {
        "active": 1,
        "displayseparate": 0,
        "fuselevel": meter.fuse,
        "icon": {"id": "default", "name": "Standard"},
        "includeintotal": 1,
        "measuredetails": "",
        "measureinfo": "",
        "multiplyfactor": 1,
        "name": "Main",
        "phases": [{"active": active} for active in (1, 1, 1, 0)],
        "swbinfo": "",
        "type": family,
    }
    return {"nodelist": [node], "type": family, "voltage": 230}


def _item(
    item_id: int,
    user_id: int,
    *,
    category: str = "None",
    kind: str = "None",
    subtype: str = "None",
) -> dict[str, Any]:
    created = datetime.fromtimestamp(item_id // 1000, UTC).replace(tzinfo=None)
    return {
        "ActualItemUserParameters": {},
        "ClusterId": None,
        "CreationTime": created.isoformat(),
        "DeletionTime": None,
        "FlashSeqNo": 0,
        "GroupId": None,
        "ItemCategory": category,
        "ItemId": item_id,
        "ItemState": "Active",
        "ItemSubType": subtype,
        "ItemType": kind,
        "LatestPacketFromItem": {},
        "MacAddress": f"AA:BB:CC:{item_id >> 16 & 255:02X}:{item_id >> 8 & 255:02X}:{item_id & 255:02X}",
        "Name": f"Item {item_id}",
        "SharedDeviceOwner": None,
        "SystemName": f"Item {item_id}",
        "SystemSettings": {},
        "TimeZone": TIMEZONE,
        "UserId": user_id,
        "UserSettings": {},
    }
