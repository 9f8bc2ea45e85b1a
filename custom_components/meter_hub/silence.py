"""A vendor that gives no answer: since when, and what a person is told of it."""

from datetime import timedelta

from homeassistant.config_entries import SOURCE_REAUTH, ConfigEntry
from homeassistant.core import HomeAssistant, callback
from homeassistant.util import dt as dt_util

from .issues import async_show_silent
from .memory import Memory
from .vendors.base import DoubtfulSignIn, RateLimited, Unavailable, Vendor, VendorError

REAUTH_IN_DOUBT = "in_doubt"
"""Tells the flow that the credentials may be right."""

_LONG = timedelta(days=1)
"""A vendor that has not answered for so long may be gone; a person is told."""


class Silence:
    """The silence of one account's vendor; it outlives a restart."""

    def __init__(
        self, hass: HomeAssistant, entry: ConfigEntry, vendor: Vendor, memory: Memory
    ) -> None:
        """Go on from what is remembered; tells nobody yet."""
        self._hass = hass
        self._entry = entry
        self._vendor = vendor
        self._memory = memory
        self._asked = False

    @property
    def is_long(self) -> bool:
        """Whether a person should know."""
        since = self._memory.silent_since
        return since is not None and dt_util.utcnow() - since >= _LONG

    @callback
    def async_end(self) -> None:
        """Note an answer; nobody need sign in again who was asked to in doubt."""
        asked = self._asked or (self.is_long and self._memory.doubted)
        self._memory.silent_since = None
        self._memory.doubted = self._asked = False
        if not asked:
            return
        for flow in list(
            self._entry.async_get_active_flows(self._hass, {SOURCE_REAUTH})
        ):
            self._hass.config_entries.flow.async_abort(flow["flow_id"])

    @callback
    def async_note(self, err: VendorError) -> None:
        """Note what a call failed with; a refusal tells that somebody is there.

        A call that was not made says nothing.
        """
        if isinstance(err, Unavailable):
            self._memory.silent_since = self._memory.silent_since or dt_util.utcnow()
            self._memory.doubted = isinstance(err, DoubtfulSignIn)
        elif not isinstance(err, RateLimited):
            self._memory.silent_since = None

    @callback
    def async_show(self) -> None:
        """Tell of a long silence: by an issue, or where a sign-in may end it, by a dialog."""
        self.async_ask()
        tell = self.is_long and not self._memory.doubted
        async_show_silent(
            self._hass,
            self._entry,
            self._vendor.name,
            self._memory.silent_since if tell else None,
        )

    @callback
    def async_ask(self) -> None:
        """Ask a person to sign in where that may end a long silence.

        Who closes the dialog is not asked again before the vendor answers or the
        entry is set up anew.
        """
        if self.is_long and self._memory.doubted and not self._asked:
            self._asked = True
            self._entry.async_start_reauth(self._hass, data={REAUTH_IN_DOUBT: True})
