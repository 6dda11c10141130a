"""What the review decides: a concession that the customer consented to; and gauges whose calibration does not hold."""

from decimal import Decimal
from uuid import UUID

from server.domains import chain, devices, quality, reports
from server.domains.quality import nonconformity
from workers.seed.dairy.papers import picture_png
from workers.seed.house import House
from workers.seed.plant import ADMIN, INSPECTOR, MANAGER, OPERATOR, RELEASER


async def concede(works: House) -> None:
    """Forty bare boards whose solder mask is off in colour: used as they are, for this customer and thirty days."""
    plant = works.plant
    plant.tell(works.at(1, "09:10"))
    rule = nonconformity.ReviewRule(
        product_id=works.products["PCB"], roles=[MANAGER, RELEASER], people=2, customer_consent=True
    )
    await plant.do(ADMIN, nonconformity.set_review_rule, rule)
    boards = await _boards(works)
    values = {"LOOK": "不合格", "THICK": "1.60", "IMP": "50.1"}
    record_id = await works.record(
        "CJ-05", works.at(1, "10:45"), values, lot_id=boards, gauge_ids=[works.devices["micrometer"]]
    )
    command = nonconformity.NewNonconformity(
        lot_id=boards, record_id=record_id, quantity=Decimal(40), lot_no=works.number("CB", 2, "-02-色差"), defect="阻焊色差，与样板不一致，不影响功能",
        defect_class="C", stage="production", party="step", step_id=works.steps["MASK"], party_reason="阻焊油墨换批后未调曝光能量",
    )  # fmt: skip
    opened = await plant.do(INSPECTOR, nonconformity.open_nonconformity, command)
    plant.tell(works.at(1, "11:15"))
    consent = await plant.do(
        MANAGER, quality.store_attachment, plant.keys.files, picture_png("MILK950"), "consent.png", "客户特采同意书（演示）",
        most_bytes=plant.keys.attachment_max_bytes,
    )  # fmt: skip
    proposed = nonconformity.NewDisposition(
        kind="concession", reason="功能与可靠性不受影响，客户同意让步接收 40 片", expires_at=works.day(-30), customer_id=works.customers["DRIVE"],
        consent_attachment_id=consent.id,
    )  # fmt: skip
    disposition = await plant.do(INSPECTOR, nonconformity.propose_disposition, opened.id, proposed)
    for clock, role, remark in (("13:30", MANAGER, "同意，限本次 40 片"), ("14:05", RELEASER, "已核对客户书面同意")):
        plant.tell(works.at(1, clock))
        await plant.do(role, nonconformity.add_signature, disposition, "approve", remark)
    await _sheet(works, "nonconformity", opened.id, "14:20")


async def _boards(works: House) -> UUID:
    """Bare boards finished the day before, waiting for their final inspection."""
    begun = works.at(2, "13:00")
    command = chain.NewLot(
        kind="finished", product_id=works.products["PCB"], lot_no=works.number("CB", 2, "-02"), quantity=Decimal(240), produced_at=begun,
        production_ended_at=works.at(2, "17:30"), place_id=works.places["goods"], production_order=works.number("MO", 3),
    )  # fmt: skip
    works.plant.tell(begun)
    return await works.plant.do(OPERATOR, chain.create_lot, command)


async def gauges_fail(works: House) -> None:
    """The yearly comparison finds the copper gauge out of tolerance: everything since the last good one is in doubt."""
    failed = devices.NewCalibration(
        certificate_no="示例-CMI-05-2", calibrated_at=works.at(1, "16:40"), valid_to=works.day(0), passed=False
    )
    works.plant.tell(works.at(1, "17:05"))
    await works.plant.do(ADMIN, devices.calibrate, works.devices["copper"], failed)


async def _sheet(works: House, kind: reports.DocumentKind, subject_id: UUID, clock: str) -> None:
    plant = works.plant
    keys = plant.keys
    plant.tell(works.at(1, clock))
    await plant.do(
        MANAGER,
        reports.issue_document,
        kind,
        subject_id,
        "zh_CN",
        box=keys.files,
        origin=keys.origin,
        link_key=keys.link_key,
    )
