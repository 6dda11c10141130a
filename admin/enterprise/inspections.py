"""Inspections: what is due, what was missed, what is done, each with the lot or place it is about."""

from datetime import datetime
from typing import get_args
from uuid import UUID

from admin.frame import PAGE, PAGE_ROWS, PageArgs, show
from admin.paging import FETCHED
from server.core.errors import FieldError, Invalid
from server.domains.quality import inspection
from server.domains.quality.inspection.commands import ListState, Trigger
from server.http.answers import Raw
from server.http.paging import decode_cursor, encode_cursor
from server.http.routes import Call, RouteTable

routes = RouteTable("admin_inspections")
STATES = ("open", "due", "missed", "upcoming", "done", "late", "failed", "withdrawn")
assert set(STATES) == set(get_args(ListState))


class InspectionsFilter(PageArgs):
    state: ListState = "open"
    trigger: Trigger | None = None
    lot: UUID | None = None


@routes.get("/admin/inspections", permission="quality.read", query=InspectionsFilter, media_type=PAGE)
async def list_inspections(call: Call) -> Raw:
    """What is open by when it is due, the oldest first; what is done, the newest first."""
    q: InspectionsFilter = call.query
    wanted = inspection.InspectionFilter(state=q.state, trigger=q.trigger, lot_id=q.lot)
    rows = await inspection.list_inspections(call.actor.tenant, wanted, _after(q.after), FETCHED)
    rows, more = rows[:PAGE_ROWS], len(rows) > PAGE_ROWS
    following = (
        encode_cursor([rows[-1][inspection.time_of(q.state)].isoformat(), str(rows[-1]["id"])]) if more else None
    )
    return await show(
        call, "inspections.html", section="inspections", inspections=rows, following=following, wanted=q, states=STATES,
        triggers=get_args(Trigger), counts=await inspection.count_inspections(call.actor.tenant),
        filters=q.model_dump(exclude_none=True, exclude={"done", "after"}),
    )  # fmt: skip


def _after(cursor: str | None) -> tuple[datetime, UUID] | None:
    values = decode_cursor(cursor, 2)
    if values is None:
        return None
    try:
        return datetime.fromisoformat(str(values[0])), UUID(str(values[1]))
    except ValueError:
        raise Invalid([FieldError("after", "cursor_invalid")]) from None
