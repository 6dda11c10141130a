"""How the enterprise wants things done: who may release, who signs a review, overdue gauges, entries after the fact."""

from collections.abc import Awaitable, Callable
from uuid import UUID

from admin.enterprise import choices
from admin.frame import PAGE, PageArgs, Wrong, attempt, back, form, form_list, show, typed
from server.core import db
from server.domains.access import ROLES
from server.domains.access.commands import EnterpriseSettings
from server.domains.access.tenants import enterprise_settings, set_enterprise_settings
from server.domains.quality import inspection, nonconformity
from server.http.answers import Raw, Redirect
from server.http.routes import Call, RouteTable

routes = RouteTable("admin_rules")
ROLES_OF_REVIEW = [role for role in ("quality_manager", "releaser", "inspector", "operator", "enterprise_admin") if role in ROLES]  # fmt: skip


@routes.get("/admin/rules", permission="quality.read", query=PageArgs, media_type=PAGE)
async def show_rules(call: Call) -> Raw:
    return await _page(call)


async def _page(call: Call, wrong: Wrong | None = None, open_form: str = "") -> Raw:
    tenant = call.actor.tenant
    rules = await nonconformity.review_rules(tenant)
    return await show(
        call, "rules.html", section="rules", status=wrong.status if wrong else 200, wrong=wrong, open_form=open_form,
        kept=form(call) if wrong else {}, settings=await enterprise_settings(tenant), rules=rules, names=await _names(tenant, rules),
        gauge_rule=await nonconformity.gauge_rule(tenant), late_after=await inspection.late_setting(tenant),
        products=await choices.products(call), roles=ROLES_OF_REVIEW, ticked=form_list(call, "roles") if wrong else [],
    )  # fmt: skip


async def _names(tenant_id: UUID, rules: list[nonconformity.ReviewRule]) -> dict[UUID, str]:
    wanted = [rule.product_id for rule in rules if rule.product_id]
    rows = await db.fetch("SELECT id, name FROM product WHERE tenant_id = $1 AND id = ANY($2::uuid[])", tenant_id, wanted)  # fmt: skip
    return {row["id"]: row["name"] for row in rows}


async def _act(call: Call, act: Callable[[], Awaitable[object]], open_form: str) -> Raw | Redirect:
    tried = await attempt(call, act)
    return await _page(call, tried, open_form) if isinstance(tried, Wrong) else back(call, "/admin/rules", "saved")


@routes.post("/admin/rules/release", permission="access.write", query=PageArgs, media_type=PAGE)
async def set_release(call: Call) -> Raw | Redirect:
    """Whether who inspected a lot may release it; the rest of the settings stays."""

    async def act() -> None:
        before = await enterprise_settings(call.actor.tenant)
        changed = {"inspector_may_release": "inspector_may_release" in form(call)}
        await set_enterprise_settings(call.actor, EnterpriseSettings.model_validate({**before.model_dump(), **changed}))

    return await _act(call, act, "release")


@routes.post("/admin/rules/review", permission="quality.define", query=PageArgs, media_type=PAGE)
async def set_review(call: Call) -> Raw | Redirect:
    async def act() -> None:
        given = form(call)
        consent = "customer_consent" in given
        command = typed(given, nonconformity.ReviewRule, roles=form_list(call, "roles"), customer_consent=consent)
        await nonconformity.set_review_rule(call.actor, nonconformity.ReviewRule.model_validate(command))

    return await _act(call, act, "review")


@routes.post("/admin/rules/gauges", permission="quality.define", query=PageArgs, media_type=PAGE)
async def set_gauges(call: Call) -> Raw | Redirect:
    async def act() -> None:
        command = nonconformity.GaugeRule.model_validate(typed(form(call), nonconformity.GaugeRule))
        await nonconformity.set_gauge_rule(call.actor, command)

    return await _act(call, act, "gauges")


@routes.post("/admin/rules/late", permission="quality.define", query=PageArgs, media_type=PAGE)
async def set_late(call: Call) -> Raw | Redirect:
    async def act() -> None:
        minutes = form(call).get("late_after_minutes")
        await inspection.set_late_entries(
            call.actor, inspection.LateEntries.model_validate({"late_after_minutes": minutes})
        )

    return await _act(call, act, "late")
