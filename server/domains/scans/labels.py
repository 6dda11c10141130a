"""A label that names a code and, beside it, a product or lot: whether they go together."""

from typing import Any

from server.core.errors import Unavailable
from server.domains.codes import Label
from server.domains.scans.recorder import AWAY


async def contradicts_itself(pool: Any, code: str, label: Label) -> bool:
    """Whether the GTIN or lot number on the label is another than that of the code; False where nothing is known."""
    try:
        found: bool = await pool.fetchval(
            "SELECT label_contradicts($1, $2, $3)", code, label.gtin, label.lot, timeout=5
        )
    except AWAY as error:
        raise Unavailable(retry_after_seconds=2) from error
    return found
