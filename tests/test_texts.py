"""Everything that the integration may say has its English text."""

import pytest

from custom_components.meter_hub.energy_sources import SOURCES
from custom_components.meter_hub.forms import settings_fields
from custom_components.meter_hub.vendors.base import Field, Vendor
from custom_components.meter_hub.vendors.registry import VENDORS

from .texts import PLACEHOLDER, TEXTS

CONFIG = TEXTS["config"]
EACH_VENDOR = pytest.mark.parametrize(
    "vendor", VENDORS.values(), ids=lambda vendor: vendor.key
)
REASONS = (
    "invalid_auth",
    "cannot_connect",
    "timeout",
    "server_error",
    "not_json",
    "rate_limited",
    "unexpected_answer",
    "bad_request",
    "not_found",
    "sign_in_refused",
    "session_refused",
    "token_refused",
    "tls_error",
    "mfa_enabled",
    "wrong_account",
    "token_expired",
    "token_foreign",
    "token_malformed",
    "cloud_unreachable",
    "gateway_starting",
    "other_gateway",
    "not_a_gateway",
    "firmware_unsupported",
    "library_unsupported",
    "invalid_api_key",
    "not_in_plan",
    "forbidden",
    "feature_absent",
    "window_refused",
    "calls_spent",
    "limits_needed",
    "gateway_unknown",
)


def assert_has(step: dict[str, dict[str, str]], fields: tuple[Field, ...]) -> None:
    """Each field has a label and an explanation."""
    for field in fields:
        assert step["data"][field.key]
        assert step["data_description"][field.key]


@pytest.mark.parametrize("flow", ["config", "options"])
def test_each_step_has_a_title(flow: str) -> None:
    assert all(step["title"] for step in TEXTS[flow]["step"].values())


@EACH_VENDOR
def test_each_vendor_has_its_texts(vendor: Vendor) -> None:
    """A line in the menu, a sign-in, and what the shared forms ask of it."""
    steps = CONFIG["step"]
    assert steps["user"]["menu_options"][vendor.key]
    assert steps["user"]["menu_option_descriptions"][vendor.key]
    assert_has(steps[vendor.key], vendor.sign_in)
    assert_has(steps["reauth_confirm"], vendor.sign_in)
    assert_has(steps["reconfigure"], vendor.sign_in)
    assert_has(steps["finish"], settings_fields(vendor))
    assert_has(TEXTS["options"]["step"]["init"], settings_fields(vendor))


def test_no_text_of_a_vendor_that_is_gone() -> None:
    shared = {"user", "meters", "finish", "reauth_confirm", "reconfigure"}
    shared |= {"reauth_let_in", "let_in", "pick_implementation", "code"}

    assert CONFIG["step"].keys() == shared | VENDORS.keys()
    assert CONFIG["step"]["user"]["menu_options"].keys() == VENDORS.keys()


@pytest.mark.parametrize("reason", REASONS)
def test_each_reason_is_told(reason: str) -> None:
    """In the dialog, and at run time, where only the vendor's name is at hand."""
    assert CONFIG["error"][reason]
    message = TEXTS["exceptions"][reason]["message"]
    assert set(PLACEHOLDER.findall(message)) <= {"vendor"}


def test_each_kind_of_source_has_a_name() -> None:
    names = TEXTS["selector"]["energy_source"]["options"]

    assert {each.type for kinds in SOURCES.values() for each in kinds} <= names.keys()
