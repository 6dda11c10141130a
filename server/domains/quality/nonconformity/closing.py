"""A nonconformity ends when everything was done that was decided, and every piece is accounted for."""

from decimal import Decimal
from uuid import UUID

import asyncpg

from server.core import db
from server.core.actor import Actor
from server.domains import chain
from server.domains.access import audit
from server.domains.chain.stock.goods import ZERO, Stock
from server.domains.chain.stock.quantities import plain
from server.domains.quality.nonconformity import problems
from server.domains.quality.nonconformity.carrying import verify
from server.domains.quality.nonconformity.commands import CloseNonconformity
from server.domains.quality.nonconformity.opening import locked
from server.domains.quality.nonconformity.review import nonconforming
from server.domains.quality.nonconformity.rules import INSPECTED_AGAIN

_DISPOSITIONS = """
SELECT * FROM disposition WHERE tenant_id = $1 AND nonconformity_id = $2 AND state NOT IN ('refused', 'withdrawn') ORDER BY id
"""
_CLOSE = """
UPDATE nonconformity SET state = 'closed', closed_at = now(), closed_by = $3, closer_name = $4, close_remark = $5
WHERE tenant_id = $1 AND id = $2
"""


async def close_nonconformity(actor: Actor, nonconformity_id: UUID, command: CloseNonconformity) -> None:
    """Close it. Raises StillOpenDisposition, NotReinspected, NotAccountedFor.

    Its hold stays on the emptied lot: what turns up of these goods later is stopped as well. What was sorted out good or
    conceded was freed by its own act.
    """
    nonconformity = await locked(actor.tenant, nonconformity_id)
    dispositions = await db.fetch(_DISPOSITIONS, actor.tenant, nonconformity_id)
    for disposition in dispositions:
        if disposition["state"] in ("proposed", "approved"):
            raise problems.StillOpenDisposition(number=nonconformity["number"])
    stock = await chain.lock_stock(actor.tenant, nonconformity["lot_id"])
    _check_accounted(nonconformity, dispositions, stock)
    for disposition in dispositions:
        if disposition["kind"] in INSPECTED_AGAIN and disposition["state"] == "carried_out":
            await verify(actor, disposition, nonconformity)
    await db.execute(_CLOSE, actor.tenant, nonconformity_id, actor.id, actor.name, command.remark)
    after = {"state": "closed", "remark": command.remark, "number": nonconformity["number"]}
    await audit.record(
        actor, "nonconformity.closed", "nonconformity", nonconformity_id, before={"state": "open"}, after=after
    )


def _check_accounted(nonconformity: asyncpg.Record, dispositions: list[asyncpg.Record], stock: Stock) -> None:
    """What was done adds up to what was nonconforming, and nothing undecided is left in the lot."""
    done: Decimal = sum((disposition["accounted"] for disposition in dispositions), ZERO)
    total = nonconforming(nonconformity, stock)
    conceded = any(each["result_lot_id"] == stock.id for each in dispositions)
    empty = stock.left is None or stock.left <= 0 or (stock.kind == "package" and not stock.inside)
    if done != total or not (conceded or empty):
        raise problems.NotAccountedFor(
            number=nonconformity["number"], done=plain(done), total=plain(total), unit=nonconformity["unit"]
        )
