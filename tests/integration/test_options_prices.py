"""Entering what the energy of a meter costs."""

from datetime import date

from freezegun.api import FrozenDateTimeFactory
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType, InvalidData
from homeassistant.helpers.selector import NumberSelector
import pytest

from custom_components.meter_hub.metering.prices import DIRECTIONS
from custom_components.meter_hub.metering.vocabulary import ZONES, Channel, Quantity

from ..texts import TEXTS
from .dialogs import choices, selectors, shown
from .pretend import GARAGE, HOUSE, PretendCloud
from .priced import EARLY, FUTURE, LATE, async_register, load, pick, submit
from .prosumer import stored


@pytest.fixture
async def cloud(
    hass: HomeAssistant, monkeypatch: pytest.MonkeyPatch, freezer: FrozenDateTimeFactory
) -> PretendCloud:
    """Return the cloud of a vendor whose customers pay in a currency."""
    return await async_register(hass, monkeypatch, freezer)


async def test_first_prices_begin_with_the_history(
    hass: HomeAssistant, cloud: PretendCloud
) -> None:
    entry = await load(hass, cloud)
    form = await pick(hass, entry, "prices")

    assert form["step_id"] == "meter_prices"
    assert shown(form) == {
        "valid_from": "2026-10-21",
        "import_total": None,
        "export_total": None,
    }
    price = selectors(form)["import_total"]
    assert isinstance(price, NumberSelector)
    assert price.config["unit_of_measurement"] == "PLN/kWh"
    assert form["description_placeholders"] == {
        "meter": "House",
        "unit": "PLN/kWh",
        "known": "nothing yet",
    }
    result = await submit(hass, form, {"import_total": 1.0, "export_total": 0.3})

    assert result["type"] is FlowResultType.CREATE_ENTRY
    assert entry.options["prices"] == [
        stored(date(2026, 10, 21), imports={"total": 1.0}, exports={"total": 0.3})
    ]


@pytest.mark.parametrize("channel", [Channel.TOTAL, *ZONES])
@pytest.mark.parametrize("word", DIRECTIONS)
def test_each_price_has_a_label(word: str, channel: Channel) -> None:
    texts = TEXTS["options"]["step"]["meter_prices"]

    assert texts["data"][f"{word}_{channel}"]
    assert texts["data_description"][f"{word}_{channel}"]


async def test_later_prices_begin_today(
    hass: HomeAssistant, cloud: PretendCloud
) -> None:
    """Those that hold now are suggested; all that were entered can be read."""
    entry = await load(hass, cloud, prices=[EARLY, LATE, FUTURE])
    form = await pick(hass, entry, "prices")

    assert shown(form) == {
        "valid_from": "2026-11-10",
        "import_total": 1.25,
        "export_total": 0.25,
        "remove": [],
    }
    assert (form["description_placeholders"] or {})["known"] == (
        "\n- 2026-01-01: Import 1, Export 0.3"
        "\n- 2026-07-01: Import 1.25, Export 0.25"
        "\n- 2027-01-01: Import 2"
    )
    await submit(hass, form, {"import_total": 1.5})

    assert entry.options["prices"] == [
        EARLY,
        LATE,
        stored(date(2026, 11, 10), imports={"total": 1.5}, exports={"total": 0.25}),
        FUTURE,
    ]


async def test_each_zone_has_a_price(hass: HomeAssistant, cloud: PretendCloud) -> None:
    entry = await load(
        hass,
        cloud,
        channels=(Channel.TOTAL, Channel.ZONE1, Channel.ZONE2),
        quantities=(Quantity.GRID_IMPORT,),
        prices=[EARLY],
    )
    form = await pick(hass, entry, "prices")

    assert shown(form) == {
        "valid_from": "2026-11-10",
        "import_zone1": 1.0,
        "import_zone2": 1.0,
        "remove": [],
    }, "the price of the whole meter held for each zone"
    await submit(hass, form, {"import_zone1": 1.5, "import_zone2": 0})

    assert entry.options["prices"][1] == stored(
        date(2026, 11, 10), imports={"zone1": 1.5, "zone2": 0.0}, exports={}
    )


async def test_the_same_day_replaces(hass: HomeAssistant, cloud: PretendCloud) -> None:
    """A direction whose prices are cleared has none from then on."""
    entry = await load(hass, cloud, prices=[EARLY, LATE])
    form = await pick(hass, entry, "prices")

    await submit(
        hass,
        form,
        {"valid_from": "2026-07-01", "import_total": 1.3, "export_total": None},
    )

    assert entry.options["prices"] == [
        EARLY,
        stored(date(2026, 7, 1), imports={"total": 1.3}, exports={}),
    ]


async def test_prices_are_removed(hass: HomeAssistant, cloud: PretendCloud) -> None:
    """Whoever only removes adds none."""
    entry = await load(hass, cloud, prices=[EARLY, LATE])
    form = await pick(hass, entry, "prices")
    assert list(choices(form, "remove")) == ["2026-01-01", "2026-07-01"]

    await submit(hass, form, {"remove": ["2026-07-01"]})

    assert entry.options["prices"] == [EARLY]


async def test_a_wrong_day_is_corrected_in_one_go(
    hass: HomeAssistant, cloud: PretendCloud
) -> None:
    entry = await load(hass, cloud, prices=[EARLY, LATE])
    form = await pick(hass, entry, "prices")

    await submit(hass, form, {"remove": ["2026-07-01"], "valid_from": "2026-06-01"})

    assert entry.options["prices"] == [EARLY, {**LATE, "valid_from": "2026-06-01"}]


@pytest.mark.parametrize(
    ("typed", "errors"),
    [
        ({}, {"base": "no_price"}),
        (
            {"import_zone1": 1.0, "export_zone2": 0.5},
            {"import_zone2": "price_missing", "export_zone1": "price_missing"},
        ),
    ],
)
async def test_prices_that_are_missing_are_asked_for(
    hass: HomeAssistant,
    cloud: PretendCloud,
    typed: dict[str, float],
    errors: dict[str, str],
) -> None:
    """What was typed stays in the form, and what was cleared stays empty."""
    entry = await load(
        hass, cloud, channels=(Channel.TOTAL, Channel.ZONE1, Channel.ZONE2)
    )
    form = await pick(hass, entry, "prices")
    again = await submit(hass, form, {"valid_from": "2026-11-01", **typed})

    assert again["errors"] == errors
    assert {key: value for key, value in shown(again).items() if value is not None} == {
        "valid_from": "2026-11-01",
        **typed,
    }
    await submit(
        hass,
        again,
        {"import_zone1": 1.0, "import_zone2": 0.5, "export_zone2": None},
    )
    assert entry.options["prices"] == [
        stored(date(2026, 11, 1), imports={"zone1": 1.0, "zone2": 0.5}, exports={})
    ]


async def test_a_price_is_never_negative(
    hass: HomeAssistant, cloud: PretendCloud
) -> None:
    entry = await load(hass, cloud)
    form = await pick(hass, entry, "prices")

    with pytest.raises(InvalidData):
        await submit(hass, form, {"import_total": -0.1})


async def test_each_meter_has_prices_of_its_own(
    hass: HomeAssistant, cloud: PretendCloud
) -> None:
    """The meter is asked for where there are several; others keep their prices."""
    entry = await load(hass, cloud, meters=(HOUSE, GARAGE), prices=[EARLY])
    form = await pick(hass, entry, "prices")
    assert form["step_id"] == "prices"
    options = selectors(form)["meter"].config["options"]
    assert [option["label"] for option in options] == ["House", "Garage"]

    form = await submit(hass, form, {"meter": "garage"})
    assert (form["description_placeholders"] or {})["meter"] == "Garage"
    await submit(hass, form, {"import_total": 2.0})

    assert entry.options["prices"] == [
        EARLY,
        stored(date(2026, 10, 21), imports={"total": 2.0}, exports={}, meter="garage"),
    ]


async def test_without_energy_there_is_nothing_to_price(
    hass: HomeAssistant, cloud: PretendCloud
) -> None:
    entry = await load(hass, cloud, quantities=())

    result = await pick(hass, entry, "prices")

    assert (result["type"], result["reason"]) == (
        FlowResultType.ABORT,
        "no_priced_energy",
    )
    assert TEXTS["options"]["abort"]["no_priced_energy"]
