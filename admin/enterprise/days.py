"""Records of a working day (日管控、周排查、月调度): which are expected, which are missing, and filling one in, "nothing found" included."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any
from uuid import UUID

import asyncpg

from admin.drawn import Drawn, contradicts, drawn_fields, told_of, values_of
from admin.enterprise.record_reads import read_records
from admin.frame import PAGE, PAGE_ROWS, PageArgs, Wrong, attempt, back, form, show
from admin.paging import FETCHED
from admin.rows import keep_files
from i18n import SHANGHAI
from server.core import db
from server.core.clock import now
from server.core.days import Day
from server.core.errors import FieldError, Invalid, NotFound
from server.domains import quality
from server.domains.quality import inspection
from server.http.answers import Raw, Redirect
from server.http.paging import decode_cursor, encode_cursor
from server.http.routes import Call, RouteTable

routes = RouteTable("admin_days")


class DaysFilter(PageArgs):
    day_from: Day | None = None
    day_to: Day | None = None
    missing: bool = False


@routes.get("/admin/days", permission="quality.read", query=DaysFilter, media_type=PAGE)
async def list_days(call: Call) -> Raw:
    """The days that a record is expected for, the newest first."""
    q: DaysFilter = call.query
    wanted = inspection.DayFilter(day_from=q.day_from, day_to=q.day_to, missing_only=q.missing)
    rows = await inspection.list_days(call.actor.tenant, wanted, _after(q.after), FETCHED)
    shown, more = rows[:PAGE_ROWS], len(rows) > PAGE_ROWS
    return await show(
        call, "days.html", section="days", days=shown, wanted=q, forms=await day_forms(call.actor.tenant), filters=q.model_dump(exclude_none=True, exclude={"done", "after"}, exclude_defaults=True),
        following=encode_cursor([shown[-1]["working_day"].isoformat(), str(shown[-1]["id"])]) if more else None,
    )  # fmt: skip


async def day_forms(tenant_id: UUID) -> Sequence[asyncpg.Record]:
    """The forms that are filled in for a day: id, name, name_en."""
    return await db.fetch(
        "SELECT id, name, name_en FROM form WHERE tenant_id = $1 AND subject_kind = 'working_day' ORDER BY name LIMIT 200",
        tenant_id,
    )


def _after(cursor: str | None) -> tuple[date, UUID] | None:
    values = decode_cursor(cursor, 2)
    if values is None:
        return None
    try:
        return date.fromisoformat(str(values[0])), UUID(str(values[1]))
    except ValueError:
        raise Invalid([FieldError("after", "cursor_invalid")]) from None


@routes.get("/admin/days/{id}", permission="quality.read", query=PageArgs, media_type=PAGE)
async def show_day(call: Call) -> Raw:
    return await _page(call)


async def _day(call: Call) -> dict[str, Any]:
    found = await inspection.get_inspection(call.actor.tenant, call.id())
    if found["working_day"] is None:
        raise NotFound
    return found


async def _page(call: Call, wrong: Wrong | None = None) -> Raw:
    """The record, or the form where there is none yet."""
    tenant, found = call.actor.tenant, await _day(call)
    ids = [each["record_id"] for each in found["results"]]
    fields = [] if ids else await fields_of(call, found["form_id"])
    return await show(
        call, "day.html", section="days", status=wrong.status if wrong else 200, i=found, fields=fields, wrong=wrong,
        open_form="day" if wrong else "", kept=form(call) if wrong else {}, told=told_of(wrong), shown_alone=None, given=given_of(call) if wrong else {},
        records=await read_records(tenant, ids, call.language, masks_secrets=call.masks_secrets),
        past=found["working_day"] < now().astimezone(SHANGHAI).date(),
    )  # fmt: skip


def given_of(call: Call) -> dict[str, list[str]]:
    return {
        name: values
        for name, values in (call.request.form or {}).items()
        if name.startswith("values.") or name == "nothing_found"
    }


async def fields_of(call: Call, form_id: UUID) -> list[Drawn]:
    version = await quality.version_in_force(call.actor.tenant, now(), form_id)
    return await drawn_fields(call.actor.tenant, version, call.language)


@routes.post("/admin/days/{id}", permission="quality.record", query=PageArgs, media_type=PAGE)
async def fill_in(call: Call) -> Raw | Redirect:
    """The record of this day, week or month."""
    found = await _day(call)
    fields = await fields_of(call, found["form_id"])

    async def act() -> UUID:
        about = {"form_id": found["form_id"], "working_day": found["working_day"], "inspection_id": call.id()}
        return await record_day(call, fields, about)

    done = await attempt(call, act)
    if isinstance(done, Wrong):
        return await _page(call, done)
    return back(call, f"/admin/days/{call.path['id']}", "day_recorded")


async def record_day(call: Call, fields: list[Drawn], about: Mapping[str, Any]) -> UUID:
    """Keep what the form says of the day that `about` names; the record. Raises Invalid where it contradicts itself."""
    if said := contradicts(call, fields):
        raise Invalid([FieldError(f"values.{said}", "found_and_not_found")])
    given = form(call)
    command = {
        **about, "source": "web", "values": values_of(call, fields), "captured_at": _moment(given.get("captured_at")),
        "late_reason": given.get("late_reason"), "attachment_ids": await keep_files(call, "files"),
    }  # fmt: skip
    stored = await quality.record_entry(call.actor, quality.NewRecord.model_validate(command))
    if given.get("nothing_found") and (red := [each for each in stored.warned if each.red]):
        raise Invalid([FieldError(f"values.{each.field.replace('/', '.')}", "nothing_found_but_red") for each in red])
    return stored.record_id


def _moment(given: str | None) -> datetime | str | None:
    """A time at the plant; what is none is refused by the command."""
    try:
        return datetime.fromisoformat(given).replace(tzinfo=SHANGHAI) if given else None
    except ValueError:
        return given
