"""What a person should hear of an account's data, and of what the vendor has to say."""

from collections.abc import Container, Iterator
from datetime import datetime, timedelta

from ...metering.model import Notice
from .charts import MOST_PLAUSIBLE
from .known import Knowledge, Known

IMPLAUSIBLE_HOURS = "implausible_hours"
REGISTER_DIFFERS = "register_differs"
VENDOR_SAYS = "vendor_says"

LONGEST_TEXT = 200
"""Of more than so many characters of the vendor's the rest is left out."""

_MOST_TEXTS = 8
_SAID_FOR = timedelta(days=1)
"""Not each answer brings it; whoever does not say it for so long says it no more."""


class Sayings:
    """What the vendor says beside good answers, in its own words.

    They could hold anything, so they are kept in memory only.
    """

    def __init__(self) -> None:
        """Begin without any."""
        self._said: dict[str, datetime] = {}

    def note(self, text: str, now: datetime) -> None:
        """Remember that the vendor said something."""
        shown = text if len(text) <= LONGEST_TEXT else f"{text[: LONGEST_TEXT - 1]}…"
        self._said[shown] = now

    def current(self, now: datetime) -> list[str]:
        """Return the texts that still hold, those that were said last."""
        said = sorted(self._said, key=lambda text: self._said[text])[-_MOST_TEXTS:]
        self._said = {
            text: self._said[text]
            for text in said
            if now - self._said[text] < _SAID_FOR
        }
        return sorted(self._said)


def notices_of(
    knowledge: Knowledge, sayings: list[str], excluded: Container[str]
) -> tuple[Notice, ...]:
    """Return all that a person should hear of."""
    return (
        *(Notice(VENDOR_SAYS, None, {"text": text}) for text in sayings),
        *(
            notice
            for point_id, known in sorted(knowledge.points.items())
            if known.listed and point_id not in excluded
            for notice in _of_point(known)
        ),
    )


def _of_point(known: Known) -> Iterator[Notice]:
    courses = known.courses.values()
    hours = sum(sum(course.implausible.values()) for course in courses)
    if hours:
        values = {"count": str(hours), "limit": f"{MOST_PLAUSIBLE:g}"}
        yield Notice(IMPLAUSIBLE_HOURS, known.about.id, values)
    if days := sorted({day for course in courses for day in course.audit}):
        values = {"days": ", ".join(day.isoformat() for day in days)}
        yield Notice(REGISTER_DIFFERS, known.about.id, values)
