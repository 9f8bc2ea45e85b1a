"""One package per vendor; asyncio and aiohttp, no Home Assistant."""
