"""Takes a picture of the Energy dashboard with the system's Chromium."""

import asyncio
import json
import os
import shutil
from time import monotonic

from playwright.async_api import Page, ViewportSize, async_playwright

from .home import Home

BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
VIEWPORT: ViewportSize = {"width": 1280, "height": 900}
DRAW_SECONDS = 60
SETTLE_SECONDS = 0.5

# What the period picker of the dashboard remembers: a whole day shows most.
PERIOD = {"energy-default-period-_energy_dashboard": "yesterday"}

GRAPH = "hui-energy-usage-graph-card ha-chart-base"
HAS_BARS = """graph => graph.chart?.getOption().series.some(
    series => series.type === "bar" && series.data.some(bar => (bar.value ?? bar)[1])
)"""


class NoPictureError(Exception):
    """The page could not be shown, or complained; the text says which."""


def find_browser() -> str:
    """Return the path of a Chromium.

    Raises NoPictureError where the system has none.
    """
    for name in BROWSERS:
        if path := shutil.which(name):
            return path
    raise NoPictureError(f"No browser: install one of {', '.join(BROWSERS)}")


async def picture_of_dashboard(home: Home, browser_path: str) -> bytes:
    """Return yesterday's Energy dashboard as a PNG.

    Raises NoPictureError where the graph stays empty or the browser's console has
    errors.
    """
    async with (
        async_playwright() as playwright,
        await playwright.chromium.launch(
            executable_path=browser_path,
            # Chromium has no sandbox for root.
            chromium_sandbox=os.geteuid() != 0,
        ) as browser,
    ):
        page = await browser.new_page(
            viewport=VIEWPORT,
            color_scheme="light",
            reduced_motion="reduce",
            locale="en-GB",
            timezone_id="Europe/Warsaw",
        )
        complaints: list[str] = []
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on(
            "console",
            lambda message: (
                complaints.append(message.text) if message.type == "error" else None
            ),
        )
        await page.add_init_script(
            _remember({"hassTokens": json.dumps(home.tokens)} | PERIOD)
        )
        await page.goto(f"{home.url}/energy/electricity")
        picture = await _drawn(page)
    if complaints:
        raise NoPictureError(f"The browser's console says: {'; '.join(complaints)}")
    return picture


def _remember(items: dict[str, str]) -> str:
    return "".join(
        f"localStorage.setItem({json.dumps(key)}, {json.dumps(value)});"
        for key, value in items.items()
    )


async def _drawn(page: Page) -> bytes:
    """Return the picture of a page whose graph has bars, once it no longer changes."""
    graph = page.locator(GRAPH).first
    deadline = monotonic() + DRAW_SECONDS
    picture = b""
    while monotonic() < deadline:
        before, picture = picture, await page.screenshot()
        if picture == before and await graph.count() and await graph.evaluate(HAS_BARS):
            return picture
        await asyncio.sleep(SETTLE_SECONDS)
    raise NoPictureError(f"The graph has no bars after {DRAW_SECONDS} s")
