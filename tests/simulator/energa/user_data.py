"""The portal's JSON of an account: metering points, registers and agreements."""

from collections.abc import Sequence
from enum import StrEnum
from typing import Any

from ..house import Flow
from .charts import OBJECTS, ChartType
from .local_days import day_of, to_milliseconds
from .metering_point import MeteringPoint

SIGNS = {Flow.GRID_IMPORT: "+", Flow.GRID_EXPORT: "-"}
LABELS = {
    Flow.GRID_IMPORT: "DATA.PANEL.ENERGY.A.PLUS",
    Flow.GRID_EXPORT: "Energia wyprodukowana",
}
SUM_CHARTS = (ChartType.YEAR, ChartType.MONTH, "WEEK")
"""The charts of objects that have no hours."""


class AgreementShape(StrEnum):
    """Where the account's data have the agreements."""

    BOTH = "both"
    """The code at the point; all else beside the points, by code and without ids."""
    NEW = "new"
    """Only the code, at the point."""
    LEGACY = "legacy"
    """All beside the points, by the points' ids."""


def user_data_json(
    points: Sequence[MeteringPoint], shape: AgreementShape
) -> dict[str, Any]:
    """Return all that the portal tells about an account."""
    data: dict[str, Any] = {
        "meterPoints": [_point_json(point, shape) for point in points]
    }
    if shape is not AgreementShape.NEW:
        # The order says nothing about which agreement is whose.
        data["agreementPoints"] = [
            _agreement_json(point, shape) for point in reversed(points)
        ]
    if points:
        first = points[0]
        activated = day_of(first.world.installed, first.house.timezone)
        data["activationDate"] = activated.isoformat()
    return data


def _point_json(point: MeteringPoint, shape: AgreementShape) -> dict[str, Any]:
    nested = [{"code": _code(point), "terminal": None}]
    return {
        "id": point.id,
        "name": f"Dom {point.number}",
        "dev": point.serial(point.newest_midnight()),
        "tariff": point.house.tariff.name.upper(),
        "mult": 1.0,
        "currentMult": 0.0,
        "voltageMult": 0.0,
        "agreementPoints": [] if shape is AgreementShape.LEGACY else nested,
        "lastMeasurements": _registers_json(point),
        "lastMeasurementMsg": "",
        "alarmsEnabled": False,
        "alarms": [],
        "inactivities": None,
        "meterObjects": _objects_json(point),
    }


def _registers_json(point: MeteringPoint) -> list[dict[str, Any]]:
    at = point.newest_midnight()
    if at is None:
        return []
    return [
        {
            "zone": f"A{SIGNS[direction]} strefa {zone[-1]}",
            "value": point.register(direction, zone, at),
            "date": str(to_milliseconds(at)),
        }
        for direction in point.directions
        for zone in point.house.tariff.zones
    ]


def _objects_json(point: MeteringPoint) -> list[dict[str, Any]]:
    """Return what charts exist of; a consumer has an object for export all the same."""
    objects: list[dict[str, Any]] = []
    for direction, obis in OBJECTS.items():
        objects.append(
            {
                "obis": obis,
                "label": LABELS[direction],
                "availableCharts": [*SUM_CHARTS, ChartType.DAY],
            }
        )
        objects += [
            {
                "obis": obis.replace(".0*", f".{zone[-1]}*"),
                "label": f"Strefa {zone[-1]}",
                "availableCharts": list(SUM_CHARTS),
            }
            for zone in point.house.tariff.zones
        ]
    return objects


def _agreement_json(point: MeteringPoint, shape: AgreementShape) -> dict[str, Any]:
    agreement = {
        "code": _code(point),
        "address": f"Słoneczna {point.number}, 80-001 Gdańsk",
        "type": "Wytwórca" if point.house.has_solar else "Odbiorca",
        "dealer": {"start": to_milliseconds(point.world.installed)},
    }
    return (
        {"id": point.id, **agreement} if shape is AgreementShape.LEGACY else agreement
    )


def _code(point: MeteringPoint) -> str:
    """Return the number of the point in the grid: 18 digits."""
    return f"{590_243_000_000_000_000 + point.number}"
