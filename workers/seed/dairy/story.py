"""Three weeks at the dairy, told lot by lot; every state that a code or a lot can be in comes up once."""

from decimal import Decimal
from typing import NamedTuple
from uuid import UUID

from server.domains import chain, quality
from server.domains.response import OpenRecall, open_recall
from server.domains.scans import StatusText
from workers.seed import coding
from workers.seed.dairy import downstream, inspections, nonconforming, unfinished, upstream, urgent
from workers.seed.dairy.downstream import MILK, YOGHURT, serials
from workers.seed.dairy.house import Dairy
from workers.seed.dairy.master import make_master
from workers.seed.dairy.pages import make_pages
from workers.seed.dairy.papers import picture_png
from workers.seed.dairy.standards import make_standards
from workers.seed.dairy.upstream import Delivery, Supplies
from workers.seed.plant import INSPECTOR, MANAGER, OPERATOR

_COLD = ["3.2", "3.4", "3.6", "3.9", "4.1", "4.0", "3.8", "4.3", "4.6", "4.4", "4.1", "3.9"]
_WARM = ["3.4", "3.8", "4.4", "5.2", "6.3", "7.4", "7.9", "7.1", "6.2", "5.4"]


class Example(NamedTuple):
    """A code to scan, and what its scan says."""

    code: str
    status: StatusText


async def make_dairy(dairy: Dairy) -> list[Example]:
    """Fill the plant; one code of every status, the genuine one first."""
    plant = dairy.plant
    plant.tell(dairy.at(90, "09:00"))
    await make_master(dairy)
    await make_standards(dairy)
    await _pictures(dairy)
    await make_pages(dairy)
    dairy.rules["item"] = await coding.make_rule(plant, "瓶身追溯码（一物一码）", "item")
    dairy.rules["lot"] = await coding.make_rule(plant, "批次追溯码（一批一码）", "lot")
    supplies = await upstream.receive_supplies(dairy)
    dairy.lots |= {"bottles": supplies.bottles, "cups": supplies.cups}
    expired = await _expired(dairy, supplies)
    recalled, investigated = await _a_bad_week(dairy, supplies)
    genuine = await _this_week(dairy, supplies)
    await unfinished.receive_cups(dairy)
    await inspections.make_inspections(dairy)
    await nonconforming.make_nonconformities(dairy)
    await urgent.ask_for_cups(dairy)
    return [*genuine, expired, investigated, recalled]


async def _pictures(dairy: Dairy) -> None:
    box, most = dairy.plant.keys.files, dairy.plant.keys.attachment_max_bytes
    for sku, title in (("MILK950", "云畦岭鲜牛奶 950 mL"), ("YOG230", "云畦岭原味酸奶 230 g")):
        made = await dairy.plant.do(
            INSPECTOR, quality.store_attachment, box, picture_png(sku), f"{sku}.png", title, most_bytes=most
        )
        dairy.pictures[sku] = made.id


async def _expired(dairy: Dairy, supplies: Supplies) -> Example:
    """Milk of twenty days ago, sold at the plant's own shop: good for fifteen days, and past them."""
    base, _ = await upstream.pasteurise(dairy, 20, [Delivery("FARM2", "2000", "3.7", "3.2", "13.9")])
    lot_no = dairy.number("M", 20, "A1")
    inputs = [(base, "1176", "kg"), (supplies.bottles, "1200", "pcs")]
    lot_id = await downstream.bottle(dairy, "MILK950", lot_no, 20, inputs, 1200)
    await _finish(dairy, "MILK950", lot_id, lot_no, 19, MILK | {"FAT": "3.7"})
    order_id = await downstream.coded(dairy, lot_id, 24)
    return Example(await coding.text_of(dairy.plant, order_id, 1), "expired")


async def _finish(dairy: Dairy, sku: str, lot_id: UUID, lot_no: str, days_ago: int, values: dict[str, str]) -> None:
    """Tested in the morning, released in the afternoon, with papers, published."""
    report_no = await downstream.inspect(dairy, sku, lot_id, dairy.at(days_ago, "10:20"), values)
    await downstream.add_papers(dairy, sku, lot_id, lot_no, report_no, values)
    await dairy.release(dairy.at(days_ago, "16:00"), lot_id)
    await downstream.publish(dairy, lot_id)


async def _a_bad_week(dairy: Dairy, supplies: Supplies) -> tuple[Example, Example]:
    """One farm's milk went into two products: one is recalled, the other under investigation."""
    base, _ = await upstream.pasteurise(dairy, 7, [Delivery("FARM1", "5000", "3.8", "3.3", "13.5")])
    milk_no, yoghurt_no = dairy.number("M", 7, "A1"), dairy.number("Y", 7, "B1")
    inputs = [(base, "2352", "kg"), (supplies.bottles, "2400", "pcs")]
    milk = await downstream.bottle(dairy, "MILK950", milk_no, 7, inputs, 2400)
    inputs = [(base, "1380", "kg"), (supplies.cups, "6000", "pcs"), (supplies.culture, "1.2", "kg")]
    yoghurt = await downstream.bottle(dairy, "YOG230", yoghurt_no, 7, inputs, 6000)
    await _finish(dairy, "MILK950", milk, milk_no, 6, MILK)
    await _finish(dairy, "YOG230", yoghurt, yoghurt_no, 6, YOGHURT)
    await _rework(dairy, yoghurt, yoghurt_no)
    milk_codes = await downstream.coded(dairy, milk, 48)
    yoghurt_codes = await downstream.coded(dairy, yoghurt, 48)
    leaving = dairy.at(5, "03:00")
    lines = [serials(milk, milk_codes, 1, 48)]
    await downstream.ship(dairy, dairy.number("CK", 5, "01"), "DIST1", leaving, 5, lines, _WARM)
    lines = [serials(yoghurt, yoghurt_codes, 1, 48)]
    await downstream.ship(dairy, dairy.number("CK", 5, "02"), "DIST2", leaving, 6, lines, _COLD)
    await _recall(dairy, milk)
    await _investigate(dairy, yoghurt)
    return (
        Example(await coding.text_of(dairy.plant, milk_codes, 1), "recalled"),
        Example(await coding.text_of(dairy.plant, yoghurt_codes, 1), "under_investigation"),
    )


async def _rework(dairy: Dairy, yoghurt: UUID, yoghurt_no: str) -> None:
    """120 bottles with a smeared date are printed again, tested and released as a lot of their own."""
    dairy.plant.tell(dairy.at(6, "09:00"))
    command = chain.ReworkLot(
        lot_no=f"{yoghurt_no}-R1",
        quantity=Decimal(120),
        unit="pcs",
        at=dairy.at(6, "09:00"),
        remark="瓶身喷码模糊，擦除后重新喷码",
    )
    lot_id = await dairy.plant.do(OPERATOR, chain.rework_lot, yoghurt, command)
    await downstream.inspect(dairy, "YOG230", lot_id, dairy.at(6, "14:00"), YOGHURT)
    await dairy.release(dairy.at(6, "16:30"), lot_id)


async def _recall(dairy: Dairy, milk: UUID) -> None:
    dairy.plant.tell(dairy.at(4, "09:30"))
    command = OpenRecall(
        level=2,
        reason="配送途中制冷故障，部分产品温度超过 6 ℃",
        advice="请停止饮用，凭瓶身追溯码到购买门店全额退款；不便退回的，可拨打瓶身服务电话登记。",
        reason_en="The cooling failed on the way: part of this lot was warmer than 6 ℃.",
        advice_en="Do not drink it. Take the bottle, or its trace code, to the shop where you bought it for a full refund.",
        lots=[milk],
    )
    await dairy.plant.do(MANAGER, open_recall, command)


async def _investigate(dairy: Dairy, yoghurt: UUID) -> None:
    hold = chain.NewHold(
        lot_ids=[yoghurt], kind="under_review", cause="投诉核查", reason="收到两起口感偏酸的投诉，正在复检留样"
    )
    await dairy.plant.do(MANAGER, chain.open_hold, hold)


async def _this_week(dairy: Dairy, supplies: Supplies) -> list[Example]:
    """Milk of two farms, blended: one lot in the shops, one waiting for a result, one that failed."""
    farms = [Delivery("FARM1", "6200", "3.9", "3.3", "13.2"), Delivery("FARM2", "3800", "3.6", "3.2", "14.0")]
    base, _ = await upstream.pasteurise(dairy, 3, farms)
    dairy.lots["base"] = base
    lot_no = dairy.number("M", 3, "A1")
    inputs = [(base, "3920", "kg"), (supplies.bottles, "4000", "pcs")]
    lot_id = await downstream.bottle(dairy, "MILK950", lot_no, 3, inputs, 4000)
    await _finish(dairy, "MILK950", lot_id, lot_no, 2, MILK)
    await _waiting(dairy, base, supplies)
    await _failed(dairy, base, supplies)
    return await _sell(dairy, lot_id)


async def _waiting(dairy: Dairy, base: UUID, supplies: Supplies) -> None:
    """The coliforms are still in the incubator."""
    inputs = [(base, "920", "kg"), (supplies.cups, "4000", "pcs"), (supplies.culture, "0.8", "kg")]
    lot_id = await downstream.bottle(dairy, "YOG230", dairy.number("Y", 3, "B1"), 3, inputs, 4000)
    found = {code: value for code, value in YOGHURT.items() if code != "COLI"}
    await downstream.inspect(dairy, "YOG230", lot_id, dairy.at(2, "11:00"), found, incomplete=True)


async def _failed(dairy: Dairy, base: UUID, supplies: Supplies) -> None:
    """Too many germs: red, and stopped."""
    inputs = [(base, "1960", "kg"), (supplies.bottles, "2000", "pcs")]
    lot_id = await downstream.bottle(dairy, "MILK950", dairy.number("M", 3, "A2"), 3, inputs, 2000)
    values = MILK | {"TPC": "62000, 71000, 118000, 54000, 48000"}
    await downstream.inspect(dairy, "MILK950", lot_id, dairy.at(2, "11:30"), values)
    reason = "菌落总数超出限值，隔离待评审"
    hold = chain.NewHold(lot_ids=[lot_id], kind="quarantined", cause="检验不合格", reason=reason)
    await dairy.plant.do(MANAGER, chain.open_hold, hold)


async def _sell(dairy: Dairy, lot_id: UUID) -> list[Example]:
    """To two distributors, loose and on pallets; some labels were spoilt, some are not on a bottle yet."""
    plant = dairy.plant
    plant.tell(dairy.at(2, "16:20"))
    order_id = await coding.mint(plant, lot_id, dairy.rules["item"], 240)
    await coding.change(plant, order_id, "printed", 1, 230)
    await coding.activate(plant, order_id, 1, 216)
    await coding.change(plant, order_id, "voided", 211, 216, "标签破损，已换新")
    pallets = [
        await downstream.pack_pallet(dairy, lot_id, dairy.number("T", 2, f"-{n}"), dairy.at(2, "17:00"), 4)
        for n in (1, 2)
    ]
    lines = [serials(lot_id, order_id, 1, 120), chain.NewShipmentLine(lot_id=pallets[0], packages=4)]
    first = await downstream.ship(dairy, dairy.number("CK", 1, "01"), "DIST1", dairy.at(1, "03:00"), 5, lines, _COLD)
    lines = [serials(lot_id, order_id, 121, 180), chain.NewShipmentLine(lot_id=pallets[1], packages=4)]
    second = await downstream.ship(dairy, dairy.number("CK", 1, "02"), "DIST2", dairy.at(1, "04:00"), 6, lines, _COLD)
    dairy.lots["in_the_shops"] = lot_id
    dairy.shipments += [first, second]
    lot_order = await coding.mint(plant, lot_id, dairy.rules["lot"], 1)
    await coding.activate(plant, lot_order)
    await unfinished.load_van(dairy, lot_id, order_id)
    return [
        Example(await coding.text_of(plant, order_id, 1), "genuine"),
        Example(await coding.text_of(plant, order_id, 225), "inactive"),
        Example(await coding.text_of(plant, order_id, 212), "voided"),
        Example(await coding.text_of(plant, lot_order, 1), "lot_released"),
    ]
