"""Numbers that people read, counted per enterprise, kind and year without a gap."""

from datetime import datetime
from uuid import UUID

from server.core import db
from server.core.clock import EDGE

_TAKE = """
INSERT INTO document_counter AS c (tenant_id, kind, year, last) VALUES ($1, $2, $3, $4)
ON CONFLICT (tenant_id, kind, year) DO UPDATE SET last = c.last + excluded.last RETURNING last
"""


async def take_numbers(tenant_id: UUID, kind: str, at: datetime, count: int = 1) -> tuple[int, range]:
    """(year in China, the next `count` numbers of it). The row stays locked until the transaction ends, and a rollback
    gives the numbers back: so there is no gap."""
    year = at.astimezone(EDGE).year
    last = int(await db.fetchval(_TAKE, tenant_id, kind, year, count))
    return year, range(last - count + 1, last + 1)
