"""Dates that speak against a link. It is stored all the same: chronology is judged at release and at publishing."""

from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from server.core import db
from server.core.clock import now

_DATES = """
SELECT id, received_at, released_at, expires_at, production_ended_at FROM lot WHERE tenant_id = $1 AND id = ANY($2::uuid[])
"""


class Warned(NamedTuple):
    """`earlier` (a name of `chain.moment`) happened, by what is on record, after `later`."""

    earlier: str
    earlier_at: datetime
    later: str
    later_at: datetime


async def link_warnings(tenant_id: UUID, from_lot: UUID, to_lot: UUID, at: datetime | None) -> list[Warned]:
    """What is out of order when goods of `from_lot` went into `to_lot` at this moment; unknown dates say nothing, but that they
    are put into a lot that was released before is known."""
    rows = {row["id"]: row for row in await db.fetch(_DATES, tenant_id, [from_lot, to_lot])}
    source, target = rows[from_lot], rows[to_lot]
    pairs = (
        ("receipt", source["received_at"], "first_use", at),
        ("release", source["released_at"], "first_use", at),
        ("last_use", at, "expiry", source["expires_at"]),
        ("last_input", at, "production_end", target["production_ended_at"]),
        ("last_input", at or now(), "release", target["released_at"]),
    )
    return [
        Warned(earlier, first, later, second)
        for earlier, first, later, second in pairs
        if first is not None and second is not None and first > second
    ]
