"""Sensors of an account: how far its history is, and what its calls are spent on."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import override

from homeassistant.components.sensor import (
    SensorDeviceClass,
    SensorEntity,
    SensorEntityDescription,
    SensorStateClass,
)
from homeassistant.const import EntityCategory, UnitOfRatio
from homeassistant.core import callback
from homeassistant.helpers.device_registry import DeviceInfo
from homeassistant.helpers.update_coordinator import CoordinatorEntity
from homeassistant.util import dt as dt_util

from .const import CONF_CREDENTIALS
from .coordinator import MeterHubCoordinator
from .devices import account_identifier
from .vendors.base import Field, FieldKind


@dataclass(frozen=True, kw_only=True)
class BudgetDescription(SensorEntityDescription):
    """A sensor of the calls that a vendor counts."""

    value_fn: Callable[[MeterHubCoordinator, datetime], int | datetime | None]


BUDGET = (
    BudgetDescription(
        key="calls_used",
        translation_key="calls_used",
        state_class=SensorStateClass.TOTAL_INCREASING,
        value_fn=lambda coordinator, now: coordinator.allowance.budget.used_this_month(
            now
        ),
    ),
    BudgetDescription(
        key="calls_left",
        translation_key="calls_left",
        state_class=SensorStateClass.MEASUREMENT,
        value_fn=lambda coordinator, now: coordinator.allowance.budget.left_this_month(
            now
        ),
    ),
    BudgetDescription(
        key="next_call",
        translation_key="next_call",
        device_class=SensorDeviceClass.TIMESTAMP,
        value_fn=lambda coordinator, _: coordinator.next_call,
    ),
)


@callback
def account_sensors(coordinator: MeterHubCoordinator) -> list[SensorEntity]:
    """Return the sensors of an account, as far as its vendor has what they show."""
    sensors: list[SensorEntity] = []
    if coordinator.vendor.history_days is not None:
        sensors.append(HistoryProgressSensor(coordinator))
    if coordinator.allowance.budget.limits.per_month is not None:
        sensors.extend(BudgetSensor(coordinator, line) for line in BUDGET)
    sensors.extend(
        ChoiceSensor(coordinator, field)
        for field in coordinator.vendor.sign_in
        if field.kind is FieldKind.CHOICE
    )
    return sensors


class _AccountSensor(SensorEntity):
    """A sensor on the device of the account.

    It is always available: what it shows is no value of the vendor's.
    """

    _attr_has_entity_name = True
    _attr_entity_category = EntityCategory.DIAGNOSTIC

    def _belong_to(self, coordinator: MeterHubCoordinator, key: str) -> None:
        self._attr_unique_id = f"{coordinator.account_id}_{key}"
        self._attr_device_info = DeviceInfo(
            identifiers={account_identifier(coordinator)}
        )


class HistoryProgressSensor(CoordinatorEntity[MeterHubCoordinator], _AccountSensor):
    """Shows how much of an account's history has been imported, in percent."""

    _attr_translation_key = "history_progress"
    _attr_native_unit_of_measurement = UnitOfRatio.PERCENTAGE
    _attr_suggested_display_precision = 0

    def __init__(self, coordinator: MeterHubCoordinator) -> None:
        """Hang the sensor on the device of the account."""
        super().__init__(coordinator)
        self._belong_to(coordinator, "history_progress")

    @property
    @override
    def available(self) -> bool:
        """Always: what was imported stays so while live values are not to be had."""
        return True

    @property
    @override
    def native_value(self) -> float | None:
        """The share that has been imported, or None before that is known."""
        return self.coordinator.history.progress


class BudgetSensor(_AccountSensor):
    """Shows something about the calls that a vendor counts.

    Home Assistant looks at it regularly, which costs no call: no coordinator tells
    of what another account with the same key spends, nor of a month that begins.
    """

    entity_description: BudgetDescription

    def __init__(
        self, coordinator: MeterHubCoordinator, description: BudgetDescription
    ) -> None:
        """Hang the sensor on the device of the account."""
        self.entity_description = description
        self._coordinator = coordinator
        self._belong_to(coordinator, description.key)

    @property
    @override
    def native_value(self) -> int | datetime | None:
        """The count, or the instant; None where there is none."""
        return self.entity_description.value_fn(self._coordinator, dt_util.utcnow())


class ChoiceSensor(_AccountSensor):
    """Shows what was chosen when signing in, such as the plan that limits the calls."""

    _attr_should_poll = False
    _attr_device_class = SensorDeviceClass.ENUM

    def __init__(self, coordinator: MeterHubCoordinator, field: Field) -> None:
        """Hang the sensor on the device of the account; a new choice reloads the entry."""
        self._belong_to(coordinator, field.key)
        self._attr_translation_key = field.key
        self._attr_options = list(field.choices)
        chosen = coordinator.config_entry.data[CONF_CREDENTIALS].get(
            field.key, field.default
        )
        self._attr_native_value = chosen if chosen in field.choices else None
