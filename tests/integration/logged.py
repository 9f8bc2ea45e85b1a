"""What the integration wrote into the log."""

import pytest


def said(caplog: pytest.LogCaptureFixture, level: int) -> list[str]:
    """Return what the integration logged, from a level on."""
    return [
        record.getMessage()
        for record in caplog.records
        if record.levelno >= level and record.name.startswith("custom_components")
    ]
