"""Phones and terminals make themselves known: what they get is good for delivering, and for little else."""

from typing import Literal
from uuid import UUID

from pydantic import BaseModel

from miniprogram_api.inspector import examples
from server.core import db
from server.core.clock import now
from server.core.errors import TooMany
from server.core.scope import Scope
from server.domains.access import LOCAL_UNLOCK_HOURS, BadgeKeys, badges, phone_keys, pin_tries, terminals
from server.domains.access.entry_commands import ChangePin, EnrolTerminal, PinTries, RegisterPhone
from server.http.client import address_of
from server.http.routes import PUBLIC, Call, RouteTable

routes = RouteTable("phone_keys")
TRIES_PER_MINUTE = 20  # of one address


class PhoneKeyOut(BaseModel):
    """`key` is shown here and never again. It delivers entries and photos, and opens nothing."""

    id: UUID
    key: str
    local_unlock_hours: int = LOCAL_UNLOCK_HOURS


class EnrolledOut(BaseModel):
    """`key` is shown here and never again."""

    terminal_id: UUID
    key: str
    name: str
    place_id: UUID | None
    place_name: str | None
    tenant_name: str
    kind: Literal["terminal"] = "terminal"


@routes.post(
    "/api/v1/phone/keys",
    permission="phone.enter",
    body=RegisterPhone,
    returns=PhoneKeyOut,
    status=201,
    example=examples.PHONE,
)
async def register_phone(call: Call, body: RegisterPhone) -> PhoneKeyOut:
    """Register the phone on which one has signed in: with the key it delivers what was recorded, also after the session is
    over; after a revocation only what was recorded before, which is flagged."""
    made = await phone_keys.register_phone(call.actor, body)
    return PhoneKeyOut(id=made.id, key=made.key)


@routes.post(
    "/api/v1/auth/terminals",
    permission=PUBLIC,
    body=EnrolTerminal,
    returns=EnrolledOut,
    example=examples.ENROLMENT,
)
async def enrol_terminal(call: Call, body: EnrolTerminal) -> EnrolledOut:
    """Make this phone the terminal that an admin has set up, by the code that he was shown; once, within a day."""
    wait = await call.services.limiter.use(
        f"terminal-code:{address_of(call.request)}", limit=TRIES_PER_MINUTE, window_seconds=60
    )
    if wait:
        raise TooMany(retry_after_seconds=wait)
    async with db.transaction(Scope.system()):
        made = await terminals.enrol_terminal(body, call.request_id, call.language)
    return EnrolledOut(
        terminal_id=made.id, key=made.key, name=made.name, place_id=made.place_id, place_name=made.place_name,
        tenant_name=made.tenant_name,
    )  # fmt: skip


@routes.put("/api/v1/phone/badges/{id}/pin", permission="phone.enter", body=ChangePin, status=204, example=examples.PIN)
async def change_pin(call: Call, body: ChangePin) -> None:
    """Another PIN for one's own badge, by the old one or the password (at a terminal: for the badge scanned there, by its old
    one; an admin: for anybody's). Terminals get their new keys with the next pack."""
    await badges.change_pin(call.actor, call.id(), body, BadgeKeys(call.services.settings.file_key))


class StandingOut(BaseModel):
    """`wrong`: wrong PINs in a row against the badge, wherever they were typed."""

    badge_id: UUID
    wrong: int
    locked: bool


class StandingList(BaseModel):
    items: list[StandingOut]


@routes.post(
    "/api/v1/phone/pin-tries",
    permission="phone.deliver",
    body=PinTries,
    returns=StandingList,
    example=examples.PIN_TRIES,
)
async def tell_tries(call: Call, body: PinTries) -> StandingList:
    """A terminal tells of wrong PINs that it counted by itself; told twice they count once. At ten in a row a badge opens
    nowhere until its PIN is another one; an entry signed by the right PIN forgives what was tried before it. From a phone of
    one's own nothing is kept: badges are scanned at terminals."""
    found = await pin_tries.tell_tries(call.actor, body, now())
    return StandingList(
        items=[StandingOut(badge_id=each.badge_id, wrong=each.wrong, locked=each.locked) for each in found]
    )
