"""Imported first, makes the vendors importable without Home Assistant.

The integration's own `__init__` loads Home Assistant, which a tool at the command
line neither has nor needs. So an empty package takes its place, with the same
path: the packages below it, `metering` and `vendors`, are found as ever.
"""

from pathlib import Path
import sys
from types import ModuleType

_NAME = "custom_components.meter_hub"

_package = ModuleType(_NAME)
_package.__path__ = [str(Path(__file__).parents[2].joinpath(*_NAME.split(".")))]
sys.modules[_NAME] = _package
