"""Judges coverage.py's JSON report module by module."""

from argparse import ArgumentParser
import json
from pathlib import Path
import sys

LEAST_PERCENT = 95.0
LEAST_PERCENT_OF = {"custom_components/meter_hub/config_flow.py": 100.0}


def shortfalls(percents: dict[str, float]) -> list[str]:
    """Tell, by module path, which percentages are below what is asked for."""
    return [
        f"{path}: {percent:.1f} % covered, {least:.0f} % asked for"
        for path, percent in sorted(percents.items())
        if percent < (least := LEAST_PERCENT_OF.get(path, LEAST_PERCENT))
    ]


def main() -> int:
    """Print the modules that are covered too little; exit 1 if there are any."""
    parser = ArgumentParser(description=__doc__)
    parser.add_argument("report", type=Path)
    report = json.loads(parser.parse_args().report.read_text())
    percents = {
        path: file["summary"]["percent_covered"]
        for path, file in report["files"].items()
    }
    missing = [f"{path}: not measured" for path in LEAST_PERCENT_OF.keys() - percents]
    complaints = missing + shortfalls(percents)
    print(*complaints or [f"{len(percents)} modules are covered as asked"], sep="\n")
    return 1 if complaints else 0


if __name__ == "__main__":
    sys.exit(main())
