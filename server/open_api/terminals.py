"""/api/v1: terminals of lines, badges and phones, as the enterprise's admins keep them."""

from datetime import datetime
from uuid import UUID

from pydantic import BaseModel

from server.domains.access import BadgeKeys, badges, phone_keys, terminals
from server.domains.access.entry_commands import NewBadge, NewTerminal
from server.http.routes import Call, RouteTable
from server.open_api.examples import access as examples

routes = RouteTable("terminals")


class OfferedOut(BaseModel):
    """`code` is shown here and never again; typed into a phone within a day it makes that phone the terminal."""

    id: UUID
    code: str
    code_until: datetime


class TerminalOut(BaseModel):
    """`code_until`: while a one-time code is open."""

    id: UUID
    name: str
    place_id: UUID | None
    place_name: str | None
    enrolled_at: datetime | None
    code_until: datetime | None
    created_at: datetime


class TerminalList(BaseModel):
    items: list[TerminalOut]


class BadgeIssued(BaseModel):
    """`text` is what the badge's code says; shown here and never again."""

    id: UUID
    text: str


class BadgeOut(BaseModel):
    """`wrong_tries`: wrong PINs in a row, wherever they were typed. `locked`: so many that it opens nothing until its PIN is
    another one."""

    id: UUID
    user_id: UUID
    user_name: str
    created_at: datetime
    pin_set_at: datetime
    wrong_tries: int
    locked: bool


class BadgeList(BaseModel):
    items: list[BadgeOut]


class PhoneOut(BaseModel):
    id: UUID
    label: str
    user_id: UUID
    user_name: str
    created_at: datetime


class PhoneList(BaseModel):
    items: list[PhoneOut]


def _offered(made: terminals.Offered) -> OfferedOut:
    return OfferedOut(id=made.id, code=made.code, code_until=made.code_until)


@routes.get("/api/v1/terminals", permission="access.write", returns=TerminalList)
async def list_terminals(call: Call) -> TerminalList:
    return TerminalList(items=[TerminalOut(**row) for row in await terminals.list_terminals(call.actor)])


@routes.post(
    "/api/v1/terminals",
    permission="access.write",
    body=NewTerminal,
    returns=OfferedOut,
    status=201,
    example=examples.TERMINAL,
)
async def create_terminal(call: Call, body: NewTerminal) -> OfferedOut:
    """A phone that belongs to a line, signed in for nobody: who makes an entry signs it with badge and PIN."""
    return _offered(await terminals.create_terminal(call.actor, body))


@routes.post("/api/v1/terminals/{id}/code", permission="access.write", returns=OfferedOut, status=201)
async def offer_code(call: Call) -> OfferedOut:
    """Another code, for the phone that takes the place of the one before."""
    return _offered(await terminals.offer_code(call.actor, call.id()))


@routes.delete("/api/v1/terminals/{id}", permission="access.write", status=204)
async def revoke_terminal(call: Call) -> None:
    """Take it back: what was recorded on it before still arrives, and is flagged."""
    await terminals.revoke_terminal(call.actor, call.id())


@routes.get("/api/v1/badges", permission="phone.enter", returns=BadgeList)
async def list_badges(call: Call) -> BadgeList:
    """The badges in force; without the right to manage people one's own."""
    return BadgeList(items=[BadgeOut(**row) for row in await badges.list_badges(call.actor)])


@routes.post(
    "/api/v1/badges", permission="access.write", body=NewBadge, returns=BadgeIssued, status=201, example=examples.BADGE
)
async def issue_badge(call: Call, body: NewBadge) -> BadgeIssued:
    """A badge for an employee, in place of the one before; its holder changes the PIN himself."""
    made = await badges.issue_badge(call.actor, body, BadgeKeys(call.services.settings.file_key))
    return BadgeIssued(id=made.id, text=made.text)


@routes.delete("/api/v1/badges/{id}", permission="access.write", status=204)
async def revoke_badge(call: Call) -> None:
    """It signs nothing that is made from now on."""
    await badges.revoke_badge(call.actor, call.id())


@routes.get("/api/v1/phones", permission="access.write", returns=PhoneList)
async def list_phones(call: Call) -> PhoneList:
    return PhoneList(items=[PhoneOut(**row) for row in await phone_keys.list_phones(call.actor)])


@routes.delete("/api/v1/phones/{id}", permission="access.write", status=204)
async def revoke_phone(call: Call) -> None:
    """Take it back: what was recorded on it before still arrives, and is flagged."""
    await phone_keys.revoke_phone(call.actor, call.id())
