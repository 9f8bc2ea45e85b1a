"""Starts Home Assistant with the vendors' endpoints replaced by simulated ones.

Usage: launcher.py REPOSITORY CONFIG_FOLDER ENDPOINTS, the last one being JSON:
{"ONEMETER": {"url": "http://127.0.0.1:1/api", "pace": 0.1}}, the pace in seconds.
Run with `python -P`, so that the configuration's own folders shadow nothing.
"""

from datetime import timedelta
import importlib
import json
import sys


def main() -> int:
    """Replace the endpoints, then run Home Assistant until it ends."""
    repository, config_folder, replacements = sys.argv[1:]
    sys.path.insert(0, repository)
    # Home Assistant aliases libraries at its import, so it has to come first.
    home_assistant = importlib.import_module("homeassistant.__main__")
    endpoints = importlib.import_module("custom_components.meter_hub.vendors.endpoints")
    for name, replacement in json.loads(replacements).items():
        if not hasattr(endpoints, name):
            raise SystemExit(f"There is no endpoint {name} to replace")
        pace = timedelta(seconds=replacement["pace"])
        setattr(endpoints, name, endpoints.Endpoint(replacement["url"], pace))
    sys.argv = ["hass", "--config", config_folder]
    return int(home_assistant.main())


if __name__ == "__main__":
    sys.exit(main())
