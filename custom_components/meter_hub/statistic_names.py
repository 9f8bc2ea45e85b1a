"""What the external statistic of a series is called."""

import re

from homeassistant.util import slugify

from .const import DOMAIN
from .metering.model import Meter, Series
from .metering.vocabulary import Channel


def statistic_id(vendor_key: str, series: Series) -> str:
    """Return the id of the external statistic that holds a series."""
    parts = [vendor_key, series.meter, series.quantity]
    if series.channel != Channel.TOTAL:
        parts.append(series.channel)
    return f"{DOMAIN}:{re.sub('_+', '_', slugify('_'.join(parts)))}"


def statistic_name(meter: Meter | None, series: Series) -> str:
    """Return the name that people see where they pick the statistic.

    `meter` is None where nothing but its id is known any more.
    """
    words = [
        meter.name if meter else series.meter,
        series.quantity.replace("_", " "),
    ]
    if series.channel != Channel.TOTAL:
        words.append(series.channel.replace("zone", "zone "))
    return " ".join(words)
