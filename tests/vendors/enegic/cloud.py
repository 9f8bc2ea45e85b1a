"""A cloud whose answers a test decides, path by path."""

from collections import defaultdict
from typing import Any

from aiohttp import web

from .bodies import METER, timed

TOKEN = "11111111-2222-3333-4444-555555555555"
VALID_TO = "2027-11-19T08:00:00.1234567Z"

PAGE = web.Response(status=404, text="<html>404</html>", content_type="text/html")


def signed_in(token: str = TOKEN, valid_to: str = VALID_TO) -> dict[str, Any]:
    """Return the answer to a sign-in."""
    return {
        "TokenInfo": {"Token": token, "Created": "2026-11-19", "ValidTo": valid_to},
        "User": {"UserId": 1000001, "Username": "jo@example.org", "Domain": "Evify"},
    }


def item(item_id: str = METER, **more: Any) -> dict[str, Any]:
    """Return a meter of the overview."""
    return {
        "ItemId": int(item_id),
        "Name": "Home",
        "ItemCategory": "LocalPhysical",
        "ItemType": "Phase",
        "ItemSubType": "EM2One",
        "TimeZone": "Europe/Stockholm",
        "DeletionTime": None,
        **more,
    }


def reporter(reporter_id: int = 1714035493385) -> dict[str, Any]:
    """Return a controller of chargers, as an item of the overview."""
    kind = {"ItemCategory": "LocalVirtual", "ItemType": "Reporter"}
    return item(str(reporter_id), Name="Garage") | kind


def reporters(**user_settings: Any) -> dict[str, Any]:
    """Return the settings of a charger's controller."""
    solar = {"SolarMaxLevel": 4, "SolarStartLevel": -4, "Enabled": True}
    return {
        "ZaptecReporters": [
            {
                "ReporterId": 1714035493385,
                "InstallationId": "f79458b7-21d9-43ef-bc45-29fc9747e80d",
                "UserId": 1060404,
                "AlgorithmType": "Simple",
                "SimpleSettings": {
                    "PhaseCurrentOverride": [-1, -1, -1],
                    "ItemId": int(METER),
                    "MainsFuseLevel": 25,
                    "ChargerFuseLevel": 25,
                    "AllowedCurrent": 0,
                    "SafeModeCurrent": 6,
                    "DelayResume": 5,
                    "TimeZone": "Europe/Stockholm",
                },
                "UserSettings": {
                    "Mode": "Price",
                    "PreviousMode": "Open",
                    "DoNotSend": False,
                    "SolarSettings": solar,
                    **user_settings,
                },
            }
        ],
        **{
            f"{maker}Reporters": []
            for maker in ("Easee", "Monta", "Open", "Wallbox", "Amina", "Ocpp")
        },
    }


class Cloud:
    """Answers each path with the same body, until it is told to refuse."""

    def __init__(self) -> None:
        """Know one meter."""
        self.bodies: dict[str, Any] = {
            "/createtoken": signed_in(),
            "/refreshtoken": signed_in(),
            "/getaccountoverview": {"Items": [item()], "User": {"UserId": 1000001}},
            "/getlatestpackets": [{"ItemId": int(METER), "LatestPackets": timed()}],
            "/getphasedata": [],
            "/getreporterssettingsforuser": reporters(),
        }
        self.refusals: defaultdict[str, list[web.Response | None]] = defaultdict(list)
        """Per path what is answered next; None is the usual body."""
        self.verbs: dict[str, str] = {}
        """The only method that a path answers, else 405."""
        self.calls: list[tuple[str, str]] = []
        self.sent: list[tuple[str, str, str | None]] = []
        """The path, the body and the token of each request."""

    async def handle(self, request: web.Request) -> web.StreamResponse:
        """Answer a request."""
        path, method = request.path, request.method
        self.calls.append((method, path))
        token = request.headers.get("X-Authorization")
        self.sent.append((path, await request.text(), token))
        if self.refusals[path] and (refusal := self.refusals[path].pop(0)) is not None:
            return web.Response(
                status=refusal.status, headers=refusal.headers, body=refusal.body
            )
        if path not in self.bodies:
            return web.Response(status=404, text=PAGE.text, content_type="text/html")
        if method != self.verbs.get(path, method):
            return web.Response(status=405)
        return web.json_response(self.bodies[path])

    def count(self, path: str) -> int:
        """Return how often a path was asked."""
        return sum(called == path for _, called in self.calls)
