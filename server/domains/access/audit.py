"""The trail: who changed what, when, from what to what. Written in the transaction of the change; nobody can edit it."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from server.core import db
from server.core.actor import Actor


async def record(
    actor: Actor,
    action: str,
    object_type: str,
    object_id: UUID | str,
    *,
    before: Mapping[str, Any] | None = None,
    after: Mapping[str, Any] | None = None,
    tenant_id: UUID | None = None,
) -> None:
    """Append one entry. A bulk change is one entry that names the set in `after`.

    The platform names the enterprise it acted on with `tenant_id`: the entry then stands in the enterprise's trail
    and in the platform's own, since neither reads the other's.
    """
    own = None if actor.authority_id else actor.tenant_id
    for owner in {own, tenant_id if tenant_id is not None else own}:
        await db.execute(
            "INSERT INTO audit_entry (tenant_id, authority_id, actor_kind, actor_id, actor_name, action, object_type,"
            " object_id, before, after, request_id) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9::jsonb, $10::jsonb, $11)",
            owner, actor.authority_id, actor.kind, actor.id, actor.name, action, object_type, str(object_id),
            None if before is None else db.dumps(before), None if after is None else db.dumps(after), actor.request_id,
        )  # fmt: skip
