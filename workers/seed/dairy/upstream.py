"""From the farms to pasteurised milk: receipt, blending in the tank, pasteurisation."""

from collections.abc import Sequence
from decimal import Decimal
from typing import NamedTuple
from uuid import UUID

from server.domains.chain.operations.commands import Parameter
from workers.seed.dairy.house import Dairy


class Delivery(NamedTuple):
    """A farm's milk of one morning: kg, and what the laboratory found."""

    farm: str
    kg: str
    fat: str
    protein: str
    acidity: str


class Supplies(NamedTuple):
    """What is not milk: received long ago, used for every product since."""

    bottles: UUID
    cups: UUID
    culture: UUID


async def receive_supplies(dairy: Dairy) -> Supplies:
    """Bottles, yoghurt bottles and culture, inspected and released."""
    made = []
    for product, supplier, suffix, quantity, expires in (
        ("BOTTLE", "PACK", "P1", "60000", -325),
        ("CUP", "PACK", "P2", "80000", -325),
        ("CULTURE", "CULT", "J1", "20", -160),
    ):
        lot_id = await dairy.receive(
            product, supplier, dairy.number("FL", 40, suffix), supplier_lot_no=dairy.number("", 52, f"-{suffix}"),
            quantity=Decimal(quantity), received_at=dairy.at(40, "09:30"), expires_at=dairy.day(expires),
            place_id=dairy.places["dry"], purchase_order=dairy.number("CG", 47),
        )  # fmt: skip
        await dairy.record("JL-02", dairy.at(40, "10:10"), {"SENSE": "正常"}, lot_id=lot_id)
        made.append(lot_id)
    await dairy.release(dairy.at(40, "11:00"), *made)
    return Supplies(*made)


async def receive_milk(dairy: Dairy, days_ago: int, deliveries: Sequence[Delivery]) -> list[tuple[UUID, str, str]]:
    """The morning's milk, tested at the gate and released; what of each goes on into the tank."""
    lots = []
    for number, each in enumerate(deliveries, 1):
        lot_id = await dairy.receive(
            "RAW", each.farm, dairy.number("RN", days_ago, f"-{number}"), supplier_lot_no=f"{each.farm[-1]}{dairy.day(days_ago):%m%d}早",
            quantity=Decimal(each.kg), received_at=dairy.at(days_ago, "05:40"), delivery_note=dairy.number("SN", days_ago, f"{number:02d}"),
        )  # fmt: skip
        values = {
            "SENSE": "正常", "TEMP": "3.9", "FAT": each.fat, "PROTEIN": each.protein, "ACID": each.acidity, "ANTI": "未检出",
        }  # fmt: skip
        await dairy.record("JL-01", dairy.at(days_ago, "06:20"), values, lot_id=lot_id)
        lots.append((lot_id, each.kg, "kg"))
    await dairy.release(dairy.at(days_ago, "06:50"), *(lot for lot, _, _ in lots))
    return lots


async def pasteurise(dairy: Dairy, days_ago: int, deliveries: Sequence[Delivery]) -> tuple[UUID, Decimal]:
    """Milk of these farms, blended in one tank and pasteurised: the lot, and its kg."""
    milk = await receive_milk(dairy, days_ago, deliveries)
    received = sum((Decimal(kg) for _, kg, _ in milk), Decimal(0))
    tank = await dairy.make(
        "TANK", dairy.number("NG", days_ago, "-1"), milk, str(received - 12), dairy.at(days_ago, "07:00"), dairy.at(days_ago, "07:40"),
        {"step_id": dairy.steps["TANK"], "line_place_id": dairy.places["tank"], "unit": "kg", "quantity_in": received,
         "quantity_good": received - 12, "quantity_reworked": Decimal(0), "quantity_scrapped": Decimal(12),
         "parameters": [Parameter(name="贮存温度", value=Decimal("3.6"), unit="°C", high=Decimal(6))]},
        place_id=dairy.places["tank"],
    )  # fmt: skip
    await dairy.release(dairy.at(days_ago, "07:50"), tank)
    good = received - 60
    base = await dairy.make(
        "BASE", dairy.number("SJ", days_ago, "-1"), [(tank, str(received - 12), "kg")], str(good),
        dairy.at(days_ago, "08:00"), dairy.at(days_ago, "09:50"),
        {"step_id": dairy.steps["BASE"], "line_place_id": dairy.places["line"], "device_ids": [dairy.devices["thermometer"]],
         "unit": "kg", "quantity_in": received - 12, "quantity_good": good, "quantity_reworked": Decimal(0),
         "quantity_scrapped": Decimal(48), "parameters": _PASTEURISING},
    )  # fmt: skip
    await dairy.record("JL-05", dairy.at(days_ago, "09:30"), {"PASTT": "86.2", "PASTS": "16"}, lot_id=base)
    await dairy.release(dairy.at(days_ago, "10:00"), base)
    return base, good


_PASTEURISING = [
    Parameter(name="杀菌温度", value=Decimal("86.2"), unit="°C", low=Decimal(85), high=Decimal(90)),
    Parameter(name="保持时间", value=Decimal(16), unit="s", low=Decimal(15)),
    Parameter(name="均质压力", value=Decimal(18), unit="MPa", low=Decimal(15), high=Decimal(20)),
]
