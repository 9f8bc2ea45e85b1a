"""What an account's data say of its metering points. Pure.

A metering point hangs on an agreement, which has its code, address and kind. The
agreements lie beside the metering points, and also, or only, within them.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from ...metering.vocabulary import Quantity
from ..base import JsonObject
from .days import day_of
from .obis import DEFAULT_CODES, EXPORT, EXPORTS, IMPORT, IMPORTS, register_of
from .values import part_of, parts_of, to_instant, to_number, to_text

_PRODUCER = "wytwórca"
_MULTIPLIERS = ("mult", "currentMult", "voltageMult")


@dataclass(frozen=True, slots=True)
class Register:
    """What a meter counted in one direction and tariff zone."""

    energy: float | None
    """kWh."""
    at: datetime | None


@dataclass(frozen=True, slots=True)
class Agreement:
    """What a contract says of a metering point."""

    code: str | None = None
    address: str | None = None
    client_type: str | None = None
    activated: date | None = None


@dataclass(frozen=True, slots=True)
class MeteringPoint:
    """One metering point, as the account's data describe it."""

    id: str
    label: str
    serial: str | None
    tariff: str | None
    registers: Mapping[Quantity, Mapping[int, Register]]
    """By direction and by the number of the tariff zone."""
    codes: Mapping[Quantity, str]
    """What the charts of each direction are asked for with."""
    agreement: Agreement
    multipliers: Mapping[str, float]
    """Of transformers; what they apply to is not known, so they are only shown."""

    @property
    def exports(self) -> bool:
        """Whether energy goes to the grid here: consumers have a chart of it too."""
        kind = (self.agreement.client_type or "").casefold()
        return EXPORT in self.registers or kind == _PRODUCER

    @property
    def address(self) -> str | None:
        """Where it is: the agreement's address, else the label that somebody gave it."""
        labelled = self.label if self.label not in (self.serial, self.id) else None
        return self.agreement.address or labelled


def metering_points(data: JsonObject) -> tuple[MeteringPoint, ...]:
    """Return the metering points of an account; those without an id are left out."""
    points = [each for each in parts_of(data, "meterPoints") if to_text(each.get("id"))]
    agreements = parts_of(data, "agreementPoints")
    activated = _date(data.get("activationDate"))
    return tuple(
        _metering_point(each, _agreement(each, agreements, len(points), activated))
        for each in points
    )


def _metering_point(data: JsonObject, agreement: Agreement) -> MeteringPoint:
    point_id, serial = str(to_text(data["id"])), to_text(data.get("dev"))
    multipliers = ((name, to_number(data.get(name))) for name in _MULTIPLIERS)
    return MeteringPoint(
        id=point_id,
        label=to_text(data.get("name")) or serial or point_id,
        serial=serial,
        tariff=to_text(data.get("tariff")),
        registers=_registers(parts_of(data, "lastMeasurements")),
        codes=_codes(parts_of(data, "meterObjects")),
        agreement=agreement,
        multipliers={name: value for name, value in multipliers if value is not None},
    )


def _registers(
    rows: Sequence[JsonObject],
) -> dict[Quantity, dict[int, Register]]:
    """Return the registers; of two rows for the same one the later counts."""
    found: dict[Quantity, dict[int, Register]] = {}
    for row in rows:
        if named := register_of(to_text(row.get("zone")) or ""):
            direction, zone = named
            register = Register(
                to_number(row.get("value")), to_instant(row.get("date"))
            )
            zones = found.setdefault(direction, {})
            if zone not in zones or _is_later(register, zones[zone]):
                zones[zone] = register
    return found


def _is_later(register: Register, than: Register) -> bool:
    return register.at is not None and (than.at is None or register.at > than.at)


def _codes(objects: Sequence[JsonObject]) -> dict[Quantity, str]:
    """Return the codes of the totals; where none is listed, the usual one may work."""
    codes = dict(DEFAULT_CODES)
    for each in reversed(objects):
        obis = to_text(each.get("obis")) or ""
        for direction, stem in ((IMPORT, IMPORTS), (EXPORT, EXPORTS)):
            if obis.startswith(stem):
                codes[direction] = obis
    return codes


def _agreement(
    point: JsonObject,
    agreements: Sequence[JsonObject],
    points: int,
    activated: date | None,
) -> Agreement:
    """Return the agreement of a metering point, from the one of the account's it has.

    They are joined by their codes, else by an id; by their places only where there
    is one of each: another's address would be worse than none.
    """
    own = parts_of(point, "agreementPoints")
    codes = {text for each in own if (text := to_text(each.get("code")))}
    ids = {text for each in (point, *own) if (text := to_text(each.get("id")))}
    joined = (
        [each for each in agreements if to_text(each.get("code")) in codes]
        or [each for each in agreements if to_text(each.get("id")) in ids]
        or (list(agreements) if len(agreements) == points == 1 else [])
    )
    # A producer may have an agreement for each direction.
    joined.sort(key=lambda each: _kind(each).casefold() != _PRODUCER)
    described = [*joined, *own]

    def first(key: str) -> str | None:
        texts = (to_text(each.get(key)) for each in described)
        return next((text for text in texts if text), None)

    starts = (to_instant(part_of(each, "dealer").get("start")) for each in described)
    start = next((instant for instant in starts if instant), None)
    return Agreement(
        code=next(iter(sorted(codes)), None) or first("code"),
        address=first("address"),
        client_type=first("type"),
        activated=day_of(start) if start else activated,
    )


def _kind(agreement: JsonObject) -> str:
    return to_text(agreement.get("type")) or ""


def _date(value: object) -> date | None:
    text = to_text(value)
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        return None
