"""Defining characteristics, specifications and forms. A version, once made, never changes: editing makes the next."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from server.core import db
from server.core.actor import Actor
from server.core.clock import now
from server.core.errors import FieldError, Invalid, NotFound
from server.core.ids import new_id
from server.core.impossible import ImpossibleValue
from server.core.units import find_unit
from server.domains.access import audit
from server.domains.quality import models
from server.domains.quality.commands import (
    FormUi,
    NewCharacteristic,
    NewForm,
    NewFormVersion,
    NewSpecification,
    NewSpecificationVersion,
)
from server.domains.quality.form_profile import check_schema
from server.domains.quality.judging import load_characteristics, load_yardsticks
from server.domains.quality.limits import check_fit
from server.domains.quality.problems import impossible, invalid
from server.domains.quality.results import fold_choice


async def define_characteristic(actor: Actor, command: NewCharacteristic) -> UUID:
    """A new characteristic; its code is unique in the enterprise. How it reads results cannot be changed later."""
    _check_characteristic(command)
    values = command.model_dump()
    lists = {"options": list(command.options), "options_en": list(command.options_en)}
    made = await models.Characteristic.create(tenant_id=actor.tenant, **values | lists)
    await audit.record(actor, "characteristic.created", "characteristic", made.id, after=values)
    return made.id


def _check_characteristic(command: NewCharacteristic) -> None:
    errors = []
    if command.unit is not None:
        try:
            find_unit(command.unit)
        except ImpossibleValue as error:
            errors.append(impossible("unit", error))
    if command.comparison_rule == "rounded" and command.decimals is None:
        errors.append(FieldError("decimals", "decimals_required"))
    chosen = command.result_kind in ("grade", "option")
    if chosen != bool(command.options):
        errors.append(FieldError("options", "options_required" if chosen else "options_not_of_this_kind"))
    if len({fold_choice(option) for option in command.options}) < len(command.options):
        errors.append(FieldError("options", "options_repeat"))
    if len(command.options_en) not in (0, len(command.options)):
        errors.append(FieldError("options_en", "options_en_count"))
    if errors:
        raise Invalid(errors)


async def define_specification(actor: Actor, command: NewSpecification) -> tuple[UUID, int]:
    """The first version of the limits of a characteristic for a product and step; (specification id, version)."""
    specification_id = new_id()
    await db.execute(
        "INSERT INTO specification (tenant_id, id, product_id, step_id, characteristic_id) VALUES ($1, $2, $3, $4, $5)",
        actor.tenant, specification_id, command.product_id, command.step_id, command.characteristic_id,
    )  # fmt: skip
    return specification_id, await add_specification_version(actor, specification_id, command)


async def add_specification_version(actor: Actor, specification_id: UUID, command: NewSpecificationVersion) -> int:
    """The next version. Forms that pin the specification go on with it from `valid_from`: they get a next version."""
    row = await db.fetchrow(
        "SELECT s.characteristic_id, s.product_id FROM specification s WHERE s.tenant_id = $1 AND s.id = $2 FOR UPDATE",
        actor.tenant, specification_id,
    )  # fmt: skip
    if row is None:
        raise NotFound
    characteristic = (await load_characteristics(actor.tenant, [row["characteristic_id"]]))[row["characteristic_id"]]
    problem = check_fit(characteristic.basis.kind, characteristic.basis.choices, command.limits)
    if problem:
        raise invalid("limits", problem)
    valid_from = command.valid_from or now()
    version_id = new_id()
    version = await db.fetchval(
        "INSERT INTO specification_version (tenant_id, id, specification_id, version, limits, required, standard,"
        " standard_edition, valid_from, created_by)"
        " SELECT $1, $2, $3, coalesce(max(version), 0) + 1, $4::jsonb, $5, $6, $7, $8, $9"
        " FROM specification_version WHERE tenant_id = $1 AND specification_id = $3 RETURNING version",
        actor.tenant, version_id, specification_id, command.limits.to_json(), command.required, command.standard,
        command.standard_edition, valid_from, actor.id,
    )  # fmt: skip
    await _move_forms_on(actor, specification_id, version_id, valid_from)
    after = {"version": version, **command.model_dump(mode="json", exclude_none=True)}
    await audit.record(actor, "specification.version_added", "specification", specification_id, after=after)
    return int(version)


_PINNING = """
SELECT DISTINCT ON (f.form_id) f.form_id, f.schema::text, f.ui::text, f.specification_version_ids AS pins, old.ids AS old
FROM form_version f, (SELECT array_agg(id) AS ids FROM specification_version
                      WHERE tenant_id = $1 AND specification_id = $2 AND id <> $3) old
WHERE f.tenant_id = $1 AND f.form_id IN (SELECT form_id FROM form_version
                                         WHERE tenant_id = $1 AND specification_version_ids && old.ids)
ORDER BY f.form_id, f.version DESC
"""


async def _move_forms_on(actor: Actor, specification_id: UUID, version_id: UUID, valid_from: datetime) -> None:
    for row in await db.fetch(_PINNING, actor.tenant, specification_id, version_id):
        old = set(row["old"])
        if old.isdisjoint(row["pins"]):
            continue
        pins = [pin for pin in row["pins"] if pin not in old] + [version_id]
        moved = await _insert_form_version(actor, row["form_id"], row["schema"], row["ui"], pins, valid_from)
        await audit.record(actor, "form.version_added", "form", row["form_id"], after=moved.entry())


async def define_form(actor: Actor, command: NewForm) -> tuple[UUID, UUID]:
    """A form with its first version; (form id, form version id)."""
    own = command.model_dump(
        include={"code", "name", "name_en", "stage", "product_id", "subject_kind", "document_no", "keep_years", "second_check",
                 "late_after_minutes"}
    )  # fmt: skip
    own["document_no"] = command.document_no or command.code
    form = await models.Form.create(tenant_id=actor.tenant, **own)
    first = await _next_version(actor, form.id, command)
    await audit.record(actor, "form.created", "form", form.id, after=own | first.entry())
    return form.id, first.id


async def add_form_version(actor: Actor, form_id: UUID, command: NewFormVersion) -> UUID:
    """The next version of a form. Records entered under older versions keep them; their values never change."""
    added = await _next_version(actor, form_id, command)
    await audit.record(actor, "form.version_added", "form", form_id, after=added.entry())
    return added.id


class _Version(NamedTuple):
    id: UUID
    number: int
    in_force_from: datetime

    def entry(self) -> dict[str, Any]:
        return {"form_version_id": self.id, "version": self.number, "in_force_from": self.in_force_from}


async def _next_version(actor: Actor, form_id: UUID, command: NewFormVersion) -> _Version:
    form = await db.fetchrow(
        "SELECT product_id FROM form WHERE tenant_id = $1 AND id = $2 FOR UPDATE", actor.tenant, form_id
    )
    if form is None:
        raise NotFound
    try:
        check_schema(command.json_schema)
    except ImpossibleValue as error:
        raise Invalid([impossible("schema", error)]) from None
    in_force_from = command.in_force_from or now()
    pins = await _pins(actor, command, form["product_id"], in_force_from)
    shown = command.ui.order or tuple(command.json_schema["properties"])
    ui = command.ui.model_copy(update={"order": shown}).model_dump_json(exclude_none=True, exclude_defaults=True)
    return await _insert_form_version(actor, form_id, db.dumps(command.json_schema), ui, pins, in_force_from)


async def _pins(actor: Actor, command: NewFormVersion, product_id: UUID | None, at: datetime) -> list[UUID]:
    """Checks the bindings; of a product's form, the specification versions that hold when it comes into force."""
    bound = _bound_fields(command.ui)
    known = await load_characteristics(actor.tenant, bound.values())
    fields = command.json_schema["properties"]
    errors = [
        FieldError(f"ui.fields.{name}", "field_unknown", {"title": name})
        for name in command.ui.fields
        if name not in fields
    ]
    errors += [
        FieldError(f"ui.fields.{name}", "characteristic_unknown") for name, id_ in bound.items() if id_ not in known
    ]
    errors += [error for name, hints in command.ui.fields.items() if (error := _unit_error(name, hints.unit))]
    if errors:
        raise Invalid(errors)
    if product_id is None:
        return []
    yardsticks = await load_yardsticks(actor.tenant, known.values(), product_id, None, at)
    return [each.version_id for each in yardsticks.values() if each.version_id is not None]


def _bound_fields(ui: FormUi) -> dict[str, UUID]:
    return {name: hints.characteristic_id for name, hints in ui.fields.items() if hints.characteristic_id is not None}


def _unit_error(name: str, unit: str | None) -> FieldError | None:
    if unit is None:
        return None
    try:
        find_unit(unit)
    except ImpossibleValue as error:
        return impossible(f"ui.fields.{name}.unit", error)
    return None


async def _insert_form_version(
    actor: Actor, form_id: UUID, schema_json: str, ui_json: str, pins: Sequence[UUID], in_force_from: datetime
) -> _Version:
    version_id = new_id()
    number: Any = await db.fetchval(
        "INSERT INTO form_version (tenant_id, id, form_id, version, schema, ui, specification_version_ids, in_force_from,"
        " created_by) SELECT $1, $2, $3, coalesce(max(version), 0) + 1, $4::jsonb, $5::jsonb, $6, $7, $8"
        " FROM form_version WHERE tenant_id = $1 AND form_id = $3 RETURNING version",
        actor.tenant, version_id, form_id, schema_json, ui_json, list(pins), in_force_from, actor.id,
    )  # fmt: skip
    return _Version(version_id, number, in_force_from)
