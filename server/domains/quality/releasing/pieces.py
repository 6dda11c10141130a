"""Pieces of a lot that have records of their own: what fails about one stops that one, the others go with the lot."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from server.core import db
from server.core.actor import Actor
from server.domains import chain
from server.domains.quality.nonconformity.law import legally_barred

_OF_LOTS = """
SELECT u.id, coalesce(q.fails, 0) > 0 AS fails
FROM lot u JOIN code c ON c.tenant_id = $1 AND c.text = u.code_text
LEFT JOIN lot_quality q ON q.tenant_id = $1 AND q.lot_id = u.id
WHERE u.tenant_id = $1 AND u.state = 'pending' AND u.kind = 'unit' AND u.code_text IS NOT NULL AND c.lot_id = ANY($2::uuid[])
"""


async def release_pieces(actor: Actor, lot_ids: Sequence[UUID], at: datetime | None, remark: str | None) -> None:
    """The pieces of released lots are released with them, but for those with a failing record of their own: these stay
    behind, and no route takes them along."""
    pieces = await db.fetch(_OF_LOTS, actor.tenant, list(lot_ids))
    passing = [row["id"] for row in pieces if not row["fails"]]
    if passing:
        barred = await legally_barred(actor.tenant, passing)  # corrected, and nobody has confirmed it yet
        passing = [each for each in passing if each not in barred]
    if passing:
        await chain.mark_released(actor, passing, at, remark)
