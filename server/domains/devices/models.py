"""Tortoise models of devices; calibrations are facts, written once."""

from tortoise import fields

from server.core.models import TenantManager, TenantModel


class Device(TenantModel):
    """Equipment or a gauge, by its number in the plant."""

    code = fields.TextField()
    name = fields.TextField()
    kind = fields.TextField()
    place_id = fields.UUIDField(null=True)
    calibration_required = fields.BooleanField(default=False)

    class Meta:
        table = "device"
        manager = TenantManager()
