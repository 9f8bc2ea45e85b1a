"""What the cloud has published of a series by now, and what that says of hours.

This is the one place where distortions of intervals take effect, so that what the
cloud answers and what the truth expects can't drift apart.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from ..faults import FOREVER, Distortion, DistortionKind
from ..truth import ExpectedHour, hour_of
from .series import DAY, Series, instant

UNREAD = (DistortionKind.GAP, DistortionKind.LATE)
WITHOUT_VALUE = (DistortionKind.LACKING, DistortionKind.EMPTY)
OF_INTERVALS = frozenset(
    {*UNREAD, *WITHOUT_VALUE, DistortionKind.CORRECTED, DistortionKind.ESTIMATED}
)
HOUR_SECONDS = 3600


@dataclass(slots=True)
class Rhythm:
    """How a site's data come; may be changed at any time."""

    delay: timedelta = timedelta(minutes=7)
    """How long after an upload its intervals are published."""
    upload_every: timedelta = timedelta(minutes=15)
    partial_for: timedelta = timedelta(minutes=20)
    """How long after that some devices still lack in them."""

    def uploaded(self, now: datetime) -> int:
        """Return when the upload was that is the last to be published."""
        at = int((now - self.delay).timestamp())
        return at - at % int(self.upload_every.total_seconds())

    def settled(self, now: datetime) -> int:
        """Return when the upload was that is the last to be final."""
        return self.uploaded(now - self.partial_for)


@dataclass(frozen=True, slots=True)
class Interval:
    """A published interval."""

    start: int
    end: int
    energy: int | None
    """Wh; None where the cloud has the interval without its value."""
    reporting: int
    devices: int
    lacking: bool = False
    """Whether the answer has no field for the value."""

    @property
    def is_final(self) -> bool:
        """Whether all devices have reported."""
        return self.reporting == self.devices


@dataclass(frozen=True, slots=True)
class Feed:
    """A series as it is published at an instant."""

    series: Series
    rhythm: Rhythm
    now: datetime
    devices: int
    """How many report, where the cloud tells that; else 0, and all is final."""
    at_work: tuple[Distortion, ...]
    """The distortions of the series that are not over."""
    tolerance: float
    """The kWh by which an hour may be off."""
    settled_hours: dict[int, dict[datetime, ExpectedHour]]
    """The hours of UTC days that change no more; remembered as they are worked out."""

    def intervals(self, start: int, end: int) -> Iterator[Interval]:
        """Iterate over the published intervals that end in (start, end]."""
        step = self.series.step
        begin = max(self.series.begin, start - start % step)
        for at in range(begin, min(end, self._uploaded) - step + 1, step):
            if not self.series.is_dark(at) and (interval := self._interval(at)):
                yield interval

    def total(self, start: int, end: int) -> int:
        """Return the Wh published of [start, end)."""
        start = max(start, self.series.begin)
        end = min(end, self._uploaded)
        energy = 0
        while start < end:
            until = min(end, start - start % DAY + DAY)
            if self._is_settled(start, until):
                energy += self.series.register(until) - self.series.register(start)
            else:
                energy += sum(each.energy or 0 for each in self.intervals(start, until))
            start = until
        return energy

    def newest(self) -> int:
        """Return the end of the last interval that was reported, dark ones included."""
        step = self.series.step
        end = self._uploaded - self._uploaded % step
        while end > self.series.begin and self._is_unread(end - step):
            end -= step
        return max(end, self.series.begin)

    def hours(self, since: datetime | None) -> dict[datetime, ExpectedHour]:
        """Return the hours that are wholly published.

        What lies in the dark is known to be nothing, but an hour wholly in the dark
        isn't told at all.
        """
        found: dict[datetime, ExpectedHour] = {}
        day = self.series.begin // DAY * DAY
        while day < self._uploaded:
            found |= self._hours_of(day)
            day += DAY
        return {
            hour: expected
            for hour, expected in found.items()
            if since is None or hour >= hour_of(since)
        }

    def _hours_of(self, day: int) -> dict[datetime, ExpectedHour]:
        hours = self.settled_hours.get(day)
        settled = self._is_settled(day, day + DAY)
        if hours is None or not settled:
            hours = {
                instant(start): expected
                for start in range(day, day + DAY, HOUR_SECONDS)
                if (expected := self._hour(start)) is not None
            }
            if settled:
                self.settled_hours[day] = hours
        return hours

    def _hour(self, hour: int) -> ExpectedHour | None:
        if hour < self.series.begin or hour + HOUR_SECONDS > self._uploaded:
            return None
        starts = range(hour, hour + HOUR_SECONDS, self.series.step)
        told = [
            self._interval(start) for start in starts if not self.series.is_dark(start)
        ]
        energy = 0
        estimated = False
        for interval in told:
            if interval is None or interval.energy is None:
                return None
            energy += interval.energy
            estimated |= not interval.is_final
        if not told:
            return None
        return ExpectedHour(energy / 1000, self.tolerance, estimated)

    def _interval(self, start: int) -> Interval | None:
        end = start + self.series.step
        energy: int | None = self.series.energy(start)
        reporting = self.devices
        lacking = False
        if end > self.rhythm.settled(self.now):
            reporting = self.devices // 2
        for distortion in self._of(start):
            if distortion.kind in UNREAD:
                return None
            if distortion.kind in WITHOUT_VALUE:
                energy = None
                lacking = distortion.kind is DistortionKind.LACKING
            elif distortion.kind is DistortionKind.ESTIMATED:
                reporting = self.devices // 2
            elif energy is not None:
                off = round(distortion.amount * 1000)
                energy = max(0, energy + off) if off else 0
        if energy is not None and reporting < self.devices:
            energy = energy * reporting // self.devices
        return Interval(start, end, energy, reporting, self.devices, lacking)

    def _is_unread(self, start: int) -> bool:
        return any(distortion.kind in UNREAD for distortion in self._of(start))

    def _of(self, start: int) -> tuple[Distortion, ...]:
        if not self.at_work:
            return ()
        at = instant(start)
        return tuple(each for each in self.at_work if each.covers(at))

    def _is_settled(self, start: int, end: int) -> bool:
        return end <= self.rhythm.settled(self.now) and not any(
            each.start < instant(end) and each.end > instant(start)
            for each in self.at_work
        )

    @property
    def _uploaded(self) -> int:
        return self.rhythm.uploaded(self.now)


def at_work(
    distortions: tuple[Distortion, ...], quantity: str, now: datetime
) -> tuple[Distortion, ...]:
    """Return those distortions of intervals that concern a quantity now."""
    return tuple(
        each
        for each in distortions
        if each.kind in OF_INTERVALS
        and each.touches(quantity)
        and now < (each.until or FOREVER)
    )
