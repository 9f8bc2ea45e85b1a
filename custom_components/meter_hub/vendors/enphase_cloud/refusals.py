"""What a call that brought nothing means for those to come. Pure."""

from dataclasses import replace
from datetime import datetime, timedelta

from ..base import AuthError, Unavailable, UnexpectedAnswer, VendorError
from . import asks
from .client import Granularity, Telemetry
from .errors import NotInPlan, OutOfOrder, WindowRefused
from .history import asked_key
from .jobs import Ask, CloudJob, Purpose, What
from .known import REFUSED_FOR, KnownSystem, Refusal
from .sweeps import Failure

_NOT_TO_BE_HAD = frozenset({"not_in_plan", "feature_absent"})
_ABSENT = _NOT_TO_BE_HAD | {"forbidden", "not_found"}

_POLL_AGAIN, _AGAIN = timedelta(hours=1), timedelta(hours=6)
"""The longest pause after failures, for a poll and for all else."""

_OUT_OF_ORDER = timedelta(days=1)
"""So long all else is asked for without what fails again and again."""

_TRIES, _LIFETIME_TRIES = 3, 5
"""So often it is tried before; what is read but once is worth more."""

_PRODUCTION = (Telemetry.PRODUCTION_MICRO, Telemetry.PRODUCTION_METER)


def is_refusal(known: KnownSystem, job: CloudJob, err: VendorError) -> bool:
    """Tell whether a failure is but a word about what was asked for.

    A system that tells nothing but its production is out of order without that.
    """
    if job.by_phase and isinstance(err, Unavailable):
        # Any other outage is hardly one of phases alone.
        return isinstance(err, OutOfOrder) or err.reason == "not_json"
    if not isinstance(err, UnexpectedAnswer):
        return _is_in_the_way(known, job, err)
    if job.by_phase:
        return True
    if isinstance(err, WindowRefused) or _may_be_the_week(known, job, err):
        return job.ask.what in (What.TELEMETRY, What.CHARGER)
    if err.reason == "forbidden" and Purpose.POLL in known.failures:
        # Not this is kept from us, but the system.
        return False
    if job.ask.what is What.SESSIONS:
        # Nothing hangs on them, whatever the vendor finds wrong.
        return True
    if job.ask.of in _PRODUCTION:
        is_all = all(each in _PRODUCTION for each in asks.derived(known))
        return err.reason in _NOT_TO_BE_HAD and not is_all
    return err.reason in _ABSENT or _is_in_the_way(known, job, err)


def after_refusal(
    known: KnownSystem, job: CloudJob, err: VendorError, now: datetime
) -> tuple[KnownSystem, bool]:
    """Return what is known then, and whether the call is done with."""
    if isinstance(err, WindowRefused) and (first := _later_begin(known, job, err, now)):
        # A battery, or a meter, may be younger than all else.
        return replace(known, begins_of=known.begins_of | {job.ask.name: first}), False
    if job.by_phase:
        # Production is told all the same, in the next call.
        lasts = REFUSED_FOR if err.reason in _ABSENT else _OUT_OF_ORDER
        return without_phases(known, now + lasts), False
    if _may_be_the_week(known, job, err):
        return by_days(known, job), False
    if isinstance(err, WindowRefused):
        if job.purpose is Purpose.HISTORY and job.start is not None:
            asked = known.asked | {asked_key(job.ask, job.start): now}
            known = replace(known, asked=asked)
        return known, True
    if job.ask.what in (What.SUMMARY, What.DEVICES):
        return _without_details(known, job, err, now), True
    if err.reason in _ABSENT or job.ask.what is What.SESSIONS:
        known = _refused(known, job, err, now + REFUSED_FOR)
        return known, not _asks_instead(known, job)
    if job.purpose is Purpose.HISTORY and job.start is not None:
        asked = known.asked | {asked_key(job.ask, job.start): now}
        return replace(known, asked=asked), True
    known = _refused(known, job, err, now + _OUT_OF_ORDER)
    return known, not _asks_instead(known, job)


def after_failure(
    known: KnownSystem, job: CloudJob, err: VendorError, now: datetime
) -> KnownSystem:
    """Return what is known after a call failed: it is tried again a while later."""
    if job.by_phase and not isinstance(err, AuthError):
        known = without_phases(known, now + _OUT_OF_ORDER)
    longest = _POLL_AGAIN if job.purpose is Purpose.POLL else _AGAIN
    if isinstance(err, UnexpectedAnswer):
        longest = _AGAIN
    if isinstance(err, NotInPlan):
        # It is asked for all the same, but a person has to hear of it.
        known = _refused(known, job, err, now + REFUSED_FOR)
    failure = Failure.after(known.failures.get(job.purpose), now, longest)
    return replace(known, failures=known.failures | {job.purpose: failure})


def without_phases(known: KnownSystem, until: datetime) -> KnownSystem:
    """Return what is known where production is told, but not its phases.

    They are a detail, of which nobody needs to hear.
    """
    return replace(known, refused=known.refused | {asks.PHASES: Refusal(until)})


def by_days(known: KnownSystem, job: CloudJob) -> KnownSystem:
    """Return what is known once a week was asked for in vain."""
    return replace(known, spans=known.spans | {job.ask.name: Granularity.DAY})


def _refused(
    known: KnownSystem, job: CloudJob, err: VendorError, until: datetime
) -> KnownSystem:
    refusal = Refusal(until, isinstance(err, NotInPlan))
    return replace(known, refused=known.refused | {job.ask.name: refusal})


def _without_details(
    known: KnownSystem, job: CloudJob, err: VendorError, now: datetime
) -> KnownSystem:
    """Return what is known of a system that is asked about all the same."""
    if isinstance(err, NotInPlan):
        known = _refused(known, job, err, now + REFUSED_FOR)
    if job.ask.what is What.SUMMARY:
        return replace(known, summary_at=now, told_source=None)
    # It may have all.
    return replace(known, devices_at=now, has_consumption=True)


def _asks_instead(known: KnownSystem, job: CloudJob) -> bool:
    """Tell whether a poll goes on with what was to follow from what is refused."""
    if job.purpose is not Purpose.POLL or job.ask.of != Telemetry.BATTERY:
        return False
    return not {Ask.telemetry(each) for each in asks.exact(known)} <= {*job.asks}


def _is_in_the_way(known: KnownSystem, job: CloudJob, err: VendorError) -> bool:
    """Tell whether one thing that is out of order keeps others from being asked for."""
    if job.ask.of in _PRODUCTION or job.ask.what in (What.SUMMARY, What.DEVICES):
        return False
    if not _are_others_answered(known, job):
        return False
    failure = known.failures.get(job.purpose)
    tries = 1 + (failure.tries if failure else 0)
    is_lifetime = job.purpose is Purpose.LIFETIMES
    if isinstance(err, UnexpectedAnswer):
        return tries >= (_LIFETIME_TRIES if is_lifetime else 2)
    return isinstance(err, Unavailable) and not is_lifetime and tries >= _TRIES


def _are_others_answered(known: KnownSystem, job: CloudJob) -> bool:
    """Tell whether it is not the vendor as a whole that is out of order."""
    sweep = known.sweeps.get(job.purpose)
    if sweep is not None and sweep.at == job.at and sweep.done:
        return True
    return job.purpose is not Purpose.POLL and Purpose.POLL not in known.failures


def _may_be_the_week(known: KnownSystem, job: CloudJob, err: VendorError) -> bool:
    """Tell whether it may be refused that a week was asked for."""
    untried = job.span is Granularity.WEEK and job.ask.name not in known.spans
    return untried and err.reason in ("window_refused", "bad_request")


def _later_begin(
    known: KnownSystem, job: CloudJob, err: WindowRefused, now: datetime
) -> datetime | None:
    """Return since when there is anything, where that is news.

    Chargers are asked about by local days, of which none can begin later.
    """
    first, begins = err.first, known.beginning(job.ask.name)
    if first is None or job.start is None or job.ask.what is What.CHARGER:
        return None
    is_news = job.start < first <= now and (begins is None or begins < first)
    return first if is_news else None
