"""What the texts of a sheet stand for: lots by number, products by SKU, suppliers and places by code or name."""

from collections.abc import Collection
from typing import NamedTuple
from uuid import UUID

from server.core import db

_LOTS = """
SELECT l.id, l.lot_no, l.production_order, p.sku, l.unit FROM lot l JOIN product p ON p.tenant_id = $1 AND p.id = l.product_id
WHERE l.tenant_id = $1 AND l.lot_no = ANY($2::text[])
"""
_ORDERS = """
SELECT l.id, l.lot_no, l.production_order, p.sku, l.unit FROM lot l JOIN product p ON p.tenant_id = $1 AND p.id = l.product_id
WHERE l.tenant_id = $1 AND l.production_order = ANY($2::text[])
"""


class FoundLot(NamedTuple):
    id: UUID
    lot_no: str
    production_order: str | None
    sku: str
    unit: str | None


class FoundProduct(NamedTuple):
    id: UUID
    kind: str
    retired: bool
    unit: str


class Lots:
    """The lots of some numbers. A number alone is enough where only one product has it."""

    def __init__(self, found: Collection[FoundLot]) -> None:
        self._exact = {(lot.lot_no, lot.sku): lot for lot in found}
        self._by_number: dict[str, list[FoundLot]] = {}
        for lot in found:
            self._by_number.setdefault(lot.lot_no, []).append(lot)

    def find(self, lot_no: str, sku: str) -> FoundLot | str:
        """The lot, or the code of why there is none to be named."""
        if sku:
            return self._exact.get((lot_no, sku)) or "import_lot_unknown"
        candidates = self._by_number.get(lot_no, ())
        if len(candidates) > 1:
            return "import_lot_ambiguous"
        return candidates[0] if candidates else "import_lot_unknown"


async def find_lots(tenant_id: UUID, numbers: Collection[str]) -> Lots:
    """All lots that carry one of these numbers."""
    return Lots([FoundLot(*row) for row in await db.fetch(_LOTS, tenant_id, list(numbers))])


async def find_by_order(tenant_id: UUID, orders: Collection[str]) -> dict[str, list[FoundLot]]:
    """The lots of each production order."""
    found: dict[str, list[FoundLot]] = {}
    for row in await db.fetch(_ORDERS, tenant_id, list(orders)):
        found.setdefault(row["production_order"], []).append(FoundLot(*row))
    return found


async def find_products(tenant_id: UUID, skus: Collection[str]) -> dict[str, FoundProduct]:
    rows = await db.fetch(
        "SELECT sku, id, kind, retired_at IS NOT NULL, unit FROM product WHERE tenant_id = $1 AND sku = ANY($2::text[])",
        tenant_id, list(skus),
    )  # fmt: skip
    return {sku: FoundProduct(*rest) for sku, *rest in rows}


async def find_suppliers(tenant_id: UUID, words: Collection[str]) -> dict[str, UUID]:
    """By code, else by name."""
    rows = await db.fetch(
        "SELECT id, code, name FROM supplier WHERE tenant_id = $1 AND (code = ANY($2::text[]) OR name = ANY($2::text[]))",
        tenant_id, list(words),
    )  # fmt: skip
    return {row["name"]: row["id"] for row in rows} | {row["code"]: row["id"] for row in rows}


async def find_places(tenant_id: UUID, names: Collection[str]) -> dict[str, list[UUID]]:
    """By name; several sites may have a place of one name."""
    found: dict[str, list[UUID]] = {}
    for row in await db.fetch(
        "SELECT id, name FROM place WHERE tenant_id = $1 AND name = ANY($2::text[])", tenant_id, list(names)
    ):
        found.setdefault(row["name"], []).append(row["id"])
    return found
