"""The states a lot went through, each with who and why."""

from collections.abc import Sequence
from uuid import UUID

from server.core import db
from server.core.actor import Actor
from server.domains.chain.stock.chunks import chunks

_WRITE = """
INSERT INTO lot_history (tenant_id, lot_id, state_from, state_to, reason, actor_id, actor_name)
SELECT $1, lot_id, $3, $4, $5, $6, $7 FROM unnest($2::uuid[]) AS lot_id
"""


async def write_history(
    actor: Actor, lot_ids: Sequence[UUID], state_from: str | None, state_to: str, reason: str | None = None
) -> None:
    """One row a lot. `reason` is a person's words, or a word of ours that surfaces translate."""
    for part in chunks(lot_ids):
        await db.execute(_WRITE, actor.tenant, list(part), state_from, state_to, reason, actor.id, actor.name)
