"""What in goods is doubtful by now: stopped, outside a limit, urgently released and not confirmed, conceded for one customer, or used
before it was there or released; and what was parted from the same goods and is outside the law. Whoever releases them should know."""

from collections.abc import Sequence
from typing import Literal, NamedTuple
from uuid import UUID

from server.core import db
from server.domains.quality.queries import CURRENT

Doubt = Literal["on_hold", "rejected", "failed", "urgent", "conceded", "early"]
# `used`: it went into the goods; what they were split off or merged from answers with their own results. A result outside a limit
# that binds is told until a later one of that lot passes. `early`: what went straight into the goods at a time when, by what is on
# record, it had not been received or released; `taken` is fenced off, else a planner that knows nothing of the tables yet (a first
# import) asks for it once for every lot of the enterprise.
_DOUBTFUL = f"""
WITH RECURSIVE up(root, lot, used) AS (
    SELECT l, l, false FROM unnest($2::uuid[]) AS l
  UNION
    SELECT u.root, x.lot, u.used OR x.used FROM up u CROSS JOIN LATERAL (
        SELECT k.from_lot AS lot, k.kind NOT IN ('split', 'merged') AS used FROM link k
        WHERE k.tenant_id = $1 AND k.to_lot = u.lot AND k.kind <> 'packed' AND k.reverses IS NULL
          AND NOT EXISTS (SELECT FROM link r WHERE r.tenant_id = $1 AND r.reverses = k.id)
        UNION ALL -- an operation uses what it takes in where another lot comes out of it
        SELECT i.lot_id, true FROM operation_lot o JOIN operation_lot i ON i.tenant_id = $1 AND i.operation_id = o.operation_id
        WHERE o.tenant_id = $1 AND o.lot_id = u.lot AND o.role = 'out' AND i.role = 'in' AND i.lot_id <> u.lot) x
), taken AS MATERIALIZED (
    SELECT DISTINCT u.root, x.lot, x.at FROM up u CROSS JOIN LATERAL (
        SELECT k.from_lot AS lot, k.at FROM link k
        WHERE k.tenant_id = $1 AND k.to_lot = u.lot AND k.kind IN ('consumed', 'installed') AND k.reverses IS NULL
          AND NOT EXISTS (SELECT FROM link r WHERE r.tenant_id = $1 AND r.reverses = k.id)
        UNION ALL
        SELECT i.lot_id, coalesce(p.ended_at, p.started_at) FROM operation_lot o
        JOIN operation_lot i ON i.tenant_id = $1 AND i.operation_id = o.operation_id AND i.role = 'in' AND i.lot_id <> u.lot
        JOIN operation p ON p.tenant_id = $1 AND p.id = o.operation_id
        WHERE o.tenant_id = $1 AND o.lot_id = u.lot AND o.role = 'out') x
    WHERE NOT u.used
), early AS MATERIALIZED (
    SELECT DISTINCT t.root, l.id FROM taken t JOIN lot l ON l.tenant_id = $1 AND l.id = t.lot
    WHERE t.at + interval '5 minutes' < greatest(l.received_at, l.released_at)
), input AS (
    SELECT u.root, l.id, l.lot_no, l.state, c.name AS customer,
           (SELECT h.reason FROM hold h WHERE h.tenant_id = $1 AND h.lot_id = l.id AND h.closed_at IS NULL ORDER BY h.id LIMIT 1) AS reason,
           bool_or(u.used) AND EXISTS (
               SELECT FROM lot_quality q JOIN record r ON r.tenant_id = $1 AND r.lot_id = q.lot_id AND r.verdict = 'fail'
               WHERE q.tenant_id = $1 AND q.lot_id = l.id AND q.fails > 0 AND r.failed_sets && ARRAY['customer', 'legal'] AND {CURRENT}
                 AND NOT EXISTS (SELECT FROM record p WHERE p.tenant_id = $1 AND p.lot_id = r.lot_id AND p.verdict = 'pass'
                                 AND p.received_at > r.received_at)) AS failed,
           bool_or(u.used) AND l.state = 'released' AND coalesce((
               SELECT a.kind = 'urgent' FROM release a WHERE a.tenant_id = $1 AND a.lot_id = l.id ORDER BY a.id DESC LIMIT 1), false) AS urgent
    FROM up u JOIN lot l ON l.tenant_id = $1 AND l.id = u.lot
    LEFT JOIN customer c ON c.tenant_id = $1 AND c.id = l.conceded_customer_id
    WHERE u.lot <> u.root GROUP BY u.root, l.id, l.lot_no, l.state, c.name
)
SELECT root, id, lot_no, CASE WHEN reason IS NOT NULL THEN 'on_hold' WHEN state = 'rejected' THEN 'rejected' WHEN failed THEN 'failed'
                              WHEN urgent THEN 'urgent' WHEN customer IS NOT NULL THEN 'conceded' ELSE 'early' END AS doubt, reason, customer
FROM input WHERE reason IS NOT NULL OR state = 'rejected' OR failed OR urgent OR customer IS NOT NULL OR (root, id) IN (SELECT root, id FROM early)
ORDER BY root, lot_no
"""  # noqa: S608 - constants
# All that was parted from what the goods were parted from, and from the goods themselves; single pieces are told by their number.
_PARTS = """
WITH RECURSIVE up(root, lot) AS (
    SELECT l, l FROM unnest($2::uuid[]) AS l
  UNION
    SELECT u.root, k.from_lot FROM up u JOIN link k ON k.tenant_id = $1 AND k.to_lot = u.lot AND k.kind = 'split' AND k.reverses IS NULL
    WHERE NOT EXISTS (SELECT FROM link r WHERE r.tenant_id = $1 AND r.reverses = k.id)
), down(root, lot) AS (
    SELECT root, lot FROM up
  UNION
    SELECT d.root, k.to_lot FROM down d JOIN link k ON k.tenant_id = $1 AND k.from_lot = d.lot AND k.kind = 'split' AND k.reverses IS NULL
    WHERE NOT EXISTS (SELECT FROM link r WHERE r.tenant_id = $1 AND r.reverses = k.id)
)
SELECT d.root, l.id, l.lot_no FROM down d
CROSS JOIN LATERAL (SELECT legal_fails FROM lot_quality WHERE tenant_id = $1 AND lot_id = d.lot LIMIT 1) q
JOIN lot l ON l.tenant_id = $1 AND l.id = d.lot AND NOT (l.kind = 'unit' AND l.code_text IS NOT NULL)
WHERE q.legal_fails > 0 AND NOT EXISTS (SELECT FROM up u WHERE u.root = d.root AND u.lot = d.lot)
ORDER BY d.root, l.lot_no
"""


class DoubtfulInput(NamedTuple):
    """A lot at any depth in the goods, and of its doubts the one that counts first. `reason`: of its oldest open hold;
    `customer`: for whom alone it was conceded."""

    id: UUID
    lot_no: str
    doubt: Doubt
    reason: str | None
    customer: str | None


async def doubtful_inputs(tenant_id: UUID, lot_ids: Sequence[UUID]) -> dict[UUID, list[DoubtfulInput]]:
    """By lot; lots in which nothing is doubtful are absent."""
    found: dict[UUID, list[DoubtfulInput]] = {}
    for root, *doubtful in await db.fetch(_DOUBTFUL, tenant_id, list(lot_ids)):
        found.setdefault(root, []).append(DoubtfulInput(*doubtful))
    return found


async def parts_outside_law(tenant_id: UUID, lot_ids: Sequence[UUID]) -> dict[UUID, list[tuple[UUID, str]]]:
    """Other parts of the same goods with a result outside a legal limit, (id, number), by lot."""
    found: dict[UUID, list[tuple[UUID, str]]] = {}
    for root, lot_id, lot_no in await db.fetch(_PARTS, tenant_id, list(lot_ids)):
        found.setdefault(root, []).append((lot_id, lot_no))
    return found
