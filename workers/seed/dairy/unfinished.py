"""What is not done yet at the dairy: bottles to be released, a pallet in the store, a shipment at the gate."""

from decimal import Decimal
from uuid import UUID

from server.domains import chain
from workers.seed.dairy import downstream
from workers.seed.dairy.house import Dairy
from workers.seed.plant import OPERATOR


async def receive_cups(dairy: Dairy) -> None:
    """Inspected and good; nobody has signed yet."""
    lot_id = await dairy.receive(
        "CUP", "PACK", dairy.number("FL", 2, "P2"), supplier_lot_no=dairy.number("", 6, "-P2"),
        quantity=Decimal(30000), received_at=dairy.at(2, "09:30"), expires_at=dairy.day(-360),
        place_id=dairy.places["dry"], purchase_order=dairy.number("CG", 9),
    )  # fmt: skip
    await dairy.record("JL-02", dairy.at(2, "10:10"), {"SENSE": "正常"}, lot_id=lot_id)


async def load_van(dairy: Dairy, milk: UUID, order_id: UUID) -> None:
    """Two lines for the first distributor, loaded and not gone; and a third pallet for the next one."""
    await downstream.pack_pallet(dairy, milk, dairy.number("T", 2, "-3"), dairy.at(2, "17:00"), 4)
    number = dairy.number("CK", 0, "01")
    dairy.plant.told = None
    command = chain.NewShipment(
        shipment_no=number, customer_id=dairy.customers["DIST1"], outlet_id=dairy.outlets["DIST1"],
        delivery_note=number.replace("CK", "SH"), carrier="云畦岭冷链车队", temperature_low=Decimal(2),
        temperature_high=Decimal(6), conditions="2–6 ℃ 冷藏运输",
        lines=[
            chain.NewShipmentLine(lot_id=milk, quantity=Decimal(240), unit="pcs", packages=20),
            downstream.serials(milk, order_id, 181, 192),
        ],
    )  # fmt: skip
    await dairy.plant.do(OPERATOR, chain.ship, command)
