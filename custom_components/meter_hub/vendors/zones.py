"""Time zones by their names."""

from datetime import UTC, tzinfo
from zoneinfo import ZoneInfo


def load_zone(name: str, otherwise: str) -> tzinfo:
    """Return a time zone by its IANA name; reads a file, so not in the event loop.

    A name that is unknown gives the zone of the other name, then UTC.
    """
    for known in (name, otherwise):
        try:
            return ZoneInfo(known)
        except LookupError, OSError, ValueError:
            continue
    return UTC
