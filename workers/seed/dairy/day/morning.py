"""Before the line starts: lots of two days ago to be released, two tankers at the gate, the tank, pasteurisation."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any, NamedTuple
from uuid import UUID

from server.core.actor import Actor
from server.domains import chain
from server.domains.chain.operations.commands import Parameter
from workers.seed.dairy.day.setting import Day
from workers.seed.plant import OPERATOR


class Before(NamedTuple):
    """Made two days before; their microbiology was ready this morning."""

    milk: UUID
    yoghurt: UUID


class _Tank(NamedTuple):
    """One compartment of a tanker."""

    name: str
    kg: str
    core: str
    fat: str
    protein: str
    acidity: str
    accepted: bool = True
    remark: str | None = None


class _Tanker(NamedTuple):
    farm: str
    arrived: str
    tested: str
    vehicle: str
    seal: str
    hold: str
    driver: str
    order: str
    tanks: Sequence[_Tank]


_TANKERS = (
    _Tanker("FARM1", "04:35", "05:05", "浙E·演示11", "FQ-330523-071", "3.6", "沈阿根", "R1", (
        _Tank("前舱", "3000", "3.7", "3.9", "3.3", "13.3"), _Tank("后舱", "2000", "3.9", "3.8", "3.3", "13.5"),
    )),
    _Tanker("FARM2", "04:55", "05:20", "浙A·演示27", "FQ-330112-032", "5.8", "俞师傅", "R2", (
        _Tank("前舱", "2600", "3.8", "3.7", "3.2", "13.9"),
        _Tank("后舱", "1400", "7.4", "", "", "", False, "中心温度 7.4 ℃，高于 6 ℃，当场拒收，随车退回"),
    )),
)  # fmt: skip
# clock, °C, seconds: the first hour of the pasteuriser; 85.3 is just above what is still allowed.
_READINGS = (("06:15", "86.4", "16"), ("06:45", "86.1", "16"), ("07:15", "85.3", "16"))
_LAST_READING = ("07:45", "86.6", "17")
_LATE_REASON = "杀菌间平板没电，先抄在纸上，午休时补录"


async def fill_before(day: Day) -> Before:
    """A lot of each product, filled on the evening two days before the day from what the tank of then still held."""
    dairy = day.dairy
    culture = await dairy.receive(
        "CULTURE", "CULT2", dairy.number("FL", 20, "J2"), supplier_lot_no=dairy.number("", 31, "-H2"), quantity=Decimal(5),
        received_at=dairy.at(20, "10:00"), expires_at=dairy.day(-170), place_id=dairy.places["dry"],
    )  # fmt: skip
    await dairy.record("JL-02", dairy.at(20, "10:30"), {"SENSE": "正常"}, lot_id=culture)
    await dairy.release(dairy.at(20, "11:30"), culture)
    dairy.lots["culture"] = culture
    milk = await _filled(day, "MILK950", dairy.number("M", 3, "C1"), 3, ("16:00", "17:00"), "1200")
    yoghurt = await _filled(day, "YOG230", dairy.number("Y", 3, "D1"), 3, ("17:15", "18:30"), "3000")
    return Before(milk, yoghurt)


async def fill(day: Day, sku: str, suffix: str, times: tuple[str, str], pieces: str, base: UUID) -> UUID:
    """A lot of the day, filled on the second line; its final inspection falls due."""
    day.dairy.lots["base"] = base
    prefix = "M" if sku == "MILK950" else "Y"
    lot_id = await _filled(day, sku, day.no(prefix, suffix), day.days_ago, times, pieces, "line2")
    await day.dairy.fall_due(lots=[lot_id])
    return lot_id


async def _filled(
    day: Day, sku: str, lot_no: str, days_ago: int, times: tuple[str, str], pieces: str, line: str = "line"
) -> UUID:
    dairy = day.dairy
    begun, ended = (dairy.at(days_ago, clock) for clock in times)
    each, bottle = ("0.98", "bottles") if sku == "MILK950" else ("0.23", "cups")
    inputs = [(dairy.lots["base"], str(Decimal(each) * int(pieces)), "kg"), (dairy.lots[bottle], pieces, "pcs")]
    parameters = [Parameter(name="灌装温度", value=Decimal("4.3"), unit="°C", high=Decimal(8))]
    if sku == "YOG230":
        inputs.append((dairy.lots["culture"], str(Decimal(pieces) / 5000), "kg"))
        parameters = [Parameter(name="发酵温度", value=Decimal(42), unit="°C", secret=True)]
    return await dairy.make(
        sku, lot_no, inputs, pieces, begun, ended,
        {"step_id": dairy.steps[sku], "line_place_id": dairy.places[line], "unit": "pcs", "quantity_in": Decimal(pieces) + 4,
         "quantity_good": Decimal(pieces), "quantity_reworked": Decimal(0), "quantity_scrapped": Decimal(4),
         "scrapped_by_defect": {"封口不良": Decimal(4)}, "parameters": parameters},
        place_id=dairy.places["store"], production_order=f"SC{dairy.day(days_ago):%Y%m%d}",
    )  # fmt: skip


async def receive_tankers(day: Day) -> list[tuple[UUID, str, str]]:
    """Both tankers at the gate, tested and signed for; what may go into the tank."""
    inputs = []
    for number, tanker in enumerate(_TANKERS, 1):
        tanks = [each for each in tanker.tanks if each.accepted]
        lots = await _take_in(day, number, tanker)
        for lot_id, tank in zip(lots, tanks, strict=True):
            values = {
                "SENSE": "正常",
                "TEMP": tank.core,
                "FAT": tank.fat,
                "PROTEIN": tank.protein,
                "ACID": tank.acidity,
                "ANTI": "未检出",
            }
            await day.dairy.record("JL-01", day.at(tanker.tested), values, lot_id=lot_id)
            inputs.append((lot_id, tank.kg, "kg"))
    await day.dairy.sign(day.at("05:40"), *(lot for lot, _, _ in inputs))
    return inputs


async def _take_in(day: Day, number: int, tanker: _Tanker) -> list[UUID]:
    """Expected since yesterday, announced by telephone when it left, received by its number."""
    dairy, plant = day.dairy, day.dairy.plant
    raw = dairy.products["RAW"]
    plant.tell(dairy.at(day.days_ago + 1, "15:30"))
    expected = chain.NewDelivery.model_validate(
        {"supplier_id": dairy.suppliers[tanker.farm], "purchase_order": day.no("CG", f"-{tanker.order}"), "expected_on": day.date,
         "items": [{"product_id": raw, "quantity": str(sum(int(each.kg) for each in tanker.tanks)), "unit": "kg"}]}
    )  # fmt: skip
    delivery_id, _ = await plant.do(OPERATOR, chain.create_delivery, expected)
    plant.tell(day.at(tanker.arrived))
    lines: list[dict[str, Any]] = [
        {"product_id": raw, "supplier_lot_no": f"{tanker.farm[-1]}{day.date:%m%d}早{each.name}", "quantity": each.kg, "unit": "kg",
         "core_temperature": each.core, "accepted": each.accepted, "remark": each.remark}
        | ({"lot_no": day.no("RN", f"-{number}{position}")} if each.accepted else {})
        for position, each in enumerate(tanker.tanks, 1)
    ]  # fmt: skip
    handed = chain.ReceiveDelivery.model_validate(
        {"at": day.at(tanker.arrived), "place_id": dairy.places["gate"], "vehicle": tanker.vehicle, "seal": tanker.seal, "seal_intact": True,
         "temperature": tanker.hold, "counterpart_name": tanker.driver, "signature_id": day.signature, "lines": lines}
    )  # fmt: skip
    received = await plant.do(OPERATOR, _received, delivery_id, handed)
    await day.dairy.fall_due(lots=received.lot_ids)
    return received.lot_ids


async def _received(actor: Actor, delivery_id: UUID, command: chain.ReceiveDelivery) -> chain.Received:
    return await chain.receive_delivery(actor, delivery_id, command)


async def pasteurise(day: Day, raw: list[tuple[UUID, str, str]]) -> UUID:
    """Blended in the tank, heated; a reading every half hour, the last one entered after the fact."""
    dairy = day.dairy
    received = sum((Decimal(kg) for _, kg, _ in raw), Decimal(0))
    tank = await dairy.make(
        "TANK", day.no("NG", "-1"), raw, str(received - 12), day.at("05:42"), day.at("06:00"),
        {"step_id": dairy.steps["TANK"], "line_place_id": dairy.places["tank"], "unit": "kg", "quantity_in": received,
         "quantity_good": received - 12, "quantity_reworked": Decimal(0), "quantity_scrapped": Decimal(12),
         "parameters": [Parameter(name="贮存温度", value=Decimal("3.8"), unit="°C", high=Decimal(6))]},
        place_id=dairy.places["tank"],
    )  # fmt: skip
    await dairy.sign(day.at("06:02"), tank)
    good = received - 60
    base = await dairy.make(
        "BASE", day.no("SJ", "-1"), [(tank, str(received - 12), "kg")], str(good), day.at("06:05"), day.at("07:50"),
        {"step_id": dairy.steps["BASE"], "line_place_id": dairy.places["line"], "device_ids": [dairy.devices["thermometer"]],
         "unit": "kg", "quantity_in": received - 12, "quantity_good": good, "quantity_reworked": Decimal(0),
         "quantity_scrapped": Decimal(48), "parameters": [Parameter(name="均质压力", value=Decimal(18), unit="MPa", low=Decimal(15), high=Decimal(20))]},
    )  # fmt: skip
    for clock, celsius, seconds in _READINGS:
        await dairy.record("JL-05", day.at(clock), {"PASTT": celsius, "PASTS": seconds}, lot_id=base)
    await dairy.sign(day.at("07:52"), base)
    return base


async def late_reading(day: Day, base: UUID) -> None:
    """The one entry of the day that was made after the fact, with its reason."""
    clock, celsius, seconds = _LAST_READING
    values = {"PASTT": celsius, "PASTS": seconds}
    await day.dairy.record(
        "JL-05", day.at(clock), values, entered_at=day.at("11:50"), lot_id=base, late_reason=_LATE_REASON
    )
