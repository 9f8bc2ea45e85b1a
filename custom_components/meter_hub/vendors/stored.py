"""What all that survives a restart has in common. Pure."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Self

from mashumaro import DataClassDictMixin
from mashumaro.config import BaseConfig

FIRST_PAUSE = timedelta(minutes=5)
LONGEST_PAUSE = timedelta(days=1)


class Stored(DataClassDictMixin):
    """Leaves out of storage what is as it is by default."""

    class Config(BaseConfig):
        """How it is stored."""

        omit_default = True


@dataclass(frozen=True, slots=True)
class Pause(Stored):
    """Something that is left alone, longer with each try that brought nothing."""

    tries: int
    until: datetime

    @classmethod
    def after(
        cls, earlier: Self | None, now: datetime, longest: timedelta = LONGEST_PAUSE
    ) -> Self:
        """Return the pause after one more try in vain, of a day at most."""
        tries = earlier.tries + 1 if earlier else 1
        wait = min(FIRST_PAUSE * 2 ** min(tries - 1, 16), longest)
        return cls(tries, now + wait)

    def ends(self, now: datetime) -> datetime:
        """Return when it is over: at once where a clock that was ahead set it."""
        return now if self.until > now + LONGEST_PAUSE else self.until
