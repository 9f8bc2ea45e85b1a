"""The wire: OneMeter Cloud's paths, its key, and the shapes of its answers.

The vendor's OpenAPI document describes the API. All calls read; the key would also
allow to change settings, which is never done here.
"""

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote

from ..base import AuthError, JsonObject, UnexpectedAnswer, VendorError
from ..endpoints import Endpoint
from ..transport import Transport

MOST_READINGS = 357_120
"""The largest `limit`: ten years of quarter hours."""


class UnknownDevice(VendorError):
    """The account has no such device, or has it no longer."""


class NothingFound(VendorError):
    """There are no readings in the window."""


class OneMeterClient:
    """Makes the three calls that the integration needs; each raises the VendorError family."""

    def __init__(self, transport: Transport, endpoint: Endpoint, api_key: str) -> None:
        """Use the key of one account."""
        self._transport = transport
        self._url = endpoint.url
        self._key = api_key.strip()

    async def devices(self) -> list[JsonObject]:
        """Return the devices that the key may see, own and shared."""
        answer = await self._get("/devices/")
        devices = answer.get("devices") if isinstance(answer, dict) else None
        if not isinstance(devices, list):
            raise UnexpectedAnswer("unexpected_answer", "no list of devices")
        return [device for device in devices if _has_id(device)]

    async def device(self, device_id: str) -> JsonObject:
        """Return one device with all its details.

        Raises UnknownDevice where the account has none of this id.
        """
        answer = await self._get(f"/devices/{quote(device_id, safe='')}")
        found = answer.get("devices", [answer]) if isinstance(answer, dict) else None
        for device in found if isinstance(found, list) else ():
            if _has_id(device) and device["_id"] == device_id:
                return dict(device)
        raise UnexpectedAnswer("unexpected_answer", "another device")

    async def readings(
        self, device_id: str, start: datetime, end: datetime, codes: Iterable[str]
    ) -> list[JsonObject]:
        """Return the readings of `codes` from `start` to `end`, one object per instant.

        Raises UnknownDevice where the account has none of this id.
        """
        try:
            answer = await self._get(
                f"/devices/{quote(device_id, safe='')}/readings",
                {
                    "from": _instant(start),
                    "to": _instant(end),
                    "codes": ",".join(codes),
                    "limit": str(MOST_READINGS),
                    "skip": "0",
                    "sort": "ascending",
                },
            )
        except NothingFound:
            return []
        rows = answer.get("readings") if isinstance(answer, dict) else None
        if not isinstance(rows, list):
            raise UnexpectedAnswer("unexpected_answer", "no list of readings")
        return [row for row in rows if isinstance(row, dict)]

    async def _get(self, path: str, params: dict[str, str] | None = None) -> Any:
        if not (self._key.isascii() and self._key.isprintable() and self._key):
            # No header can carry such a key.
            raise AuthError("invalid_auth")
        return await self._transport.request_json(
            "GET",
            self._url + path,
            headers={"Authorization": self._key},
            params=params,
            explain=_explain,
        )


def _explain(status: int, body: Any) -> VendorError | None:
    """Tell a device that is gone from a window without readings: both are 404."""
    if status != 404 or not isinstance(body, dict):
        return None
    text = f"{body.get('error')} {body.get('message')}".casefold()
    if "devicenotfound" in text or "device of given uuid" in text:
        return UnknownDevice("not_found", "device")
    if "no readings found" in text or "no results" in text:
        return NothingFound("not_found", "readings")
    return None


def _has_id(device: object) -> bool:
    return isinstance(device, dict) and isinstance(device.get("_id"), str)


def _instant(instant: datetime) -> str:
    return (
        f"{instant.astimezone(UTC):%Y-%m-%dT%H:%M:%S}.{instant.microsecond // 1000:03}Z"
    )
