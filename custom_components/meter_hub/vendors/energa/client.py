"""The wire: the two calls for data of Mój Licznik, and the shapes of their answers.

The API is that of the grid operator's app. It is not documented in public; all its
calls are GETs, and all answers lie in the same envelope.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from ..base import JsonObject, Unavailable, UnexpectedAnswer
from .days import to_milliseconds
from .obis import EXPORTS
from .session import EnergaSession
from .values import to_text

DATA_PATH = "/resources/user/data"
CHART_PATH = "/resources/mchart"


class Scale(StrEnum):
    """How long a chart is; its points are hours, days or months."""

    DAY = "DAY"
    MONTH = "MONTH"
    YEAR = "YEAR"


@dataclass(frozen=True, slots=True)
class ChartRequest:
    """What a chart is asked for."""

    point: str
    obis: str
    scale: Scale
    begin: datetime
    """Midnight in Poland at which the day, month or year begins."""


class NoChart(UnexpectedAnswer):
    """The vendor does not give the chart: it may have no data for it, or no session."""


class AnotherChart(UnexpectedAnswer):
    """The vendor gives a chart of something else."""


class EnergaClient:
    """Makes the calls that the integration needs; each raises the VendorError family."""

    def __init__(self, session: EnergaSession, notice: Callable[[str], None]) -> None:
        """Use the session of one account.

        `notice` gets what the vendor has to say beside a good answer.
        """
        self._session = session
        self._notice = notice

    async def user_data(self) -> JsonObject:
        """Return the account's metering points, registers and agreements."""
        data = await self._get(DATA_PATH, {})
        if data is None:
            raise Unavailable("server_error", "no success")
        return data

    async def chart(self, request: ChartRequest) -> JsonObject:
        """Return a chart, which is what was asked for.

        Raises NoChart where there is none, and AnotherChart where it is one of
        something else: an object that the API does not know brings the import.
        """
        chart = await self._get(
            CHART_PATH,
            {
                "meterPoint": request.point,
                "type": request.scale,
                "meterObject": request.obis,
                "mainChartDate": to_milliseconds(request.begin),
            },
        )
        if chart is None or not (chart.get("mainChart") or chart.get("meterObject")):
            # Nobody has nothing, unless it is said of what.
            raise NoChart("unexpected_answer", "no chart")
        if not _echoes(chart, request):
            raise AnotherChart("unexpected_answer", "another chart")
        if chart.get("unit") not in (None, "kWh"):
            raise AnotherChart("unexpected_answer", "another unit")
        return chart

    async def _get(self, path: str, params: dict[str, str]) -> JsonObject | None:
        """Return what was asked for; None where the vendor does not give it."""
        answer = await self._session.get(path, params)
        if not isinstance(answer, dict):
            raise UnexpectedAnswer("unexpected_answer", "no envelope")
        if answer.get("success") is not True:
            return None
        for key in ("warning", "error"):
            if text := to_text(answer.get(key)):
                self._notice(text)
        response = answer.get("response")
        return response if isinstance(response, dict) else None


def _echoes(chart: JsonObject, request: ChartRequest) -> bool:
    """Tell whether a chart says that it is the requested one.

    What it doesn't say is believed, but not that its energy is an export.
    """
    asked = {
        "meterPoint": request.point,
        "meterObject": request.obis,
        "type": request.scale,
    }
    if request.scale is Scale.DAY:
        asked["mainChartDate"] = to_milliseconds(request.begin)
    said = {key: to_text(chart.get(key)) for key in asked}
    is_export = request.obis.startswith(EXPORTS)
    if is_export and said["meterObject"] is None and chart.get("mainChart"):
        return False
    return all(said[key] in (None, value) for key, value in asked.items())
