"""What came in from phones on a day, for the quality manager: signs of invented data, and entries that came twice differently."""

from collections.abc import Collection, Mapping
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from admin.frame import PAGE, PageArgs, Wrong, attempt, back, form, show, typed
from i18n import readable, text
from server.core import db
from server.core.clock import EDGE, now
from server.core.days import Day
from server.domains import quality
from server.domains.quality import inspection, phone
from server.http.answers import Raw, Redirect
from server.http.routes import Call, RouteTable

routes = RouteTable("admin_phone_entries")
MOST_LOTS = 5
_LOTS = """
SELECT r.id AS record_id, l.id, l.lot_no FROM record r JOIN lot l ON l.tenant_id = r.tenant_id AND l.id = r.lot_id
WHERE r.tenant_id = $1 AND r.id = ANY($2::uuid[])
"""


class DayArgs(PageArgs):
    day: Day | None = None


@routes.get("/admin/phone-entries", permission="quality.check", query=DayArgs, media_type=PAGE)
async def show_day(call: Call) -> Raw:
    return await _page(call)


async def _page(call: Call, wrong: Wrong | None = None) -> Raw:
    today = now().astimezone(EDGE).date()
    day: date = call.query.day or today
    found = await inspection.signs_of_day(call.actor.tenant, day)
    lots = await _lots_of(call.actor.tenant, [record for sign in found for record in sign.records])
    signs = [
        {
            "text": text(f"inspection.unusual.{each.kind}", call.language, **readable(each.params)), "count": len(each.records),
            "name": each.operator_name, "lots": _distinct(lots, each.records),
        }
        for each in found
    ]  # fmt: skip
    conflicts = [await _beside(call, each) for each in await phone.list_conflicts(call.actor.tenant)]
    return await show(
        call, "phone_entries.html", section="phone_entries", status=wrong.status if wrong else 200, wrong=wrong, day=day, today=today,
        before=day - timedelta(days=1), after=day + timedelta(days=1), signs=signs, conflicts=conflicts,
        at=call.path.get("id"), kept=form(call) if wrong else {},
    )  # fmt: skip


async def _lots_of(tenant_id: UUID, records: Collection[UUID]) -> dict[UUID, Any]:
    return {row["record_id"]: row for row in await db.fetch(_LOTS, tenant_id, list(records))}


def _distinct(lots: Mapping[UUID, Any], records: Collection[UUID]) -> list[Any]:
    """The lots of these records, each once, as many as fit on a line."""
    named = {lots[record]["id"]: lots[record] for record in records if record in lots}
    return list(named.values())[:MOST_LOTS]


async def _beside(call: Call, conflict: dict[str, Any]) -> dict[str, Any]:
    """Both bodies value by value, by the titles of their form; what differs is marked."""
    version = await quality.version_by_id(call.actor.tenant, conflict["form_version_id"])
    titles = version.titles(call.language)
    kept, other = conflict["kept"].get("values", {}), conflict["other"].get("values", {})
    named = [
        (version.form.title(name, titles), kept.get(name), other.get(name)) for name in dict.fromkeys([*kept, *other])
    ]
    gauges = await _gauge_names(call.actor.tenant, conflict["kept"], conflict["other"])
    about, also = _about(conflict["kept"], gauges), _about(conflict["other"], gauges)
    named += [
        (text(f"inspector_page.entry_field.{name}", call.language), about.get(name), also.get(name))
        for name in dict.fromkeys([*about, *also])
        if about.get(name) != also.get(name)
    ]
    return {**conflict, "rows": [(name, one, two, one != two) for name, one, two in named]}


_BESIDE = (
    "lot_id",
    "code",
    "inspection_id",
    "operation_id",
    "captured_at",
    "typed_later",
    "incomplete",
    "late_reason",
    "correction_reason",
    "seq",
)


def _about(entry: Mapping[str, Any], gauges: Mapping[str, str]) -> dict[str, Any]:
    """What stands in an entry beside its values: how much was decided, by which evidence and with what."""
    found = {name: entry[name] for name in _BESIDE if entry.get(name) is not None} | dict(entry.get("inspected") or {})
    if entry.get("photo_ids"):
        found["photos"] = len(entry["photo_ids"])
    if entry.get("gauge_ids"):
        found["gauges"] = "、".join(gauges.get(each, each) for each in entry["gauge_ids"])
    return found


async def _gauge_names(tenant_id: UUID, *entries: Mapping[str, Any]) -> dict[str, str]:
    wanted = [UUID(each) for entry in entries for each in entry.get("gauge_ids") or ()]
    rows = (
        await db.fetch("SELECT id, name FROM device WHERE tenant_id = $1 AND id = ANY($2::uuid[])", tenant_id, wanted)
        if wanted
        else ()
    )
    return {str(row["id"]): row["name"] for row in rows}


@routes.post("/admin/phone-entries/{id}/resolution", permission="quality.check", query=DayArgs, media_type=PAGE)
async def resolve(call: Call) -> Raw | Redirect:
    async def act() -> None:
        command = phone.ResolveConflict.model_validate(typed(form(call), phone.ResolveConflict))
        await phone.resolve_conflict(call.actor, call.id(), command)

    done = await attempt(call, act)
    return await _page(call, done) if isinstance(done, Wrong) else back(call, "/admin/phone-entries", "saved")
