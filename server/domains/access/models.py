"""Tortoise models of access; the schema itself is `server/migrations/0002_access.sql`."""

from tortoise import fields
from tortoise.models import Model

from server.core.ids import new_id
from server.core.models import TenantManager, TenantModel


class Tenant(Model):
    """An enterprise. Crosses tenants: the platform registers it, each scope sees what its policy admits."""

    id = fields.UUIDField(primary_key=True, default=new_id)
    name = fields.TextField()
    credit_code = fields.TextField()
    division_code = fields.TextField()
    address = fields.TextField(null=True)
    state = fields.TextField(default="active")
    settings = fields.JSONField[dict[str, object]](default=dict)
    created_at = fields.DatetimeField(auto_now_add=True)

    class Meta:
        table = "tenant"


class Site(TenantModel):
    name = fields.TextField()
    division_code = fields.TextField()
    address = fields.TextField(null=True)

    class Meta:
        table = "site"
        manager = TenantManager()


class Place(TenantModel):
    site_id = fields.UUIDField()
    parent_id = fields.UUIDField(null=True)
    kind = fields.TextField()
    name = fields.TextField()

    class Meta:
        table = "place"
        manager = TenantManager()
