"""Keys for machines: shown once, kept as a digest, never more powerful than who made them."""

from dataclasses import dataclass
from uuid import UUID

from server.core import db
from server.core.actor import Actor
from server.core.clock import now
from server.core.errors import FieldError, Invalid, NotFound
from server.domains.access import audit, tokens
from server.domains.access.commands import NewApiKey
from server.domains.access.people import require_person
from server.domains.access.permissions import permissions_of
from server.domains.access.problems import RoleNotYours


@dataclass(frozen=True, slots=True)
class CreatedKey:
    id: UUID
    key: str  # shown once


async def create_api_key(actor: Actor, command: NewApiKey) -> CreatedKey:
    """A key whose roles grant nothing that its maker lacks: RoleNotYours otherwise."""
    actor.require("access.write")
    require_person(actor)
    if not permissions_of(command.roles) <= actor.permissions:
        raise RoleNotYours(field="roles")
    if command.expires_at and (command.expires_at.tzinfo is None or command.expires_at <= now()):
        raise Invalid([FieldError("expires_at", "expiry_past")])
    key, digest = tokens.new_api_key(actor.tenant)
    id = await db.fetchval(
        "INSERT INTO api_key (tenant_id, name, digest, roles, created_by, expires_at) VALUES ($1, $2, $3, $4, $5, $6) RETURNING id",
        actor.tenant, command.name, digest, command.roles, actor.id, command.expires_at,
    )  # fmt: skip
    await audit.record(actor, "api_key.created", "api_key", id, after=command.model_dump(mode="json"))
    return CreatedKey(id, key)


async def revoke_api_key(actor: Actor, id: UUID) -> None:
    """The key answers 401 from the next request on."""
    actor.require("access.write")
    require_person(actor)
    name = await db.fetchval(
        "UPDATE api_key SET revoked_at = now() WHERE tenant_id = $1 AND id = $2 AND revoked_at IS NULL RETURNING name",
        actor.tenant, id,
    )  # fmt: skip
    if name is None:
        raise NotFound
    await audit.record(actor, "api_key.revoked", "api_key", id, before={"name": name})
