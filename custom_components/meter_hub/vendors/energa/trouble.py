"""How calls that fail are tried again: a few times, then not before the next poll. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from ..base import RateLimited, UnexpectedAnswer, VendorError
from ..stored import Stored
from .course import without
from .jobs import LISTING, Rhythm

WAITS = (timedelta(seconds=5), timedelta(seconds=15), timedelta(seconds=60))
"""After each failure in a row; one more ends the poll."""

JITTER = 0.3
"""By what share a wait may be longer, so that not all who failed return at once."""


@dataclass(frozen=True, slots=True)
class Trouble(Stored):
    """Calls that failed."""

    tries: int = 0
    """How many failed one after the other."""
    until: datetime | None = None
    """No call is made before."""
    failed: dict[str, datetime] = field(default_factory=dict)
    """When which call failed last; it goes after the others for a while."""
    senseless: dict[str, datetime] = field(default_factory=dict)
    """Those of them whose answer made no sense: it would make none in a few seconds."""
    answered: datetime | None = None
    """When a call was answered last."""

    @property
    def is_over(self) -> bool:
        """Whether the poll was given up after the last failure."""
        return self.tries == 0 and self.until is not None

    def doubts_the_session(self, now: datetime, rhythm: Rhythm) -> bool:
        """Tell whether all charts of this poll made no sense, as without a session."""
        charts = without(self.senseless, LISTING).values()
        return not rhythm.is_within(self.answered, now) and any(
            rhythm.is_within(at, now) for at in charts
        )


def after_failure(
    trouble: Trouble,
    name: str,
    error: VendorError,
    now: datetime,
    rhythm: Rhythm,
    jitter: float,
    *,
    signed_in: bool,
) -> Trouble:
    """Return the trouble after a call failed; `jitter` is from 0 to 1.

    An answer that makes no sense is the affair of this one call, unless neither the
    listing nor a chart makes any. Whoever is not `signed_in` then has failed to
    sign in, which is not tried twice in a poll.
    """
    oldest = rhythm.poll_at(now) - rhythm.interval
    is_senseless = signed_in and isinstance(error, UnexpectedAnswer)
    trouble = replace(
        trouble,
        until=None,
        failed=_since(trouble.failed, oldest) | {name: now},
        senseless=_since(trouble.senseless, oldest)
        | ({name: now} if is_senseless else {}),
    )
    is_lost = trouble.doubts_the_session(now, rhythm) and rhythm.is_within(
        trouble.failed.get(LISTING), now
    )
    if is_senseless and not is_lost:
        return trouble
    tries = trouble.tries + 1
    next_poll = rhythm.poll_after(now)
    if is_lost or not signed_in or tries > len(WAITS):
        return replace(trouble, tries=0, until=next_poll)
    wait = error.retry_after if isinstance(error, RateLimited) else WAITS[tries - 1]
    until = min(next_poll, now + wait * (1 + JITTER * jitter))
    return replace(trouble, tries=tries, until=until)


def after_success(trouble: Trouble, name: str, now: datetime) -> Trouble:
    """Return the trouble after a call brought what it was made for."""
    return Trouble(
        failed=without(trouble.failed, name),
        senseless=without(trouble.senseless, name),
        answered=now,
    )


def _since(calls: Mapping[str, datetime], oldest: datetime) -> dict[str, datetime]:
    return {name: at for name, at in calls.items() if at >= oldest}
