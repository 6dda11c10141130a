"""Results outside the customer's limit that nothing answers: no re-inspection passed, no disposition, no concession."""

from collections.abc import Collection
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from server.core import db
from server.domains.quality.inspection.checks_of_many import ACCEPTED_BY_SAMPLE
from server.domains.quality.inspection.parted import GOODS, REJECTED_GONE, RUNNING, TAKEN_ASIDE
from server.domains.quality.nonconformity.rules import enough_taken_aside
from server.domains.quality.queries import CURRENT

# Goods answer for what they were split off or merged from. `path`: the lots on the way back, on any of which the failed
# characteristics may have passed since, in a look at the same goods. What a record rejected answers for it once it has gone its own way, and of goods that
# went on as accepted then. A concession answers for what was known by then.
_UNANSWERED = f"""
{GOODS}, failing AS MATERIALIZED (
    SELECT g.* FROM goods g JOIN lot_quality q ON q.tenant_id = $1 AND q.lot_id = g.lot AND q.fails > 0
), failed AS MATERIALIZED (
    SELECT g.root, g.path, g.cleared, g.refused, r.id, r.received_at, coalesce(r.captured_at, r.received_at) AS at
    FROM failing g
    JOIN record r ON r.tenant_id = $1 AND r.lot_id = g.lot AND r.verdict = 'fail' AND 'customer' = ANY (r.failed_sets)
    WHERE {CURRENT} AND NOT {ACCEPTED_BY_SAMPLE.format(entry="r.entry_id")}
)
SELECT f.root, f.id, f.at, string_agg(DISTINCT c.name, '、' ORDER BY c.name) AS names,
       EXISTS (SELECT FROM inspection_result x JOIN inspection i ON i.tenant_id = $1 AND i.id = x.inspection_id
               WHERE x.tenant_id = $1 AND x.record_id = f.id AND i.trigger IN {RUNNING}) AS on_the_run,
       {TAKEN_ASIDE.format(path="f.path", record="f.id")} AS taken_aside,
       (SELECT max(x.rejected) FROM inspection_result x WHERE x.tenant_id = $1 AND x.record_id = f.id AND x.rejected > 0) AS rejected
FROM failed f
JOIN measurement m ON m.tenant_id = $1 AND m.record_id = f.id AND 'customer' = ANY (m.failed_sets)
JOIN characteristic c ON c.tenant_id = $1 AND c.id = m.characteristic_id
CROSS JOIN LATERAL (SELECT * FROM lot WHERE tenant_id = $1 AND id = f.root LIMIT 1) l
LEFT JOIN disposition d ON d.tenant_id = $1 AND d.id = l.concession_id
WHERE NOT EXISTS (
    SELECT FROM measurement p JOIN record r ON r.tenant_id = $1 AND r.id = p.record_id
    WHERE p.tenant_id = $1 AND p.lot_id = ANY (f.path) AND p.characteristic_id = m.characteristic_id AND p.verdict = 'pass'
      AND r.received_at > f.received_at AND {CURRENT} AND looked_at_the_same($1, f.id, r.id)
      AND NOT EXISTS (SELECT FROM measurement s WHERE s.tenant_id = $1 AND s.record_id = p.record_id
                      AND s.characteristic_id = p.characteristic_id AND s.verdict = 'fail'))
  AND NOT EXISTS (
    SELECT FROM inspection_result x JOIN inspection i ON i.tenant_id = $1 AND i.id = x.inspection_id
    WHERE x.tenant_id = $1 AND x.record_id = f.id AND x.rejected > 0 AND i.id <> ALL (f.refused)
      AND (i.id = ANY (f.cleared) OR {REJECTED_GONE.format(i="i")}))
  AND NOT coalesce(l.conceded_until > now() AND d.carried_out_at > f.received_at, false)
GROUP BY f.root, f.id, f.at, f.path ORDER BY f.root, f.at, f.id
"""  # noqa: S608 - constants


class Unanswered(NamedTuple):
    """A record that failed the customer's limit for these characteristics, and when that was found. `on_the_run`: it was a
    first piece, a patrol or a last piece, and so speaks for all that was made since the last good one."""

    record_id: UUID
    at: datetime
    names: str
    on_the_run: bool


async def customer_failures(tenant_id: UUID, lot_ids: Collection[UUID]) -> dict[UUID, list[Unanswered]]:
    """By lot, the oldest first; lots without one are missing in the answer."""
    found: dict[UUID, dict[UUID, Unanswered]] = {}
    for row in await db.fetch(_UNANSWERED, tenant_id, list(lot_ids)):
        if not enough_taken_aside(row["taken_aside"], row["rejected"], on_the_run=row["on_the_run"]):
            each = Unanswered(row["id"], row["at"], row["names"], row["on_the_run"])
            found.setdefault(row["root"], {})[each.record_id] = each  # once, on however many ways it is reached
    return {root: list(records.values()) for root, records in found.items()}
