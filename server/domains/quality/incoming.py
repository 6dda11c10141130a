"""Goods at the gate: the chain makes lots of what was accepted, and the reports that came ahead of them are hung on."""

from uuid import UUID

from server.core.actor import Actor
from server.domains import chain
from server.domains.quality.attachments import attach_to_lot
from server.domains.quality.commands import AttachToLot


async def receive_delivery(actor: Actor, delivery_id: UUID, command: chain.ReceiveDelivery) -> chain.Received:
    """Take a delivery in, with the reports of its supplier. Raises what `chain.receive_delivery` raises."""
    received = await chain.receive_delivery(actor, delivery_id, command)
    for lot_id, report_id in received.reports:
        await attach_to_lot(actor, lot_id, AttachToLot(attachment_id=report_id, kind="incoming_report"))
    return received
