"""What a person sees in a form."""

from typing import Any, cast

from homeassistant.config_entries import ConfigFlowResult
from homeassistant.data_entry_flow import FlowResultType
from homeassistant.helpers.selector import SelectOptionDict, SelectSelector

from ..texts import TEXTS, placeholders


def selectors(form: ConfigFlowResult) -> dict[str, Any]:
    """Return the fields, in order, with how each is filled in."""
    return {str(marker): selector for marker, selector in _schema(form).items()}


def choices(form: ConfigFlowResult, key: str) -> dict[str, str]:
    """Return the values of a list to tick, with their labels."""
    selector = selectors(form)[key]
    assert isinstance(selector, SelectSelector)
    assert selector.config["multiple"]
    options = cast("list[SelectOptionDict]", selector.config["options"])
    return {option["value"]: option["label"] for option in options}


def shown(form: ConfigFlowResult) -> dict[str, Any]:
    """Return what the fields hold when the form opens; None is an empty field."""
    values = {}
    for marker in _schema(form):
        default = marker.default() if callable(marker.default) else None
        values[str(marker)] = (marker.description or {}).get("suggested_value", default)
    return values


def assert_readable(form: ConfigFlowResult, flow: str = "config") -> None:
    """Each error has a text, and each placeholder of the form's texts is filled in."""
    if form["type"] is not FlowResultType.FORM:
        return
    wanted = placeholders(TEXTS[flow]["step"].get(form["step_id"], {}))
    for error in (form["errors"] or {}).values():
        wanted |= placeholders(TEXTS[flow]["error"][error])
    assert wanted <= (form["description_placeholders"] or {}).keys()


def _schema(form: ConfigFlowResult) -> dict[Any, Any]:
    assert form["type"] is FlowResultType.FORM
    assert form["data_schema"] is not None
    return cast("dict[Any, Any]", form["data_schema"].schema)
