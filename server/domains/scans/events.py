"""What publication hears from below."""

import logging
from typing import Any
from uuid import UUID

from server.core.actor import Actor
from server.core.errors import Problem
from server.domains.access import audit
from server.domains.scans.publishing import publish_released

log = logging.getLogger("server.scans")


async def on_lot_released(actor: Actor, payload: dict[str, Any]) -> None:
    """Publish a released lot where its product asks for it. A refusal is final: it is kept in the trail for a person."""
    lot_id = UUID(payload["lot_id"])
    try:
        await publish_released(actor, lot_id)
    except Problem as refused:
        log.warning("lot=%s not published on release: %s", lot_id, refused.code)
        await audit.record(actor, "lot.publication_refused", "lot", lot_id, after={"code": refused.code})
