"""One account of Mój Licznik: polled in local days, with hours that come late."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from hashlib import sha256
import random
import secrets
from typing import override

from ...metering.ledger import Gap
from ...metering.model import Reading, Update
from ...metering.vocabulary import Quantity
from .. import endpoints
from ..base import (
    Account,
    Backend,
    Context,
    Job,
    JsonObject,
    Unavailable,
    UnexpectedAnswer,
    VendorError,
)
from ..transport import Transport
from .account import MeteringPoint, metering_points
from .audit import audited, compared, midnight_total, registered, reread
from .charts import DayChart, read_day, read_days
from .client import AnotherChart, ChartRequest, EnergaClient, NoChart
from .course import Course, Search, is_recent
from .days import day_of, midnight
from .floors import searched
from .hours import explored_by, intervals_of
from .jobs import ChartJob, CompareJob, DayJob, ListJob, Rhythm, SearchJob, name_of
from .known import Knowledge, Known
from .live import balance_readings, day_readings, point_readings, progress_readings
from .notices import Sayings, notices_of
from .plan import next_job
from .session import EnergaSession
from .trouble import Trouble, after_failure, after_success

POLL_INTERVAL = "poll_interval_minutes"
"""The option of how often the last days are read, in minutes."""
HOLD_ESTIMATES = "hold_estimates"
"""The option that hours which are not measured yet be left out."""

FASTEST, USUAL, SLOWEST = 30, 60, 720

_DEVICE_TOKEN = "device_token"  # noqa: S105
_EARLIEST_OFFSET = 60
_OFFSETS = 720


def normalized(username: str) -> str:
    """Return a user name as all its spellings are compared."""
    return username.strip().casefold()


class EnergaBackend(Backend):
    """Reads the last days at each poll, and whatever else is missing after them."""

    grace = timedelta(hours=24)

    def __init__(self, context: Context) -> None:
        """Continue from where the stored state left off."""
        credentials, options = context.credentials, context.options
        self._credentials = dict(credentials)
        self._save_credentials = context.save_credentials
        self._clock, self._allowance = context.clock, context.allowance
        self._began, self._excluded = context.clock(), context.excluded
        self._username = str(credentials["username"])
        self._hold_estimates = options.get(HOLD_ESTIMATES) is True
        minutes = min(max(float(options.get(POLL_INTERVAL, USUAL)), FASTEST), SLOWEST)
        # Accounts spread over some minutes, each always at the same time.
        digest = sha256(normalized(self._username).encode(errors="replace"))
        seconds = _EARLIEST_OFFSET + int(digest.hexdigest(), 16) % _OFFSETS
        self._rhythm = Rhythm(timedelta(minutes=minutes), timedelta(seconds=seconds))
        self._knowledge = Knowledge.stored(context.state)
        self._device_token = str(
            credentials.get(_DEVICE_TOKEN) or secrets.token_hex(32)
        )
        self._session = EnergaSession(
            Transport(context.session, context.clock, context.allowance, attempts=1),
            endpoints.ENERGA,
            context.session.cookie_jar,
            username=self._username,
            password=str(credentials["password"]),
            device_token=self._device_token,
        )
        self._sayings = Sayings()
        self._client = EnergaClient(
            self._session, lambda text: self._sayings.note(text, self._clock())
        )
        self._was_listed = False
        self._today: dict[str, dict[Quantity, DayChart]] = {}

    @override
    async def connect(self) -> Account:
        await self._keep_device_token()
        update = self._told(await self._list())
        self._knowledge = replace(self._knowledge, trouble=Trouble())
        names = [meter.name for meter in update.meters or ()]
        return Account(
            normalized(self._username),
            f"Energa {names[0]}" if len(names) == 1 else "Energa",
            update,
        )

    @override
    def plan(self, now: datetime, gaps: Sequence[Gap]) -> Job | None:
        return next_job(
            self._knowledge,
            now,
            gaps,
            self._rhythm,
            self._allowance.earliest(now),
            self._began,
            self._excluded,
        )

    @override
    async def fetch(self, job: Job) -> Update:
        await self._keep_device_token()
        try:
            update = await self._do(job)
        except VendorError as err:
            self._note_failure(job, err)
            raise
        trouble = after_success(self._knowledge.trouble, name_of(job), self._clock())
        self._knowledge = replace(self._knowledge, trouble=trouble)
        return self._told(update)

    @override
    def state(self) -> JsonObject:
        return self._knowledge.to_dict()

    async def _do(self, job: Job) -> Update:
        match job:
            case ListJob():
                return await self._list()
            case DayJob():
                return await self._read_day(job)
            case SearchJob():
                return await self._search(job)
            case CompareJob():
                return await self._compare(job)
            case _:
                raise TypeError(type(job).__name__)

    async def _list(self) -> Update:
        data = await self._client.user_data()
        now = self._clock()
        today = day_of(now)
        before = self._knowledge.points
        points = metering_points(data)
        if before and not points:
            # An account that had some does not lose all of them at once.
            raise Unavailable("server_error", "no metering points")
        learned = {
            point.id: _with_registers(
                Known.learn(before.get(point.id), point, today), point, now
            )
            for point in points
        }
        unlisted = {
            point_id: replace(known, listed=False) for point_id, known in before.items()
        }
        self._knowledge = replace(
            self._knowledge, listed_at=now, points=unlisted | learned
        )
        self._was_listed = True
        return Update(
            meters=tuple(known.about for known in learned.values()),
            readings=tuple(
                reading
                for point in points
                for reading in point_readings(point, learned[point.id])
            ),
            floors={
                series: floor
                for known in learned.values()
                for series, floor in known.floors(today).items()
            },
        )

    async def _read_day(self, job: DayJob) -> Update:
        answer = await self._day_chart(job)
        chart = read_day(answer, job.begin)
        now = self._clock()
        before = self._knowledge.points[job.point]
        course = before.courses[job.direction]
        is_poorer = course.is_poorer(chart)
        course = reread(course.after_day(chart, now), chart)
        course = audited(course, day_of(now))
        known = before.seen(chart.zones).with_course(job.direction, course)
        self._keep(known)
        readings: list[Reading] = []
        if not is_poorer:
            readings += day_readings(known, job.direction, chart, now)
        if is_recent(job.begin, now):
            readings += progress_readings(known, now)
        if chart.day == day_of(now):
            today = self._today.setdefault(job.point, {})
            today[job.direction] = chart
            readings += balance_readings(known, today, now)
        return Update(
            readings=tuple(readings),
            intervals=tuple(
                intervals_of(
                    known,
                    job.direction,
                    chart,
                    now,
                    hold_estimates=self._hold_estimates,
                )
            ),
            explored=tuple(explored_by(known, job.direction, chart, now)),
            floors=known.floors(day_of(now)) if known.zones != before.zones else {},
        )

    async def _day_chart(self, job: DayJob) -> JsonObject:
        """Return a day's chart; an empty one where an old day was refused for good."""
        try:
            return await self._chart(job)
        except NoChart:
            now = self._clock()
            course = self._course(job).after_refusal(job.begin, now)
            self._keep_course(job, course)
            if course.is_refused_for_good(job.begin, now):
                return {}
            raise

    async def _search(self, job: SearchJob) -> Update:
        try:
            answer = await self._chart(job)
        except UnexpectedAnswer:
            answer = None
        course = self._course(job)
        search = course.search or Search(job.scale, job.begin)
        self._keep_course(job, searched(course, search, answer, self._clock()))
        known = self._knowledge.points[job.point]
        return Update(floors=known.floors(day_of(self._clock())))

    async def _compare(self, job: CompareJob) -> Update:
        answer = await self._chart(job)
        sums = read_days(answer, job.begin)
        course = compared(self._course(job), job.begin, sums, self._clock())
        self._keep_course(job, course)
        return Update()

    async def _chart(self, job: ChartJob) -> JsonObject:
        return await self._client.chart(
            ChartRequest(
                job.point, self._course(job).obis, job.scale, midnight(job.begin)
            )
        )

    def _course(self, job: ChartJob) -> Course:
        return self._knowledge.points[job.point].courses[job.direction]

    async def _keep_device_token(self) -> None:
        """Have the token saved before the vendor sees it."""
        if self._credentials.get(_DEVICE_TOKEN) != self._device_token:
            credentials = {**self._credentials, _DEVICE_TOKEN: self._device_token}
            await self._save_credentials(credentials)
            self._credentials = credentials

    def _note_failure(self, job: Job, error: VendorError) -> None:
        now = self._clock()
        trouble = after_failure(
            self._knowledge.trouble,
            name_of(job),
            error,
            now,
            self._rhythm,
            random.random(),  # noqa: S311
            signed_in=self._session.is_open,
        )
        self._knowledge = replace(self._knowledge, trouble=trouble)
        if trouble.is_over:
            self._session.end()
        if not isinstance(job, ChartJob):
            return
        course = self._course(job)
        if isinstance(error, AnotherChart):
            course = replace(course, mistaken=now)
        match job:
            case DayJob():
                course = course.after_failure(job.begin, now)
            case CompareJob() if isinstance(error, UnexpectedAnswer):
                course = replace(course, months=course.months | {job.begin: now})
        self._keep_course(job, course)

    def _told(self, update: Update) -> Update:
        """Return the update with all that a person should hear of.

        What the vendor has to say is known once it has listed.
        """
        if not self._was_listed:
            return update
        sayings = self._sayings.current(self._clock())
        notices = notices_of(self._knowledge, sayings, self._excluded)
        return replace(update, notices=notices)

    def _keep_course(self, job: ChartJob, course: Course) -> None:
        known = self._knowledge.points[job.point]
        self._keep(known.with_course(job.direction, course))

    def _keep(self, known: Known) -> None:
        self._knowledge = self._knowledge.with_point(known)


def _with_registers(known: Known, point: MeteringPoint, now: datetime) -> Known:
    """Return what is known of a metering point once its registers are noted."""
    today = day_of(now)
    for direction, zones in known.registers.items():
        rows = point.registers.get(direction, {})
        course = known.courses[direction]
        if found := midnight_total(rows, zones, today):
            course = registered(course, *found)
        known = known.with_course(direction, audited(course, today))
    return known
