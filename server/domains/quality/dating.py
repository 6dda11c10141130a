"""When an inspection was done, said by the record or by the one it corrects: a correction says again what was found then."""

from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from server.core import db

# When the inspection behind `{record}` was done. Back from a correction that names no time to the one that does; where none
# does, the receipt of the first stands for it. Walking back is for the few that need it: a walk costs more than a record.
DONE_AT = """
(CASE WHEN {record}.captured_at IS NOT NULL OR {record}.corrects IS NULL THEN coalesce({record}.captured_at, {record}.received_at)
 ELSE (WITH RECURSIVE said AS (
    SELECT {record}.captured_at, {record}.received_at, {record}.corrects, 0 AS step
  UNION ALL
    SELECT b.captured_at, b.received_at, b.corrects, s.step + 1
    FROM said s JOIN record b ON b.tenant_id = {record}.tenant_id AND b.id = s.corrects WHERE s.captured_at IS NULL)
 SELECT coalesce(captured_at, received_at) FROM said ORDER BY step DESC LIMIT 1) END)
"""
_TAKEN_OVER = """
WITH RECURSIVE said AS (
    SELECT captured_at, received_at, corrects, 0 AS step FROM record WHERE tenant_id = $1 AND id = $2
  UNION ALL
    SELECT b.captured_at, b.received_at, b.corrects, s.step + 1
    FROM said s JOIN record b ON b.tenant_id = $1 AND b.id = s.corrects WHERE s.captured_at IS NULL)
SELECT captured_at, coalesce(captured_at, received_at) AS at FROM said ORDER BY step DESC LIMIT 1
"""


class When(NamedTuple):
    """`captured_at`: as somebody said it, None where nobody did; `at`: what counts."""

    captured_at: datetime | None
    at: datetime


async def done_at(tenant_id: UUID, captured_at: datetime | None, corrects: UUID | None, received_at: datetime) -> When:
    """When the inspection of an entry was done: as it says, else as the record says that it corrects, else now."""
    if captured_at is None and corrects is not None:
        row = await db.fetchrow(_TAKEN_OVER, tenant_id, corrects)
        if row is not None:
            return When(row["captured_at"], row["at"])
    return When(captured_at, captured_at or received_at)
