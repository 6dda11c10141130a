"""Goods that a signature rejected: another signature alone does not undo it."""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from server.core import db
from server.domains.quality.queries import CURRENT

# Of goods (g) that a word (f) was said about: looked at when all of them had come into that lot, and before they left it again.
_PASSED_SINCE = f"""SELECT FROM goods g JOIN record r ON r.tenant_id = $1 AND r.lot_id = g.lot AND r.verdict = 'pass'
        WHERE g.root = f.root AND (g.left_by IS NULL OR r.id < g.left_by) AND NOT EXISTS (
            SELECT FROM link k WHERE k.tenant_id = $1 AND k.to_lot = g.lot AND k.kind IN ('split', 'merged') AND k.id > r.id
            AND k.reverses IS NULL AND NOT EXISTS (SELECT FROM link b WHERE b.tenant_id = $1 AND b.reverses = k.id))
        AND r.received_at > f.signed_at AND coalesce(r.captured_at, r.received_at) > f.signed_at AND {CURRENT}"""  # noqa: S608 - constants
# The last word about the lot itself, or about what it was split off or merged from as it stood then. What undoes it came later:
# records of these goods that pass (in force, not taken back by a correction) and look again at all that had failed by then, or a
# signed disposition that was carried out and left them to stand: conceded, or sorted out as good.
_STANDS = f"""
WITH RECURSIVE origins(root, lot, before) AS (
    SELECT id, id, NULL::uuid FROM unnest($2::uuid[]) AS id
  UNION
    SELECT o.root, k.from_lot, k.id FROM origins o
    JOIN link k ON k.tenant_id = $1 AND k.to_lot = o.lot AND k.kind IN ('split', 'merged') AND k.reverses IS NULL
    WHERE NOT EXISTS (SELECT FROM link b WHERE b.tenant_id = $1 AND b.reverses = k.id)
      AND NOT EXISTS (SELECT FROM release a WHERE a.tenant_id = $1 AND a.lot_id = o.lot)
), refused AS (
    SELECT o.root, a.signer_name, a.signed_at, a.remark FROM origins o
    CROSS JOIN LATERAL (
        SELECT * FROM release a WHERE a.tenant_id = $1 AND a.lot_id = o.lot AND (o.before IS NULL OR a.id < o.before)
        ORDER BY a.id DESC LIMIT 1
    ) a WHERE a.decision = 'rejected'
), goods(root, lot, left_by) AS (
    SELECT root, root, NULL::uuid FROM refused
  UNION
    SELECT g.root, k.from_lot, k.id FROM goods g
    JOIN link k ON k.tenant_id = $1 AND k.to_lot = g.lot AND k.kind IN ('split', 'merged') AND k.reverses IS NULL
    WHERE NOT EXISTS (SELECT FROM link b WHERE b.tenant_id = $1 AND b.reverses = k.id)
)
SELECT DISTINCT ON (f.root) f.root, f.signer_name, f.signed_at, f.remark FROM refused f
WHERE (NOT EXISTS ({_PASSED_SINCE})
    OR EXISTS (
    SELECT FROM goods b JOIN record r ON r.tenant_id = $1 AND r.lot_id = b.lot AND r.verdict = 'fail'
    JOIN measurement m ON m.tenant_id = $1 AND m.record_id = r.id AND m.verdict = 'fail'
    WHERE b.root = f.root AND r.received_at <= f.signed_at AND {CURRENT}
      AND NOT EXISTS (
        {_PASSED_SINCE} AND EXISTS (SELECT FROM measurement p WHERE p.tenant_id = $1 AND p.record_id = r.id
                                   AND p.characteristic_id = m.characteristic_id AND p.verdict = 'pass'))))
  AND NOT EXISTS (
    SELECT FROM goods g JOIN disposition d ON d.tenant_id = $1 AND d.result_lot_id = g.lot
    WHERE g.root = f.root AND d.state IN ('carried_out', 'verified') AND d.carried_out_at > f.signed_at)
ORDER BY f.root, f.signed_at DESC
"""  # noqa: S608 - constants


class Rejection(NamedTuple):
    """Who rejected the goods, and when; `remark`: why, where that was said."""

    signer_name: str
    signed_at: datetime
    remark: str | None


async def rejections_standing(tenant_id: UUID, lot_ids: Sequence[UUID]) -> dict[UUID, Rejection]:
    """Of these rejected lots those about which nothing was found out or decided since."""
    return {root: Rejection(*said) for root, *said in await db.fetch(_STANDS, tenant_id, list(lot_ids))}
