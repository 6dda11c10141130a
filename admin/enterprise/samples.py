"""Retained samples: what is due to be looked at or done away with, and every act on one."""

from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Literal
from uuid import UUID

from admin.enterprise import choices
from admin.enterprise import lot_reads as reads
from admin.frame import PAGE, PageArgs, Wrong, attempt, back, form, show, typed
from admin.paging import FETCHED, cut
from admin.wording import today
from server.core import db
from server.domains import quality
from server.http.answers import Raw, Redirect
from server.http.paging import decode_id
from server.http.routes import Call, RouteTable

routes = RouteTable("admin_samples")
SOON_DAYS = 30
MOST_DUE = 200
_OVER = """
SELECT s.id, s.sample_no, l.lot_no, p.name AS product_name, pl.name AS place_name, s.keep_until
FROM retained_sample s JOIN lot l ON l.tenant_id = $1 AND l.id = s.lot_id JOIN product p ON p.tenant_id = $1 AND p.id = l.product_id
LEFT JOIN place pl ON pl.tenant_id = $1 AND pl.id = s.place_id
WHERE s.tenant_id = $1 AND s.disposed_at IS NULL AND s.keep_until < $2 ORDER BY s.keep_until, s.id LIMIT $3
"""
_RULE = "SELECT retain_days, retain_months FROM product WHERE tenant_id = $1 AND id = $2"


class SamplesArgs(PageArgs):
    state: Literal["kept", "disposed"] | None = None


@routes.get("/admin/samples", permission="quality.read", query=SamplesArgs, media_type=PAGE)
async def list_samples(call: Call) -> Raw:
    """What is due first, then every sample, the newest first."""
    q, tenant = call.query, call.actor.tenant
    kept = None if q.state is None else q.state == "kept"
    rows, following = cut(
        await quality.samples(tenant, lot_id=None, kept=kept, before=decode_id(q.after), limit=FETCHED)
    )
    due = await quality.observations_due(tenant, today() + timedelta(days=SOON_DAYS), MOST_DUE)
    return await show(
        call, "samples.html", section="samples", rows=rows, following=following, wanted=q, soon_days=SOON_DAYS,
        filters=q.model_dump(exclude_none=True, exclude={"done", "after"}), due=[] if q.after else due,
        abnormal=[] if q.after else await quality.all_abnormal(tenant),
        over=[] if q.after else await db.fetch(_OVER, tenant, today(), MOST_DUE),
    )  # fmt: skip


@routes.get("/admin/lots/{id}/samples", permission="quality.read", query=PageArgs, media_type=PAGE)
async def samples_of_lot(call: Call) -> Raw:
    return await _lot_page(call)


async def _lot_page(call: Call, wrong: Wrong | None = None) -> Raw:
    tenant, lot = call.actor.tenant, await reads.get_lot(call.actor.tenant, call.id())
    rule = await db.fetchrow(_RULE, tenant, lot["product_id"])
    return await show(
        call, "lot_samples.html", section="lots", tab="samples", status=wrong.status if wrong else 200, lot=lot, wrong=wrong,
        open_form="take" if wrong else "", kept=form(call) if wrong else {}, places=await choices.places(tenant), rule=rule,
        rows=await quality.samples(tenant, lot_id=call.id(), kept=None, before=None, limit=200),
    )  # fmt: skip


@routes.post("/admin/lots/{id}/samples", permission="quality.record", query=PageArgs, media_type=PAGE)
async def take(call: Call) -> Raw | Redirect:
    """Keep a part of the lot."""

    async def act() -> UUID:
        command = typed(form(call), quality.RetainSample, observe_on=_dates(form(call).get("observe_on", "")))
        return await quality.retain_sample(call.actor, call.id(), quality.RetainSample.model_validate(command))

    done = await attempt(call, act)
    if isinstance(done, Wrong):
        return await _lot_page(call, done)
    return back(call, f"/admin/samples/{done}", "sample_taken")


def _dates(given: str) -> list[str]:
    """Dates one after the other, whatever stands between them; what is no date is refused by the command."""
    return given.replace("，", " ").replace("、", " ").replace(",", " ").split()


@routes.get("/admin/samples/{id}", permission="quality.read", query=PageArgs, media_type=PAGE)
async def show_sample(call: Call) -> Raw:
    return await _page(call)


async def _page(call: Call, wrong: Wrong | None = None, open_form: str = "") -> Raw:
    found = await quality.sample(call.actor.tenant, call.id())
    standing = (await quality.abnormal_samples(call.actor.tenant, [found["lot_id"]])).get(found["lot_id"], [])
    abnormal = [each for each in standing if each.sample_id == found["id"]]
    open_dates = [each["due_on"] for each in found["observations"] if each["observed_at"] is None]
    return await show(
        call, "sample.html", section="samples", status=wrong.status if wrong else 200, s=found, wrong=wrong, open_form=open_form,
        kept=form(call) if wrong else {}, abnormal=abnormal, open_dates=open_dates, over=found["keep_until"] < today(),
    )  # fmt: skip


async def _act(call: Call, act: Callable[[], Awaitable[object]], open_form: str, done: str) -> Raw | Redirect:
    tried = await attempt(call, act)
    if isinstance(tried, Wrong):
        return await _page(call, tried, open_form)
    return back(call, f"/admin/samples/{call.path['id']}", done)


@routes.post("/admin/samples/{id}/observations", permission="quality.record", query=PageArgs, media_type=PAGE)
async def observe(call: Call) -> Raw | Redirect:
    async def act() -> None:
        command = quality.Observation.model_validate(typed(form(call), quality.Observation))
        await quality.observe_sample(call.actor, call.id(), command)

    return await _act(call, act, "observe", "sample_observed")


@routes.post("/admin/samples/{id}/uses", permission="quality.record", query=PageArgs, media_type=PAGE)
async def use(call: Call) -> Raw | Redirect:
    async def act() -> None:
        command = quality.UseRetained.model_validate(typed(form(call), quality.UseRetained))
        await quality.use_sample(call.actor, call.id(), command)

    return await _act(call, act, "use", "sample_used")


@routes.post("/admin/samples/{id}/disposal", permission="quality.record", query=PageArgs, media_type=PAGE)
async def dispose(call: Call) -> Raw | Redirect:
    async def act() -> None:
        command = quality.DisposeRetained.model_validate(typed(form(call), quality.DisposeRetained))
        await quality.dispose_sample(call.actor, call.id(), command)

    return await _act(call, act, "dispose", "sample_disposed")
