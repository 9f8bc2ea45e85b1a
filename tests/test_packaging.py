"""The repository is complete for HACS and Home Assistant, and stands by itself."""

import ast
from importlib.metadata import packages_distributions, requires, version
import json
from pathlib import Path
import re
import struct
import subprocess
import sys
from tempfile import gettempdir
import tomllib

from homeassistant.const import __version__ as ha_version
from homeassistant.loader import Manifest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
import pytest

ROOT = Path(__file__).parent.parent
INTEGRATION = ROOT / "custom_components" / "meter_hub"
MANIFEST: Manifest = json.loads((INTEGRATION / "manifest.json").read_text())
HACS: dict[str, str] = json.loads((ROOT / "hacs.json").read_text())
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())

PNG_SIGNATURE = b"\x89PNG\r\n\x1a\n"
PNG_RGBA = 6
INSTALLING = re.compile(r"(scripts|\.ci|\.github)/|[^/]+\.toml$")
FOREIGN_ADDRESS = re.compile(
    r"https?://(?!github\.com/meter-hub/|127\.0\.0\.1|localhost)\S+"
)
HERE = [str(place) for place in (ROOT, Path.home(), gettempdir())]
SOMEBODYS_HOME = r"/home/\w|/Users/\w"


def tracked_texts() -> dict[str, str]:
    """Return every file that is, or would be, committed, and reads as text."""
    listing = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],  # noqa: S607 - any git will do
        cwd=ROOT,
        check=True,
        capture_output=True,
        text=True,
    ).stdout
    texts = {}
    for name in filter(None, listing.split("\0")):
        file = ROOT / name
        if file.is_file() and b"\0" not in (content := file.read_bytes()):
            texts[name] = content.decode()
    return texts


def test_versions_agree() -> None:
    assert MANIFEST["version"] == PROJECT["project"]["version"]


def test_oldest_home_assistant_is_the_tested_release() -> None:
    assert HACS["homeassistant"].rsplit(".", 1)[0] == ha_version.rsplit(".", 1)[0]


def test_hacs_knows_each_key() -> None:
    assert HACS["name"] == MANIFEST["name"]
    assert HACS.keys() <= {"name", "homeassistant", "country", "render_readme"}


def test_manifest_keys_are_in_order() -> None:
    keys = list(MANIFEST)

    assert keys == ["domain", "name", *sorted(keys[2:])]


def test_manifest_has_what_hacs_asks_for() -> None:
    assert MANIFEST["domain"] == INTEGRATION.name
    assert all(owner.startswith("@") for owner in MANIFEST["codeowners"])
    assert MANIFEST["documentation"].startswith("https://")
    assert MANIFEST["issue_tracker"].startswith("https://")
    assert MANIFEST["config_flow"]


def test_only_one_integration() -> None:
    assert [file.parent for file in ROOT.glob("custom_components/*/manifest.json")] == [
        INTEGRATION
    ]


def test_requirements_are_met_by_the_tested_versions() -> None:
    for line in MANIFEST["requirements"]:
        requirement = Requirement(line)
        assert requirement.specifier, line
        assert version(requirement.name) in requirement.specifier


def test_every_library_is_required_or_shipped_with_home_assistant() -> None:
    shipped = {
        canonicalize_name(Requirement(line).name)
        for package in ("homeassistant", "webrtc-models")
        for line in requires(package) or ()
    }
    required = {
        canonicalize_name(Requirement(line).name) for line in MANIFEST["requirements"]
    }
    imported = {
        (node.module or "").partition(".")[0]
        if isinstance(node, ast.ImportFrom)
        else node.names[0].name.partition(".")[0]
        for file in INTEGRATION.rglob("*.py")
        for node in ast.walk(ast.parse(file.read_text()))
        if isinstance(node, ast.Import)
        or (isinstance(node, ast.ImportFrom) and not node.level)
    }

    foreign = imported - sys.stdlib_module_names - {"homeassistant"}
    packages = packages_distributions()
    assert {
        canonicalize_name(packages[module][0]) for module in foreign
    } <= shipped | required


@pytest.mark.parametrize(
    ("name", "width", "height"),
    [
        ("icon.png", 256, 256),
        ("icon@2x.png", 512, 512),
        ("logo.png", 994, 225),
        ("logo@2x.png", 1988, 450),
    ],
)
def test_brand_image(name: str, width: int, height: int) -> None:
    """A PNG of the right size whose pixels have an alpha channel."""
    header = (INTEGRATION / "brand" / name).read_bytes()[:26]

    assert header.startswith(PNG_SIGNATURE)
    assert struct.unpack(">II", header[16:24]) == (width, height)
    assert header[25] == PNG_RGBA


def test_licence_is_apache() -> None:
    licence = (ROOT / "LICENSE").read_text()

    assert "Apache License" in licence
    assert "Version 2.0, January 2004" in licence
    assert "END OF TERMS AND CONDITIONS" in licence
    assert PROJECT["project"]["license"] == "Apache-2.0"


def test_pins_are_what_gets_installed() -> None:
    """Each version that pyproject.toml names is the one in the resolved list."""
    resolved = set((ROOT / "scripts/lib/packages.txt").read_text().lower().split())
    named = {
        entry.lower()
        for group in PROJECT["dependency-groups"].values()
        for entry in group
        if isinstance(entry, str)
    }

    assert named
    assert named <= resolved


def test_nothing_is_installed_from_a_named_address() -> None:
    """Whichever registries a machine is set up for have to do."""
    files = {
        name: text for name, text in tracked_texts().items() if INSTALLING.match(name)
    }

    assert {"pyproject.toml", "scripts/setup", ".ci/run"} <= files.keys()
    assert {name: FOREIGN_ADDRESS.findall(text) for name, text in files.items()} == {
        name: [] for name in files
    }


def test_no_file_names_a_place_of_one_machine() -> None:
    places = re.compile(
        "|".join(
            [*(rf"(?<![\w.]){re.escape(place)}/" for place in HERE), SOMEBODYS_HOME]
        )
    )
    texts = tracked_texts()
    del texts["tests/test_packaging.py"]

    assert {name: places.findall(text) for name, text in texts.items()} == {
        name: [] for name in texts
    }
