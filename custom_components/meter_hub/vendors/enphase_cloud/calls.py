"""Which of the client's calls does a job."""

from datetime import datetime, tzinfo

from ..base import JsonObject
from .client import EnphaseClient, Lifetime, Telemetry
from .errors import BadRequest
from .history import first_day
from .jobs import CloudJob, What
from .known import KnownSystem
from .schedule import DAY


async def ask(
    client: EnphaseClient,
    job: CloudJob,
    known: KnownSystem,
    oldest: datetime,
    zone: tzinfo,
) -> JsonObject:
    """Ask what a job is for; nothing is asked of the time before `oldest`.

    Raises VendorError.
    """
    system, of = job.system, job.ask.of
    match job.ask.what:
        case What.SUMMARY:
            return await client.summary(system)
        case What.DEVICES:
            return await client.devices(system)
        case What.LATEST:
            return await client.latest(system)
        case What.REGISTERS:
            return await client.production_registers(system)
        case What.LIFETIME:
            return await client.lifetime(system, Lifetime(of))
        case What.TELEMETRY if job.start and job.by_phase:
            until = job.start + DAY
            return await client.production_by_phase(system, job.start, until)
        case What.TELEMETRY if job.start and job.span:
            what = Telemetry(of)
            return await client.telemetry(system, what, job.start, job.span)
        case What.CHARGER if job.start and job.span:
            day = first_day(job.start, zone)
            return await client.charger_telemetry(system, of, day, job.span)
        case What.CHARGER_LIFETIME:
            day = (known.begins or oldest).astimezone(zone).date()
            return await client.charger_lifetime(system, of, day)
        case What.SESSIONS:
            return await _sessions(client, system, of, known.log_of(of).offset)
        case What.INVERTERS:
            return await client.inverters(system)
    raise TypeError(job.ask.name)


async def _sessions(
    client: EnphaseClient, system: str, charger: str, offset: int
) -> JsonObject:
    try:
        return await client.charger_sessions(system, charger, offset)
    except BadRequest:
        if offset == 0:
            raise
        # There may be no page after the last one, not even an empty one.
        return {"sessions": []}
