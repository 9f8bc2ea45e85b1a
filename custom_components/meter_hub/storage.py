"""The files in which something survives a restart."""

from homeassistant.core import HomeAssistant
from homeassistant.helpers.storage import Store

from .const import DOMAIN, LOGGER
from .vendors.base import JsonObject

STORAGE_VERSION = 1
STORAGE_MINOR_VERSION = 1


def make_store(hass: HomeAssistant, name: str) -> Store[JsonObject]:
    """Return the store of that name."""
    return Store[JsonObject](
        hass, STORAGE_VERSION, f"{DOMAIN}.{name}", minor_version=STORAGE_MINOR_VERSION
    )


async def async_load_store(store: Store[JsonObject]) -> JsonObject | None:
    """Load a store; one that can't be loaded counts as empty, with a warning."""
    try:
        return await store.async_load()
    except Exception as err:  # noqa: BLE001  # a foreign file raises what it likes
        LOGGER.warning(
            "A stored file can't be read and is started anew (%s)", type(err).__name__
        )
        return None
