"""The way to one gateway: found, signed in to, and read."""

import asyncio
from datetime import UTC, date, datetime
import re

from ..base import AuthError, Context, Unavailable, UnexpectedAnswer
from ..stored import Pause
from .adapter import Gateway
from .errors import FAILURES, explained
from .signin import Credentials, prove, use, with_new_token, with_sign_in
from .snapshot import Snapshot
from .token import Claims, claims_of

_PATIENCE = 60.0
"""Seconds for what is asked rarely."""
_PROBE_PATIENCE = 120.0


class Link:
    """A gateway, and what opens it."""

    firmware: tuple[int, int]
    """Its first two numbers."""

    def __init__(self, context: Context, renewal: Pause | None) -> None:
        """Know where the gateway is; asks for nothing.

        Raises UnexpectedAnswer `not_a_gateway` where there is no host, or
        `library_unsupported`.
        """
        self.renewal = renewal
        """The pause after a new token could not be had."""
        self._context, self._clock = context, context.clock
        self._saved = dict(context.credentials)
        self._credentials = Credentials.of(context.credentials)
        self.gateway = Gateway(self._credentials.host, context.session)
        self.is_open = False
        """Whether the gateway was found, signed in to and looked at."""
        self._renewed_at: datetime | None = None

    @property
    def serial(self) -> str:
        """The serial of the gateway that was found."""
        return self._credentials.serial

    @property
    def claims(self) -> Claims | None:
        """What the token says of itself, where one is used."""
        token = self._credentials.token
        return claims_of(token) if token else None

    @property
    def renew_at(self) -> datetime | None:
        """From when on a new token is worth asking for; None where nobody gives one."""
        claims = self.claims if self._credentials.can_renew else None
        if claims is None or self._renewed_at is None:
            return claims.renew_at if claims else None
        # The cloud may give a token that is no fresher than the one before.
        return max(claims.renew_at, claims.renew_again_at(self._renewed_at))

    async def open(self) -> None:
        """Find the gateway, sign in to it and find out what it has.

        Raises the VendorError family.
        """
        await self._identify()
        await self._sign_in()
        await self._probe()
        self.is_open = True

    async def check(self) -> None:
        """Find out anew what the gateway is and what it has."""
        before = self.firmware
        await self._identify()
        if self.firmware != before:
            await self._sign_in()
        await self._probe()

    async def read(self) -> Snapshot:
        """Read all values. Raises the VendorError family."""
        gateway = self.gateway
        with explained():
            data = await gateway.update()
            return Snapshot(
                serial=self.serial,
                at=self._clock(),
                data=data,
                features=gateway.supported_features,
                ct_types=frozenset(gateway.ct_meter_list),
                phases=gateway.phase_count,
                firmware=self.firmware,
                metered=gateway.is_metered,
                unclear=gateway.unclear,
            )

    async def built(self) -> date | None:
        """Return the day on which the firmware was built, where the gateway tells it."""
        try:
            async with asyncio.timeout(_PATIENCE):
                home = await self.gateway.interface_settings()
                epoch = home.software_build_epoch if home else 0
                return datetime.fromtimestamp(epoch, UTC).date() if epoch else None
        except FAILURES:
            return None

    async def renew(self) -> None:
        """Get a new token; the old one stays in use where that fails.

        Raises Unavailable.
        """
        old = self._credentials
        try:
            await self._use(await self._renewed(old))
            try:
                await prove(self.gateway)
            except AuthError:
                await self._use(old)
                raise
        except AuthError as err:
            raise Unavailable(err.reason) from None

    async def _identify(self) -> None:
        """Ask which gateway this is.

        Raises UnexpectedAnswer `not_a_gateway`; Unavailable `other_gateway` where an
        address has gone to another one, or because it can't be reached.
        """
        gateway = self.gateway
        try:
            with explained():
                async with asyncio.timeout(_PATIENCE):
                    await gateway.setup()
        except UnexpectedAnswer:
            raise UnexpectedAnswer("not_a_gateway") from None
        numbers = re.findall(r"\d+", str(gateway.firmware))
        if not gateway.serial_number or len(numbers) < 2:
            raise UnexpectedAnswer("not_a_gateway")
        if self.serial and gateway.serial_number != self.serial:
            # Nothing more is asked of a stranger.
            gateway.auth = None
            raise Unavailable("other_gateway")
        self.firmware = (int(numbers[0]), int(numbers[1]))
        self._credentials = self._credentials.of_gateway(gateway.serial_number)

    async def _sign_in(self) -> None:
        """Sign in, with a new token where the gateway doesn't take the old one."""
        old = self._credentials
        wanted = await with_sign_in(old, self.firmware, self._clock(), self._renewed)
        await self._use(wanted)
        if not wanted.token:
            # Only the first call shows whether a local user is known.
            return
        try:
            await prove(self.gateway)
        except AuthError:
            if wanted.token != old.token or not wanted.can_renew:
                raise
            await self._use(await self._renewed(wanted))
            await prove(self.gateway)

    async def _probe(self) -> None:
        with explained():
            async with asyncio.timeout(_PROBE_PATIENCE):
                await self.gateway.probe()

    async def _renewed(self, credentials: Credentials) -> Credentials:
        """Get a new token, unless that failed a short while ago."""
        now = self._clock()
        if self.renewal is not None and now < self.renewal.ends(now):
            raise Unavailable("cloud_unreachable", "tried before")
        # Until it is known what comes of it, it is as if it had failed.
        self.renewal = Pause.after(self.renewal, now)
        renewed = await with_new_token(credentials)
        self.renewal, self._renewed_at = None, now
        return renewed

    async def _use(self, credentials: Credentials) -> None:
        """Have credentials saved, then use them."""
        if (stored := credentials.stored()) != self._saved:
            await self._context.save_credentials(stored)
            self._saved = stored
        self._credentials = credentials
        await use(self.gateway, credentials)
