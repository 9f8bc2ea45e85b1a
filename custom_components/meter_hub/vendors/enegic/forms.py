"""Calls that a server may understand in one of two forms.

What the vendor's own documentation says of some calls is not what its servers
understand. Should that change, the documented form is there.
"""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from ..base import Unavailable, UnexpectedAnswer, VendorError
from ..stored import Stored

_AGAIN_AFTER = timedelta(days=1)
"""A form that was not understood is left alone for so long."""

_ENOUGH_PAGES = 3
"""A page with 404 may come from a server that is out of order."""

type Send = Callable[[], Awaitable[Any]]


class NotUnderstood(VendorError):
    """The server knows no such path or method."""

    def __init__(self, status: int, *, is_page: bool) -> None:
        """Tell an answer in the vendor's words from a page."""
        super().__init__("not_found", f"HTTP {status}")
        self.status = status
        self.is_page = is_page

    def plain(self) -> VendorError:
        """Return what it means where no other form helps."""
        detail = f"HTTP {self.status}"
        if self.is_page:
            return Unavailable("not_json", detail)
        return UnexpectedAnswer(self.reason, detail)


@dataclass(frozen=True, slots=True)
class Form(Stored):
    """Which form of a call is used."""

    documented: bool = False
    """Whether it is the one of the documentation."""
    other_tried_at: datetime | None = None
    """When the other form was tried in vain."""
    pages: int = 0
    """To how many calls in a row the usual form got a page, the other one an answer."""


class Forms:
    """Remembers which form of each call the server understands."""

    def __init__(
        self, remembered: Mapping[str, Form], clock: Callable[[], datetime]
    ) -> None:
        """Go on with what was learned before a restart."""
        self._forms = dict(remembered)
        self._clock = clock

    @property
    def learned(self) -> dict[str, Form]:
        """What differs from the usual, by the names of the calls."""
        return {name: form for name, form in self._forms.items() if form != Form()}

    async def call(self, name: str, usual: Send, documented: Send) -> Any:
        """Make a call in the usual form, and in the other where it must be.

        The other form is remembered once the server has said clearly, or often, that
        it knows the usual one no more; that one is tried again once a day. Raises the
        VendorError family; of two refusals the first one.
        """
        form, now = self._forms.get(name, Form()), self._clock()
        tried_at = form.other_tried_at
        lately = tried_at is not None and tried_at <= now < tried_at + _AGAIN_AFTER
        if form.documented and lately:
            try:
                return await documented()
            except NotUnderstood as err:
                self._forms[name] = Form()
                raise err.plain() from None
        try:
            answer = await usual()
        except NotUnderstood as err:
            if lately:
                raise err.plain() from None
            try:
                answer = await documented()
            except NotUnderstood:
                self._forms[name] = Form(other_tried_at=now)
                raise err.plain() from None
            pages = form.pages + 1
            if form.documented or not err.is_page or pages >= _ENOUGH_PAGES:
                self._forms[name] = Form(documented=True, other_tried_at=now)
            else:
                self._forms[name] = Form(pages=pages)
            return answer
        tried_at = None if form.documented else tried_at
        self._forms[name] = Form(other_tried_at=tried_at)
        return answer
