"""The cloud's two hosts in one: Enlighten lets people in, Entrez issues their tokens."""

from collections.abc import Iterable
from datetime import timedelta
from itertools import count
import json
from typing import Any

from aiohttp import web

from .accounts import CloudAccount, Tokens


class Cloud:
    """Accounts, and the way from a password to a token.

    `accounts` may be changed, by e-mail address, and so may `lifetime`, that of new
    tokens; None is what Enphase gives: owners a year, installers twelve hours.
    """

    def __init__(self, tokens: Tokens) -> None:
        """Start with one owner, and an installer who has the same gateway."""
        self.accounts = {
            "owner@simulated.example": CloudAccount("Simulated-owner-1"),
            "installer@simulated.example": CloudAccount(
                "Simulated-installer-1", installer=True
            ),
        }
        self.lifetime: timedelta | None = None
        self._tokens = tokens
        self._numbers = count(1)
        self._sessions: dict[str, str] = {}

    def routes(self) -> Iterable[web.RouteDef]:
        """Return the paths of both hosts."""
        return (
            web.post("/login/login.json", self._log_in),
            web.post("/tokens", self._issue),
        )

    async def _log_in(self, request: web.Request) -> web.Response:
        form = await request.post()
        email = str(form.get("user[email]", ""))
        account = self.accounts.get(email)
        if account is None or form.get("user[password]") != account.password:
            raise refusal("Invalid credentials")
        answer: dict[str, Any] = {
            "message": "success",
            "is_consumer": not account.installer,
            "system_id": 4200042,
        }
        if account.mfa:
            return web.json_response(answer | {"message": "mfa", "requires_mfa": True})
        session = f"{next(self._numbers):032x}"
        self._sessions[session] = email
        manager = {"session_id": session, "manager_token": f"manager-{session}"}
        return web.json_response(answer | manager)

    async def _issue(self, request: web.Request) -> web.Response:
        try:
            wish = await request.json()
        except ValueError:
            raise web.HTTPBadRequest from None
        email = self._sessions.get(wish.get("session_id", ""))
        if email is None or wish.get("username") != email:
            raise refusal("Invalid session")
        account = self.accounts[email]
        serial = wish.get("serial_num", "")
        if serial not in account.serials:
            raise web.HTTPNotFound(
                text=json.dumps({"message": "Unable to find the system"}),
                content_type="application/json",
            )
        token = self._tokens.issue(
            email, serial=serial, installer=account.installer, lifetime=self.lifetime
        )
        return web.Response(text=token)


def refusal(message: str) -> web.HTTPException:
    """Return (not raise) the cloud's answer to credentials that aren't good."""
    return web.HTTPUnauthorized(
        text=json.dumps({"message": message}), content_type="application/json"
    )
