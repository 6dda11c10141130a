"""Who enters from which phone: terminals of lines, badges, registered phones; and what one person has bound by invitation."""

from dataclasses import dataclass
from typing import Any

from admin.enterprise import choices
from admin.frame import PAGE, PageArgs, Wrong, attempt, back, form, show, typed
from admin.links import qr_picture
from server.core.errors import NotFound
from server.domains.access import BadgeKeys, badges, invitations, permissions_of, phone_keys, queries, terminals
from server.domains.access.entry_commands import NewBadge, NewTerminal, SetPin
from server.http.answers import Raw, Redirect
from server.http.routes import Call, RouteTable

routes = RouteTable("admin_phones")
MOST_PEOPLE = 500


@dataclass(frozen=True, slots=True)
class Once:
    """What is shown once: `text` to type or scan, `picture` the same as a symbol."""

    kind: str
    name: str
    text: str
    picture: str

    @classmethod
    def of(cls, kind: str, name: str, text: str) -> "Once":
        return cls(kind, name, text, qr_picture(text))


def _keys(call: Call) -> BadgeKeys:
    return BadgeKeys(call.services.settings.file_key)


@routes.get("/admin/phones", permission="access.write", query=PageArgs, media_type=PAGE)
async def list_all(call: Call) -> Raw:
    return await _page(call)


async def _page(call: Call, wrong: Wrong | None = None, once: Once | None = None, open_form: str = "") -> Raw:
    people = await queries.list_users(call.actor.tenant, None, MOST_PEOPLE)
    entering = [
        row for row in people if "phone.enter" in permissions_of(row["roles"]) and row["state"] != "disabled"
    ]  # fmt: skip
    return await show(
        call, "phones.html", section="phones", status=wrong.status if wrong else 200, wrong=wrong, once=once, open_form=open_form,
        terminals=await terminals.list_terminals(call.actor), badges=await badges.list_badges(call.actor),
        phones=await phone_keys.list_phones(call.actor), people=entering, places=await choices.places(call.actor.tenant),
        kept=form(call) if wrong else {},
    )  # fmt: skip


@routes.post("/admin/phones/terminals", permission="access.write", query=PageArgs, media_type=PAGE)
async def create_terminal(call: Call) -> Raw:
    async def act() -> Once:
        command = NewTerminal.model_validate(typed(form(call), NewTerminal))
        made = await terminals.create_terminal(call.actor, command)
        return Once.of("terminal", command.name, made.code)

    return await _shown(call, await attempt(call, act), "terminal")


@routes.post("/admin/phones/terminals/{id}/code", permission="access.write", query=PageArgs, media_type=PAGE)
async def offer_code(call: Call) -> Raw:
    async def act() -> Once:
        made = await terminals.offer_code(call.actor, call.id())
        name = next(row["name"] for row in await terminals.list_terminals(call.actor) if row["id"] == made.id)
        return Once.of("terminal", name, made.code)

    return await _shown(call, await act(), "terminal")


@routes.post("/admin/phones/badges", permission="access.write", query=PageArgs, media_type=PAGE)
async def issue_badge(call: Call) -> Raw:
    async def act() -> Once:
        command = NewBadge.model_validate(typed(form(call), NewBadge))
        made = await badges.issue_badge(call.actor, command, _keys(call))
        person = await queries.user(call.actor.tenant, command.user_id)
        return Once.of("badge", person["display_name"], made.text)

    return await _shown(call, await attempt(call, act), "badge")


@routes.post("/admin/phones/badges/{id}/pin", permission="access.write", query=PageArgs, media_type=PAGE)
async def set_pin(call: Call) -> Raw | Redirect:
    async def act() -> None:
        await badges.set_pin(call.actor, call.id(), SetPin.model_validate(typed(form(call), SetPin)), _keys(call))

    done = await attempt(call, act)
    if isinstance(done, Wrong):
        return await _page(call, done, open_form=call.path["id"])
    return back(call, "/admin/phones", "saved")


@routes.post("/admin/phones/{kind}/{id}/revoke", permission="access.write", query=PageArgs, media_type=PAGE)
async def revoke(call: Call) -> Redirect:
    """A terminal, a badge or a phone: what was recorded before still arrives, and is flagged."""
    acts = {"terminals": terminals.revoke_terminal, "badges": badges.revoke_badge, "phones": phone_keys.revoke_phone}
    if call.path["kind"] not in acts:
        raise NotFound
    await acts[call.path["kind"]](call.actor, call.id())
    return back(call, "/admin/phones", "revoked")


async def _shown(call: Call, done: Once | Wrong, open_form: str) -> Raw:
    return await (_page(call, done, open_form=open_form) if isinstance(done, Wrong) else _page(call, once=done))


@routes.get("/admin/users/{id}/identities", permission="access.write", query=PageArgs, media_type=PAGE)
async def show_identities(call: Call) -> Raw:
    return await _person(call)


async def _person(call: Call, once: Once | None = None) -> Raw:
    person: Any = await queries.user(call.actor.tenant, call.id())
    bound, still_open = await invitations.of_user(call.actor, call.id())
    known = [{**row, "known_as": invitations.shown(row["way"], row["subject"])} for row in bound]
    return await show(
        call, "user_identities.html", section="users", person=person, bound=known, still_open=still_open, once=once
    )


@routes.post("/admin/users/{id}/identities", permission="access.write", query=PageArgs, media_type=PAGE)
async def invite(call: Call) -> Raw:
    """One more invitation: the address that the phone opens, shown once."""
    person: Any = await queries.user(call.actor.tenant, call.id())
    made = await invitations.issue(call.actor, call.id())
    address = f"{call.services.settings.base_url}/phone/#invitation={made.token}"
    return await _person(call, Once.of("invitation", person["display_name"], address))


@routes.post(
    "/admin/users/{id}/invitations/{invitation_id}/revoke", permission="access.write", query=PageArgs, media_type=PAGE
)
async def revoke_invitation(call: Call) -> Redirect:
    await invitations.revoke(call.actor, call.id("invitation_id"))
    return back(call, f"/admin/users/{call.path['id']}/identities", "revoked")


@routes.post(
    "/admin/users/{id}/identities/{identity_id}/end", permission="access.write", query=PageArgs, media_type=PAGE
)
async def end_identity(call: Call) -> Redirect:
    await invitations.unbind(call.actor, call.id("identity_id"))
    return back(call, f"/admin/users/{call.path['id']}/identities", "revoked")
