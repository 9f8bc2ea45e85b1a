"""Who may use the cloud: people with passwords, and the tokens they were given."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import NAMESPACE_DNS, UUID, uuid5

from ..clock import Clock

EMAIL = "simulated@example.com"
PASSWORD = "simulated-enegic-password"
FIRST_USER_ID = 1000001
VALIDITY = timedelta(days=365)
NO_TOKEN = str(UUID(int=0))
CAPABILITIES = {10: "IntegrationMonta", 12: "IntegrationZaptec", 47: "Solar"}


@dataclass(frozen=True, slots=True)
class Token:
    """What a sign-in gives."""

    text: str
    username: str
    created: datetime

    @property
    def valid_to(self) -> datetime:
        """The instant at which it expires."""
        return self.created + VALIDITY


class Accounts:
    """All people and their tokens; both may be changed."""

    def __init__(self, clock: Clock) -> None:
        """Start with one person, and no token."""
        self._clock = clock
        self._issued = 0
        self._numbers = {EMAIL: FIRST_USER_ID}
        self.passwords: dict[str, str] = {EMAIL: PASSWORD}
        self.tokens: dict[str, Token] = {}
        self.domain = "Perific"
        """The brand of the installer."""

    def issue(self, username: str) -> Token:
        """Give a person a further token; the earlier ones remain good."""
        self._issued += 1
        text = str(uuid5(NAMESPACE_DNS, f"{username}-{self._issued}"))
        token = self.tokens[text] = Token(text, username, self._clock())
        return token

    def find(self, text: str | None) -> Token | None:
        """Return a token that is good now."""
        token = self.tokens.get(text or "")
        return token if token and self._clock() < token.valid_to else None

    def signed_in(self, token: Token) -> dict[str, Any]:
        """Return the answer to a sign-in."""
        return {
            "TokenInfo": {
                "Token": token.text,
                "Created": _with_ticks(token.created, 1),
                "ValidTo": _with_ticks(token.valid_to, 2),
            },
            "User": self.user(token.username),
        }

    def refused(self) -> dict[str, Any]:
        """Return an answer to a wrong password that looks like a sign-in."""
        never = "0001-01-01T00:00:00"
        return {
            "TokenInfo": {"Token": NO_TOKEN, "Created": never, "ValidTo": never},
            "User": None,
        }

    def user(self, username: str) -> dict[str, Any]:
        """Return what the cloud tells about a person."""
        return {
            "ActivationTime": "2024-10-16T11:20:16",
            "Agent": "None",
            "AgreementAccepted": "2026-09-02T05:02:56",
            # The cloud lists each of them twice.
            "Capabilities": [
                {"Description": "", "Id": number, "MaxValue": None, "Name": name}
                for number, name in CAPABILITIES.items()
                for _ in range(2)
            ],
            "CreationTime": "2024-10-16T09:01:59",
            "Domain": self.domain,
            "DomainCountryId": 2,
            "MainUserId": -1,
            "MustChangePassword": False,
            "ParentDomain": "None" if self.domain == "Perific" else "Perific",
            "Rights": [],
            "StripeId": "cus_simulated",
            "UserId": self.user_id(username),
            "Username": username,
        }

    def user_id(self, username: str) -> int:
        """Return the number of a person, the same each time."""
        return self._numbers.setdefault(username, FIRST_USER_ID + len(self._numbers))


def _with_ticks(at: datetime, ticks: int) -> str:
    """Return a UTC instant with seven digits of fraction."""
    return f"{at.replace(tzinfo=None).isoformat(timespec='microseconds')}{ticks}Z"
