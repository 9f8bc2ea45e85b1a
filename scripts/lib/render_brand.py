"""Draws the integration's brand images from their SVG sources."""

from pathlib import Path

import resvg_py

SOURCES = Path("docs/brand")
TARGET = Path("custom_components/meter_hub/brand")
HEIGHTS = {"icon": 256, "logo": 225}

for name, height in HEIGHTS.items():
    for suffix, scale in (("", 1), ("@2x", 2)):
        image = resvg_py.svg_to_bytes(
            svg_path=str(SOURCES / f"{name}.svg"), height=height * scale
        )
        (TARGET / f"{name}{suffix}.png").write_bytes(image)
