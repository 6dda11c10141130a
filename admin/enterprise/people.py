"""The people of the enterprise: who may do what, and one-time passwords shown once."""

from typing import Any

from admin.frame import PAGE, PageArgs, Wrong, attempt, back, form, form_list, show
from admin.paging import FETCHED, cut
from server.core.errors import NotFound
from server.domains.access import TENANT_ROLES, people, queries
from server.domains.access.commands import ChangeUser, NewUser, SetDisabled
from server.domains.access.people import CreatedUser
from server.http.answers import Raw, Redirect
from server.http.paging import decode_id
from server.http.routes import Call, RouteTable

routes = RouteTable("admin_people")

ROLE_ORDER = ("enterprise_admin", "quality_manager", "releaser", "inspector", "operator", "viewer")
assert set(ROLE_ORDER) == TENANT_ROLES


@routes.get("/admin/users", permission="access.people", query=PageArgs, media_type=PAGE)
async def list_users(call: Call) -> Raw:
    return await _users_page(call)


async def _users_page(call: Call, wrong: Wrong | None = None, created: CreatedUser | None = None, **given: Any) -> Raw:
    rows, following = cut(await queries.list_users(call.actor.tenant, decode_id(call.query.after), FETCHED))
    return await show(
        call, "users.html", section="users", status=wrong.status if wrong else 200, users=rows, following=following,
        wrong=wrong, created=created, roles=ROLE_ORDER, given=given.get("form", {}), chosen=given.get("chosen", []),
    )  # fmt: skip


@routes.post("/admin/users", permission="access.write", query=PageArgs, media_type=PAGE)
async def create_user(call: Call) -> Raw:
    given, chosen = form(call), form_list(call, "roles")

    async def act() -> CreatedUser:
        typed = {name: given.get(name) for name in ("username", "display_name", "phone", "workshop", "shift")}
        return await people.create_user(call.actor, NewUser.model_validate({**typed, "roles": chosen}))

    done = await attempt(call, act, {"username_taken": "username", "already_member": "username"})
    if isinstance(done, Wrong):
        return await _users_page(call, done, form=given, chosen=chosen)
    return await _users_page(call, None, done)


@routes.get("/admin/users/{id}", permission="access.people", query=PageArgs, media_type=PAGE)
async def show_user(call: Call) -> Raw:
    return await _user_page(call)


async def _user_page(call: Call, wrong: Wrong | None = None, created: CreatedUser | None = None) -> Raw:
    person = await queries.user(call.actor.tenant, call.id())
    given = form(call)
    sent = {"roles": form_list(call, "roles"), "workshop": given.get("workshop"), "shift": given.get("shift")}
    return await show(
        call, "user.html", section="users", status=wrong.status if wrong else 200, person=person, roles=ROLE_ORDER,
        wrong=wrong, created=created, is_self=person["id"] == call.actor.id, kept=sent if wrong and call.path.get("act") is None else person,
    )  # fmt: skip


@routes.post("/admin/users/{id}", permission="access.write", query=PageArgs, media_type=PAGE)
async def change_user(call: Call) -> Raw | Redirect:
    given = form(call)

    async def act() -> None:
        change = {
            "roles": form_list(call, "roles"),
            "workshop": given.get("workshop", ""),
            "shift": given.get("shift", ""),
        }
        await people.change_user(call.actor, call.id(), ChangeUser.model_validate(change))

    done = await attempt(call, act, {"last_enterprise_admin": "roles"})
    return await _user_page(call, done) if isinstance(done, Wrong) else back(call, call.request.path, "saved")


@routes.post("/admin/users/{id}/{act}", permission="access.write", query=PageArgs, media_type=PAGE)
async def act_on_user(call: Call) -> Raw | Redirect:
    """`disable`, `enable`, or `password`, which shows a new one-time password."""
    name = call.path["act"]
    if name == "password":
        done = await attempt(call, lambda: people.reset_password(call.actor, call.id()))
        return await (_user_page(call, done) if isinstance(done, Wrong) else _user_page(call, None, done))
    if name not in ("disable", "enable"):
        raise NotFound
    change = SetDisabled(disabled=name == "disable")
    shut = await attempt(call, lambda: people.set_user_disabled(call.actor, call.id(), change))
    path = f"/admin/users/{call.path['id']}"
    return await _user_page(call, shut) if isinstance(shut, Wrong) else back(call, path, "saved")
