"""The answers have the fields of recorded gateways, where those lie beside this."""

from collections.abc import Iterator
import json
from pathlib import Path
from typing import Any

from aiohttp import ClientSession, DigestAuthMiddleware
import pytest

from tests.simulator.envoy_local import Ct, EnvoyLocalApi, System

RECORDED = Path(__file__).parents[4] / "shared" / "fixtures" / "envoy"
pytestmark = pytest.mark.skipif(not RECORDED.exists(), reason="they are not there")
P, N, T, S = Ct.PRODUCTION, Ct.NET, Ct.TOTAL, Ct.STORAGE
GATEWAYS = {
    "5.0.62": System(metered=False),
    "7.6.175_standard": System(metered=False),
    "8.2.4264_metered_noct": System(),
    "8.2.4286_with_3cts_and_battery_split": System(
        (P, N, S), phases=2, batteries=5, controller=True
    ),
    "8.2.4382_ACB": System((P, N), phases=1, batteries=1, acbs=3),
    "8.3.5167_3rd-pv": System((P, N), batteries=2, controller=True),
    "8.3.5289_modGone": System((P,), phases=1),
    "8.3.5433_tot_is_net_cons": System((P, T), phases=2),
}
EXACT = {
    "api_v1_production": "/api/v1/production",
    "api_v1_production_inverters": "/api/v1/production/inverters",
    "home": "/home",
    "ivp_ensemble_dry_contacts": "/ivp/ensemble/dry_contacts",
    "ivp_ensemble_generator": "/ivp/ensemble/generator",
    "ivp_ensemble_inventory": "/ivp/ensemble/inventory",
    "ivp_ensemble_power": "/ivp/ensemble/power",
    "ivp_ensemble_relay": "/ivp/ensemble/relay",
    "ivp_meters": "/ivp/meters",
    "ivp_meters_readings": "/ivp/meters/readings",
    "ivp_pdm_device_data": "/ivp/pdm/device_data",
    "ivp_sc_pvlimit": "/ivp/sc/pvlimit",
    "ivp_ss_gen_config": "/ivp/ss/gen_config",
    "inventory.json_deleted_1": "/inventory.json?deleted=1",
    "production": "/production",
    "production.json_details_1": "/production.json?details=1",
}
PARTIAL = {
    "admin_lib_tariff": "/admin/lib/tariff",
    "ivp_ensemble_secctrl": "/ivp/ensemble/secctrl",
    "ivp_ss_dry_contact_settings": "/ivp/ss/dry_contact_settings",
}
"""What has more in it than anybody reads."""


def _fields(value: Any, at: str = "") -> Iterator[str]:
    """Iterate over the paths of all fields; `*` stands for ids."""
    if isinstance(value, dict):
        if "devName" in value and value["devName"] != "pcu":
            return
        for key, child in value.items():
            path = f"{at}/{'*' if key.isdigit() else key}"
            yield path
            yield from _fields(child, path)
    elif isinstance(value, list):
        for child in value:
            yield from _fields(child, at)


def _recorded(folder: str, file: str) -> Any:
    """Return what a gateway answered; None where it wasn't asked or had nothing."""
    path = RECORDED / folder / file
    log = path.with_name(file + "_log.json")
    if not path.exists() or (
        log.exists() and json.loads(log.read_text())["code"] != 200
    ):
        return None
    return json.loads(path.read_text())


@pytest.mark.parametrize("folder", GATEWAYS)
async def test_fields(api: EnvoyLocalApi, client: ClientSession, folder: str) -> None:
    api.firmware, api.system = folder.partition("_")[0], GATEWAYS[folder]
    files = EXACT | PARTIAL
    if not (RECORDED / folder / "production.json_details_1").exists():
        files["production.json"] = "/production.json?details=1"
    compared = 0
    for file, path in files.items():
        recorded = _recorded(folder, file)
        if recorded is None:
            continue
        answer = await _ask(api, client, path)
        theirs, ours = set(_fields(recorded)), set(_fields(answer))
        compared += 1
        assert isinstance(answer, type(recorded)), path
        assert ours <= theirs, path
        if file not in PARTIAL:
            assert ours == theirs, path

    assert compared >= 6


@pytest.mark.parametrize("folder", GATEWAYS)
async def test_the_identity(
    api: EnvoyLocalApi, client: ClientSession, folder: str
) -> None:
    api.firmware, api.system = folder.partition("_")[0], GATEWAYS[folder]
    recorded = (RECORDED / folder / "info").read_text()
    scheme = "https" if api.encrypted else "http"
    async with client.get(f"{scheme}://{api.host}/info") as answer:
        ours = await answer.text()

    for line in ("software", "imeter", "web-tokens"):
        assert _element(ours, line) == _element(recorded, line)


def _element(xml: str, name: str) -> str:
    _, _, rest = xml.partition(f"<{name}>")
    return rest.partition("<")[0]


async def _ask(api: EnvoyLocalApi, client: ClientSession, path: str) -> Any:
    if api.encrypted:
        headers = {"Authorization": f"Bearer {api.tokens.issue()}"}
        async with client.get(f"https://{api.host}{path}", headers=headers) as answer:
            return await answer.json()
    digest = DigestAuthMiddleware("envoy", api.users["envoy"])
    async with client.get(f"http://{api.host}{path}", middlewares=(digest,)) as answer:
        return await answer.json()
