"""The platform's register: enterprises and authorities, listed and created."""

from uuid import UUID

from admin.frame import PAGE, PageArgs, Wrong, attempt, back, form, show
from admin.paging import FETCHED, cut
from server.core import db
from server.domains.access import authorities, queries, tenants
from server.domains.access.commands import NewAuthority, NewRegulator, NewTenant, NewUser
from server.domains.access.people import CreatedUser
from server.domains.scans import complaints
from server.http.answers import Raw, Redirect
from server.http.paging import decode_id
from server.http.routes import Call, RouteTable

routes = RouteTable("admin_platform")

_BEHIND = """
SELECT (SELECT count(*) FROM outbox WHERE done_at IS NULL AND dead_at IS NULL AND due_at < now() - interval '10 minutes') AS late,
       (SELECT count(*) FROM outbox WHERE dead_at IS NOT NULL) AS dead
"""
TENANT_TAKEN = {"tenant_name_taken": "name", "credit_code_taken": "credit_code", "username_taken": "username"}


async def tenants_page(
    call: Call, wrong: Wrong | None = None, created: CreatedUser | None = None, *, given: dict[str, str] | None = None
) -> Raw:
    rows, following = cut(await queries.list_tenants(decode_id(call.query.after), FETCHED))
    return await show(
        call, "tenants.html", section="tenants", status=wrong.status if wrong else 200, tenants=rows,
        following=following, wrong=wrong, created=created, given=given or {},
        complaints=await complaints.open_count(None), behind=await db.fetchrow(_BEHIND),
    )  # fmt: skip


@routes.post("/admin/tenants", permission="platform.write", query=PageArgs, media_type=PAGE)
async def create_tenant(call: Call) -> Raw:
    """The enterprise and its first administrator, whose password is shown once."""
    given = form(call)

    async def act() -> CreatedUser:
        company = {name: given.get(name) for name in ("name", "credit_code", "division_code", "address")}
        tenant_id = await tenants.create_tenant(call.actor, NewTenant.model_validate(company))
        person = {"username": given.get("username"), "display_name": given.get("display_name")}
        first = NewUser.model_validate({**person, "roles": ["enterprise_admin"]})
        return await authorities.add_member(call.actor, tenant_id, first)

    done = await attempt(call, act, TENANT_TAKEN)
    return await (tenants_page(call, done, given=given) if isinstance(done, Wrong) else tenants_page(call, None, done))


@routes.get("/admin/authorities", permission="platform.read", query=PageArgs, media_type=PAGE)
async def list_authorities(call: Call) -> Raw:
    return await _authorities_page(call)


async def _authorities_page(
    call: Call, wrong: Wrong | None = None, created: CreatedUser | None = None, given: dict[str, str] | None = None
) -> Raw:
    rows, following = cut(await queries.list_authorities(decode_id(call.query.after), FETCHED))
    shown = [{**row, "jurisdictions": db.loads(row["jurisdictions"])} for row in map(dict, rows)]
    return await show(
        call, "authorities.html", section="authorities", status=wrong.status if wrong else 200, authorities=shown,
        following=following, wrong=wrong, created=created, given=given or {},
    )  # fmt: skip


@routes.post("/admin/authorities", permission="platform.write", query=PageArgs, media_type=PAGE)
async def create_authority(call: Call) -> Raw | Redirect:
    """The authority with its districts, and where a name is given its first regulator."""
    given = form(call)

    async def act() -> CreatedUser | None:
        codes = given.get("division_codes", "").replace("，", ",").replace(" ", ",").split(",")
        command = NewAuthority.model_validate({"name": given.get("name"), "division_codes": [c for c in codes if c]})
        authority_id = await authorities.create_authority(call.actor, command)
        return await _first_regulator(call, authority_id, given)

    done = await attempt(call, act, {"authority_name_taken": "name", "username_taken": "username"})
    if isinstance(done, Wrong):
        return await _authorities_page(call, done, given=given)
    return await _authorities_page(call, None, done) if done else back(call, "/admin/authorities", "created")


async def _first_regulator(call: Call, authority_id: UUID, given: dict[str, str]) -> CreatedUser | None:
    if not given.get("username"):
        return None
    person = {"username": given["username"], "display_name": given.get("display_name", given["username"])}
    return await authorities.create_regulator(call.actor, authority_id, NewRegulator.model_validate(person))
