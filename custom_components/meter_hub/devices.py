"""The devices of an entry: the account, and its meters below it."""

from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers import device_registry as dr

from .const import DOMAIN
from .coordinator import MeterHubConfigEntry, MeterHubCoordinator
from .metering.model import Meter


def account_identifier(coordinator: MeterHubCoordinator) -> tuple[str, str]:
    """Return what identifies the device of the account."""
    return DOMAIN, coordinator.account_id


def meter_identifier(
    coordinator: MeterHubCoordinator, meter_id: str
) -> tuple[str, str]:
    """Return what identifies the device of a meter."""
    return DOMAIN, f"{coordinator.vendor.key}_{meter_id}"


@callback
def async_keep_devices(hass: HomeAssistant, entry: MeterHubConfigEntry) -> None:
    """Register the account and its meters, now and whenever a meter changes.

    Must run before the platforms are set up, whose entities hang on the devices.
    """
    coordinator = entry.runtime_data
    registry = dr.async_get(hass)
    account = registry.async_get_or_create(
        config_entry_id=entry.entry_id,
        identifiers={account_identifier(coordinator)},
        entry_type=dr.DeviceEntryType.SERVICE,
        manufacturer=coordinator.vendor.name,
        name=entry.title,
    )
    registered: dict[str, Meter] = {}

    @callback
    def register_meters() -> None:
        for meter in sorted(
            coordinator.data.meters.values(), key=lambda meter: meter.parent is not None
        ):
            if registered.get(meter.id) == meter:
                continue
            parent = (
                registry.async_get_device_by_identifier(
                    meter_identifier(coordinator, meter.parent), entry.entry_id
                )
                if meter.parent
                else None
            )
            registry.async_get_or_create(
                config_entry_id=entry.entry_id,
                identifiers={meter_identifier(coordinator, meter.id)},
                name=meter.name,
                manufacturer=meter.manufacturer or coordinator.vendor.name,
                model=meter.model,
                serial_number=meter.serial,
                sw_version=meter.firmware,
                hw_version=meter.hardware,
                via_device_id=(parent or account).id,
            )
            registered[meter.id] = meter

    register_meters()
    entry.async_on_unload(coordinator.async_add_listener(register_meters))


async def async_remove_config_entry_device(
    hass: HomeAssistant, entry: MeterHubConfigEntry, device: dr.DeviceEntry
) -> bool:
    """Allow a person to delete the device of a meter that isn't listed any more."""
    coordinator = entry.runtime_data
    kept = {account_identifier(coordinator)} | {
        meter_identifier(coordinator, meter_id) for meter_id in coordinator.data.meters
    }
    return kept.isdisjoint(device.identifiers)
