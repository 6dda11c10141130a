"""What publication hears from below."""

import logging
from typing import Any
from uuid import UUID

from server.core import db
from server.core.actor import Actor
from server.core.errors import Problem
from server.domains.access import audit
from server.domains.scans.publishing import publish_corrected, publish_released

log = logging.getLogger("server.scans")


# Goods that have no records of their own show those of the goods they were split off or merged from.
_SHOWN_BY = """
WITH RECURSIVE below(lot) AS (
    SELECT $2::uuid
  UNION
    SELECT k.to_lot FROM below b JOIN link k ON k.tenant_id = $1 AND k.from_lot = b.lot
    WHERE k.kind IN ('split', 'merged') AND k.reverses IS NULL
      AND NOT EXISTS (SELECT FROM link r WHERE r.tenant_id = $1 AND r.reverses = k.id)
)
SELECT lot FROM below WHERE EXISTS (SELECT FROM publication p WHERE p.tenant_id = $1 AND p.object_id = lot) ORDER BY lot
"""


async def on_lot_released(actor: Actor, payload: dict[str, Any]) -> None:
    """Publish a released lot where its product asks for it. A refusal is final: it is kept in the trail for a person."""
    lot_id = UUID(payload["lot_id"])
    try:
        await publish_released(actor, lot_id)
    except Problem as refused:
        await _refused(actor, lot_id, refused)


async def on_record_corrected(actor: Actor, payload: dict[str, Any]) -> None:
    """A record was corrected: what is published of its goods says so in a next version. Delivered twice, published once."""
    for row in await db.fetch(_SHOWN_BY, actor.tenant, UUID(payload["lot_id"])):
        try:
            await publish_corrected(actor, [row["lot"]])
        except Problem as refused:
            await _refused(actor, row["lot"], refused)


async def _refused(actor: Actor, lot_id: UUID, problem: Problem) -> None:
    log.warning("lot=%s not published: %s", lot_id, problem.code)
    await audit.record(actor, "lot.publication_refused", "lot", lot_id, after={"code": problem.code})
