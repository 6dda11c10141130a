"""Invitations, and the identities that were bound by them."""

from datetime import datetime
from uuid import UUID

from pydantic import BaseModel

from server.domains.access import invitations
from server.domains.access.phone_commands import Way
from server.http.routes import Call, RouteTable

routes = RouteTable("invitations")


class IssuedOut(BaseModel):
    """`token` is shown here and never again. Who has it binds his own WeChat, Alipay or number to this employee."""

    id: UUID
    token: str
    expires_at: datetime


class IdentityOut(BaseModel):
    """`known_as`: the end of it, to tell two apart."""

    id: UUID
    way: Way
    known_as: str
    bound_at: datetime
    last_used_at: datetime | None


class InvitationOut(BaseModel):
    id: UUID
    created_at: datetime
    creator_name: str
    expires_at: datetime


class BoundOut(BaseModel):
    identities: list[IdentityOut]
    invitations: list[InvitationOut]


@routes.post("/api/v1/users/{id}/invitations", permission="access.write", returns=IssuedOut, status=201)
async def issue_invitation(call: Call) -> IssuedOut:
    """Invite an employee to bind one identity, within 72 hours."""
    issued = await invitations.issue(call.actor, call.id())
    return IssuedOut(id=issued.id, token=issued.token, expires_at=issued.expires_at)


@routes.get("/api/v1/users/{id}/identities", permission="access.write", returns=BoundOut)
async def list_identities(call: Call) -> BoundOut:
    """What is bound to an employee, and the invitations that are still open."""
    bound, still_open = await invitations.of_user(call.actor, call.id())
    return BoundOut(
        identities=[
            IdentityOut(
                id=row["id"], way=row["way"], known_as=invitations.shown(row["way"], row["subject"]),
                bound_at=row["bound_at"], last_used_at=row["last_used_at"],
            )
            for row in bound
        ],
        invitations=[InvitationOut(**row) for row in still_open],
    )  # fmt: skip


@routes.delete("/api/v1/invitations/{id}", permission="access.write", status=204)
async def revoke_invitation(call: Call) -> None:
    """Nobody can use it any more."""
    await invitations.revoke(call.actor, call.id())


@routes.delete("/api/v1/identities/{id}", permission="access.write", status=204)
async def end_identity(call: Call) -> None:
    """Take an identity back: it opens nothing from now on, and what it had opened ends at the next request."""
    await invitations.unbind(call.actor, call.id())
