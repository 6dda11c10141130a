"""The record of a day that no plan lists: before the plan was in force, or where there is none."""

from datetime import date
from typing import Any
from uuid import UUID

from admin.drawn import told_of
from admin.enterprise.days import day_forms, fields_of, given_of, record_day
from admin.frame import PAGE, PageArgs, Wrong, attempt, back, form, show
from i18n import SHANGHAI
from server.core import db
from server.core.clock import now
from server.core.days import Day
from server.core.errors import FieldError, Invalid, NotFound
from server.http.answers import Raw, Redirect
from server.http.routes import Call, RouteTable

routes = RouteTable("admin_other_days")
_LISTED = """
SELECT id FROM inspection WHERE tenant_id = $1 AND form_id = $2 AND working_day = $3 AND withdrawn_reason IS NULL ORDER BY id LIMIT 1
"""


class OtherDay(PageArgs):
    form_id: UUID
    working_day: Day


class MaybeOtherDay(PageArgs):
    """As an address that somebody typed or kept may say it."""

    form_id: UUID | None = None
    working_day: Day | None = None


@routes.get("/admin/days/new", permission="quality.record", query=MaybeOtherDay, media_type=PAGE)
async def day_form(call: Call) -> Raw | Redirect:
    """The form for that day; where the day is listed, its own page. Form and day are chosen on the page of the days."""
    asked: MaybeOtherDay = call.query
    if asked.form_id is None or asked.working_day is None:
        return Redirect("/admin/days")
    if listed := await db.fetchval(_LISTED, call.actor.tenant, asked.form_id, asked.working_day):
        return Redirect(f"/admin/days/{listed}")
    return await _page(call)


async def _page(call: Call, wrong: Wrong | None = None) -> Raw:
    asked: OtherDay = call.query
    chosen = await _form(call)
    return await show(
        call, "day_new.html", section="days", status=wrong.status if wrong else 200, chosen=chosen, working_day=asked.working_day,
        fields=await fields_of(call, asked.form_id), wrong=wrong, open_form="day" if wrong else "", kept=form(call) if wrong else {},
        told=told_of(wrong), given=given_of(call) if wrong else {}, past=asked.working_day < _today(),
    )  # fmt: skip


async def _form(call: Call) -> Any:
    for each in await day_forms(call.actor.tenant):
        if each["id"] == call.query.form_id:
            return each
    raise NotFound


def _today() -> date:
    return now().astimezone(SHANGHAI).date()


@routes.post("/admin/days/new", permission="quality.record", query=OtherDay, media_type=PAGE)
async def record_other_day(call: Call) -> Raw | Redirect:
    asked: OtherDay = call.query
    await _form(call)
    fields = await fields_of(call, asked.form_id)

    async def act() -> UUID:
        if asked.working_day > _today():
            raise Invalid([FieldError("working_day", "happens_in_future", {"at": asked.working_day})])
        return await record_day(call, fields, {"form_id": asked.form_id, "working_day": asked.working_day})

    done = await attempt(call, act)
    if isinstance(done, Wrong):
        return await _page(call, done)
    return back(call, f"/admin/records/{done}", "day_recorded")
