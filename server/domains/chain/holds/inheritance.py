"""What goods brought along into another lot — open holds, rejection, expiry, a concession — is stored."""

from collections.abc import Iterable

from server.core import db
from server.core.actor import Actor
from server.domains.chain.holds.history import write_history
from server.domains.chain.stock.goods import Stock

_HOLDS = """
INSERT INTO hold (tenant_id, lot_id, kind, cause, reason, origin_id, opened_by)
SELECT $1, h.lot_id, h.kind, h.cause, h.reason, h.origin, $2
FROM unnest($3::uuid[], $4::text[], $5::text[], $6::text[], $7::uuid[]) AS h(lot_id, kind, cause, reason, origin)
"""
# A recall speaks for the part as for the whole, wherever its codes are moved.
_NOTICES = """
INSERT INTO public_notice (tenant_id, kind, lot_id, level, reason, advice, reason_en, advice_en, cause)
SELECT DISTINCT ON (h.lot_id, n.cause) $1, n.kind, h.lot_id, n.level, n.reason, n.advice, n.reason_en, n.advice_en, n.cause
FROM unnest($2::uuid[], $3::text[]) AS h(lot_id, cause)
JOIN public_notice n ON n.cause = h.cause AND n.tenant_id = $1 AND n.closed_at IS NULL AND n.order_id IS NULL
"""
_STATES = """
UPDATE lot SET expires_at = c.expires_at, state = c.state, concession_id = c.concession_id, conceded_until = c.conceded_until,
       conceded_quantity = c.conceded_quantity, conceded_customer_id = c.conceded_customer_id
FROM (SELECT c.*, l.state AS before
      FROM unnest($2::uuid[], $3::timestamptz[], $4::text[], $5::uuid[], $6::timestamptz[], $7::numeric[],
                  $8::uuid[])
           AS c(id, expires_at, state, concession_id, conceded_until, conceded_quantity, conceded_customer_id)
      JOIN lot l ON l.tenant_id = $1 AND l.id = c.id) AS c
WHERE lot.tenant_id = $1 AND lot.id = c.id
RETURNING lot.id, c.before, c.state
"""


async def store_inherited(actor: Actor, targets: Iterable[Stock]) -> None:
    """Write what `carry_over` found for these lots."""
    lots = list(targets)
    brought = [(lot.id, hold) for lot in lots for hold in lot.brought]
    if brought:
        holds = [hold for _, hold in brought]
        await db.execute(
            _HOLDS, actor.tenant, actor.id, [lot_id for lot_id, _ in brought],
            [h.kind for h in holds], [h.cause for h in holds], [h.reason for h in holds], [h.origin for h in holds],
        )  # fmt: skip
        await db.execute(_NOTICES, actor.tenant, [lot_id for lot_id, _ in brought], [h.cause for h in holds])
    changed = [lot for lot in lots if lot.changed]
    if changed:
        conceded = [lot.concession for lot in changed]
        rows = await db.fetch(
            _STATES, actor.tenant, [c.id for c in changed], [c.expires_at for c in changed], [c.state for c in changed],
            [c.id if c else None for c in conceded], [c.until if c else None for c in conceded],
            [c.ceiling if c else None for c in conceded], [c.customer_id if c else None for c in conceded],
        )  # fmt: skip
        rejected = [row["id"] for row in rows if row["before"] != row["state"]]
        if rejected:
            await write_history(actor, rejected, "pending", "rejected", "goods_were_rejected")
