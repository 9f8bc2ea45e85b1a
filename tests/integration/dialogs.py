"""What a person sees in a form, and fills in."""

from typing import Any, cast

from homeassistant.config_entries import SOURCE_USER, ConfigFlowResult
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType
from homeassistant.helpers.selector import SelectOptionDict, SelectSelector

from custom_components.meter_hub.const import DOMAIN

from ..texts import TEXTS, placeholders


async def choose(hass: HomeAssistant, vendor: str = "pretend") -> ConfigFlowResult:
    """Open the dialog, and pick a vendor from the menu."""
    menu = await hass.config_entries.flow.async_init(
        DOMAIN, context={"source": SOURCE_USER}
    )
    assert menu["type"] is FlowResultType.MENU
    return await hass.config_entries.flow.async_configure(
        menu["flow_id"], {"next_step_id": vendor}
    )


async def submit(
    hass: HomeAssistant, form: ConfigFlowResult, typed: dict[str, Any]
) -> ConfigFlowResult:
    """Fill in the form that is shown."""
    assert form["type"] is FlowResultType.FORM
    result = await hass.config_entries.flow.async_configure(form["flow_id"], typed)
    await hass.async_block_till_done()
    assert_readable(result)
    return result


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


def offered(menu: ConfigFlowResult) -> list[str]:
    """Return the steps that a menu leads to, in order."""
    options = menu["menu_options"]
    assert isinstance(options, list | dict)
    return list(options)
