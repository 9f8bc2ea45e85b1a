"""What a call that brought nothing means for those to come. Pure."""

from dataclasses import replace
from datetime import datetime, timedelta

from ..base import UnexpectedAnswer, VendorError
from .client import Granularity, Telemetry
from .errors import NotInPlan, WindowRefused
from .history import asked_key
from .jobs import CloudJob, Purpose, What
from .known import REFUSED_FOR, KnownSystem, Refusal
from .sweeps import Failure

_ABSENT = frozenset({"not_in_plan", "feature_absent", "forbidden", "not_found"})

_POLL_AGAIN, _AGAIN = timedelta(hours=1), timedelta(hours=6)
"""The longest pause after failures, for a poll and for all else."""

_PRODUCTION = (Telemetry.PRODUCTION_MICRO, Telemetry.PRODUCTION_METER)


def is_refusal(known: KnownSystem, job: CloudJob, err: VendorError) -> bool:
    """Tell whether a failure is but a word about what was asked for.

    Every system tells its production: where that is refused, it is out of order.
    """
    if not isinstance(err, UnexpectedAnswer):
        return False
    if isinstance(err, WindowRefused) or _may_be_the_week(known, job, err):
        return job.ask.what in (What.TELEMETRY, What.CHARGER)
    if err.reason == "forbidden" and Purpose.POLL in known.failures:
        # Not this is kept from us, but the system.
        return False
    return err.reason in _ABSENT and job.ask.of not in _PRODUCTION


def after_refusal(
    known: KnownSystem, job: CloudJob, err: VendorError, now: datetime
) -> tuple[KnownSystem, bool]:
    """Return what is known then, and whether the call is done with."""
    if isinstance(err, WindowRefused) and _begins_later(known, job, err):
        return replace(known, begins=err.first), False
    if _may_be_the_week(known, job, err):
        return by_days(known, job), False
    if isinstance(err, WindowRefused):
        if job.purpose is Purpose.HISTORY and job.start is not None:
            asked = known.asked | {asked_key(job.ask, job.start): now}
            known = replace(known, asked=asked)
        return known, True
    match job.ask.what:
        case What.SUMMARY:
            return replace(known, summary_at=now), True
        case What.DEVICES:
            return replace(known, devices_at=now, has_consumption=True), True
    refusal = Refusal(now + REFUSED_FOR, isinstance(err, NotInPlan))
    return replace(known, refused=known.refused | {job.ask.name: refusal}), True


def after_failure(
    known: KnownSystem, job: CloudJob, err: VendorError, now: datetime
) -> KnownSystem:
    """Return what is known after a call failed: it is tried again a while later."""
    longest = _POLL_AGAIN if job.purpose is Purpose.POLL else _AGAIN
    if isinstance(err, UnexpectedAnswer):
        longest = _AGAIN
    failure = Failure.after(known.failures.get(job.purpose), now, longest)
    return replace(known, failures=known.failures | {job.purpose: failure})


def by_days(known: KnownSystem, job: CloudJob) -> KnownSystem:
    """Return what is known once a week was asked for in vain."""
    return replace(known, spans=known.spans | {job.ask.name: Granularity.DAY})


def _may_be_the_week(known: KnownSystem, job: CloudJob, err: VendorError) -> bool:
    """Tell whether it may be refused that a week was asked for."""
    untried = job.span is Granularity.WEEK and job.ask.name not in known.spans
    return untried and err.reason in ("window_refused", "bad_request")


def _begins_later(known: KnownSystem, job: CloudJob, err: WindowRefused) -> bool:
    first = err.first
    return (
        first is not None
        and job.start is not None
        and first > job.start
        and (known.begins is None or known.begins < first)
    )
