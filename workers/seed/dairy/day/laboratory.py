"""The laboratory's day: results that were waited for, lots that wait now, the one that left early, samples kept, the record
of the working day."""

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from server.domains import quality, reports
from workers.seed.dairy import downstream
from workers.seed.dairy.day.morning import Before
from workers.seed.dairy.day.setting import Day
from workers.seed.dairy.downstream import MILK, YOGHURT
from workers.seed.plant import INSPECTOR, OPERATOR, RELEASER

_MICROBIOLOGY = ("TPC", "COLI", "LAB")  # two days in the incubator
_EARLY_REASON = "文岚里小学食堂明早课间奶须今天送达，菌落总数、大肠菌群要后天才出结果；同日其余项目均合格"


async def results_of_before(day: Day, before: Before) -> None:
    """The plates of the day before yesterday are read at seven; both lots are released, their reports issued."""
    dairy = day.dairy
    for sku, lot_id, values in (("MILK950", before.milk, MILK), ("YOG230", before.yoghurt, YOGHURT)):
        await downstream.inspect(dairy, sku, lot_id, day.at("07:15"), values)
    await dairy.record("RK-01", day.at("07:30"), {"found": "未发现问题（开班检查 24 项）"}, working_day=day.date)
    await dairy.sign(day.at("07:45"), *before)
    for lot_id in before:
        await report(day, lot_id, day.at("07:55"))


async def report(day: Day, lot_id: UUID, at: datetime) -> None:
    """The lot's test report, numbered."""
    await issue(day, "test_report", lot_id, at)


async def issue(day: Day, kind: reports.DocumentKind, subject_id: UUID, at: datetime) -> None:
    plant = day.dairy.plant
    plant.tell(at)
    box, origin, key = plant.keys.files, plant.keys.origin, plant.keys.link_key
    await plant.do(RELEASER, reports.issue_document, kind, subject_id, "zh_CN", box=box, origin=origin, link_key=key)


async def sample_all(day: Day, made: Sequence[UUID]) -> None:
    """Everything but microbiology is known by one; a sample of each lot is kept."""
    dairy = day.dairy
    yoghurt = made[2]
    for lot_id in made:
        sku, found = ("YOG230", YOGHURT) if lot_id == yoghurt else ("MILK950", MILK)
        values = {code: value for code, value in found.items() if code not in _MICROBIOLOGY}
        await downstream.inspect(dairy, sku, lot_id, day.at("12:55"), values, incomplete=True)
    dairy.plant.tell(day.at("13:00"))
    for lot_id in made:
        kept = quality.RetainSample(
            quantity=Decimal(6), unit="pcs", place_id=dairy.places["store"], conditions="2–6 ℃", taken_at=day.at("13:00"),
            observe_on=[dairy.day(-6), dairy.day(-13)],
        )  # fmt: skip
        await dairy.plant.do(INSPECTOR, quality.retain_sample, lot_id, kept)


async def early_release(day: Day, lot_id: UUID) -> None:
    """Asked for by the line, approved by who may release; its report says what is not known yet."""
    plant = day.dairy.plant
    plant.tell(day.at("13:08"))
    asked = await plant.do(OPERATOR, quality.ask_urgent, quality.AskUrgent(lot_id=lot_id, reason=_EARLY_REASON))
    plant.tell(day.at("13:20"))
    decision = quality.DecideUrgent(
        approve=True, password=plant.passwords[RELEASER], remark="同意紧急放行；结果不合格时立即冻结并通知食堂"
    )
    await plant.do(RELEASER, quality.decide_urgent, asked, decision)
    await report(day, lot_id, day.at("13:25"))
