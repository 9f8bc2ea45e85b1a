"""Forms made from what a vendor declares."""

from collections.abc import Iterable, Mapping
from typing import Any

from homeassistant.const import UnitOfTime
from homeassistant.helpers.selector import (
    BooleanSelector,
    NumberSelector,
    NumberSelectorConfig,
    NumberSelectorMode,
    SelectOptionDict,
    Selector,
    SelectSelector,
    SelectSelectorConfig,
    SelectSelectorMode,
    TextSelector,
    TextSelectorConfig,
    TextSelectorType,
)
import probatio as vol

from .const import CONF_HISTORY_DAYS
from .metering.model import Meter
from .vendors.base import Field, FieldKind, Vendor

_TEXTS: Mapping[FieldKind, TextSelectorConfig] = {
    FieldKind.TEXT: TextSelectorConfig(type=TextSelectorType.TEXT),
    FieldKind.SECRET: TextSelectorConfig(
        type=TextSelectorType.PASSWORD, autocomplete="current-password"
    ),
    FieldKind.EMAIL: TextSelectorConfig(
        type=TextSelectorType.EMAIL, autocomplete="email"
    ),
}


def fields_schema(fields: Iterable[Field]) -> vol.Schema:
    """Return the form of a vendor's fields."""
    return vol.Schema({_marker(field): _selector(field) for field in fields})


def settings_fields(vendor: Vendor) -> tuple[Field, ...]:
    """Return the fields of what may be changed after signing in."""
    if vendor.history_days is None:
        return vendor.options
    history = Field(
        key=CONF_HISTORY_DAYS,
        kind=FieldKind.NUMBER,
        default=vendor.history_days,
        minimum=1,
        maximum=vendor.longest_history_days,
        unit=UnitOfTime.DAYS,
    )
    return history, *vendor.options


def cleaned(fields: Iterable[Field], typed: Mapping[str, Any]) -> dict[str, Any]:
    """Return what was typed, without blanks around texts, whole numbers as int.

    Secrets stay as they are: a password may begin or end with a blank.
    """
    secrets = {field.key for field in fields if field.kind is FieldKind.SECRET}
    return {
        key: value if key in secrets else _clean(value) for key, value in typed.items()
    }


def without_secrets(
    fields: Iterable[Field], values: Mapping[str, Any]
) -> dict[str, Any]:
    """Return the values of the fields that may be shown again."""
    return {
        field.key: values[field.key]
        for field in fields
        if field.key in values and field.kind is not FieldKind.SECRET
    }


def meters_selector(meters: Iterable[Meter]) -> SelectSelector:
    """Return a list of meters to tick; the values are their ids.

    What hangs on another one of them is named with it.
    """
    known = {meter.id: meter for meter in meters}
    parents = {meter.id: known.get(meter.parent or "") for meter in known.values()}
    return ticks(
        {
            meter.id: f"{parent.name}: {_label(meter)}" if parent else _label(meter)
            for meter, parent in zip(known.values(), parents.values(), strict=True)
        }
    )


def ticks(labels: Mapping[str, str]) -> SelectSelector:
    """Return a list to tick, from values with their labels."""
    return SelectSelector(
        SelectSelectorConfig(
            options=[
                SelectOptionDict(value=value, label=label)
                for value, label in labels.items()
            ],
            multiple=True,
            mode=SelectSelectorMode.LIST,
        )
    )


def _label(meter: Meter) -> str:
    return f"{meter.name} ({meter.model})" if meter.model else meter.name


def _clean(value: Any) -> Any:
    match value:
        case str():
            return value.strip()
        case float() if value.is_integer():
            return int(value)
        case _:
            return value


def _marker(field: Field) -> vol.Marker:
    if not field.required:
        return vol.Optional(field.key, description={"suggested_value": field.default})
    if field.default is None:
        return vol.Required(field.key)
    return vol.Required(field.key, default=field.default)


def _selector(field: Field) -> Selector[Any]:
    if field.kind is FieldKind.SWITCH:
        return BooleanSelector()
    if field.kind is FieldKind.NUMBER:
        return NumberSelector(_number(field))
    if field.kind is FieldKind.CHOICE:
        return SelectSelector(
            SelectSelectorConfig(
                options=list(field.choices),
                mode=SelectSelectorMode.DROPDOWN,
                translation_key=field.key,
            )
        )
    return TextSelector(_TEXTS[field.kind])


def _number(field: Field) -> NumberSelectorConfig:
    config = NumberSelectorConfig(mode=NumberSelectorMode.BOX)
    if field.minimum is not None:
        config["min"] = field.minimum
    if field.maximum is not None:
        config["max"] = field.maximum
    if field.unit is not None:
        config["unit_of_measurement"] = field.unit
    return config
