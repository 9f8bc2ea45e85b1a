"""The English texts, as Home Assistant reads them."""

from collections.abc import Iterator
import json
from pathlib import Path
import re
from typing import Any

import custom_components.meter_hub

_FILE = Path(custom_components.meter_hub.__file__).parent / "translations" / "en.json"
PLACEHOLDER = re.compile(r"{([^}]*)}")

TEXTS: dict[str, Any] = json.loads(_FILE.read_text())


def leaves(texts: dict[str, Any], *path: str) -> Iterator[tuple[str, str]]:
    """Yield each text with the dotted path that leads to it."""
    for key, value in texts.items():
        if isinstance(value, dict):
            yield from leaves(value, *path, key)
        else:
            yield ".".join((*path, key)), value


def placeholders(texts: dict[str, Any] | str) -> set[str]:
    """Return the names of all placeholders in a text, or in all texts of a branch."""
    if isinstance(texts, str):
        return set(PLACEHOLDER.findall(texts))
    return {name for _, text in leaves(texts) for name in placeholders(text)}
