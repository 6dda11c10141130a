"""At the gate: a thousand sheets of which three hundred were looked at by noon, a lot of connectors sampled by AQL."""

from decimal import Decimal
from typing import Any
from uuid import UUID

from server.domains import chain
from workers.seed.house import House
from workers.seed.plant import OPERATOR


async def receive(works: House, sku: str, lot_no: str, days_ago: int, clock: str, quantity: int, **more: Any) -> UUID:
    """A material lot at the gate; what its receipt asks for falls due."""
    at = works.at(days_ago, clock)
    command = chain.NewLot(
        kind="material", product_id=works.products[sku], supplier_id=works.suppliers[sku if sku != "MCU" else "CHIP"], lot_no=lot_no,
        supplier_lot_no=works.number("", days_ago + 9, f"-{sku}"), quantity=Decimal(quantity), received_at=at, place_id=works.places["store"],
        purchase_order=works.number("PO", days_ago + 14), **more,
    )  # fmt: skip
    works.plant.tell(at)
    lot_id = await works.plant.do(OPERATOR, chain.create_lot, command)
    await works.fall_due(lots=[lot_id])
    return lot_id


async def receive_all(works: House) -> None:
    sheets = await receive(works, "CCL", works.number("CCL", 1), 1, "08:40", 1000)
    values = {"LOOK": "合格", "THICK": "1.59"}
    await works.record(
        "LJ-01", works.at(1, "11:30"), values, lot_id=sheets, inspected={"accepted": "292", "rejected": "8"},
        gauge_ids=[works.devices["micrometer"]],
    )  # fmt: skip
    connectors = await receive(works, "CONN", works.number("CONN", 1), 1, "09:05", 3200)
    await works.record(
        "LJ-02",
        works.at(1, "10:20"),
        {"LOOK": "合格"},
        lot_id=connectors,
        inspected={"sample_size": 125, "defectives": 1},
    )
    await works.sign(works.at(1, "10:40"), connectors)
    works.lots["connectors"] = connectors
