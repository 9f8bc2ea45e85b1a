"""The Enegic (Perific) cloud API."""

from .api import NOT_FOUND_PAGE, EnegicApi
from .meter import CurrentSign, Family, Meter

__all__ = ["NOT_FOUND_PAGE", "CurrentSign", "EnegicApi", "Family", "Meter"]
