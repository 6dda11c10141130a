"""Scrapping by hand, as far as the law leaves it to anybody's hand."""

from uuid import UUID

from server.core import db
from server.core.actor import Actor
from server.core.errors import Conflict
from server.domains import chain
from server.domains.quality.nonconformity import nonconformities_open
from server.domains.quality.nonconformity.law import legally_barred


class ScrapNeedsDisposition(Conflict):
    """Goods outside a legal limit leave by a signed disposition, with evidence of where they went."""

    code = "scrap_needs_disposition"


async def scrap_lot(actor: Actor, lot_id: UUID, command: chain.ScrapLot) -> UUID:
    """Scrap a lot or a part of it. Raises ScrapNeedsDisposition where a legal limit failed and no nonconformity was opened
    yet, and what chain.scrap_lot raises."""
    await chain.lock_graph(actor.tenant)
    if await legally_barred(actor.tenant, [lot_id]) and not await nonconformities_open(actor.tenant, [lot_id]):
        lot_no = await db.fetchval("SELECT lot_no FROM lot WHERE tenant_id = $1 AND id = $2", actor.tenant, lot_id)
        raise ScrapNeedsDisposition(lot_no=lot_no)
    return await chain.scrap_lot(actor, lot_id, command)
