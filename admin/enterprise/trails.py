"""The trail of changes and the log of what authorities read."""

from datetime import date, datetime, time, timedelta
from typing import Any
from urllib.parse import urlencode

from pydantic import Field

from admin import wording
from admin.frame import PAGE, PageArgs, show
from admin.paging import FETCHED, cut
from i18n import SHANGHAI, all_keys, text
from server.core import db
from server.core.days import Day
from server.domains.access import queries
from server.http.answers import Raw
from server.http.paging import decode_id
from server.http.routes import Call, RouteTable

routes = RouteTable("admin_trails")

ACTION = "admin.action."
ID_LENGTH = 36
PAGES = {
    "lot": "lots", "shipment": "shipments", "product": "products", "supplier": "suppliers", "customer": "customers",
    "certificate": "certificates", "form": "forms", "site": "sites", "place": "places", "user": "users", "recall": "recalls",
    "code_order": "codes",
}  # fmt: skip


class TrailFilter(PageArgs):
    object_type: str | None = Field(None, max_length=80)
    object_id: str | None = Field(None, max_length=200)
    action: str | None = Field(None, max_length=80)
    first_day: Day | None = None
    last_day: Day | None = None


@routes.get("/admin/audit", permission="audit.read", query=TrailFilter, media_type=PAGE)
async def audit(call: Call) -> Raw:
    q: TrailFilter = call.query
    rows = await queries.audit_trail(
        call.actor.tenant_id, object_type=q.object_type, object_id=q.object_id, actor_id=None, action=q.action,
        since=_begin(q.first_day), until=_end(q.last_day), after=decode_id(q.after), limit=FETCHED,
    )  # fmt: skip
    shown, following = cut(rows)
    entries = [
        {**row, "changes": _changes(row, call.language), "page": _page_of(row) if call.actor.tenant_id else None}
        for row in map(dict, shown)
    ]
    filters = q.model_dump(exclude_none=True, exclude={"done", "after"})
    return await show(
        call, "audit.html", section="audit", entries=entries, following=following, wanted=q, filters=filters,
        actions=_actions(call.language),
    )  # fmt: skip


def _page_of(row: dict[str, Any]) -> str | None:
    """The page of what was changed, where it has one."""
    folder = PAGES.get(row["object_type"])
    return f"/admin/{folder}/{row['object_id']}" if folder and len(row["object_id"]) == ID_LENGTH else None


def _changes(row: dict[str, Any], language: str) -> list[tuple[str, str | None, str]]:
    """(field, before, after) of what differs, in the reader's words; a creation has no before."""
    old, new = db.loads(row["before"]) or {}, db.loads(row["after"]) or {}
    names = [*new, *(name for name in old if name not in new)]
    return [
        (
            wording.field_name(language, row["object_type"], name),
            wording.plain_value(language, name, old[name]) if name in old else None,
            wording.plain_value(language, name, new.get(name)),
        )
        for name in names
        if old.get(name) != new.get(name)
    ]


def _actions(language: str) -> list[tuple[str, list[tuple[str, str]]]]:
    """Every act with a name of its own, by what it is done to: (heading, [(value, name)])."""
    groups: dict[str, list[tuple[str, str]]] = {}
    for key in sorted(all_keys()):
        if key.startswith(ACTION):
            act = key.removeprefix(ACTION)
            groups.setdefault(act.partition(".")[0], []).append((act, text(key, language)))
    return [
        (wording.word(language, "object", kind), [(f"{kind}.*", text("admin.all", language)), *acts])
        for kind, acts in groups.items()
    ]


@routes.get("/admin/reads", permission="access.read_log", query=TrailFilter, media_type=PAGE)
async def reads(call: Call) -> Raw:
    """What authorities opened, and a way to open the same."""
    q: TrailFilter = call.query
    rows = await queries.read_log(call.actor.tenant, _begin(q.first_day), _end(q.last_day), decode_id(q.after), FETCHED)
    shown, following = cut(rows)
    entries = [{**row, "path": _same_page({**row, "query": db.loads(row["query"])})} for row in map(dict, shown)]
    filters = q.model_dump(exclude_none=True, exclude={"done", "after"})
    return await show(
        call, "reads.html", section="reads", entries=entries, following=following, wanted=q, filters=filters
    )  # fmt: skip


def _same_page(read: dict[str, Any]) -> str | None:
    """The address at which the enterprise sees what its authority saw."""
    path, lot = str(read["route"]), read["object_id"]
    if path.startswith("/admin/"):
        path = path.replace("{id}", str(lot))
    elif lot and path.startswith("/api/v1/lots/{id}"):
        path = f"/admin/lots/{lot}" + ("/trace" if path.endswith(("/materials", "/products")) else "")
    else:
        return None
    given = {name: values for name, values in read["query"].items() if name not in ("enterprise", "as")}
    return None if "{" in path else f"{path}?{urlencode({**given, 'as': 'authority'}, doseq=True)}"


def _begin(day: date | None) -> datetime | None:
    return None if day is None else datetime.combine(day, time(), SHANGHAI)


def _end(day: date | None) -> datetime | None:
    return None if day is None else datetime.combine(day + timedelta(days=1), time(), SHANGHAI)
