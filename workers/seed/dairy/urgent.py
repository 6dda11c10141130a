"""Cups that the filling line waits for before their results are there: somebody asked, nobody has answered yet."""

from decimal import Decimal

from server.core.ids import ids_from
from server.domains import quality
from workers.seed.dairy.house import Dairy
from workers.seed.numbering import URGENT, numbered_ids
from workers.seed.plant import OPERATOR


async def ask_for_cups(dairy: Dairy) -> None:
    with ids_from(numbered_ids(URGENT)):
        lot_id = await dairy.receive(
            "CUP", "PACK", dairy.number("FL", 0, "-J1"), supplier_lot_no=dairy.number("", 4, "-J1"), quantity=Decimal(8000),
            received_at=dairy.at(0, "07:30"), expires_at=dairy.day(-360), place_id=dairy.places["dry"],
        )  # fmt: skip
        command = quality.AskUrgent(lot_id=lot_id, reason="灌装线杯子只够一小时，微生物结果明早才出")
        await dairy.plant.do(OPERATOR, quality.ask_urgent, command)
