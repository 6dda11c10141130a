"""Bare boards of last week's panels: tested, released, most of them shipped."""

from decimal import Decimal

from server.domains import chain
from workers.seed.electronics.panels import run_step
from workers.seed.house import House
from workers.seed.plant import OPERATOR

_PANELS = 60
_BOARDS_A_PANEL = 8


async def bare_boards(works: House) -> None:
    """Last week's panels as bare boards, tested; most of them shipped."""
    panels = works.lots["last_week"]
    await works.sign(works.at(7, "08:00"), panels)
    begun = works.at(7, "08:30")
    count = _PANELS * _BOARDS_A_PANEL
    command = chain.NewLot(
        kind="finished", product_id=works.products["PCB"], lot_no=works.number("CB", 7, "-01"), quantity=Decimal(count), produced_at=begun,
        place_id=works.places["goods"], production_order=works.number("MO", 8),
    )  # fmt: skip
    works.plant.tell(begun)
    boards = await works.plant.do(OPERATOR, chain.create_lot, command)
    await run_step(works, boards, "ROUT", 7, ("08:30", "15:00"), count, 0, lots_in=[panels], unit="片")
    link = chain.NewLink(
        from_lot=panels, to_lot=boards, kind="consumed", quantity=Decimal(_PANELS), unit="板", at=begun
    )
    await works.plant.do(OPERATOR, chain.create_links, [link], all_or_nothing=True)
    values = {"LOOK": "合格", "THICK": "1.61", "IMP": "50.4"}
    await works.record("CJ-05", works.at(7, "16:00"), values, lot_id=boards, gauge_ids=[works.devices["micrometer"]])
    await works.sign(works.at(7, "16:40"), boards)
    shipment = chain.NewShipment(
        shipment_no=works.number("FH", 6, "01"), customer_id=works.customers["DRIVE"], delivery_note=works.number("SH", 6, "01"), carrier="岚芯屿物流",
        vehicle="浙B·演示08", departed_at=works.at(6, "10:00"), lines=[chain.NewShipmentLine(lot_id=boards, quantity=Decimal(400), unit="片", packages=8)],
    )  # fmt: skip
    works.plant.tell(works.at(6, "10:00"))
    await works.plant.do(OPERATOR, chain.ship, shipment)
    works.lots["boards"] = boards
