"""Why hours are open, and when they are tried again."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Self

from ..spans import Spans, Stretch

FIRST_RETRY = timedelta(minutes=15)
LONGEST_RETRY = timedelta(hours=24)
PATIENCE = timedelta(days=31)
"""So long after it was first seen, doubtful data is asked for again; then it stays."""
_MOST_TRIES = 8
"""After so many tries in vain the next one is as far off as it gets."""


class Reason(StrEnum):
    """Why a stretch of history is missing or doubtful."""

    UNEXPLORED = "unexplored"
    """It was never asked for, or what was written is gone."""
    FAILED = "failed"
    """It was asked for, and the call failed."""
    ESTIMATED = "estimated"
    """The vendor's value is an estimate."""
    INCOMPLETE = "incomplete"
    """The vendor has the hour, but not all of its energy."""
    UNWRITTEN = "unwritten"
    """It was answered anew, and that answer was never written."""


@dataclass(frozen=True, slots=True, order=True)
class Doubt:
    """Why hours are open, and when to try them again."""

    reason: Reason
    tries: int
    due: datetime
    opened: datetime

    @classmethod
    def after(cls, earlier: Self | None, reason: Reason, now: datetime) -> Self:
        """Return the doubt after one more try that did not settle the hour."""
        tries = min(earlier.tries + 1, _MOST_TRIES) if earlier else 1
        wait = min(FIRST_RETRY * 2 ** (tries - 1), LONGEST_RETRY)
        opened = min(earlier.opened, now) if earlier else now
        return cls(reason, tries, now + wait, opened)

    def due_at(self, now: datetime) -> datetime:
        """Return when to try again: at once where a clock that was ahead set it."""
        return now if self.due > now + LONGEST_RETRY else self.due

    def is_given_up(self, now: datetime, patience: timedelta = PATIENCE) -> bool:
        """Tell whether the hours stay as they are, if there is anything at all."""
        return self.reason is not Reason.FAILED and now - self.opened >= patience


def compact(
    doubts: Iterable[tuple[Doubt, Spans]], now: datetime, written: Spans
) -> dict[Doubt, Spans]:
    """Join doubts that come to the same, so that years of them don't pile up.

    Those that were opened on one UTC day are given up with the last of them. Those
    that fell due on one UTC day did so with the first; once they are given up, and
    have their row where there can be one, it no longer matters when that was.
    """
    alike: defaultdict[tuple[Any, ...], list[tuple[Doubt, Spans]]] = defaultdict(list)
    for doubt, spans in doubts:
        is_due, is_given_up = doubt.due <= now, doubt.is_given_up(now)
        at_rest = Spans()
        if is_due and is_given_up:
            is_lost = doubt.reason is Reason.INCOMPLETE
            at_rest = spans if is_lost else spans & written
        opened = None if is_given_up else doubt.opened.date()
        due = doubt.due.date() if is_due else doubt.due
        kind = doubt.reason, min(doubt.tries, _MOST_TRIES), opened
        for when, part in ((None, at_rest), (due, spans - at_rest)):
            if part:
                alike[*kind, when].append((doubt, part))
    joined: list[tuple[Doubt, Spans]] = []
    for (reason, tries, *_), group in alike.items():
        first_due = min(doubt.due for doubt, _ in group)
        last_opened = max(doubt.opened for doubt, _ in group)
        together = Doubt(reason, tries, first_due, last_opened)
        joined += ((together, spans) for _, spans in group)
    return merged(joined)


def merged(doubts: Iterable[tuple[Doubt, Spans]]) -> dict[Doubt, Spans]:
    """Join what is open for the same reason, and drop what is not any more."""
    stretches: defaultdict[Doubt, list[Stretch]] = defaultdict(list)
    for doubt, spans in doubts:
        stretches[doubt] += spans
    return {doubt: Spans.of(*each) for doubt, each in stretches.items() if each}
