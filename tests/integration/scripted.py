"""A vendor that does what a test tells it to, and knows the truth of every hour."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, override

from custom_components.meter_hub.metering.budget import Limits
from custom_components.meter_hub.metering.ledger import Gap
from custom_components.meter_hub.metering.model import (
    Interval,
    Meter,
    Quality,
    Reading,
    Series,
    Span,
    Update,
)
from custom_components.meter_hub.metering.vocabulary import Quantity
from custom_components.meter_hub.vendors.base import (
    Account,
    Backend,
    Context,
    Field,
    FieldKind,
    Job,
    JsonObject,
    RateLimited,
    Vendor,
)

HOUR = timedelta(hours=1)

START = datetime(2026, 11, 10, 12, tzinfo=UTC)
"""When the tests take place."""

HOUSE = Meter("house", "House")
IMPORT = Series(HOUSE.id, Quantity.GRID_IMPORT)
EXPORT = Series(HOUSE.id, Quantity.GRID_EXPORT)
POWER = Series(HOUSE.id, Quantity.GRID_POWER)


@dataclass
class Script:
    """What the vendor knows and does, and what it was asked."""

    meters: tuple[Meter, ...] = (HOUSE,)
    gone: frozenset[str] = frozenset()
    readings: tuple[Reading, ...] = (Reading(IMPORT, 100.0),)
    truth: dict[Series, dict[datetime, float]] = field(default_factory=dict)
    quality: Quality = Quality.MEASURED
    period: timedelta = timedelta(minutes=15)
    window: timedelta = timedelta(days=31)
    grace: timedelta = timedelta(hours=1)
    failure: Exception | None = None
    """What every call comes to until it is None again."""
    history_failure: Exception | None = None
    calls: list[tuple[datetime, Job]] = field(default_factory=list)
    contexts: list[Context] = field(default_factory=list)
    """What each backend was built from."""

    @property
    def live_calls(self) -> list[datetime]:
        """When live values were asked for."""
        return [at for at, job in self.calls if job.live]

    @property
    def history_calls(self) -> list[tuple[Span, ...]]:
        """Which stretches of history were asked for."""
        return [job.spans for _, job in self.calls if not job.live]

    def know(self, series: Series, first: datetime, *energies: float) -> None:
        """Give the energies of the hours from `first` on to the truth of a series."""
        for number, energy in enumerate(energies):
            self.truth.setdefault(series, {})[first + number * HOUR] = energy

    def vendor(self, pace: timedelta = timedelta(0)) -> Vendor:
        """Return the vendor that follows this script."""
        return Vendor(
            key="scripted",
            name="Scripted",
            sign_in=(Field(key="api_key", kind=FieldKind.SECRET),),
            limits=lambda _: Limits(pace=pace),
            quota_owner=lambda credentials: str(credentials["api_key"]),
            history_days=10,
            build=lambda context: ScriptedBackend(self, context),
        )


class ScriptedBackend(Backend):
    """Polls live values at a fixed period, and asks for gaps in between."""

    def __init__(self, script: Script, context: Context) -> None:
        """Go on from the state of a former backend."""
        script.contexts.append(context)
        self._script = script
        self._context = context
        self.grace = script.grace
        polled: Any = context.state.get("polled")
        self._polled = polled and datetime.fromisoformat(polled)

    @override
    async def connect(self) -> Account:
        return Account("account", "Scripted account", Update(self._script.meters))

    @override
    def plan(self, now: datetime, gaps: Sequence[Gap]) -> Job | None:
        live = self._polled + self._script.period if self._polled else now
        open_now = [gap for gap in gaps if gap.due <= now]
        if live <= now or not open_now:
            return Job(max(live, self._context.allowance.earliest(now)), live=True)
        spans = tuple(
            Span(gap.series, gap.start, min(gap.end, gap.start + self._script.window))
            for gap in open_now
        )
        return Job(self._context.allowance.earliest(now), live=False, spans=spans)

    @override
    async def fetch(self, job: Job) -> Update:
        now = self._context.clock()
        if (earliest := await self._context.allowance.spend()) is not None:
            raise RateLimited("rate_limited", earliest - now)
        self._script.calls.append((now, job))
        if job.live:
            self._polled = now
        if failure := (
            self._script.failure or (not job.live and self._script.history_failure)
        ):
            raise failure
        return self._live() if job.live else self._history(job)

    @override
    def state(self) -> JsonObject:
        return {"polled": self._polled and self._polled.isoformat()}

    def _live(self) -> Update:
        return Update(
            meters=self._script.meters,
            missing=self._script.gone,
            readings=self._script.readings,
            floors={series: min(hours) for series, hours in self._script.truth.items()},
        )

    def _history(self, job: Job) -> Update:
        return Update(
            intervals=tuple(
                Interval(span.series, hour, hour + HOUR, energy, self._script.quality)
                for span in job.spans
                for hour, energy in self._script.truth[span.series].items()
                if span.start <= hour < span.end
            ),
            explored=job.spans,
        )
