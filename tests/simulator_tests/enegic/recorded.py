"""Recorded answers, which are no part of the project, and how to compare with them."""

import json
from pathlib import Path
from typing import Any

import pytest

FOLDER = Path(__file__).parents[4] / "shared" / "fixtures" / "enegic"

needs_recorded = pytest.mark.skipif(
    not FOLDER.exists(), reason="the recorded answers are not here"
)


def recorded(name: str) -> Any:
    """Return a recorded answer."""
    return json.loads((FOLDER / f"{name}.json").read_text())


def differences(recorded: Any, simulated: Any, path: str = "") -> list[str]:
    """Return where the keys, types or lengths of two answers differ."""
    if isinstance(recorded, dict) and isinstance(simulated, dict):
        found = [
            f"{path}.{key} is on one side only"
            for key in recorded.keys() ^ simulated.keys()
        ]
        for key in recorded.keys() & simulated.keys():
            found += differences(recorded[key], simulated[key], f"{path}.{key}")
        return found
    if isinstance(recorded, list) and isinstance(simulated, list):
        if len(recorded) != len(simulated):
            return [f"{path} has {len(simulated)} elements, not {len(recorded)}"]
        return [
            text
            for number, pair in enumerate(zip(recorded, simulated, strict=True))
            for text in differences(*pair, f"{path}.{number}")
        ]
    numbers = (int, float)
    alike = type(recorded) is type(simulated) or (
        isinstance(recorded, numbers) and isinstance(simulated, numbers)
    )
    return [] if alike else [f"{path} is {simulated!r}, not {recorded!r}"]
