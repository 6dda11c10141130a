"""Inspection plans in versions, and how severely each supplier's product is sampled."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, get_args
from uuid import UUID

from admin.enterprise import choices
from admin.frame import PAGE, PageArgs, Wrong, attempt, back, form, form_list, show, typed
from admin.paging import FETCHED, cut
from i18n import SHANGHAI
from server.core import db
from server.domains.quality import inspection
from server.domains.quality.inspection.commands import FirstPieceOn, Trigger
from server.http.answers import Raw, Redirect
from server.http.paging import decode_id
from server.http.routes import Call, RouteTable

routes = RouteTable("admin_plans")
TRIGGERS: tuple[str, ...] = get_args(Trigger)
FIRST_ON: tuple[str, ...] = get_args(FirstPieceOn)
CALL_REASONS = ("demand", "repair", "tool", "program")
LEVELS: tuple[str, ...] = get_args(inspection.Level)
_NAMES = """
SELECT p.id, q.name AS product_name, t.name AS step_name, d.name AS device_name, c.name AS place_name
FROM inspection_plan p LEFT JOIN product q ON q.tenant_id = $1 AND q.id = p.product_id
LEFT JOIN process_step t ON t.tenant_id = $1 AND t.id = p.step_id LEFT JOIN device d ON d.tenant_id = $1 AND d.id = p.device_id
LEFT JOIN place c ON c.tenant_id = $1 AND c.id = p.place_id WHERE p.tenant_id = $1 AND p.id = ANY($2::uuid[])
"""
_VERSIONS = """
SELECT v.*, v.sampling::text AS sampling, f.name AS form_name, f.subject_kind, u.display_name AS creator_name
FROM inspection_plan_version v JOIN form f ON f.tenant_id = $1 AND f.id = v.form_id
LEFT JOIN user_account u ON u.id = v.created_by
WHERE v.tenant_id = $1 AND v.plan_id = $2 ORDER BY v.version DESC LIMIT 200
"""
_FORMS = "SELECT id, name, subject_kind FROM form WHERE tenant_id = $1 ORDER BY name LIMIT 1000"
_STEPS = """
SELECT s.id, p.name || ' · ' || s.name AS label FROM process_step s JOIN product p ON p.tenant_id = $1 AND p.id = s.product_id
WHERE s.tenant_id = $1 ORDER BY p.name, s.sequence LIMIT 2000
"""
_DEVICES = "SELECT id, name || ' · ' || code AS label FROM device WHERE tenant_id = $1 ORDER BY name LIMIT 2000"


@routes.get("/admin/plans", permission="quality.read", query=PageArgs, media_type=PAGE)
async def list_plans(call: Call) -> Raw:
    tenant = call.actor.tenant
    rows, following = cut(await inspection.list_plans(tenant, decode_id(call.query.after), FETCHED))
    plans = await _named(tenant, rows)
    return await show(call, "plans.html", section="plans", tab="plans", rows=plans, following=following)


async def _named(tenant_id: UUID, rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The plans with the names of what they are about."""
    names = {row["id"]: dict(row) for row in await db.fetch(_NAMES, tenant_id, [row["id"] for row in rows])}
    return [{**row, **names[row["id"]]} for row in rows]


@routes.get("/admin/plans/new", permission="quality.define", query=PageArgs, media_type=PAGE)
async def new_plan(call: Call) -> Raw:
    return await _form_page(call, None)


@routes.post("/admin/plans", permission="quality.define", query=PageArgs, media_type=PAGE)
async def create_plan(call: Call) -> Raw | Redirect:
    async def act() -> UUID:
        command = inspection.NewPlan.model_validate(_settings(call, inspection.NewPlan))
        return (await inspection.define_plan(call.actor, command))[0]

    done = await attempt(call, act)
    return await _form_page(call, None, done) if isinstance(done, Wrong) else back(call, f"/admin/plans/{done}", "created")  # fmt: skip


def _settings(call: Call, model: Any) -> dict[str, Any]:
    """What a plan's form says, as its command takes it."""
    given = form(call)
    sampling = {"aql": given["aql"], "level": given.get("level", "II")} if given.get("aql") else None
    days = given.get("days_after", "").replace("，", " ").replace("、", " ").replace(",", " ").split()
    return typed(
        given, model, mandatory="mandatory" in given, while_running="while_running" in given, sampling=sampling,
        first_piece_on=form_list(call, "first_piece_on"), weekdays=form_list(call, "weekdays"), days_after=days,
        in_force_from=_moment(given.get("in_force_from")),
    )  # fmt: skip


def _moment(given: str | None) -> datetime | str | None:
    """A time at the plant; what is none is refused by the command."""
    try:
        return datetime.fromisoformat(given).replace(tzinfo=SHANGHAI) if given else None
    except ValueError:
        return given


@routes.get("/admin/plans/{id}", permission="quality.read", query=PageArgs, media_type=PAGE)
async def show_plan(call: Call) -> Raw:
    return await _page(call)


async def _plan(call: Call) -> dict[str, Any]:
    return (await _named(call.actor.tenant, [await inspection.get_plan(call.actor.tenant, call.id())]))[0]


async def _page(call: Call, wrong: Wrong | None = None, open_form: str = "retire") -> Raw:
    found = await _plan(call)
    rows = await db.fetch(_VERSIONS, call.actor.tenant, call.id())
    return await show(
        call, "plan.html", section="plans", status=wrong.status if wrong else 200, plan=found, wrong=wrong,
        open_form=open_form if wrong else "", reasons=CALL_REASONS, kept=form(call) if wrong else {},
        versions=[{**dict(row), "sampling": db.loads(row["sampling"])} for row in rows],
    )  # fmt: skip


@routes.get("/admin/plans/{id}/versions/new", permission="quality.define", query=PageArgs, media_type=PAGE)
async def new_version(call: Call) -> Raw:
    return await _form_page(call, await _plan(call))


@routes.post("/admin/plans/{id}/versions", permission="quality.define", query=PageArgs, media_type=PAGE)
async def add_version(call: Call) -> Raw | Redirect:
    found = await _plan(call)

    async def act() -> None:
        command = inspection.NewPlanVersion.model_validate(_settings(call, inspection.NewPlanVersion))
        await inspection.add_plan_version(call.actor, call.id(), command)

    done = await attempt(call, act)
    if isinstance(done, Wrong):
        return await _form_page(call, found, done)
    return back(call, f"/admin/plans/{call.path['id']}", "version_added")


async def _form_page(call: Call, plan: dict[str, Any] | None, wrong: Wrong | None = None) -> Raw:
    tenant = call.actor.tenant
    known: Mapping[str, Any] = plan or {"mandatory": True, "while_running": True, "weekdays": [1, 2, 3, 4, 5, 6, 7]}
    given = form(call)
    ticked = {name: form_list(call, name) if wrong else [str(v) for v in known.get(name) or []] for name in ("first_piece_on", "weekdays")}  # fmt: skip
    on = {name: (name in given) if wrong else bool(known.get(name)) for name in ("mandatory", "while_running")}
    return await show(
        call, "plan_form.html", section="plans", status=wrong.status if wrong else 200, plan=plan, wrong=wrong, known=known,
        open_form="plan" if wrong else "", kept=given if wrong else {}, ticked=ticked, on=on, triggers=TRIGGERS, first_on=FIRST_ON,
        levels=LEVELS, aqls=inspection.AQLS, forms=[tuple(row) for row in await db.fetch(_FORMS, tenant)],
        steps=[tuple(row) for row in await db.fetch(_STEPS, tenant)], devices=[tuple(row) for row in await db.fetch(_DEVICES, tenant)],
        places=await choices.places(tenant), products=await choices.products(call),
    )  # fmt: skip


@routes.post("/admin/plans/{id}/retire", permission="quality.define", query=PageArgs, media_type=PAGE)
async def retire(call: Call) -> Raw | Redirect:
    """Nothing falls due by it any more."""
    await _plan(call)

    async def act() -> None:
        command = inspection.RetirePlan.model_validate(typed(form(call), inspection.RetirePlan))
        await inspection.retire_plan(call.actor, call.id(), command)

    done = await attempt(call, act)
    return await _page(call, done) if isinstance(done, Wrong) else back(call, f"/admin/plans/{call.path['id']}", "plan_retired")  # fmt: skip


@routes.post("/admin/plans/{id}/call", permission="quality.record", query=PageArgs, media_type=PAGE)
async def call_for(call: Call) -> Raw | Redirect:
    """Make an inspection of the plan's own device or place due now."""
    await _plan(call)

    async def act() -> UUID:
        command = typed(form(call), inspection.CallInspection, plan_id=call.id(), lot_id=None, reinspects=None)
        return await inspection.call_inspection(call.actor, inspection.CallInspection.model_validate(command))

    done = await attempt(call, act)
    if isinstance(done, Wrong):
        return await _page(call, done, "call")
    return back(call, f"/admin/inspections/{done}", "inspection_called")


@routes.get("/admin/sampling", permission="quality.read", query=PageArgs, media_type=PAGE)
async def sampling(call: Call) -> Raw:
    return await _sampling_page(call)


async def _sampling_page(call: Call, wrong: Wrong | None = None) -> Raw:
    rows = await inspection.sampling_states(call.actor.tenant, None)
    return await show(
        call, "sampling.html", section="plans", tab="sampling", status=wrong.status if wrong else 200, rows=rows, wrong=wrong,
        kept=form(call) if wrong else {},
    )  # fmt: skip


@routes.post("/admin/sampling/resume", permission="quality.release", query=PageArgs, media_type=PAGE)
async def resume(call: Call) -> Raw | Redirect:
    """Sampling that was discontinued goes on, tightened."""

    async def act() -> None:
        command = inspection.ResumeSampling.model_validate(typed(form(call), inspection.ResumeSampling))
        await inspection.resume_sampling(call.actor, command)

    done = await attempt(call, act)
    return await _sampling_page(call, done) if isinstance(done, Wrong) else back(call, "/admin/sampling", "sampling_resumed")  # fmt: skip
