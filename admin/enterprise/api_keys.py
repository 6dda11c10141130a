"""Keys for machines: made with the roles they need, shown once, ended by their enterprise at any time."""

from datetime import date, datetime

from admin.enterprise.people import ROLE_ORDER
from admin.frame import PAGE, PageArgs, Wrong, attempt, back, form, form_list, show, typed
from server.core.clock import end_of_day, now
from server.core.days import usable
from server.domains.access import api_keys, permissions_of, queries
from server.domains.access.api_keys import CreatedKey
from server.domains.access.commands import NewApiKey
from server.http.answers import Raw, Redirect
from server.http.routes import Call, RouteTable

routes = RouteTable("admin_api_keys")


@routes.get("/admin/api-keys", permission="access.write", query=PageArgs, media_type=PAGE)
async def list_keys(call: Call) -> Raw:
    return await _page(call)


async def _page(call: Call, wrong: Wrong | None = None, created: CreatedKey | None = None) -> Raw:
    """Only roles that grant no more than the reader has are offered: nothing else would be taken."""
    rows = await queries.list_api_keys(call.actor.tenant)
    at = now()
    keys = [{**row, "state": _state(row["revoked_at"], row["expires_at"], at)} for row in rows]
    return await show(
        call, "api_keys.html", section="api_keys", status=wrong.status if wrong else 200, keys=keys, wrong=wrong, created=created,
        roles=[role for role in ROLE_ORDER if permissions_of([role]) <= call.actor.permissions],
        given=form(call) if wrong else {}, chosen=form_list(call, "roles") if wrong else [],
    )  # fmt: skip


def _state(revoked_at: datetime | None, expires_at: datetime | None, at: datetime) -> str:
    if revoked_at is not None:
        return "revoked"
    return "expired" if expires_at is not None and expires_at <= at else "active"


def _end(day: str | None) -> datetime | str | None:
    """A key is good until the end of its last day; what is no day is refused by the command itself."""
    try:
        return end_of_day(usable(date.fromisoformat(day))) if day else None
    except ValueError:
        return day


@routes.post("/admin/api-keys", permission="access.write", query=PageArgs, media_type=PAGE)
async def create_key(call: Call) -> Raw:
    async def act() -> CreatedKey:
        given = form(call)
        values = typed(given, NewApiKey, roles=form_list(call, "roles"), expires_at=_end(given.get("expires_at")))
        return await api_keys.create_api_key(call.actor, NewApiKey.model_validate(values))

    done = await attempt(call, act)
    return await (_page(call, done) if isinstance(done, Wrong) else _page(call, None, done))


@routes.post("/admin/api-keys/{id}/revoke", permission="access.write", query=PageArgs, media_type=PAGE)
async def revoke_key(call: Call) -> Redirect:
    await api_keys.revoke_api_key(call.actor, call.id())
    return back(call, "/admin/api-keys", "revoked")
