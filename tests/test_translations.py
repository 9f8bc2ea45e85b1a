"""The texts in every language follow Home Assistant's rules and say the same."""

import json
from pathlib import Path
from typing import Any

import pytest

from .texts import TEXTS
from .translation_rules import (
    icon_complaints,
    language_complaints,
    structure_complaints,
    text_complaints,
)

INTEGRATION = Path(__file__).parent.parent / "custom_components" / "meter_hub"
LANGUAGES = sorted((INTEGRATION / "translations").glob("*.json"))
EACH_LANGUAGE = pytest.mark.parametrize(
    "file", LANGUAGES, ids=[file.stem for file in LANGUAGES]
)

SOUND = {
    "config": {
        "step": {
            "user": {
                "title": "Sign in to {vendor}",
                "data": {"api_key": "Key"},
                "data_description": {"api_key": "From the {vendor} app"},
            }
        }
    },
    "exceptions": {"timeout": {"message": "No answer"}},
    "issues": {"gone": {"title": "Gone", "description": "It is gone"}},
    "entity": {"sensor": {"tariff": {"name": "Tariff", "state": {"day": "Day"}}}},
}


@EACH_LANGUAGE
def test_language_follows_the_rules(file: Path) -> None:
    texts = json.loads(file.read_text())

    assert text_complaints(texts) == []
    assert structure_complaints(texts) == []


@EACH_LANGUAGE
def test_language_agrees_with_english(file: Path) -> None:
    assert language_complaints(TEXTS, json.loads(file.read_text())) == []


def test_icons_belong_to_texts() -> None:
    icons = json.loads((INTEGRATION / "icons.json").read_text())

    assert icon_complaints(icons, TEXTS) == []


def test_sound_texts_give_no_complaint() -> None:
    assert text_complaints(SOUND) == []
    assert structure_complaints(SOUND) == []
    assert language_complaints(SOUND, SOUND) == []


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("", "is empty"),
        ("blank ", "blank"),
        ("see <b>this</b>", "HTML"),
        ("see https://example.com", "address"),
        ("the vendor '{vendor}'", "single quotes"),
        ("{vendor", "braces"),
        ("{the vendor}", "no identifier"),
        ("{}", "no identifier"),
        (7, "not a text"),
    ],
)
def test_bad_text_is_named(text: object, complaint: str) -> None:
    found = text_complaints({"config": {"error": {"unknown": text}}})

    assert found
    assert all(line.startswith("config.error.unknown: ") for line in found)
    assert any(complaint in line for line in found)


def test_bad_key_is_named() -> None:
    assert text_complaints({"config": {"Bad key": "Text"}}) == [
        "config.Bad key: the key 'Bad key' has other characters than a-z, 0-9, - and _"
    ]


@pytest.mark.parametrize(
    "texts",
    [
        {"config": {"step": {"user": {"data": {"api_key": "Key"}}}}},
        {"options": {"step": {"init": {"data_description": {"days": "How many"}}}}},
        {
            "config": {
                "step": {"user": {"sections": {"more": {"data": {"host": "Host"}}}}}
            }
        },
        {"issues": {"gone": {"description": "It is gone"}}},
        {"issues": {"gone": {"title": "Gone"}}},
        {"issues": {"gone": {"title": "Gone", "description": "", "fix_flow": {}}}},
        {"issues": {"gone": {"title": "Gone", "description": "", "text": ""}}},
        {"exceptions": {"timeout": "No answer"}},
        {"exceptions": {"timeout": {"text": "No answer"}}},
    ],
)
def test_bad_structure_is_named(texts: dict[str, Any]) -> None:
    assert len(structure_complaints(texts)) == 1


def test_languages_that_differ_are_named() -> None:
    english = {"title": "Of {name}", "state": {"on": "On"}}
    polish = {"title": "Z {nazwa}", "state": {"off": "Wył."}}

    assert language_complaints(english, polish) == [
        "state.on: is missing",
        "state.off: is not in English",
        "title: has other placeholders than in English",
    ]


@pytest.mark.parametrize(
    "icons",
    [
        {"entity": {"sensor": {"tarif": {"default": "mdi:tag"}}}},
        {"entity": {"sensor": {"tariff": {"state": {"dusk": "mdi:weather-sunset"}}}}},
        {"services": {"import_history": {"service": "mdi:history"}}},
        {"config": {"step": {"user": {"sections": {"more": "mdi:cog"}}}}},
    ],
)
def test_icon_without_a_text_is_named(icons: dict[str, Any]) -> None:
    assert len(icon_complaints(icons, SOUND)) == 1
