"""The configuration of a Home Assistant that spares the questions of a first start."""

from collections.abc import Mapping
import json
from pathlib import Path
from typing import Any

HTTP_SETTINGS = {
    "server_host": ["127.0.0.1"],
    "cors_allowed_origins": [],
    "login_attempts_threshold": -1,
    "ip_ban_enabled": False,
    "ssl_profile": "modern",
    "use_x_frame_options": True,
    "created_at": "2026-01-01T00:00:00+00:00",
    "error": None,
    "error_message": None,
}

CONFIGURATION = """\
homeassistant:
  name: Home
  time_zone: Europe/Warsaw
  country: PL
  currency: PLN
  unit_system: metric
  latitude: 52.2
  longitude: 21.0
frontend:
recorder:
history:
config:
energy:
application_credentials:
logger:
  default: warning
"""


def seed(folder: Path, port: int) -> None:
    """Write it to a folder, for a server at a port; whoever was there stays there."""
    storage = folder / ".storage"
    storage.mkdir(parents=True, exist_ok=True)
    (folder / "configuration.yaml").write_text(CONFIGURATION)
    # The port in YAML would make the frontend ask for a confirmation.
    _store(
        storage / "http",
        version=2,
        minor=2,
        data={
            "stable": HTTP_SETTINGS | {"server_port": port},
            "pending": None,
            "yaml_migration_done": True,
        },
    )
    if not (storage / "onboarding").exists():
        _store(
            storage / "onboarding",
            version=4,
            minor=1,
            data={"done": ["core_config", "analytics", "integration"]},
        )


def _store(path: Path, *, version: int, minor: int, data: Mapping[str, Any]) -> None:
    path.write_text(
        json.dumps(
            {"version": version, "minor_version": minor, "key": path.name, "data": data}
        )
    )
