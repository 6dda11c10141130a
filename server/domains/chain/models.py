"""Tortoise models of the master data; lots, links and shipments are written set-wise and read by plain SQL."""

from tortoise import fields
from tortoise.contrib.postgres.fields import ArrayField

from server.core.models import TenantManager, TenantModel


class Product(TenantModel):
    """What is sold or used; a material is a product of kind `material`."""

    kind = fields.TextField()
    sku = fields.TextField()
    name = fields.TextField()
    name_en = fields.TextField(null=True)
    spec = fields.TextField(null=True)
    brand = fields.TextField(null=True)
    category = fields.TextField(null=True)
    category_en = fields.TextField(null=True)
    gtin = fields.TextField(null=True)
    standard = fields.TextField(null=True)
    standard_edition = fields.TextField(null=True)
    unit = fields.TextField()
    shelf_life_days = fields.IntField(null=True)
    label = fields.JSONField[list[dict[str, str]]](default=list)
    publish_allow = ArrayField(element_type="text", default=list)
    publish_on_release = fields.BooleanField(default=False)
    show_investigation = fields.BooleanField(default=False)
    trade_secrets = ArrayField(element_type="text", default=list)
    retired_at = fields.DatetimeField(null=True)
    balance_tolerance_percent = fields.DecimalField(max_digits=20, decimal_places=6, null=True)
    yield_low_percent = fields.DecimalField(max_digits=20, decimal_places=6, null=True)
    yield_high_percent = fields.DecimalField(max_digits=20, decimal_places=6, null=True)
    retain_days = fields.IntField(null=True)
    retain_months = fields.IntField(null=True)

    class Meta:
        table = "product"
        manager = TenantManager()


class ProcessStep(TenantModel):
    """One step of making a product, in its sequence."""

    product_id = fields.UUIDField()
    sequence = fields.IntField()
    name = fields.TextField()
    critical = fields.BooleanField(default=False)

    class Meta:
        table = "process_step"
        manager = TenantManager()


class Supplier(TenantModel):
    code = fields.TextField()
    name = fields.TextField()
    credit_code = fields.TextField(null=True)
    address = fields.TextField(null=True)
    contact = fields.TextField(null=True)
    origin = fields.TextField(null=True)
    ended_at = fields.DatetimeField(null=True)

    class Meta:
        table = "supplier"
        manager = TenantManager()


class Certificate(TenantModel):
    """A licence or certificate of a supplier, of a product, or (both empty) of the enterprise itself."""

    supplier_id = fields.UUIDField(null=True)
    product_id = fields.UUIDField(null=True)
    kind = fields.TextField()
    kind_en = fields.TextField(null=True)
    number = fields.TextField()
    valid_from = fields.DateField(null=True)
    valid_to = fields.DateField(null=True)
    attachment_id = fields.UUIDField(null=True)

    class Meta:
        table = "certificate"
        manager = TenantManager()


class Customer(TenantModel):
    code = fields.TextField()
    name = fields.TextField()
    address = fields.TextField(null=True)
    contact = fields.TextField(null=True)
    sales_areas = ArrayField(element_type="text", default=list)

    class Meta:
        table = "customer"
        manager = TenantManager()


class Outlet(TenantModel):
    """A point of sale of a customer."""

    customer_id = fields.UUIDField()
    name = fields.TextField()
    division_code = fields.TextField(null=True)
    address = fields.TextField(null=True)

    class Meta:
        table = "outlet"
        manager = TenantManager()
