"""Every vendor with everything that can go wrong with it, in a real Home Assistant.

Each cell of the matrix is one test: something is wrong for some hours, and then it is
over. Asserted is what a person sees meanwhile, that the vendor is not pestered, that
all goes on without a restart, and that in the end no hour is missing or wrong.
"""

from datetime import datetime, timedelta
from itertools import pairwise
import logging
from zoneinfo import ZoneInfo

from homeassistant.config_entries import SOURCE_REAUTH, ConfigEntryState
from homeassistant.data_entry_flow import FlowResultType
from homeassistant.helpers.update_coordinator import UpdateFailed
from homeassistant.util import dt as dt_util

from custom_components.meter_hub.const import DOMAIN
from tests.simulator import Distortion, Fault

from .matrix import HOUR, Account, OpenAccount
from .matrix_cases import LIVE_CASES, VENDOR_CASES, VendorCase
from .matrix_faults import (
    DISTORTIONS,
    END,
    EXPIRED,
    GONE,
    HISTORY,
    HISTORY_OUTAGES,
    LOCAL_DAYS,
    MINUTE,
    NEW_METERS,
    OUTAGES,
    SPOILED_FIELDS,
    START,
    Outage,
    cells,
)

pytest_plugins = ("tests.integration.matrix_accounts",)

IMPORTED = 45 * MINUTE
"""So long after the set-up everything is there; then something goes wrong."""

LONGEST_POLL = 3 * MINUTE
"""So long it takes at most until a poll without answers is given up."""

REREAD = 26 * HOUR
"""So long it may take until old readings are read again."""


@cells(OUTAGES, VENDOR_CASES + LIVE_CASES)
async def test_outage(
    case: VendorCase, cell: Outage, open_account: OpenAccount
) -> None:
    """Values outlive it for a while; the log says so once, and once that it is over."""
    account = await open_in_order(open_account, case)
    coordinator, grace = account.coordinator, account.coordinator.backend.grace
    since = dt_util.utcnow()
    account.simulator.add(case.aimed(cell.fault))
    polled_at = coordinator.memory.polled_at
    assert polled_at is not None
    await account.async_pass(polled_at + grace - LONGEST_POLL - since)
    assert all(account.available())
    assert account.levels() == []
    await account.async_pass(grace + 40 * MINUTE)

    failed = account.calls_since(since)
    assert len(failed) >= 2
    assert {call.status for call in failed} - case.asides == {cell.status}
    assert not any(account.available())
    assert isinstance(coordinator.last_exception, UpdateFailed)
    assert coordinator.last_exception.translation_key == cell.reason
    assert account.levels() == [logging.ERROR]

    account.simulator.clear()
    await account.async_pass(case.recovery)

    asked = [call.at for call in account.calls_since(since)]
    assert not [
        at for call in failed for at in asked if call.at < at < call.at + cell.wait
    ]
    assert account.pestering() == []
    assert account.coordinator is coordinator
    assert all(account.available())
    assert account.levels() == [logging.ERROR, logging.INFO]
    assert await account.async_problems() == {}


@cells(EXPIRED)
async def test_expired(
    case: VendorCase, cell: Fault, open_account: OpenAccount
) -> None:
    """Credentials that are refused are not tried again, until a person signs in."""
    account = await open_in_order(open_account, case)
    since = dt_util.utcnow()
    account.simulator.add(case.aimed(cell))
    await account.async_pass(5 * HOUR)

    refused = account.calls_since(since)
    assert len(refused) == case.refusals
    assert {call.status for call in refused} <= {401, 403}
    assert not any(account.available())
    assert account.levels() == [logging.ERROR]
    flows = account.hass.config_entries.flow
    [flow] = flows.async_progress_by_handler(DOMAIN)
    assert flow["context"]["source"] == SOURCE_REAUTH

    account.simulator.clear()
    credentials = account.simulator.vendor(case.key).credentials
    result = await flows.async_configure(flow["flow_id"], dict(credentials))
    assert result["type"] is FlowResultType.ABORT
    assert result["reason"] == "reauth_successful"
    await account.async_pass(case.recovery)

    assert account.entry.state is ConfigEntryState.LOADED
    assert all(account.available())
    assert account.pestering() == []
    assert account.levels() == [logging.ERROR]
    assert await account.async_problems() == {}


@cells(HISTORY_OUTAGES)
async def test_history_outage(
    case: VendorCase, cell: Fault, open_account: OpenAccount
) -> None:
    """Live values go on and nobody is alarmed; later the history is complete."""
    account = await open_in_order(open_account, case)
    since = dt_util.utcnow()
    before = account.last_moves()
    account.simulator.add(case.aimed(cell, path=case.history_path))
    await account.async_pass(2 * HOUR)

    asked = account.simulator.calls(case.key, path=case.history_path)
    assert [call for call in asked if call.at >= since]
    assert await account.async_problems()
    assert all(account.available())
    shown = account.last_moves()
    moved = {shown[meter] > before[meter] for meter in account.meters}
    assert moved == {case.moves_without_history}

    account.simulator.clear()
    await account.async_pass(case.recovery)

    assert_undisturbed(account)
    assert await account.async_problems() == {}


@cells(SPOILED_FIELDS)
async def test_spoiled_field(
    case: VendorCase, cell: Fault, open_account: OpenAccount
) -> None:
    """What is lacking is not taken for zero, and fetched when it is there again."""
    account = await open_in_order(open_account, case)
    account.simulator.add(case.aimed(cell))
    await account.async_pass(3 * HOUR)
    assert await account.async_problems()

    account.simulator.clear()
    await account.async_heal(REREAD)

    assert_undisturbed(account)


@cells(DISTORTIONS)
async def test_distortion(
    case: VendorCase, cell: Distortion, open_account: OpenAccount
) -> None:
    """What a vendor publishes in the end is what is written, however late it comes."""
    account = await open_in_order(open_account, case)
    account.simulator.add(case.afflicted(cell))
    await account.async_pass(END + HOUR + case.lag - dt_util.utcnow())
    assert account.is_distorted()
    await account.async_pass(2 * HOUR)
    await account.async_heal(REREAD)

    assert_undisturbed(account)


@cells(NEW_METERS)
async def test_new_meter(
    case: VendorCase, cell: Distortion, open_account: OpenAccount
) -> None:
    """A register that starts again is neither consumption nor the end of the history."""
    account = await open_in_order(open_account, case)
    old = account.imports_shown()
    account.simulator.add(case.afflicted(cell))
    await account.async_pass(END - dt_util.utcnow())
    await account.async_heal(REREAD)

    assert account.is_distorted()
    new = account.imports_shown()
    assert all(0 <= new[meter][-1] < old[meter][-1] / 2 for meter in account.meters)
    assert account.levels() == []
    assert account.pestering() == []


@cells(GONE)
async def test_meter_that_is_gone_for_hours(
    case: VendorCase, cell: Distortion, open_account: OpenAccount
) -> None:
    """The other meters go on, and the missing hours are fetched when it is back."""
    account = await open_in_order(open_account, case)
    lost, *others = account.meters
    account.simulator.add(case.afflicted(cell, meter=lost))
    await account.async_pass(END - 10 * MINUTE - dt_util.utcnow())
    problems = await account.async_problems()
    assert problems
    dragged = account.with_children(lost)
    assert all(any(each in series for each in dragged) for series in problems)
    before = account.last_moves()
    await account.async_pass(case.recovery + case.lag)

    after = account.last_moves()
    assert all(after[meter] > before[meter] for meter in account.meters)
    assert others
    assert_undisturbed(account)
    assert await account.async_problems() == {}


@cells(LOCAL_DAYS)
async def test_local_day(
    case: VendorCase, cell: datetime, open_account: OpenAccount
) -> None:
    """A day has as many hours as the clocks give it."""
    zone = ZoneInfo("Europe/Warsaw")
    start = cell.astimezone(zone).replace(hour=0)
    end = (start + timedelta(days=1)).astimezone(dt_util.UTC)
    begin = start.astimezone(dt_util.UTC)
    account = await open_account(case, now=begin - 3 * HOUR, history=HISTORY)
    await account.async_pass(end + case.lag + IMPORTED - dt_util.utcnow())

    assert_undisturbed(account)
    assert await account.async_problems() == {}
    assert {
        sum(begin <= row.start < end for row in rows)
        for rows in (await account.async_rows()).values()
    } == {(end - begin) // HOUR}
    assert (end - begin) // HOUR in (23, 25)


async def open_in_order(open_account: OpenAccount, case: VendorCase) -> Account:
    """Set up an account, and have its history imported."""
    account = await open_account(case, now=START, history=HISTORY)
    await account.async_pass(IMPORTED)
    assert await account.async_problems() == {}
    assert_undisturbed(account)
    return account


def assert_undisturbed(account: Account) -> None:
    """Nobody was alarmed or pestered, and no register has fallen."""
    assert account.levels() == []
    assert account.pestering() == []
    for shown in account.imports_shown().values():
        assert shown
        assert all(earlier <= later for earlier, later in pairwise(shown))
