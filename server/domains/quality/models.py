"""What the enterprise defines once: characteristics and forms. The rest is written set-wise and read by plain SQL."""

from tortoise import fields
from tortoise.contrib.postgres.fields import ArrayField

from server.core.models import TenantManager, TenantModel


class Characteristic(TenantModel):
    """What is measured, and how its results are read and compared. `options`: options, or grades best first;
    `options_en`: as many English words for them, or none."""

    code = fields.TextField()
    name = fields.TextField()
    name_en = fields.TextField(null=True)
    unit = fields.TextField(null=True)
    method = fields.TextField(null=True)
    result_kind = fields.TextField()
    decimals = fields.SmallIntField(null=True)
    comparison_rule = fields.TextField()
    options = ArrayField(element_type="text")
    options_en = ArrayField(element_type="text", default=list)
    severity = fields.TextField()

    class Meta:
        manager = TenantManager()
        table = "characteristic"


class Form(TenantModel):
    """A collection form of one stage and one kind of subject; what it asks stands in its versions."""

    code = fields.TextField()
    name = fields.TextField()
    name_en = fields.TextField(null=True)
    stage = fields.TextField()
    product_id = fields.UUIDField(null=True)
    subject_kind = fields.TextField()
    document_no = fields.TextField(null=True)
    keep_years = fields.SmallIntField(default=2)
    second_check = fields.BooleanField(default=False)
    late_after_minutes = fields.IntField(null=True)

    class Meta:
        manager = TenantManager()
        table = "form"
