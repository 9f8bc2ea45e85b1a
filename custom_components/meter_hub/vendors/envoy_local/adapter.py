"""The library's client, made to survive what gateways do.

Nothing here changes the library for others: Home Assistant's own integration of
these gateways uses the same module in the same process.
"""

import asyncio
from http import HTTPStatus
import logging
from typing import Any, cast, override

from aiohttp import (
    ClientConnectorError,
    ClientError,
    ClientResponse,
    ClientSession,
    ClientTimeout,
    ServerTimeoutError,
)
from pyenphase import Envoy, EnvoyData, EnvoyTokenAuth
from pyenphase.const import (
    ENDPOINT_URL_METERS,
    URL_AUTH_CHECK_JWT,
    URL_DEVICE_DATA,
    URL_DRY_CONTACT_SETTINGS,
    URL_DRY_CONTACT_STATUS,
    URL_ENSEMBLE_INVENTORY,
    URL_GEN_CONFIG,
    URL_GEN_MODE,
    URL_GEN_SCHEDULE,
    URL_GENERATOR,
    URL_PRODUCTION,
    URL_PRODUCTION_JSON,
    URL_PRODUCTION_V1,
    URL_TARIFF,
)
from pyenphase.exceptions import (
    EnvoyAuthenticationRequired,
    EnvoyCommunicationError,
    EnvoyHTTPStatusError,
    EnvoyPoorDataQuality,
    EnvoyProbeFailed,
)
from pyenphase.models.common import CommonProperties
from pyenphase.updaters.base import EnvoyUpdater

from .. import endpoints
from ..base import UnexpectedAnswer
from .errors import FAILURES

_LOGGER = logging.getLogger(__name__)

LIBRARY_UNSUPPORTED = "library_unsupported"
"""Why nothing can be asked, and what a person is told of it."""

TIMEOUT = ClientTimeout(total=45, connect=10)
"""Gateways are quick to connect to, but may be slow to answer."""

PART = 45.0
"""Seconds after which a part of a cycle is given up, so that the others have theirs."""
CYCLE = 120.0
"""Seconds that all parts of a cycle together may take."""

_ATTEMPTS = 2
_LONGEST = 60
_WAIT = 0.5
"""How often in all a path is asked after a broken connection, within how many seconds."""

UNREAD = frozenset(
    {
        URL_TARIFF,
        URL_GENERATOR,
        URL_GEN_CONFIG,
        URL_GEN_MODE,
        URL_GEN_SCHEDULE,
    }
)
"""Paths that hold nothing of interest; one that refuses would end a whole cycle."""

UNREAD_PARTS = frozenset({URL_DRY_CONTACT_STATUS, URL_DRY_CONTACT_SETTINGS})
"""The same, but the library wants an answer from them to go on."""

SOLAR_PATHS = frozenset(
    {
        ENDPOINT_URL_METERS,
        URL_PRODUCTION,
        URL_PRODUCTION_JSON,
        URL_PRODUCTION_V1,
        URL_DEVICE_DATA,
    }
)
"""Paths that decide where the solar energy is read."""

BATTERY_PATH = URL_ENSEMBLE_INVENTORY

PRIVATE = (
    (Envoy, "probe_request"),
    (Envoy, "request"),
    (EnvoyTokenAuth, "JSON_LOGIN_URL"),
    (EnvoyTokenAuth, "TOKEN_URL"),
    (EnvoyTokenAuth, "_post_json_with_cloud_client"),
)
"""What of the library is used beyond its documentation."""
PRIVATE_OF_ONE = ("_common_properties", "_updaters")
"""The same of each `Envoy`."""


class Gateway(Envoy):
    """One gateway: asks what is read here, and survives each part that fails."""

    def __init__(self, host: str, session: ClientSession) -> None:
        """Prepare to ask; `session` must not verify certificates.

        Raises UnexpectedAnswer `library_unsupported` where the library that is
        installed is not built like the ones known here.
        """
        super().__init__(host, client=session, timeout=TIMEOUT, v2_acb_mode=False)
        if not all(hasattr(self, name) for name in PRIVATE_OF_ONE) or not all(
            hasattr(owner, name) for owner, name in PRIVATE
        ):
            raise UnexpectedAnswer(LIBRARY_UNSUPPORTED)
        self.set_retry_policy(
            max_attempts=_ATTEMPTS, max_delay=_LONGEST, wait_multiplier=_WAIT
        )
        self.unclear: frozenset[str] = frozenset()
        """Paths that were out of order when it was found out what the gateway has."""
        self._probed: set[str] = set()
        self._failed: list[Exception] = []
        self._ends_at = 0.0

    @override
    async def probe(self) -> None:
        """Find out what the gateway has; where that fails, what was found before holds."""
        self._probed = set()
        before = self._common_properties
        # The library empties what its updaters of now read in, before it asks.
        self._common_properties = CommonProperties()
        found = False
        try:
            await super().probe()
            found = True
        except EnvoyProbeFailed as err:
            if self._probed:
                raise EnvoyPoorDataQuality("out of order") from err
            raise
        finally:
            if not found:
                self._common_properties = before
        self.unclear = frozenset(self._probed)
        self._updaters = cast(
            "list[EnvoyUpdater]", [_Surviving(each, self) for each in self._updaters]
        )

    @override  # the library's is wrapped by tenacity
    async def probe_request(  # type: ignore[override]
        self, endpoint: str
    ) -> ClientResponse:
        """Ask whether the gateway has a path, and note where it could not say.

        The library takes each failure for a path that is not there.
        """
        if endpoint in UNREAD:
            raise EnvoyHTTPStatusError(HTTPStatus.NOT_FOUND, endpoint)
        try:
            async with asyncio.timeout(PART):
                response = await self.request(endpoint)
        except ClientConnectorError as err:
            # No path can be asked, so it can't be said what the gateway has.
            raise EnvoyCommunicationError("unreachable") from err
        except ClientError:
            self._probed.add(endpoint)
            raise
        except TimeoutError:
            self._probed.add(endpoint)
            raise ServerTimeoutError from None
        if response.status >= HTTPStatus.INTERNAL_SERVER_ERROR:
            self._probed.add(endpoint)
        return response

    @override
    async def request(
        self,
        endpoint: str,
        data: dict[str, Any] | None = None,
        method: str | None = None,
    ) -> ClientResponse:
        if endpoint in UNREAD_PARTS:
            return cast("ClientResponse", _NoContacts())
        return await super().request(endpoint, data, method)

    @override
    async def update(self) -> EnvoyData:
        """Read all paths that can be read.

        Raises what the library raised first where none of them could.
        """
        self._failed = []
        self._ends_at = asyncio.get_running_loop().time() + CYCLE
        data = await super().update()
        if self._failed and len(self._failed) == len(self._updaters):
            # A refusal means something only where nothing else went wrong.
            raise min(self._failed, key=_is_refusal)
        return data

    async def read_part(self, updater: EnvoyUpdater, data: EnvoyData) -> None:
        """Read what one of the library's updaters reads, and note where it can't."""
        try:
            async with asyncio.timeout_at(self._ends_at), asyncio.timeout(PART):
                await updater.update(data)
        except ClientConnectorError:
            # No other path can be asked either.
            raise
        except FAILURES as err:
            self._failed.append(err)
            _LOGGER.debug(
                "%s brought nothing: %s", type(updater).__name__, type(err).__name__
            )

    async def token_status(self) -> int:
        """Ask the gateway what it thinks of the token; return the HTTP status."""
        try:
            async with await self.request(URL_AUTH_CHECK_JWT) as response:
                return response.status
        except EnvoyAuthenticationRequired:
            return HTTPStatus.UNAUTHORIZED


def _is_refusal(err: Exception) -> bool:
    return isinstance(err, EnvoyAuthenticationRequired)


class _Surviving:
    """Stands in for an updater of the library, whose failure does not end the cycle."""

    def __init__(self, updater: EnvoyUpdater, gateway: Gateway) -> None:
        self._updater = updater
        self._gateway = gateway

    async def update(self, envoy_data: EnvoyData) -> None:
        await self._gateway.read_part(self._updater, envoy_data)


class _NoContacts:
    """An answer without dry contacts, which stands for one that nobody reads."""

    status = HTTPStatus.OK

    async def read(self) -> bytes:
        return b'{"dry_contacts": []}'


class CloudToken(EnvoyTokenAuth):
    """Gets a gateway's token from Enphase's cloud; tells how far it came.

    It tries each step once: the library would go on until the host answers.
    """

    def __init__(
        self,
        host: str,
        *,
        serial: str,
        username: str | None = None,
        password: str | None = None,
        token: str | None = None,
    ) -> None:
        """Use a token, or the credentials of a cloud account to get one."""
        super().__init__(host, username, password, serial, token)
        self.JSON_LOGIN_URL = f"{endpoints.ENLIGHTEN.url}/login/login.json?"
        self.TOKEN_URL = f"{endpoints.ENTREZ.url}/tokens"
        self.statuses: list[int] = []
        """Of the answers to the sign-in and to the wish for a token."""

    @override  # the library's is wrapped by tenacity
    async def _post_json_with_cloud_client(  # type: ignore[override]
        self,
        cloud_client: ClientSession,
        url: str,
        data: dict[str, Any] | None = None,
        json: dict[str, Any] | None = None,
    ) -> ClientResponse:
        response = await cloud_client.post(url, data=data, json=json)
        self.statuses.append(response.status)
        return response
