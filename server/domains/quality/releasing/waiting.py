"""Which lots wait for release, and what each of them lacks."""

from typing import NamedTuple
from uuid import UUID

from server.core import db
from server.core.actor import Actor
from server.domains.quality.releasing.review import Review, review_lots

_WAITING = """
SELECT id FROM lot
WHERE tenant_id = $1 AND state = 'pending' AND ($2::uuid IS NULL OR id < $2) AND CASE WHEN $3::text IS NULL THEN kind <> 'package' ELSE kind = $3 END
ORDER BY id DESC LIMIT $4
"""


class Waiting(NamedTuple):
    """One page of lots that wait, newest first, and how many wait in all."""

    reviews: list[Review]
    total: int


async def waiting_lots(actor: Actor, kind: str | None, before: UUID | None, limit: int) -> Waiting:
    """The lots of one page with their points. Packages go as what they hold goes, so they are shown on request only."""
    ids = [row["id"] for row in await db.fetch(_WAITING, actor.tenant, before, kind, limit)]
    reviews = await review_lots(actor, ids) if ids else {}
    total = await db.fetchval(
        "SELECT count(*) FROM lot WHERE tenant_id = $1 AND state = 'pending' AND CASE WHEN $2::text IS NULL THEN kind <> 'package' ELSE kind = $2 END",
        actor.tenant, kind,
    )  # fmt: skip
    return Waiting([reviews[lot_id] for lot_id in ids], int(total))
