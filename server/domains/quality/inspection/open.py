"""What a release has to wait for: inspections that are due, missed, or failed and not passed since."""

from collections.abc import Collection
from datetime import datetime
from decimal import Decimal
from typing import NamedTuple
from uuid import UUID

from server.core import db
from server.domains.quality.inspection.parted import (
    DISPOSED_OF,
    GOODS,
    REJECTED_GONE,
    REJECTED_LEFT,
    RUNNING,
    SORTED_OUT,
)


class OpenInspection(NamedTuple):
    """`missed`: due and too late already; `failed` at `done_at`: done, not passed, and no later one of its plan passed; of a
    part that was rejected also while the rest of its goods is still inspected. `rejected_left`, in `unit`: what of the
    goods it rejected still lies among those it accepted; None where nothing was accepted that could go without it.
    `rejecting`: it failed, or it has rejected a part already that still lies among the rest."""

    inspection_id: UUID
    plan_name: str
    trigger: str
    due_at: datetime
    missed: bool
    mandatory: bool
    failed: bool
    done_at: datetime | None
    rejected_left: Decimal | None
    unit: str | None
    rejecting: bool


# Goods are as open as what they were split off or merged from. What was rejected once stays rejected: the quantity that was. The
# rest of its goods is free as soon as that has gone its own way. What a concession in force was granted for after the failure is
# answered by it, and so is what these goods were sorted out of as good. A check on the run asks whether the line is good again: the
# next good one says so; for the goods that it failed, see `customer_failures`.
_OPEN = f"""
{GOODS}
SELECT DISTINCT ON (g.root, i.due_at, i.id) g.root, i.id, p.name, i.trigger, i.due_at, i.state = 'open' AND i.due_at < now() AS missed,
       i.mandatory, coalesce(i.verdict = 'fail', false) OR i.id = ANY (g.refused) AS failed,
       coalesce(i.done_at, i.entered_at, (SELECT max(x.created_at) FROM inspection_result x WHERE x.tenant_id = $1 AND x.inspection_id = i.id)) AS done_at,
       CASE WHEN i.verdict = 'fail' AND i.accepted > 0 AND i.id <> ALL (g.refused) THEN {REJECTED_LEFT.format(i="i")} END AS rejected_left, i.unit,
       coalesce(i.verdict = 'fail', false) OR i.id = ANY (g.refused) OR (i.rejected > 0 AND {REJECTED_LEFT.format(i="i")} > 0) AS rejecting
FROM goods g
JOIN inspection i ON i.tenant_id = $1 AND i.lot_id = g.lot AND i.id <> ALL (g.cleared)
JOIN inspection_plan p ON p.tenant_id = $1 AND p.id = i.plan_id
LEFT JOIN lot l ON l.tenant_id = $1 AND l.id = g.root AND l.conceded_until > now()
LEFT JOIN disposition d ON d.tenant_id = $1 AND d.id = l.concession_id
WHERE (i.state = 'open' AND i.due_from <= now()) OR (i.verdict = 'fail' AND coalesce(d.carried_out_at <= i.entered_at, true)
    AND NOT ({REJECTED_GONE.format(i="i")} AND i.id <> ALL (g.refused))
    AND NOT {SORTED_OUT} AND NOT (i.trigger IN {RUNNING} AND {DISPOSED_OF.format(path="g.path", record="i.record_id")})
    AND NOT EXISTS (
        WITH RECURSIVE again AS (
            SELECT x.id FROM inspection x WHERE x.tenant_id = $1 AND x.reinspects = i.id
          UNION
            SELECT x.id FROM again a JOIN inspection x ON x.tenant_id = $1 AND x.reinspects = a.id)
        SELECT FROM inspection n WHERE n.tenant_id = $1 AND n.lot_id = i.lot_id AND n.plan_id = i.plan_id AND n.entered_at > i.entered_at
          AND (n.verdict = 'pass' AND (n.id IN (SELECT id FROM again) OR i.trigger IN {RUNNING})
               OR n.id IN (SELECT id FROM again) AND n.id <> ALL (g.refused) AND {REJECTED_GONE.format(i="n")})))
ORDER BY g.root, i.due_at, i.id
"""  # noqa: S608 - constants


async def inspections_open(tenant_id: UUID, lot_ids: Collection[UUID]) -> dict[UUID, list[OpenInspection]]:
    """What stands open about each lot, the oldest first; lots about which nothing does are absent."""
    found: dict[UUID, list[OpenInspection]] = {}
    for row in await db.fetch(_OPEN, tenant_id, list(lot_ids)):
        found.setdefault(row["root"], []).append(OpenInspection(*list(row)[1:]))
    return found
