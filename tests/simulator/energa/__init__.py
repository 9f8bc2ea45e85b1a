"""The Mój Licznik API of Energa-Operator."""

from .api import EnergaApi

__all__ = ["EnergaApi"]
