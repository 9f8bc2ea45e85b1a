"""What runs for each change is well-formed, and lets no wrong tag be released."""

import json
from pathlib import Path
import re
import subprocess
import sys
from typing import Any

from homeassistant.util.yaml import load_yaml_dict
import pytest

from scripts.lib.release_check import disagreements, versions

ROOT = Path(__file__).parent.parent
WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))
PINNED = re.compile(r"[\w-]+/[\w/-]+@(v\d+|[0-9a-f]{40})")
MANIFEST = "custom_components/meter_hub/manifest.json"


def load(name: str) -> dict[str, Any]:
    """Return a workflow."""
    return load_yaml_dict(str(ROOT / ".github" / "workflows" / name))


def steps(workflow: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the steps of all jobs."""
    return [step for job in workflow["jobs"].values() for step in job["steps"]]


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """Return a copy of all that the release check reads."""
    for name in (MANIFEST, "pyproject.toml", "scripts/lib/release_check.py"):
        copy = tmp_path / name
        copy.parent.mkdir(parents=True, exist_ok=True)
        copy.write_text((ROOT / name).read_text())
    return tmp_path


def check_release(checkout: Path, tag: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(  # noqa: S603 - the check itself, with the tags below
        [sys.executable, "scripts/lib/release_check.py", tag],
        cwd=checkout,
        check=False,
        capture_output=True,
        text=True,
    )


def test_workflows_of_the_project() -> None:
    assert [file.name for file in WORKFLOWS] == [
        "release.yml",
        "tests.yml",
        "validate.yml",
    ]


@pytest.mark.parametrize("file", WORKFLOWS, ids=lambda file: file.stem)
def test_actions_are_pinned_and_may_only_read(file: Path) -> None:
    workflow = load(file.name)

    assert workflow["permissions"] == {"contents": "read"}
    assert "group" in workflow["concurrency"]
    assert all("permissions" not in job for job in workflow["jobs"].values())
    used = [step["uses"] for step in steps(workflow) if "uses" in step]
    assert used
    assert [name for name in used if not PINNED.fullmatch(name)] == []


@pytest.mark.parametrize("file", WORKFLOWS, ids=lambda file: file.stem)
def test_commands_of_the_project_exist(file: Path) -> None:
    """What a step runs is there, and no input of a stranger stands in its command."""
    commands = [step["run"] for step in steps(load(file.name)) if "run" in step]
    ours = re.findall(r"scripts/[\w/.]+", " ".join(commands))

    assert [name for name in ours if not (ROOT / name).is_file()] == []
    assert [command for command in commands if "${{" in command] == []


def test_each_change_is_tested_and_validated() -> None:
    tested, validated = load("tests.yml"), load("validate.yml")

    assert {step.get("run") for step in steps(tested)} >= {
        "scripts/test",
        "scripts/demo --check",
    }
    actions = {step.get("uses", "").partition("@")[0] for step in steps(validated)}
    assert actions >= {"home-assistant/actions/hassfest", "hacs/action"}
    assert steps(validated)[-1]["with"] == {"category": "integration"}


def test_the_release_check_is_given_the_tag() -> None:
    step = steps(load("release.yml"))[-1]

    assert step["run"] == 'python3 scripts/lib/release_check.py "$TAG"'
    assert step["env"] == {"TAG": "${{ github.ref_name }}"}


@pytest.mark.parametrize("prefix", ["", "v"])
def test_the_tag_of_the_version_is_released(checkout: Path, prefix: str) -> None:
    tag = prefix + json.loads((checkout / MANIFEST).read_text())["version"]

    assert check_release(checkout, tag).returncode == 0


@pytest.mark.parametrize("tag", ["0.0.0", "v", "main", "vv0.1.0"])
def test_another_tag_is_not_released(checkout: Path, tag: str) -> None:
    result = check_release(checkout, tag)

    assert result.returncode == 1
    assert f"the tag is {tag}" in result.stdout


def test_a_forgotten_file_is_named(checkout: Path) -> None:
    """A version that was raised in one file only is not released under either tag."""
    manifest = json.loads((checkout / MANIFEST).read_text())
    (checkout / MANIFEST).write_text(json.dumps(manifest | {"version": "9.9.9"}))

    result = check_release(checkout, "v9.9.9")

    assert result.returncode == 1
    assert result.stdout.startswith("pyproject.toml states ")
    assert disagreements(manifest["version"], versions(checkout)) == [
        f"{MANIFEST} states 9.9.9, the tag is {manifest['version']}"
    ]
