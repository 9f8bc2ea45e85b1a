"""Judges whether a tag may be released: it has to be the version of all that is in it."""

from argparse import ArgumentParser
import json
from pathlib import Path
import sys
import tomllib

ROOT = Path(__file__).parents[2]


def versions(root: Path) -> dict[str, str]:
    """Return the version that each file states which has one."""
    manifest = "custom_components/meter_hub/manifest.json"
    project = "pyproject.toml"
    return {
        manifest: json.loads((root / manifest).read_text())["version"],
        project: tomllib.loads((root / project).read_text())["project"]["version"],
    }


def disagreements(tag: str, stated: dict[str, str]) -> list[str]:
    """Tell which files state another version than a tag, which may begin with a v."""
    return [
        f"{file} states {version}, the tag is {tag}"
        for file, version in stated.items()
        if version != tag.removeprefix("v")
    ]


def main() -> int:
    """Print what disagrees with the tag; exit 1 if anything does."""
    parser = ArgumentParser(description=__doc__)
    parser.add_argument("tag", help="as in v1.2.3 or 1.2.3")
    tag = parser.parse_args().tag
    complaints = disagreements(tag, versions(ROOT))
    print(*complaints or [f"{tag} is the version everywhere"], sep="\n")
    return 1 if complaints else 0


if __name__ == "__main__":
    sys.exit(main())
