"""The forms that a phone holds: the versions in force, and the limits beside their fields as the server will judge by them."""

from collections.abc import Collection, Iterable, Mapping
from typing import Any, NamedTuple
from uuid import UUID

from server.core import db
from server.core.clock import now
from server.domains.quality.commands import FormUi

MOST_FORMS = 300
_FORMS = f"""
SELECT DISTINCT ON (f.id) v.id, f.id AS form_id, f.code, f.name, f.name_en, v.version, f.stage, f.subject_kind, f.product_id, f.second_check,
       f.late_after_minutes, v.schema::text AS schema, v.ui::text AS ui, v.specification_version_ids AS pins
FROM form f JOIN form_version v ON v.tenant_id = f.tenant_id AND v.form_id = f.id
WHERE f.tenant_id = $1 AND (f.product_id IS NULL OR f.product_id = ANY($2::uuid[]) OR f.id = ANY($3::uuid[]))
ORDER BY f.id, v.in_force_from <= $4 DESC, CASE WHEN v.in_force_from <= $4 THEN v.version ELSE -v.version END DESC LIMIT {MOST_FORMS}
"""  # noqa: S608 - a constant
_CHARACTERISTICS = """
SELECT id, code, name, name_en, unit, method, result_kind, decimals, comparison_rule, options, options_en
FROM characteristic WHERE tenant_id = $1 AND id = ANY($2::uuid[])
"""
_SPECIFICATIONS = """
SELECT s.characteristic_id, s.product_id, s.step_id, v.id, v.version, v.limits::text AS limits, v.required, v.valid_from <= $4 AS in_force
FROM specification s JOIN specification_version v ON v.tenant_id = s.tenant_id AND v.specification_id = s.id
WHERE s.tenant_id = $1 AND s.characteristic_id = ANY($2::uuid[]) AND (s.product_id IS NULL OR s.product_id = ANY($3::uuid[]))
"""


class FormPack(NamedTuple):
    """One form version with its hints; `characteristics` by id."""

    row: Mapping[str, Any]
    ui: FormUi

    @property
    def bound(self) -> dict[str, UUID]:
        return {name: each.characteristic_id for name, each in self.ui.fields.items() if each.characteristic_id}


class Specified:
    """All limits that may hold for some products, from which those of one form, product and step are taken as the judge
    takes them: a pinned version first, then the nearest."""

    def __init__(self, rows: Iterable[Mapping[str, Any]]) -> None:
        self._rows: dict[UUID, list[Mapping[str, Any]]] = {}
        for row in rows:
            self._rows.setdefault(row["characteristic_id"], []).append(row)

    def limits_of(self, form: FormPack, product_id: UUID | None, step_id: UUID | None) -> dict[str, dict[str, Any]]:
        """By field: the sets that hold, and whether a result is required; fields for which nothing is specified are absent."""
        pins = set(form.row["pins"])
        product_id = product_id or form.row["product_id"]
        found = {}
        for field, characteristic_id in form.bound.items():
            row = self._nearest(characteristic_id, product_id, step_id, pins)
            if row is not None:
                found[field] = {**db.loads(row["limits"]), "required": row["required"]}
        return found

    def _nearest(
        self, characteristic_id: UUID, product_id: UUID | None, step_id: UUID | None, pins: Collection[UUID]
    ) -> Mapping[str, Any] | None:
        fitting = [
            row for row in self._rows.get(characteristic_id, ())
            if row["product_id"] in (None, product_id) and row["step_id"] in (None, step_id)
            and (row["in_force"] or row["id"] in pins)
        ]  # fmt: skip
        return min(fitting, key=lambda row: (
            row["id"] not in pins, row["product_id"] is None, row["step_id"] is None, -row["version"]
        ), default=None)  # fmt: skip


async def forms_for(tenant_id: UUID, product_ids: Collection[UUID], form_ids: Collection[UUID]) -> list[FormPack]:
    """The versions in force of the forms for everything, for these products, and of these."""
    rows = await db.fetch(_FORMS, tenant_id, list(product_ids), list(form_ids), now())
    return [FormPack(dict(row), FormUi.model_validate_json(row["ui"])) for row in rows]


async def characteristics_of(tenant_id: UUID, forms: Iterable[FormPack]) -> dict[UUID, Mapping[str, Any]]:
    """What the fields measure, by id."""
    ids = {each for form in forms for each in form.bound.values()}
    return {row["id"]: dict(row) for row in await db.fetch(_CHARACTERISTICS, tenant_id, list(ids))}


async def specified_for(
    tenant_id: UUID, characteristic_ids: Collection[UUID], product_ids: Collection[UUID]
) -> Specified:
    """Every limit that may hold now for these products."""
    rows = await db.fetch(_SPECIFICATIONS, tenant_id, list(characteristic_ids), list(product_ids), now())
    return Specified(dict(row) for row in rows)
