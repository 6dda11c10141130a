"""Invitations and what was bound by them, as the enterprise's admins keep them, in its scope."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from server.core import db
from server.core.actor import Actor
from server.core.clock import now
from server.core.errors import NotFound
from server.core.ids import new_id
from server.domains.access import audit, tokens
from server.domains.access.people import require_person

INVITATION_HOURS = 72


@dataclass(frozen=True, slots=True)
class Issued:
    """`token` is shown once; who has it binds his identity to the employee it was issued for."""

    id: UUID
    token: str
    expires_at: datetime


async def issue(actor: Actor, user_id: UUID) -> Issued:
    """One more invitation for an employee, for 72 hours and one identity."""
    actor.require("access.write")
    require_person(actor)
    membership_id = await _membership(actor.tenant, user_id)
    token, id, expires_at = tokens.new_refresh_token(), new_id(), now() + timedelta(hours=INVITATION_HOURS)
    await db.execute(
        "INSERT INTO invitation (tenant_id, id, membership_id, digest, expires_at, created_by, creator_name)"
        " VALUES ($1, $2, $3, $4, $5, $6, $7)",
        actor.tenant, id, membership_id, tokens.digest(token), expires_at, actor.id, actor.name,
    )  # fmt: skip
    await audit.record(
        actor, "invitation.issued", "invitation", id, after={"user_id": str(user_id), "expires_at": expires_at}
    )
    return Issued(id, token, expires_at)


async def revoke(actor: Actor, id: UUID) -> None:
    """Nobody can use it from now on; NotFound where it was used already."""
    actor.require("access.write")
    require_person(actor)
    membership_id = await db.fetchval(
        "UPDATE invitation SET revoked_at = now() WHERE tenant_id = $1 AND id = $2 AND used_at IS NULL AND revoked_at IS NULL"
        " RETURNING membership_id",
        actor.tenant, id,
    )  # fmt: skip
    if membership_id is None:
        raise NotFound
    await audit.record(actor, "invitation.revoked", "invitation", id, before={"membership_id": str(membership_id)})


async def unbind(actor: Actor, id: UUID) -> None:
    """Take an identity back; the sessions that it opened end at their next request."""
    actor.require("access.write")
    require_person(actor)
    row = await db.fetchrow(
        "UPDATE external_identity SET ended_at = now(), ended_by = $3 WHERE tenant_id = $1 AND id = $2 AND ended_at IS NULL"
        " RETURNING way, membership_id, subject",
        actor.tenant, id, actor.id,
    )  # fmt: skip
    if row is None:
        raise NotFound
    ended = await db.fetchval("SELECT end_sessions_of_identity($1)", id)
    before = {
        "way": row["way"],
        "membership_id": str(row["membership_id"]),
        "known_as": shown(row["way"], row["subject"]),
    }
    await audit.record(actor, "identity.ended", "identity", id, before=before, after={"sessions_ended": ended})


async def of_user(actor: Actor, user_id: UUID) -> tuple[list[Any], list[Any]]:
    """(identities bound now, invitations still open) of one employee; NotFound for anybody else."""
    actor.require("access.write")
    membership_id = await _membership(actor.tenant, user_id)
    identities = await db.fetch(
        "SELECT id, way, subject, bound_at, last_used_at FROM external_identity"
        " WHERE tenant_id = $1 AND membership_id = $2 AND ended_at IS NULL ORDER BY id",
        actor.tenant, membership_id,
    )  # fmt: skip
    invitations = await db.fetch(
        "SELECT id, created_at, creator_name, expires_at FROM invitation WHERE tenant_id = $1 AND membership_id = $2"
        " AND used_at IS NULL AND revoked_at IS NULL AND expires_at > now() ORDER BY id",
        actor.tenant, membership_id,
    )  # fmt: skip
    return identities, invitations


def shown(way: str, subject: str) -> str:
    """How an identity is shown: enough to tell two apart, not enough to use."""
    return f"{subject[:3]}****{subject[-4:]}" if way == "phone" else f"…{subject[-6:]}"


async def _membership(tenant_id: UUID, user_id: UUID) -> UUID:
    found = await db.fetchval(
        "SELECT id FROM membership WHERE tenant_id = $1 AND user_id = $2 AND ended_at IS NULL", tenant_id, user_id
    )
    if found is None:
        raise NotFound
    return UUID(str(found))
