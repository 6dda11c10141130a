"""Phones of one person each: a key that delivers what was recorded, and cannot do anything else."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from server.core import db
from server.core.actor import Actor
from server.core.errors import NotFound
from server.core.ids import new_id
from server.domains.access import audit, tokens
from server.domains.access.entry_commands import RegisterPhone
from server.domains.access.people import require_person
from server.domains.access.sessions import own_session

LOCAL_UNLOCK_HOURS = 72  # without any contact; afterwards the phone asks to sign in, and still delivers


@dataclass(frozen=True, slots=True)
class Registered:
    id: UUID
    key: str  # shown once


async def register_phone(actor: Actor, command: RegisterPhone) -> Registered:
    """A key for the phone on which one has just signed in."""
    session_id = own_session(actor)
    key, digest = tokens.new_api_key(actor.tenant, tokens.PHONE_MARK)
    id = new_id()
    await db.execute(
        "INSERT INTO phone (tenant_id, id, membership_id, session_id, label, key_digest)"
        " SELECT $1, $2, m.id, $4, $5, $6 FROM membership m WHERE m.tenant_id = $1 AND m.user_id = $3 AND m.ended_at IS NULL",
        actor.tenant, id, actor.id, session_id, command.label, digest,
    )  # fmt: skip
    await audit.record(actor, "phone.registered", "phone", id, after={"label": command.label})
    return Registered(id, key)


async def list_phones(actor: Actor) -> list[Any]:
    """The phones of the enterprise that were not taken back, the newest first."""
    actor.require("access.write")
    return await db.fetch(
        "SELECT p.id, p.label, p.created_at, u.id AS user_id, u.display_name AS user_name FROM phone p"
        " JOIN membership m ON m.tenant_id = p.tenant_id AND m.id = p.membership_id JOIN user_account u ON u.id = m.user_id"
        " WHERE p.tenant_id = $1 AND p.revoked_at IS NULL ORDER BY p.id DESC LIMIT 500",
        actor.tenant,
    )


async def revoke_phone(actor: Actor, id: UUID) -> None:
    """From now on it delivers only what was recorded before, which is flagged. NotFound."""
    actor.require("access.write")
    require_person(actor)
    label = await db.fetchval(
        "UPDATE phone SET revoked_at = now() WHERE tenant_id = $1 AND id = $2 AND revoked_at IS NULL RETURNING label",
        actor.tenant, id,
    )  # fmt: skip
    if label is None:
        raise NotFound
    await audit.record(actor, "phone.revoked", "phone", id, before={"label": label})


async def phone_revoked_at(phone_id: UUID) -> datetime | None:
    """Since when the phone, its owner, or the session on which it was registered is no longer to be trusted."""
    found: datetime | None = await db.fetchval("SELECT phone_revoked_at($1)", phone_id)
    return found
