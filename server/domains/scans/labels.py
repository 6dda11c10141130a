"""A label that names a code and, beside it, a product or lot: whether they go together."""

from typing import Any, NamedTuple

from server.core.errors import Unavailable
from server.domains.codes import Label, is_reserved
from server.domains.scans.recorder import AWAY


class Recognised(NamedTuple):
    """A product that a label names, and where on its pack the official code stands, where the enterprise says so."""

    company: str
    product: str
    product_en: str | None
    code_place: str | None
    code_place_en: str | None


async def recognised(pool: Any, code: str, label: Label | None) -> Recognised | None:
    """The product behind a code that is not ours: by the GTIN beside it, else where the text is the number of a published lot.
    Texts of the form of our codes name nothing else, so nothing is looked up for them."""
    if label is None and is_reserved(code):
        return None
    try:
        row = await pool.fetchrow(
            "SELECT * FROM recognised_product($1, $2)", label.gtin if label else None, label.lot if label else code, timeout=5
        )  # fmt: skip
    except AWAY as error:
        raise Unavailable(retry_after_seconds=2) from error
    return Recognised(*row) if row else None


async def contradicts_itself(pool: Any, code: str, label: Label) -> bool:
    """Whether the GTIN or lot number on the label is another than that of the code; False where nothing is known."""
    try:
        found: bool = await pool.fetchval(
            "SELECT label_contradicts($1, $2, $3)", code, label.gtin, label.lot, timeout=5
        )
    except AWAY as error:
        raise Unavailable(retry_after_seconds=2) from error
    return found
