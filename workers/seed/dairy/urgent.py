"""What waits for a signature: cups the filling line needs before their results are there, and a base made yesterday."""

from decimal import Decimal

from server.core.ids import ids_from
from server.domains import chain, quality
from workers.seed.dairy.house import Dairy
from workers.seed.numbering import URGENT, numbered_ids
from workers.seed.plant import OPERATOR


async def ask_for_cups(dairy: Dairy) -> None:
    with ids_from(numbered_ids(URGENT)):
        lot_id = await dairy.receive(
            "CUP", "PACK", dairy.number("FL", 1, "-J1"), supplier_lot_no=dairy.number("", 5, "-J1"), quantity=Decimal(8000),
            received_at=dairy.at(1, "19:30"), expires_at=dairy.day(-360), place_id=dairy.places["dry"],
        )  # fmt: skip
        command = quality.AskUrgent(lot_id=lot_id, reason="灌装线杯子只够一小时，微生物结果明早才出")
        await dairy.plant.do(OPERATOR, quality.ask_urgent, command)
        await _base(dairy)


async def _base(dairy: Dairy) -> None:
    """Made yesterday, nobody has signed yet."""
    command = chain.NewLot(
        kind="intermediate", product_id=dairy.products["BASE"], lot_no=dairy.number("B", 1, "J2"), quantity=Decimal(500), unit="kg",
    )  # fmt: skip
    await dairy.plant.do(OPERATOR, chain.create_lot, command)
