"""The quality scale is filled in for each rule, by the rules of the scale."""

from pathlib import Path

from homeassistant.util.yaml import load_yaml_dict

import custom_components.meter_hub

_RULES = """
action-setup appropriate-polling brands common-modules config-flow
config-flow-test-coverage dependency-transparency docs-actions docs-conditions
docs-high-level-description docs-installation-instructions docs-removal-instructions
docs-triggers entity-event-setup entity-unique-id has-entity-name runtime-data
test-before-configure test-before-setup unique-config-entry

action-exceptions config-entry-unloading docs-configuration-parameters
docs-installation-parameters entity-unavailable integration-owner log-when-unavailable
parallel-updates reauthentication-flow test-coverage

devices diagnostics discovery discovery-update-info docs-data-update docs-examples
docs-known-limitations docs-supported-devices docs-supported-functions
docs-troubleshooting docs-use-cases dynamic-devices entity-category
entity-device-class entity-disabled-by-default entity-translations
exception-translations icon-translations reconfiguration-flow repair-issues
stale-devices

async-dependency inject-websession strict-typing
"""
RULES = _RULES.split()

FILE = Path(custom_components.meter_hub.__file__).with_name("quality_scale.yaml")


def test_each_rule_is_answered() -> None:
    """All 54 rules are there, each once, as done, todo, or exempt with a reason."""
    rules = load_yaml_dict(str(FILE))["rules"]

    assert len(RULES) == len(set(RULES)) == 54
    assert list(rules) == RULES
    for rule, answer in rules.items():
        status = answer["status"] if isinstance(answer, dict) else answer
        assert status in {"done", "todo", "exempt"}, rule
        if status == "exempt":
            assert answer["comment"], rule


def test_claims_that_the_code_shows() -> None:
    """What is claimed as done of the flow is there."""
    rules = load_yaml_dict(str(FILE))["rules"]
    flow = FILE.with_name("config_flow.py").read_text()

    assert ("async_step_reauth" in flow) == (rules["reauthentication-flow"] == "done")
    assert ("async_step_reconfigure" in flow) == (
        rules["reconfiguration-flow"] == "done"
    )
    assert FILE.with_name("diagnostics.py").exists() == (rules["diagnostics"] == "done")
    assert FILE.with_name("icons.json").exists() == (
        rules["icon-translations"] == "done"
    )
    assert (FILE.parent / "brand" / "icon.png").exists() == (rules["brands"] == "done")
