"""The vendors of the fault matrix.

A vendor joins it with one line in `VENDOR_CASES`, or in `LIVE_CASES`.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any

from tests.simulator import Distortion, Fault


@dataclass(frozen=True, slots=True, kw_only=True)
class VendorCase:
    """What the matrix needs to know of a vendor, from its own documents."""

    key: str
    endpoints: Mapping[str, str]
    """The names in `endpoints`, each with the host of the simulator that replaces it."""
    pace: timedelta
    """The least time between two calls; a second's is none to clocks that stand still."""
    most_calls: int
    """The most within any hour, for the two meters together."""
    history_path: str = ""
    """The path of history, as a pattern."""
    fields: Mapping[str, str] = field(default_factory=dict)
    """Where answers hold the list of meters, the import register, and its date."""
    reasons: Mapping[str, str] = field(default_factory=dict)
    """What a person reads of an outage, by its name, where it is not the usual."""
    deepening: timedelta = timedelta(hours=1)
    """So long after a person wants hours that are further back, they are there."""
    meters: tuple[str, ...] = ()
    """Those to pick and to watch, where some of the account's measure no import."""
    options: Mapping[str, Any] = field(default_factory=dict)
    """What is chosen at the end of the flow, besides the history."""
    lag: timedelta = timedelta(0)
    """How long after its end an hour is published."""
    recovery: timedelta = timedelta(hours=2)
    """So long after the end of an outage all must be as if it had never been."""
    asides: frozenset[int] = frozenset()
    """The statuses of answers that come in between, as when a session has ended."""
    refusals: int = 1
    """How many refused calls in a row mean that the credentials are no good."""
    moving: tuple[str, ...] = ("grid_import", "grid_export")
    """What grows with each poll, while energy is imported or exported."""
    moves_without_history: bool = True
    """Whether it does while calls for history fail."""
    without: frozenset[str] = frozenset()
    """The names of what can't go wrong with the vendor."""

    def aimed(self, fault: Fault, **more: Any) -> Fault:
        """Return a fault with this vendor's name, and its own words for fields."""
        fields = tuple(self.fields[name] for name in fault.fields)
        return replace(fault, vendor=self.key, fields=fields, **more)

    def afflicted(self, distortion: Distortion, **more: Any) -> Distortion:
        """Return a distortion with this vendor's name, at the time that it publishes."""
        until = distortion.until and distortion.until + self.lag
        return replace(distortion, vendor=self.key, until=until, **more)


VENDOR_CASES = (
    VendorCase(
        key="onemeter",
        endpoints={"ONEMETER": ""},
        pace=timedelta(minutes=1),
        most_calls=16,
        history_path="/api/devices/*/readings",
        fields={"list": "devices", "register": "1_8_0", "date": "date"},
    ),
    VendorCase(
        key="enegic",
        endpoints={"ENEGIC": ""},
        pace=timedelta(0),
        most_calls=32,
        history_path="/getphasedata",
        fields={"register": "hwi", "date": "ts"},
        options={"poll_interval": 300},
        refusals=3,
        # The answer is a list, without a name.
        without=frozenset({"null_list", "missing_list", "replaced_list"}),
    ),
    VendorCase(
        key="energa",
        endpoints={"ENERGA": ""},
        pace=timedelta(0),
        most_calls=60,
        history_path="/dp/resources/mchart",
        fields={"list": "meterPoints", "register": "zones", "date": "tm"},
        lag=timedelta(hours=4),
        # The session is thought lost, and the portal doesn't say why it opens none.
        reasons=dict.fromkeys(("status_400", "oversized"), "sign_in_refused"),
        asides=frozenset({403}),
        moving=("grid_import_today", "grid_export_today"),
        moves_without_history=False,
        without=frozenset(
            {
                # A session that has expired is opened anew.
                "expired",
                # Hours go on as if nothing had happened where a meter is swapped.
                "swap",
                # An account without metering points is known, and its hours go on.
                "null_list",
                "missing_list",
                "replaced_list",
                # Hours can be counted from midnight where their time is lacking.
                "null_date",
                "missing_date",
            }
        ),
    ),
    VendorCase(
        key="enphase_cloud",
        endpoints={"ENPHASE": ""},
        pace=timedelta(0),
        most_calls=150,
        meters=("698910101", "698910103"),
        history_path="/api/v4/systems/*/energy_import_telemetry",
        fields={"list": "systems", "register": "wh_del", "date": "end_at"},
        lag=timedelta(hours=2),
        # What is younger than a week comes with the next night.
        deepening=timedelta(hours=15),
        # Calls are few: one that fails is made again within six hours, in turn.
        recovery=timedelta(hours=14),
        # The token ends in an outage, and the vendor does not say that it refuses it.
        reasons={"status_400": "sign_in_refused"},
        moving=("solar",),
        without=frozenset(
            {
                # A person lets us in again with a browser.
                "expired",
                # Intervals don't tell of registers.
                "swap",
                # Then the calls of the month are thought spent, and values are kept.
                "rate_limit",
                "rate_limit_seconds",
                "rate_limit_date",
                "history_rate_limit",
                # What the vendor says it does not have is left alone for a week.
                "history_status_400",
                "history_status_404",
                # A renewed token that gets lost on its way was the only one.
                "truncated",
                # The list is read at first and then once a week.
                "null_list",
                "missing_list",
                "replaced_list",
            }
        ),
    ),
)

LIVE_CASES = (
    VendorCase(
        key="envoy_local",
        endpoints={"ENLIGHTEN": "cloud", "ENTREZ": "cloud"},
        pace=timedelta(0),
        most_calls=400,
        options={"poll_interval": 120},
        reasons=dict.fromkeys(
            (
                "status_400",
                "status_410",
                "redirect",
                "html",
                "truncated",
                "malformed",
            ),
            "unexpected_answer",
        )
        | {"status_404": "not_found"},
        without=frozenset(
            {
                # No gateway asks for a pause, and the library reads what never ends.
                "rate_limit",
                "rate_limit_seconds",
                "rate_limit_date",
                "oversized",
                # What one path lacks is no outage.
                "null_list",
                "missing_list",
                "replaced_list",
            }
        ),
    ),
)
"""The vendors that have no history: what they measured while nobody asked is lost."""
