"""What a person sees of the meters: entities, and the live values of a gateway."""

import asyncio
from collections.abc import Mapping
from time import monotonic

from tests.simulator.envoy_local import EnvoyLocalApi

from .home import Home

UNKNOWN = ("unavailable", "unknown")
POLL_SECONDS = 150
"""In which a gateway is polled twice, whatever delays it."""
MOST_ENTITIES = 20
"""Of a metered gateway, however many devices the house has."""


async def enabled_entities(home: Home, vendor: str) -> dict[str, str]:
    """Return the ids of a vendor's entities that are not disabled, by unique id."""
    return {
        entry["unique_id"]: entry["entity_id"]
        for entry in await home.ask("config/entity_registry/list")
        if entry["platform"] == "meter_hub"
        and entry["disabled_by"] is None
        and entry["unique_id"].startswith(f"{vendor}_")
    }


async def shown_states(home: Home) -> dict[str, str]:
    """Return the states of all entities that have a value."""
    return {
        state["entity_id"]: state["state"]
        for state in await home.ask("get_states")
        if state["state"] not in UNKNOWN
    }


async def prove_live(home: Home, api: EnvoyLocalApi) -> tuple[int, list[str]]:
    """Return how many values are shown of a gateway, and what is wrong with them.

    Right is what it measured at a poll from now on: registers between their values at
    first and at last, and powers, which are constant within a minute, as one of those
    that there were meanwhile.
    """
    entities = await enabled_entities(home, api.name)
    meter = api.meter_ids[0]
    first = _totals(api.registers(meter))
    powers: dict[str, set[float]] = {}
    deadline = monotonic() + POLL_SECONDS
    while True:
        for quantity, watts in _totals(api.powers(meter)).items():
            powers.setdefault(quantity, set()).add(watts)
        states = await shown_states(home)
        last = _totals(api.registers(meter))
        shown = {
            quantity: float(states[entity])
            for quantity in (*first, *powers)
            if (entity := entities.get(f"{api.name}_{meter}_{quantity}")) in states
        }
        wrong = [
            *(
                quantity
                for quantity, least in first.items()
                if not least <= shown.get(quantity, -1) <= last[quantity]
            ),
            *(
                quantity
                for quantity, seen in powers.items()
                if shown.get(quantity) not in seen
            ),
        ]
        if not wrong or monotonic() > deadline:
            break
        await asyncio.sleep(1)
    problems = [f"{api.name}: {quantity} is wrong" for quantity in wrong]
    if len(entities) > MOST_ENTITIES:
        problems.append(f"{api.name} has {len(entities)} enabled entities")
    return len(shown), problems


def _totals(values: Mapping[tuple[str, str], float]) -> dict[str, float]:
    return {
        quantity: value
        for (quantity, channel), value in values.items()
        if channel == "total"
    }
