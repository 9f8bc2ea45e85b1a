"""The local API of an Enphase IQ Gateway, and the cloud that hands out its tokens."""

from .accounts import CloudAccount
from .api import EnvoyLocalApi
from .system import Ct, Quirks, System, V1Trouble

__all__ = ["CloudAccount", "Ct", "EnvoyLocalApi", "Quirks", "System", "V1Trouble"]
