"""The Enphase cloud: its OAuth server and its Monitoring API v4."""

from .api import EnphaseCloudApi
from .plans import PLANS, App, Plan
from .published import Rhythm
from .system import Fitting, System

__all__ = [
    "PLANS",
    "App",
    "EnphaseCloudApi",
    "Fitting",
    "Plan",
    "Rhythm",
    "System",
]
