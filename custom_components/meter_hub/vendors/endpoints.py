"""Every public host, with the pace that it asks for.

Read as `endpoints.NAME` at call time, never imported by name: a development
launcher replaces the values before Home Assistant loads the integration.
"""

from dataclasses import dataclass
from datetime import timedelta


@dataclass(frozen=True, slots=True)
class Endpoint:
    """A host's base URL, without a slash at its end, and the time between two calls."""

    url: str
    pace: timedelta


ONEMETER = Endpoint("https://cloud.onemeter.com/api", pace=timedelta(minutes=1))
ENEGIC = Endpoint("https://api.enegic.com", pace=timedelta(seconds=1))
ENERGA = Endpoint(
    "https://api-mojlicznik.energa-operator.pl/dp", pace=timedelta(seconds=1)
)
ENLIGHTEN = Endpoint("https://enlighten.enphaseenergy.com", pace=timedelta(0))
ENTREZ = Endpoint("https://entrez.enphaseenergy.com", pace=timedelta(0))
"""Where the owner of a gateway signs in, and gets the token that opens it."""
ENPHASE = Endpoint("https://api.enphaseenergy.com", pace=timedelta(seconds=1))
"""The cloud of Enphase; its plans say how many calls are allowed besides."""
