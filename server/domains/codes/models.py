"""Tortoise models of rules and orders; codes, ranges and history are written set-wise and read by plain SQL."""

from typing import Any

from tortoise import fields

from server.core.models import TenantManager, TenantModel


class CodeRule(TenantModel):
    """A coding rule by name; what its codes are made of stands in its versions."""

    name = fields.TextField()
    audience = fields.TextField()
    level = fields.TextField()
    created_at = fields.DatetimeField(auto_now_add=True)

    class Meta:
        table = "code_rule"
        manager = TenantManager()


class CodeRuleVersion(TenantModel):
    """One edition of a rule; never changed, orders point at it."""

    rule_id = fields.UUIDField()
    version = fields.IntField()
    segments = fields.JSONField[list[dict[str, Any]]]()
    unguessable = fields.BooleanField()
    created_at = fields.DatetimeField(auto_now_add=True)
    created_by = fields.UUIDField(null=True)

    class Meta:
        table = "code_rule_version"
        manager = TenantManager()


class CodeOrder(TenantModel):
    """One request to mint `count` codes for a lot. `key_number` and `prefix` belong to minted codes alone."""

    rule_version_id = fields.UUIDField()
    lot_id = fields.UUIDField()
    audience = fields.TextField()
    level = fields.TextField()
    count = fields.IntField()
    key_number = fields.SmallIntField(null=True)
    prefix = fields.TextField(null=True)
    handed_down = fields.JSONField[dict[str, Any]](default=dict)
    state = fields.TextField(default="minting")
    created_at = fields.DatetimeField(auto_now_add=True)
    created_by = fields.UUIDField(null=True)
    ready_at = fields.DatetimeField(null=True)

    class Meta:
        table = "code_order"
        manager = TenantManager()
