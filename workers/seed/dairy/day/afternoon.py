"""Nine shipments before three: two by night, of last week's milk, seven by day, signed for by the driver; each with its note."""

from datetime import timedelta
from decimal import Decimal
from typing import NamedTuple
from uuid import UUID

from server.domains import chain
from workers.seed.dairy.day.laboratory import issue, report
from workers.seed.dairy.day.morning import Before
from workers.seed.dairy.day.setting import Day
from workers.seed.plant import OPERATOR

_COLD = ("3.4", "3.9", "4.4")


class _Load(NamedTuple):
    """`clock`: when it leaves, its note a quarter of an hour earlier; bottles of milk, cups of yoghurt, milk released
    early; `hours` on the road, none where it arrives another day."""

    number: str
    customer: str
    clock: str
    milk: int
    yoghurt: int
    early: int
    vehicle: str
    driver: str
    hours: float | None


_LOADS = (
    _Load("11", "DIST1", "08:20", 240, 360, 0, "浙A·演示01", "李师傅", 1.5),
    _Load("12", "MARKET", "08:50", 120, 240, 0, "浙A·演示02", "赵师傅", 1.0),
    _Load("13", "DIST2", "09:50", 360, 600, 0, "浙A·演示05", "吴师傅", 2.5),
    _Load("14", "MARKET", "10:50", 96, 240, 0, "浙A·演示02", "赵师傅", 1.0),
    _Load("15", "HOTEL", "13:10", 24, 48, 0, "浙A·演示03", "孙师傅", None),
    _Load("16", "SCHOOL", "14:10", 0, 0, 960, "浙A·演示06", "冯师傅", None),
    _Load("17", "DIST2", "14:40", 120, 720, 0, "浙A·演示05", "吴师傅", None),
)


async def ship_by_night(day: Day) -> None:
    """The papers of the two that left before dawn."""
    dairy = day.dairy
    await report(day, dairy.lots["in_the_shops"], dairy.at(day.days_ago + 1, "16:30"))
    for shipment_id, clock in zip(dairy.shipments, ("02:45", "03:45"), strict=True):
        await issue(day, "delivery_note", shipment_id, day.at(clock))


async def ship_all(day: Day, before: Before, early: UUID) -> None:
    """The seven of the day."""
    for load in _LOADS:
        shipment_id = await _load(day, load, before, early)
        await _depart(day, load, shipment_id)
        if load.hours is not None:
            await _arrive(day, load, shipment_id)


async def _load(day: Day, load: _Load, before: Before, early: UUID) -> UUID:
    dairy = day.dairy
    departs = day.at(load.clock)
    goods = ((before.milk, load.milk), (before.yoghurt, load.yoghurt), (early, load.early))
    number = day.no("CK", load.number)
    command = chain.NewShipment(
        shipment_no=number, customer_id=dairy.customers[load.customer], outlet_id=dairy.outlets[load.customer],
        delivery_note=number.replace("CK", "SH"), customer_order=number.replace("CK", "DD"), carrier="云畦岭冷链车队",
        vehicle=load.vehicle, seal=f"FQ{number[-6:]}", temperature_low=Decimal(2), temperature_high=Decimal(6), conditions="2–6 ℃ 冷藏运输",
        lines=[
            chain.NewShipmentLine(lot_id=lot_id, quantity=Decimal(count), unit="pcs", packages=count // 12)
            for lot_id, count in goods if count
        ],
    )  # fmt: skip
    dairy.plant.tell(departs - timedelta(minutes=25))
    shipment_id = await dairy.plant.do(OPERATOR, chain.ship, command)
    await issue(day, "delivery_note", shipment_id, departs - timedelta(minutes=15))
    return shipment_id


async def _depart(day: Day, load: _Load, shipment_id: UUID) -> None:
    plant = day.dairy.plant
    plant.tell(day.at(load.clock))
    handed = chain.HandOverShipment(
        stage="loading", at=day.at(load.clock), place_id=day.dairy.places["store"], carrier="云畦岭冷链车队", vehicle=load.vehicle,
        seal=f"FQ{day.no('CK', load.number)[-6:]}", seal_intact=True, temperature=Decimal("3.2"), counterpart_name=load.driver,
        signature_id=day.signature,
    )  # fmt: skip
    await plant.do(OPERATOR, chain.hand_over_shipment, shipment_id, handed)


async def _arrive(day: Day, load: _Load, shipment_id: UUID) -> None:
    """The logger's values on the way, then the receiver's signature."""
    dairy = day.dairy
    departed, took = day.at(load.clock), timedelta(hours=load.hours or 0)
    for position, value in enumerate(_COLD):
        await dairy.record("JL-12", departed + took * position / len(_COLD), {"TEMP": value}, shipment_id=shipment_id)
    dairy.plant.tell(departed + took)
    handed = chain.HandOverShipment(
        stage="delivery", at=departed + took, vehicle=load.vehicle, seal=f"FQ{day.no('CK', load.number)[-6:]}", seal_intact=True,
        temperature=Decimal(_COLD[-1]), counterpart_name="收货员", signature_id=day.signature,
    )  # fmt: skip
    await dairy.plant.do(OPERATOR, chain.hand_over_shipment, shipment_id, handed)
