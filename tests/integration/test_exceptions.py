"""Whatever goes wrong is told in the language of the person."""

import ast
from collections.abc import Iterator
from pathlib import Path

from homeassistant import exceptions
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers.update_coordinator import UpdateFailed
import pytest

import custom_components.meter_hub
from custom_components.meter_hub.vendors import base
from custom_components.meter_hub.vendors.base import Unavailable, VendorError

from ..texts import TEXTS, placeholders
from .conftest import EntryFactory, Settle
from .scripted import Script

PACKAGE = Path(custom_components.meter_hub.__file__).parent
MODULES = {
    str(path.relative_to(PACKAGE)): ast.parse(path.read_text())
    for path in sorted(PACKAGE.rglob("*.py"))
}


def names_of(module: object, family: type[Exception]) -> set[str]:
    """Return the names of a module's exceptions that belong to a family."""
    return {
        name
        for name, value in vars(module).items()
        if isinstance(value, type) and issubclass(value, family)
    }


HOME_ASSISTANTS = names_of(exceptions, HomeAssistantError) | {UpdateFailed.__name__}
VENDORS = names_of(base, VendorError)


def made(tree: ast.AST, names: set[str]) -> Iterator[ast.Call]:
    """Yield the places where one of the exceptions is made."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            match node.func:
                case ast.Name(id=name) | ast.Attribute(attr=name) if name in names:
                    yield node


def untranslated(tree: ast.AST) -> list[int]:
    """Return the lines where Home Assistant would get a text of its own."""
    raised = {
        node.exc.id: node.lineno
        for node in ast.walk(tree)
        if isinstance(node, ast.Raise) and isinstance(node.exc, ast.Name)
    }
    return [
        *(line for name, line in raised.items() if name in HOME_ASSISTANTS),
        *(
            call.lineno
            for call in made(tree, HOME_ASSISTANTS)
            if call.args
            or not {"translation_domain", "translation_key", None}
            & {keyword.arg for keyword in call.keywords}
        ),
    ]


def reasons(tree: ast.AST) -> set[str]:
    """Return the reasons that are given to errors of vendors."""
    return {
        call.args[0].value
        for call in made(tree, VENDORS)
        if call.args
        and isinstance(call.args[0], ast.Constant)
        and isinstance(call.args[0].value, str)
    }


def test_no_error_has_a_text_of_its_own() -> None:
    found = {name: untranslated(tree) for name, tree in MODULES.items()}

    assert {name: lines for name, lines in found.items() if lines} == {}


@pytest.mark.parametrize(
    "line",
    [
        "raise HomeAssistantError",
        "raise HomeAssistantError()",
        "raise ConfigEntryError('It broke')",
        "raise UpdateFailed(f'{vendor} broke', translation_key='broken')",
        "raise exceptions.ServiceValidationError('No')",
    ],
)
def test_error_with_a_text_of_its_own_is_found(line: str) -> None:
    assert untranslated(ast.parse(line)) == [1]


def test_each_reason_has_a_text() -> None:
    """In the log, and those that vendors give in the dialogs too."""
    given = {name: reasons(tree) for name, tree in MODULES.items()}
    of_vendors = set[str]().union(
        *(found for name, found in given.items() if name.startswith("vendors/"))
    )

    assert {"invalid_auth", "cannot_connect", "rate_limited"} <= of_vendors
    assert of_vendors <= TEXTS["config"]["error"].keys()
    assert set[str]().union(*given.values()) <= TEXTS["exceptions"].keys()


async def test_error_is_shown_in_the_language_of_the_person(
    hass: HomeAssistant, script: Script, make_entry: EntryFactory, settle: Settle
) -> None:
    """Beside the entry that can't be set up stands the text with its name filled in."""
    script.failure = Unavailable("server_error")
    entry = make_entry()
    assert not await hass.config_entries.async_setup(entry.entry_id)
    await settle()

    message = TEXTS["exceptions"]["server_error"]["message"]
    assert placeholders(message) == {"vendor"}
    assert entry.error_reason_translation_key == "server_error"
    assert entry.error_reason_translation_placeholders == {"vendor": "Scripted"}
    assert entry.reason == message.format(vendor="Scripted").removesuffix(".")
