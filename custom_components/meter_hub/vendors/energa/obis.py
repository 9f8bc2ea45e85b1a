"""The directions of energy, and how the API names them. Pure."""

from collections.abc import Mapping
import re

from ...metering.vocabulary import ZONES, Quantity

IMPORT, EXPORT = Quantity.GRID_IMPORT, Quantity.GRID_EXPORT

IMPORTS, EXPORTS = "1-0:1.8.0", "1-0:2.8.0"
"""How the codes of the totals begin, which alone have hours (IEC 62056-61)."""

DEFAULT_CODES: Mapping[Quantity, str] = {
    IMPORT: f"{IMPORTS}*255",
    EXPORT: f"{EXPORTS}*255",
}

# "A+ strefa 1", "A- strefa 2", or only "A+".
_REGISTER = re.compile(r"A\s*([+-])(?:.*?(\d))?")


def register_of(name: str) -> tuple[Quantity, int] | None:
    """Return the direction and the number of the tariff zone that a register counts.

    None for a register of something else.
    """
    found = _REGISTER.match(name.strip())
    if found is None:
        return None
    zone = int(found[2] or 1)
    if not 1 <= zone <= len(ZONES):
        return None
    return (IMPORT if found[1] == "+" else EXPORT), zone
