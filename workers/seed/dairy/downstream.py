"""From pasteurised milk to the shops: bottling, tests, papers, codes, cases and pallets, the cold chain."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from server.domains import chain, quality
from server.domains.chain.operations.commands import Parameter
from server.domains.scans import publish_lot, publish_shipment
from workers.seed import coding
from workers.seed.dairy.house import Dairy
from workers.seed.dairy.papers import report_pdf
from workers.seed.plant import INSPECTOR, MANAGER, OPERATOR

MILK = {
    "SENSE": "正常", "FAT": "3.8", "PROTEIN": "3.3", "SNF": "8.7", "ACID": "13.6", "PB": "0.01", "AFM1": "未检出",
    "TPC": "120, 80, 150, 60, 110", "COLI": "0, 0, 0, 0, 0",
}  # fmt: skip
YOGHURT = {
    "SENSE": "正常", "FAT": "3.7", "PROTEIN": "3.4", "ACID": "82.5", "LAB": "36000000", "COLI": "0, 0, 0, 0, 0",
}  # fmt: skip


async def bottle(
    dairy: Dairy, sku: str, lot_no: str, days_ago: int, inputs: Sequence[tuple[UUID, str, str]], pieces: int
) -> UUID:
    """A finished lot, filled at noon, in the cold store since."""
    parameters = [Parameter(name="灌装温度", value=Decimal("4.2"), unit="°C", high=Decimal(8))]
    if sku == "YOG230":
        parameters = [Parameter(name="发酵温度", value=Decimal(42), unit="°C", secret=True)]
    return await dairy.make(
        sku, lot_no, inputs, str(pieces), dairy.at(days_ago, "11:00"), dairy.at(days_ago, "15:30"),
        {"step_id": dairy.steps[sku], "line_place_id": dairy.places["line"], "unit": "pcs",
         "quantity_in": Decimal(pieces + 8), "quantity_good": Decimal(pieces), "quantity_reworked": Decimal(0),
         "quantity_scrapped": Decimal(8), "scrapped_by_defect": {"封口不良": Decimal(8)}, "parameters": parameters},
        place_id=dairy.places["store"], production_order=f"SC{dairy.day(days_ago):%Y%m%d}",
    )  # fmt: skip


async def inspect(
    dairy: Dairy, sku: str, lot_id: UUID, tested_at: datetime, values: Mapping[str, str], **more: Any
) -> str:
    """The final inspection; its report number."""
    report_no = f"CJ{tested_at:%Y%m%d}-{sku[0]}{lot_id.hex[-3:].upper()}"
    form = "JL-08" if sku == "MILK950" else "JL-09"
    await dairy.record(form, tested_at, values, lot_id=lot_id, report_no=report_no, checker_name="陆一鸣", **more)
    return report_no


async def add_papers(
    dairy: Dairy, sku: str, lot_id: UUID, lot_no: str, report_no: str, values: Mapping[str, str]
) -> None:
    """The report as a PDF, and the picture of the product."""
    product = "云畦岭鲜牛奶 950 mL" if sku == "MILK950" else "云畦岭原味酸奶 230 g"
    box, most = dairy.plant.keys.files, dairy.plant.keys.attachment_max_bytes
    title = f"出厂检验报告 {report_no}"
    report = await dairy.plant.do(
        INSPECTOR, quality.store_attachment, box, report_pdf(dairy.plant.name, title, product, lot_no, values),
        f"{report_no}.pdf", title, most_bytes=most,
    )  # fmt: skip
    for id, kind in ((report.id, "inspection_report"), (dairy.pictures[sku], "photo")):
        command = quality.AttachToLot.model_validate({"attachment_id": id, "kind": kind})
        await dairy.plant.do(INSPECTOR, quality.attach_to_lot, lot_id, command)


async def publish(dairy: Dairy, lot_id: UUID) -> None:
    await dairy.plant.do(MANAGER, publish_lot, lot_id)


async def coded(dairy: Dairy, lot_id: UUID, count: int) -> UUID:
    """An order of item codes for the lot, on its bottles and active."""
    order_id = await coding.mint(dairy.plant, lot_id, dairy.rules["item"], count)
    await coding.activate(dairy.plant, order_id)
    return order_id


async def pack_pallet(dairy: Dairy, lot_id: UUID, number: str, at: datetime, cases: int) -> UUID:
    """So many cases of 12 bottles on one pallet."""
    dairy.plant.tell(at)
    packed = [
        chain.PackLots(
            lot_no=f"{number}-{case:02d}", contents=[chain.Part(lot_id=lot_id, quantity=Decimal(12), unit="pcs")], at=at
        )
        for case in range(1, cases + 1)
    ]
    contents = [chain.Part(lot_id=await dairy.plant.do(OPERATOR, chain.pack_lots, case)) for case in packed]
    pallet = chain.PackLots(lot_no=number, contents=contents, unit="pallet", at=at)
    return await dairy.plant.do(OPERATOR, chain.pack_lots, pallet)


async def ship(
    dairy: Dairy, number: str, customer: str, departed: datetime, hours: int, lines: list[chain.NewShipmentLine],
    temperatures: Sequence[str],
) -> UUID:  # fmt: skip
    """To the customer's shop by a cooled car, its temperature at every half hour; received and published."""
    command = chain.NewShipment(
        shipment_no=number, customer_id=dairy.customers[customer], outlet_id=dairy.outlets[customer],
        delivery_note=number.replace("CK", "SH"), customer_order=number.replace("CK", "DD"), carrier="云畦岭冷链车队",
        vehicle="浙A·演示01", seal=f"FQ{number[-6:]}", temperature_low=Decimal(2), temperature_high=Decimal(6),
        conditions="2–6 ℃ 冷藏运输", departed_at=departed, lines=lines,
    )  # fmt: skip
    dairy.plant.tell(departed)
    shipment_id = await dairy.plant.do(OPERATOR, chain.ship, command)
    step = timedelta(hours=hours) / max(1, len(temperatures) - 1)
    for position, value in enumerate(temperatures):
        await dairy.record("JL-12", departed + position * step, {"TEMP": value}, shipment_id=shipment_id)
    receipt = chain.Receipt(
        received_at=departed + timedelta(hours=hours, minutes=10),
        receiver="门店收货员",
        temperature=Decimal(temperatures[-1]),
    )
    dairy.plant.tell(departed + timedelta(hours=hours, minutes=15))
    await dairy.plant.do(OPERATOR, chain.receive, shipment_id, receipt)
    await dairy.plant.do(MANAGER, publish_shipment, shipment_id)
    return shipment_id


def serials(lot_id: UUID, order_id: UUID, first: int, last: int) -> chain.NewShipmentLine:
    """A line of coded bottles, twelve in a case."""
    return chain.NewShipmentLine(
        lot_id=lot_id,
        packages=(last - first) // 12 + 1,
        serials=chain.SerialRange(order_id=order_id, first=first, last=last),
    )
