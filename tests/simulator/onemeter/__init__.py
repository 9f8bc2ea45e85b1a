"""The OneMeter cloud API."""

from .api import OneMeterApi

__all__ = ["OneMeterApi"]
