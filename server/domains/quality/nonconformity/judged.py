"""Failing results of goods that nobody has judged yet: neither corrected, nor passed since, nor disposed of by signature."""

from collections.abc import Collection
from uuid import UUID

from server.core import db
from server.domains.quality.inspection.parted import REJECTED_GONE, RUNNING
from server.domains.quality.nonconformity.rules import enough_taken_aside

_KINDS = "('split', 'merged', 'packed')"
# The goods of each lot: what it was split off, merged or packed from, and all parts of that.
SAME_GOODS = f"""
WITH RECURSIVE origin(root, lot) AS (
    SELECT l, l FROM unnest($2::uuid[]) AS l
  UNION
    SELECT o.root, k.from_lot FROM origin o JOIN link k ON k.tenant_id = $1 AND k.to_lot = o.lot
    WHERE k.kind IN {_KINDS} AND k.reverses IS NULL
      AND NOT EXISTS (SELECT FROM link r WHERE r.tenant_id = $1 AND r.reverses = k.id)
), goods(root, lot) AS (
    SELECT root, lot FROM origin
  UNION
    SELECT g.root, k.to_lot FROM goods g JOIN link k ON k.tenant_id = $1 AND k.from_lot = g.lot
    WHERE k.kind IN {_KINDS} AND k.reverses IS NULL
      AND NOT EXISTS (SELECT FROM link r WHERE r.tenant_id = $1 AND r.reverses = k.id)
)
"""  # noqa: S608 - constants
# How a lot's goods came here: over `path`, and out of each lot on it by which link (none out of the lot itself). What they did not
# come from, but is of the same goods, stands beside, over no path.
_WAYS = f"""
, way(root, lot, path, left_by) AS (
    SELECT l, l, ARRAY[l], ARRAY[NULL::uuid] FROM unnest($2::uuid[]) AS l
  UNION ALL
    SELECT w.root, k.from_lot, w.path || k.from_lot, w.left_by || k.id
    FROM way w JOIN link k ON k.tenant_id = $1 AND k.to_lot = w.lot
    WHERE k.kind IN {_KINDS} AND k.reverses IS NULL
      AND NOT EXISTS (SELECT FROM link r WHERE r.tenant_id = $1 AND r.reverses = k.id)
), ways AS MATERIALIZED (
    SELECT root, lot, path, left_by FROM way
  UNION ALL
    SELECT g.root, g.lot, ARRAY[g.lot], ARRAY[NULL::uuid] FROM goods g
    WHERE NOT EXISTS (SELECT FROM origin o WHERE o.root = g.root AND o.lot = g.lot)
)
"""  # noqa: S608 - constants
# Disposed of: by what was signed and done since, and closed, conceded, or conceded or verified for these very goods.
_SIGNED = """d.state IN ('carried_out', 'verified') AND d.carried_out_at >= f.at
    AND (n.state = 'closed' OR (d.kind = 'concession' AND d.quantity >= n.quantity)
         OR ((d.kind = 'concession' OR d.state = 'verified') AND (d.result_lot_id = f.root OR d.result_lot_id = ANY (f.path))))"""
_NAMED = """
(n.record_id = ANY (f.records) OR EXISTS (
    SELECT FROM nonconformity_evidence e WHERE e.tenant_id = $1 AND e.nonconformity_id = n.id AND e.record_id = ANY (f.records)))
"""
# About the goods that failed, or naming the record about what they had become; and these goods were among them still.
_DISPOSED = f"""
EXISTS (SELECT FROM unnest(f.path, f.left_by) AS w(lot, left_by)
        JOIN nonconformity n ON n.tenant_id = $1 AND n.lot_id = w.lot AND (w.left_by IS NULL OR w.left_by > n.id)
        JOIN disposition d ON d.tenant_id = $1 AND d.nonconformity_id = n.id
        WHERE {_SIGNED} AND (n.lot_id = f.lot OR {_NAMED}))
"""
# What was opened about a part that was taken aside answers for the rest as far as it names the record and is no less.
_TAKEN_ASIDE = f"""
(SELECT sum(n.quantity) FROM nonconformity n
 WHERE n.tenant_id = $1 AND n.from_lot_id = f.lot AND {_NAMED}
   AND EXISTS (SELECT FROM disposition d WHERE d.tenant_id = $1 AND d.nonconformity_id = n.id AND {_SIGNED}))
"""  # noqa: S608 - constants
_UNJUDGED = f"""
{SAME_GOODS}{_WAYS}, legal AS (
    SELECT DISTINCT g.root FROM goods g JOIN measurement m ON m.tenant_id = $1 AND m.lot_id = g.lot AND 'legal' = ANY (m.failed_sets)
    WHERE legal_failure_stands($1, m.record_id, m.characteristic_id)
), records AS (
    SELECT g.root, g.lot, g.path, g.left_by, ARRAY[r.id] AS records, r.received_at AS at FROM ways g JOIN record r ON r.tenant_id = $1 AND r.lot_id = g.lot AND r.verdict = 'fail'
    WHERE NOT EXISTS (SELECT FROM record c WHERE c.tenant_id = $1 AND c.corrects = r.id)
      AND NOT EXISTS (SELECT FROM inspection_result x JOIN inspection i ON i.tenant_id = $1 AND i.id = x.inspection_id
                      WHERE x.tenant_id = $1 AND x.record_id = r.id AND x.rejected > 0 AND {REJECTED_GONE.format(i="i")})
      AND EXISTS (
        SELECT FROM measurement m WHERE m.tenant_id = $1 AND m.record_id = r.id AND m.verdict = 'fail' AND NOT EXISTS (
            SELECT FROM record p JOIN measurement q ON q.tenant_id = $1 AND q.record_id = p.id AND q.characteristic_id = m.characteristic_id
            WHERE p.tenant_id = $1 AND p.lot_id = ANY (g.path) AND p.received_at > r.received_at AND q.verdict = 'pass'
              AND ('customer' <> ALL (m.failed_sets) OR looked_at_the_same($1, r.id, p.id))
              AND NOT EXISTS (SELECT FROM record c WHERE c.tenant_id = $1 AND c.corrects = p.id)))
), inspections AS (
    SELECT g.root, g.lot, g.path, g.left_by, coalesce(i.entered_at, '-infinity') AS at, i.rejected, i.trigger IN {RUNNING} AS on_the_run,
           ARRAY(SELECT x.record_id FROM inspection_result x WHERE x.tenant_id = $1 AND x.inspection_id = i.id) AS records
    FROM ways g JOIN inspection i ON i.tenant_id = $1 AND i.lot_id = g.lot
    WHERE (i.verdict = 'fail' OR i.rejected > 0) AND NOT {REJECTED_GONE.format(i="i")} AND NOT EXISTS (
        SELECT FROM inspection n WHERE n.tenant_id = $1 AND n.lot_id = i.lot_id AND n.plan_id = i.plan_id AND n.id <> i.id
          AND n.verdict = 'pass' AND n.entered_at > coalesce(i.entered_at, i.due_from))
), counted AS (
    SELECT f.*, max(x.rejected) AS rejected, coalesce(bool_or(i.trigger IN {RUNNING}), false) AS on_the_run FROM records f
    LEFT JOIN inspection_result x ON x.tenant_id = $1 AND x.record_id = ANY (f.records)
    LEFT JOIN inspection i ON i.tenant_id = $1 AND i.id = x.inspection_id
    GROUP BY f.root, f.lot, f.path, f.left_by, f.records, f.at
), failing AS (
    SELECT root, lot, path, left_by, records, at, rejected, on_the_run FROM counted
  UNION ALL SELECT root, lot, path, left_by, records, at, rejected, on_the_run FROM inspections
)
SELECT root, NULL::numeric AS taken_aside, NULL::numeric AS rejected, false AS on_the_run FROM legal
UNION ALL
SELECT f.root, {_TAKEN_ASIDE}, nullif(f.rejected, 0), f.on_the_run FROM failing f WHERE NOT {_DISPOSED}
"""  # noqa: S608 - constants


async def failing_unjudged(tenant_id: UUID, lot_ids: Collection[UUID]) -> set[UUID]:
    """Of these lots those whose goods, whole or in part, failed a result that nobody has judged. Outside a legal limit
    only a correction judges, by measuring again."""
    return {
        row["root"]
        for row in await db.fetch(_UNJUDGED, tenant_id, list(lot_ids))
        if not enough_taken_aside(row["taken_aside"], row["rejected"], on_the_run=row["on_the_run"])
    }
