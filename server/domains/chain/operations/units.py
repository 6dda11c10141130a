"""In which unit an operation counts where nobody said: that of the lots it gave, else of those it took in, if they agree."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from server.core import db

_AGREED = """
SELECT min(unit) FROM lot WHERE tenant_id = $1 AND id = ANY($2::uuid[]) HAVING count(DISTINCT unit) = 1 AND count(unit) = count(*)
"""
_AMOUNTS = ("quantity_in", "quantity_good", "quantity_reworked", "quantity_scrapped")


async def unit_meant(
    tenant_id: UUID, counts: Mapping[str, Any], lots_in: Sequence[UUID], lots_out: Sequence[UUID]
) -> str | None:
    """The unit that was said; else the lots' own. None where nothing was counted, or their units differ."""
    said: str | None = counts["unit"]
    if said is not None or all(counts[name] is None for name in _AMOUNTS):
        return said
    agreed: str | None = await db.fetchval(_AGREED, tenant_id, list(lots_out or lots_in))
    return agreed
