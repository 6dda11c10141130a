"""Plans: what is inspected when. A version, once made, never changes; inspections keep the one they fell due under."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from server.core import db
from server.core.actor import Actor
from server.core.clock import now
from server.core.errors import Conflict, NotFound
from server.core.ids import new_id
from server.domains.access import audit
from server.domains.quality.inspection.clockwork import begin
from server.domains.quality.inspection.commands import NEEDS, SUBJECTS, NewPlan, NewPlanVersion, RetirePlan
from server.domains.quality.inspection.problems import PlanUnfit

_SETTINGS = (
    "form_id", "within_minutes", "mandatory", "first_piece_on", "stop_hours", "every_hours", "every_pieces",
    "while_running", "days_after", "weekdays",
)  # fmt: skip
_ADD = f"""
INSERT INTO inspection_plan_version (tenant_id, id, plan_id, version, created_by, in_force_from, sampling, {", ".join(_SETTINGS)})
SELECT $1, $2, $3, coalesce(max(version), 0) + 1, $4, $5, $6::jsonb, {", ".join(f"${n}" for n in range(7, 7 + len(_SETTINGS)))}
FROM inspection_plan_version WHERE tenant_id = $1 AND plan_id = $3 RETURNING version
"""  # noqa: S608 - our own column names
_LIST = """
SELECT p.*, v.id AS version_id, v.version, v.form_id, f.code AS form_code, f.name AS form_name, f.name_en AS form_name_en, v.within_minutes,
       v.mandatory, v.first_piece_on, v.stop_hours, v.every_hours, v.every_pieces, v.while_running, v.days_after,
       v.weekdays, v.sampling::text AS sampling, v.in_force_from
FROM inspection_plan p
CROSS JOIN LATERAL (SELECT * FROM inspection_plan_version n WHERE n.tenant_id = p.tenant_id AND n.plan_id = p.id
                    ORDER BY n.version DESC LIMIT 1) v
JOIN form f ON f.tenant_id = p.tenant_id AND f.id = v.form_id
WHERE p.tenant_id = $1
"""


class PlanCodeTaken(Conflict):
    code = "plan_code_taken"


async def define_plan(actor: Actor, command: NewPlan) -> tuple[UUID, int]:
    """A plan with its first version; (plan id, version). Raises PlanUnfit, PlanCodeTaken, NotFound."""
    plan_id = new_id()
    own = command.model_dump(include={"code", "name", "trigger", "product_id", "step_id", "device_id", "place_id"})
    made = await db.execute(
        "INSERT INTO inspection_plan (tenant_id, id, created_by, code, name, trigger, product_id, step_id, device_id, place_id)"
        " VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) ON CONFLICT (tenant_id, code) DO NOTHING",
        actor.tenant, plan_id, actor.id, *own.values(),
    )  # fmt: skip
    if not made:
        raise PlanCodeTaken(field="code", plan=command.code)
    version = await _add(actor, plan_id, own, command)
    await audit.record(actor, "inspection_plan.created", "inspection_plan", plan_id, after=_entry(command, version))
    await begin(actor.tenant, plan_id, now())
    return plan_id, version


async def add_plan_version(actor: Actor, plan_id: UUID, command: NewPlanVersion) -> int:
    """The next version. What fell due before keeps its own."""
    plan = await _locked(actor.tenant, plan_id)
    version = await _add(actor, plan_id, plan, command)
    await audit.record(
        actor, "inspection_plan.version_added", "inspection_plan", plan_id, after=_entry(command, version)
    )
    await begin(actor.tenant, plan_id, now())
    return version


async def retire_plan(actor: Actor, plan_id: UUID, command: RetirePlan) -> None:
    """Nothing falls due by it any more; what already did stays to be done."""
    plan = await _locked(actor.tenant, plan_id)
    await db.execute(
        "UPDATE inspection_plan SET retired_at = coalesce(retired_at, now()) WHERE tenant_id = $1 AND id = $2",
        actor.tenant, plan_id,
    )  # fmt: skip
    before = {"retired_at": plan["retired_at"]}
    await audit.record(
        actor, "inspection_plan.retired", "inspection_plan", plan_id, before=before, after=command.model_dump()
    )


async def list_plans(tenant_id: UUID, after: UUID | None, limit: int) -> list[dict[str, Any]]:
    """Each plan with its newest version, in the order they were made."""
    rows = await db.fetch(
        f"{_LIST} AND ($2::uuid IS NULL OR p.id > $2) ORDER BY p.id LIMIT $3", tenant_id, after, limit
    )
    return [_shown(dict(row)) for row in rows]


async def get_plan(tenant_id: UUID, plan_id: UUID) -> dict[str, Any]:
    """One plan with its newest version; NotFound."""
    row = await db.fetchrow(f"{_LIST} AND p.id = $2", tenant_id, plan_id)
    if row is None:
        raise NotFound
    return _shown(dict(row))


def _shown(row: dict[str, Any]) -> dict[str, Any]:
    return row | {"sampling": db.loads(row["sampling"])}


def _entry(command: NewPlanVersion, version: int) -> dict[str, Any]:
    return {"version": version, **command.model_dump(mode="json", exclude_defaults=True)}


async def _locked(tenant_id: UUID, plan_id: UUID) -> Mapping[str, Any]:
    row = await db.fetchrow(
        "SELECT * FROM inspection_plan WHERE tenant_id = $1 AND id = $2 FOR UPDATE", tenant_id, plan_id
    )
    if row is None:
        raise NotFound
    return dict(row)


async def _add(actor: Actor, plan_id: UUID, plan: Mapping[str, Any], command: NewPlanVersion) -> int:
    await _check_fit(actor.tenant, plan, command)
    sampling = command.sampling.model_dump_json() if command.sampling else None
    values: Sequence[Any] = [getattr(command, name) for name in _SETTINGS]
    version: int = await db.fetchval(
        _ADD, actor.tenant, new_id(), plan_id, actor.id, command.in_force_from or now(), sampling,
        *(list(value) if isinstance(value, tuple) else value for value in values),
    )  # fmt: skip
    return version


async def _check_fit(tenant_id: UUID, plan: Mapping[str, Any], command: NewPlanVersion) -> None:
    """The form asks about what the trigger is about, and the trigger has what it counts by."""
    kind = await db.fetchval(
        "SELECT subject_kind FROM form WHERE tenant_id = $1 AND id = $2", tenant_id, command.form_id
    )
    if kind is None:
        raise NotFound(field="form_id")
    if kind not in SUBJECTS[plan["trigger"]]:
        raise PlanUnfit(field="form_id")
    if kind in ("device", "place") and plan[f"{kind}_id"] is None:
        raise PlanUnfit(field=f"{kind}_id")
    needed = NEEDS.get(plan["trigger"])
    if needed is not None and not getattr(command, needed):
        raise PlanUnfit(field=needed)
    if "stop" in command.first_piece_on and command.stop_hours is None:
        raise PlanUnfit(field="stop_hours")
    if command.sampling is not None and kind != "lot":
        raise PlanUnfit(field="sampling")
