"""The devices of an entry: the account, and its meters below it."""

from homeassistant.config_entries import ConfigEntryState
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
    """Have a device for the account and for each meter, now and whenever one changes.

    An account that stands for one device, such as a gateway, is that meter's device.
    The device of a meter that was let go, or that a person unticked, is removed, and
    its entities with it. Must run before the platforms are set up, whose entities
    hang on the devices.
    """
    coordinator = entry.runtime_data
    registry = dr.async_get(hass)
    registered: dict[str, tuple[Meter, str | None]] = {}

    @callback
    def remove_meter(meter_id: str) -> None:
        if device := registry.async_get_device_by_identifier(
            meter_identifier(coordinator, meter_id), entry.entry_id
        ):
            registry.async_remove_device(device.id)

    @callback
    def keep_meters() -> None:
        for meter_id in registered.keys() - coordinator.data.meters.keys():
            del registered[meter_id]
            remove_meter(meter_id)
        for meter in sorted(
            coordinator.data.meters.values(), key=lambda meter: meter.parent is not None
        ):
            parent = (
                registry.async_get_device_by_identifier(
                    meter_identifier(coordinator, meter.parent), entry.entry_id
                )
                if meter.parent
                else None
            )
            above = parent or account
            via = above.id if above else None
            if registered.get(meter.id) == (meter, via):
                continue
            registry.async_get_or_create(
                config_entry_id=entry.entry_id,
                identifiers={meter_identifier(coordinator, meter.id)},
                name=meter.name,
                manufacturer=meter.manufacturer or coordinator.vendor.name,
                model=meter.model,
                serial_number=meter.serial,
                sw_version=meter.firmware,
                hw_version=meter.hardware,
                entry_type=None,
                via_device_id=via,
            )
            registered[meter.id] = meter, via

    for meter_id in coordinator.excluded:
        remove_meter(meter_id)
    identity = account_identifier(coordinator)
    account = (
        None
        if any(
            meter_identifier(coordinator, meter_id) == identity
            for meter_id in coordinator.data.meters
        )
        else registry.async_get_or_create(
            config_entry_id=entry.entry_id,
            identifiers={identity},
            entry_type=dr.DeviceEntryType.SERVICE,
            manufacturer=coordinator.vendor.name,
            name=entry.title,
        )
    )
    keep_meters()
    entry.async_on_unload(coordinator.async_add_listener(keep_meters))


async def async_remove_config_entry_device(
    hass: HomeAssistant, entry: MeterHubConfigEntry, device: dr.DeviceEntry
) -> bool:
    """Allow a person to delete the device of a meter that isn't listed any more.

    The account and the meters that are listed would only come back.
    """
    if entry.state is not ConfigEntryState.LOADED:
        return False
    coordinator = entry.runtime_data
    data = coordinator.data
    kept = {account_identifier(coordinator)} | {
        meter_identifier(coordinator, meter_id)
        for meter_id in data.meters.keys() - data.missing
    }
    if not kept.isdisjoint(device.identifiers):
        return False
    for meter_id in data.meters.keys() & data.missing:
        if meter_identifier(coordinator, meter_id) in device.identifiers:
            coordinator.async_forget(meter_id)
    return True
