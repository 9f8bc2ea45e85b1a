"""What the entities of a meter are called, for Home Assistant and for people."""

from collections.abc import Mapping

from .metering.model import Reading, Series
from .metering.vocabulary import PHASES, ZONES, Channel, Circuit, Kind


def unique_id(vendor: str, series: Series) -> str:
    """Return the unique id of the entity that shows a series of a vendor's meter."""
    total = f"{vendor}_{series.meter}_{series.quantity}"
    return total if series.channel == Channel.TOTAL else f"{total}_{series.channel}"


def naming(reading: Reading) -> tuple[str, Mapping[str, str]]:
    """Return the translation key of a reading's name, and the placeholders in it.

    A register that a vendor only estimates says so in its name.
    """
    series = reading.series
    if series.channel in ZONES:
        return f"{series.quantity}_zone", {"channel": series.channel[-1]}
    if series.channel in PHASES:
        return f"{series.quantity}_phase", {"channel": series.channel[-1]}
    if series.channel in Circuit:
        return f"{series.quantity}_{series.channel.replace('-', '_')}", {}
    if series.channel != Channel.TOTAL:
        return series.quantity, {"channel": series.channel}
    if reading.estimated and series.quantity.kind is Kind.REGISTER:
        return f"{series.quantity}_estimated", {}
    return series.quantity, {}
