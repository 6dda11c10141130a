"""Which lots wait for release, and what each of them lacks."""

from typing import NamedTuple
from uuid import UUID

from server.core import db
from server.core.actor import Actor
from server.domains.quality.releasing.review import Review, review_lots

# Packages go as what they hold goes. Of an emptied lot nothing is left to release, unless its goods lie in packages.
_WAITS = """
FROM lot l WHERE l.tenant_id = $1 AND l.state = 'pending' AND CASE WHEN $2::text IS NULL THEN l.kind <> 'package' ELSE l.kind = $2 END
 AND NOT (l.used_quantity > 0 AND l.quantity + l.counted_difference - l.used_quantity IS NOT DISTINCT FROM 0 AND NOT EXISTS (
     SELECT FROM link k WHERE k.tenant_id = $1 AND k.from_lot = l.id AND k.kind = 'packed' AND k.until IS NULL AND k.reverses IS NULL))
"""
_WAITING = f"SELECT l.id {_WAITS} AND ($3::uuid IS NULL OR l.id < $3) ORDER BY l.id DESC LIMIT $4"
_HOW_MANY = f"SELECT count(*) {_WAITS}"


class Waiting(NamedTuple):
    """One page of lots that wait, newest first, and how many wait in all."""

    reviews: list[Review]
    total: int


async def waiting_lots(actor: Actor, kind: str | None, before: UUID | None, limit: int) -> Waiting:
    """The lots of one page with their points. Packages go as what they hold goes, so they are shown on request only."""
    ids = [row["id"] for row in await db.fetch(_WAITING, actor.tenant, kind, before, limit)]
    reviews = await review_lots(actor, ids) if ids else {}
    return Waiting([reviews[lot_id] for lot_id in ids], await count_waiting(actor.tenant, kind))


async def count_waiting(tenant_id: UUID, kind: str | None = None) -> int:
    """How many lots wait: all but packages, or those of one kind."""
    return int(await db.fetchval(_HOW_MANY, tenant_id, kind))
