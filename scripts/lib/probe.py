"""Asks a vendor from the command line; `scripts/probe` is how to call it."""

from scripts.lib import vendors_alone  # noqa: F401  # before anything of the integration

# isort: split
import argparse
import asyncio
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, replace
from datetime import UTC, datetime, timedelta
import json
import math
import os
from pathlib import Path
import sys
from typing import Any

from aiohttp import ClientSession, CookieJar, TCPConnector

from custom_components.meter_hub.metering.budget import Budget
from custom_components.meter_hub.metering.ledger import Gap
from custom_components.meter_hub.metering.model import Reading, Series, Update
from custom_components.meter_hub.vendors import endpoints
from custom_components.meter_hub.vendors.allowance import Allowance
from custom_components.meter_hub.vendors.base import (
    AccessToken,
    Backend,
    Context,
    Field,
    FieldKind,
    Job,
    Vendor,
    VendorError,
)
from custom_components.meter_hub.vendors.registry import VENDORS
from custom_components.meter_hub.vendors.transport import Transport
from scripts.lib import consent
from scripts.lib.notebook import Notebook

ENVIRONMENT = "METER_HUB_"
HISTORY_DAYS = "history_days"
"""The option of how far back there are hours."""
FROM_STDIN = "-"

HELP = """
Asks a vendor directly, without Home Assistant, and prints JSON. An error is one
line on standard error, and the exit status 1. Calls keep the pace that the vendor
asks for, so the history of a long time takes minutes; the pace is not remembered
from one run to the next.
"""

SECRETS = f"""
What stands on the command line can be read by every user of the machine. Each
option of the sign-in is therefore also taken from the environment, --api-key from
{ENVIRONMENT}API_KEY, or from a line of standard input where its value is "{FROM_STDIN}".
"""


class Probe:
    """One account, for as long as the command runs."""

    def __init__(
        self,
        vendor: Vendor,
        credentials: Mapping[str, Any],
        session: ClientSession,
        allowance: Allowance,
        access_token: AccessToken | None,
        history: timedelta,
    ) -> None:
        """Build the vendor's backend, with nothing remembered, for so long a history."""
        self._allowance = allowance
        self._backend: Backend = vendor.build(
            Context(
                session=session,
                clock=_now,
                time_zone="UTC",
                credentials=credentials,
                options={HISTORY_DAYS: math.ceil(history / timedelta(days=1))},
                excluded=frozenset(),
                allowance=allowance,
                state={},
                save_credentials=_forget,
                access_token=access_token,
            )
        )

    async def meters(self) -> list[dict[str, Any]]:
        """Return the meters of the account."""
        account = await self._backend.connect()
        return [asdict(meter) for meter in account.update.meters or ()]

    async def read(self) -> list[dict[str, Any]]:
        """Return the live values of all meters."""
        account = await self._backend.connect()
        readings = list(account.update.readings)
        while (job := self._next_job([])) and job.live:
            readings += (await self._fetch(job)).readings
        now = _now()
        return [_reading_json(each, now) for each in _newest(readings)]

    async def history(self, start: datetime, end: datetime) -> list[dict[str, Any]]:
        """Return the hours from `start` until `end` that the vendor has."""
        notebook = Notebook(start)
        account = await self._backend.connect()
        notebook.take(account.update, _now())
        while True:
            gaps = notebook.gaps(min(end, _now()))
            # Which series have a history, some vendors tell after the list of meters.
            is_done = notebook.pages and not gaps
            if is_done or (job := self._next_job(gaps)) is None:
                break
            notebook.take(await self._fetch(job), _now())
        return [
            {**_series_json(series), "start": row.start, "energy": row.state}
            for series in sorted(notebook.books)
            for row in notebook.rows(series)
            if start <= row.start < end
        ]

    async def close(self) -> None:
        """Let go of the account."""
        await self._backend.close()

    def _next_job(self, gaps: Sequence[Gap]) -> Job | None:
        """Return the call that waits for nothing but the vendor's pace."""
        now = _now()
        job = self._backend.plan(now, gaps)
        return job if job and job.due <= self._allowance.earliest(now) else None

    async def _fetch(self, job: Job) -> Update:
        await asyncio.sleep(max((job.due - _now()).total_seconds(), 0))
        return await self._backend.fetch(job)


def _newest(readings: Iterable[Reading]) -> list[Reading]:
    by_series = {reading.series: reading for reading in readings}
    return [reading for _, reading in sorted(by_series.items())]


def _series_json(series: Series) -> dict[str, str]:
    return {
        "meter": series.meter,
        "quantity": str(series.quantity),
        "channel": str(series.channel),
    }


def _reading_json(reading: Reading, now: datetime) -> dict[str, Any]:
    return {
        **_series_json(reading.series),
        "value": reading.value_at(now),
        "unit": reading.unit or reading.series.quantity.unit,
        "measured_at": reading.measured_at,
    }


async def _forget(_: object) -> None:
    """Save nothing: a probe leaves no traces."""


def _now() -> datetime:
    return datetime.now(UTC)


def _instant(text: str) -> datetime:
    instant = datetime.fromisoformat(text)
    return instant.replace(tzinfo=UTC) if instant.tzinfo is None else instant


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        "scripts/probe",
        description=HELP,
        epilog=SECRETS,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    vendors = parser.add_subparsers(dest="vendor", required=True, metavar="VENDOR")
    for vendor in VENDORS.values():
        of_vendor = vendors.add_parser(
            vendor.key,
            help=vendor.name,
            epilog=SECRETS,
            formatter_class=argparse.RawDescriptionHelpFormatter,
        )
        for field in _fields(vendor):
            of_vendor.add_argument(
                _option(field),
                dest=field.key,
                help=" | ".join(field.choices),
            )
        if vendor.oauth2 is not None:
            of_vendor.add_argument(
                f"--{consent.TOKEN_FILE.replace('_', '-')}",
                dest=consent.TOKEN_FILE,
                type=Path,
                help="keep the token here, so that it is not asked for each time; "
                "never one that Home Assistant uses: what renews it ends the other",
            )
        if vendor.host is not None:
            of_vendor.add_argument("--url", help="ask here instead of at the vendor's")
        commands = of_vendor.add_subparsers(dest="command", required=True)
        commands.add_parser("meters", help="list the meters")
        commands.add_parser("read", help="print the live values")
        if vendor.history_days is None:
            continue
        history = commands.add_parser("history", help="print the energy of hours, kWh")
        for name in ("from", "to"):
            history.add_argument(
                f"--{name}",
                dest=name,
                type=_instant,
                required=True,
                help="a date or an instant, UTC where it doesn't say",
            )
    return parser


def _fields(vendor: Vendor) -> tuple[Field, ...]:
    return (consent.CLIENT if vendor.oauth2 else ()) + vendor.sign_in


def _option(field: Field) -> str:
    return f"--{field.key.replace('_', '-')}"


def _credentials(vendor: Vendor, given: Mapping[str, Any]) -> dict[str, Any]:
    """Gather the sign-in; raises SystemExit where a field is missing or can't be."""
    credentials = {}
    for field in _fields(vendor):
        value = given[field.key]
        if value is None:
            value = os.environ.get(ENVIRONMENT + field.key.upper())
        if value == FROM_STDIN:
            value = sys.stdin.readline().strip()
        if value is None:
            value = field.default
        if value is None and field.required:
            raise SystemExit(f"scripts/probe: {_option(field)} is missing")
        if field.choices and value not in field.choices:
            raise SystemExit(f"scripts/probe: {_option(field)} is none of its choices")
        if value is not None:
            is_text = field.kind is not FieldKind.NUMBER
            credentials[field.key] = value if is_text else _number(field, value)
    return credentials


def _number(field: Field, text: str | float) -> float:
    try:
        return float(text)
    except ValueError:
        raise SystemExit(f"scripts/probe: {_option(field)} is no number") from None


async def _ask(vendor: Vendor, given: Mapping[str, Any]) -> list[dict[str, Any]]:
    jar = CookieJar(unsafe=vendor.own_session)
    connector = TCPConnector(ssl=vendor.verify_tls)
    async with ClientSession(connector=connector, cookie_jar=jar) as session:
        credentials = _credentials(vendor, given)
        limits = vendor.limits(credentials)
        allowance = Allowance(Budget.fresh(limits), _now, _forget)
        access_token = None
        if vendor.oauth2 is not None:
            access_token = await consent.access_token(
                vendor.oauth2,
                Transport(session, _now, allowance, attempts=1),
                {field.key: credentials.pop(field.key) for field in consent.CLIENT},
                given[consent.TOKEN_FILE],
                _now,
            )
        history = max(_now() - given.get("from", _now()), timedelta(0))
        probe = Probe(vendor, credentials, session, allowance, access_token, history)
        try:
            match given["command"]:
                case "meters":
                    return await probe.meters()
                case "read":
                    return await probe.read()
                case _:
                    return await probe.history(given["from"], given["to"])
        finally:
            await probe.close()


def _move(host: str, url: str) -> None:
    """Have a vendor asked at another address than its own."""
    for name, value in list(vars(endpoints).items()):
        if isinstance(value, endpoints.Endpoint) and value.url == host:
            setattr(endpoints, name, replace(value, url=url))


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; return its exit status."""
    given = vars(_parser().parse_args(arguments))
    vendor = VENDORS[given["vendor"]]
    if vendor.host is not None and (url := given["url"]):
        _move(vendor.host(), url.rstrip("/"))
    try:
        answer = asyncio.run(_ask(vendor, given))
    except VendorError as err:
        print(f"scripts/probe: {err}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    print(json.dumps(answer, indent=2, ensure_ascii=False, default=datetime.isoformat))
    return 0


if __name__ == "__main__":
    sys.exit(main())
