"""Equipment and gauges, and whether their calibration held."""

from server.domains.devices.commands import DeviceChanges, MoveDevice, NewCalibration, NewDevice
from server.domains.devices.models import Device
from server.domains.devices.placing import move_device, placements
from server.domains.devices.rules import Calibration, Validity, validity_at
from server.domains.devices.service import (
    calibrate,
    calibration_at,
    change_device,
    create_device,
    list_calibrations,
    list_devices,
)  # fmt: skip

__all__ = [
    "Calibration", "Device", "DeviceChanges", "MoveDevice", "NewCalibration", "NewDevice", "Validity", "calibrate", "calibration_at",
    "change_device", "create_device", "list_calibrations", "list_devices", "move_device", "placements", "validity_at",
]  # fmt: skip
