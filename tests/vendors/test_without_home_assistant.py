"""The vendors must run where Home Assistant is not installed."""

from pathlib import Path
import subprocess
import sys

ROOT = Path(__file__).parents[2]

SCRIPT = """
import sys

class Nowhere:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in ("homeassistant", "probatio", "voluptuous"):
            raise ImportError(f"{name} is not here")

sys.meta_path.insert(0, Nowhere())

import scripts.lib.vendors_alone
from custom_components.meter_hub.vendors.registry import VENDORS

print(*VENDORS)
"""


def test_every_vendor_is_importable_without_home_assistant() -> None:
    result = subprocess.run(  # noqa: S603
        [sys.executable, "-c", SCRIPT],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == 0, result.stderr
    assert "onemeter" in result.stdout.split()
