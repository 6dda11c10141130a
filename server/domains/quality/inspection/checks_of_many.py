"""Many things checked alike, or one thing in many samples: each is a record, and all of them together do one inspection."""

from typing import NamedTuple
from uuid import UUID

from server.core import db
from server.domains.quality.inspection.commands import Inspected
from server.domains.quality.inspection.deciding import Made

_FAILING = """
SELECT count(*) AS failing, count(*) FILTER (WHERE r.lot_id = $3) AS here
FROM phone_entry e JOIN record r ON r.tenant_id = $1 AND r.entry_id = e.entry_id
WHERE e.tenant_id = $1 AND e.check_id = $2 AND e.entry_id <> $2 AND r.verdict = 'fail'
"""
# What a sample found is answered by the sampling plan: a check by whose sample the inspection accepts speaks for its rows, as long as
# the inspection does (a correction of the check decides anew).
ACCEPTED_BY_SAMPLE = """EXISTS (
    SELECT FROM phone_entry e JOIN record k ON k.tenant_id = $1 AND k.entry_id = e.check_id
    JOIN inspection_result x ON x.tenant_id = $1 AND x.record_id = k.id
    JOIN inspection n ON n.tenant_id = $1 AND n.id = x.inspection_id AND n.verdict = 'pass'
    WHERE e.tenant_id = $1 AND e.entry_id = {entry} AND x.verdict = 'pass' AND x.sample_size IS NOT NULL)"""


class Rows(NamedTuple):
    """The rows of a check but its own, as they were stored. `failing`: all that fail, `here`: those about the lot itself."""

    failing: int
    here: int


async def rows_stored(tenant_id: UUID, check_id: UUID, lot_id: UUID | None) -> Rows:
    """Of the check that is about to be stored."""
    row = await db.fetchrow(_FAILING, tenant_id, check_id, lot_id)
    assert row is not None
    return Rows(row["failing"], row["here"])


def as_one(made: Made, inspected: Inspected | None, rows: Rows) -> tuple[Made, Inspected | None]:
    """What the check decides for all of them. With a sample every failing row, its own among them, is one nonconforming piece,
    and the plan decides; without one the lot fails with any of its samples. A piece or a part fails for itself."""
    own = 1 if made.verdict == "fail" else 0
    if inspected is None or inspected.sample_size is None:
        return (made._replace(verdict="fail") if rows.here else made), inspected
    counted = max(inspected.defectives or 0, rows.failing + own)
    said = inspected.model_copy(update={"defectives": min(counted, inspected.sample_size)})
    return (made._replace(verdict="pass") if own else made), said
