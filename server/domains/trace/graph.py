"""A trace as data: lots by id, links between them, how far each lot is, and whether anything was left out."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from server.domains.trace.ends import Ends, Row
from server.domains.trace.rules import Verdict, verdict_of

Direction = Literal["materials", "products", "both"]


@dataclass(frozen=True, slots=True)
class Limits:
    """How much one trace may hold. Where it would hold more, it says so."""

    lots: int = 200_000
    links: int = 1_000_000


@dataclass(frozen=True, slots=True)
class Cut:
    """Why a trace is not the whole: the first limit met. The lots nearest to the start were kept."""

    reason: Literal["lots", "links"]
    limit: int


@dataclass(frozen=True, slots=True)
class Trace:
    """What was found. Ids, quantities and times are texts as the database writes them; rows are records of the database, read by name.

    `lots`: id, kind, lot_no, product_id, supplier_id, supplier_lot_no, state, unit, quantity, used, left, unexplained
    (quantity = used + left + unexplained; None where unknown), produced_at, received_at, expires_at.
    `links`: from_lot, to_lot, kind, quantity, unit, at, until; struck-out links are not among them, ended ones are
    (`until`): what was together once matters to a recall.
    `quality`: records, fails, not_judged, warnings, documents, of lots that have any.
    `holds`: the kinds of open holds, of lots that have any.
    `documents`: id, kind (`record`: hangs on a current record), title, file_name, media_type, of lots that have any.
    `depth`: links to the nearest start, below 0 for materials, above for products, 0 for a start.
    """

    direction: Direction
    starts: Sequence[str]
    lots: Mapping[str, Row]
    links: Sequence[Row]
    depth: Mapping[str, int]
    quality: Mapping[str, Row]
    holds: Mapping[str, Sequence[str]]
    documents: Mapping[str, Sequence[Row]]
    products: Mapping[str, Row]
    suppliers: Mapping[str, Row]
    ends: Ends
    cut: Cut | None
    took_ms: float = field(compare=False)

    @property
    def complete(self) -> bool:
        return self.cut is None

    def verdict(self, lot_id: str) -> Verdict:
        """What the records of this lot say together."""
        quality = self.quality.get(lot_id)
        return "not_judged" if quality is None else verdict_of(quality)

    def failed(self, lot_id: str) -> bool:
        """Rejected, or with a failed record."""
        return self.lots[lot_id]["state"] == "rejected" or self.verdict(lot_id) == "fail"

    def is_formula(self, link: Row) -> bool:
        """Whether the quantity of this link tells a formula that the enterprise marked as its trade secret."""
        product = self.products.get(self.lots[link["to_lot"]]["product_id"])
        return product is not None and "formula" in product["trade_secrets"]
