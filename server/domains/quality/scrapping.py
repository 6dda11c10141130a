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


class RejectedNeedsDisposition(Conflict):
    """Goods that somebody rejected by signature leave as others did decide: with a number, signatures and evidence."""

    code = "scrap_rejected"


async def scrap_lot(actor: Actor, lot_id: UUID, command: chain.ScrapLot) -> UUID:
    """Scrap a lot or a part of it. Raises ScrapNeedsDisposition where a legal limit failed, RejectedNeedsDisposition where
    the goods were rejected, as long as no nonconformity was opened, and what chain.scrap_lot raises."""
    await chain.lock_graph(actor.tenant)
    if not await nonconformities_open(actor.tenant, [lot_id]):  # else its hold says so
        await _check_by_hand(actor.tenant, lot_id)
    return await chain.scrap_lot(actor, lot_id, command)


async def _check_by_hand(tenant_id: UUID, lot_id: UUID) -> None:
    lot = await db.fetchrow("SELECT lot_no, state FROM lot WHERE tenant_id = $1 AND id = $2", tenant_id, lot_id)
    if lot is not None and await legally_barred(tenant_id, [lot_id]):
        raise ScrapNeedsDisposition(lot_no=lot["lot_no"])
    if lot is not None and lot["state"] == "rejected":
        raise RejectedNeedsDisposition(lot_no=lot["lot_no"])
