"""What failed at the dairy: cups with a defect under review, cups that were reworked and inspected again, and a thermometer
that was put right the day after it failed its calibration."""

from decimal import Decimal
from typing import Any
from uuid import UUID

from server.core.ids import ids_from
from server.domains import devices
from server.domains.quality import nonconformity
from workers.seed.dairy.house import Dairy
from workers.seed.numbering import NONCONFORMITIES, numbered_ids
from workers.seed.plant import ADMIN, INSPECTOR, MANAGER, OPERATOR


async def make_nonconformities(dairy: Dairy) -> None:
    """One in review, with a disposition of every stage; one that waits to be closed."""
    with ids_from(numbered_ids(NONCONFORMITIES)):
        await _in_review(dairy)
        await _reworked(dairy)
        await _thermometer(dairy)


async def _cups(dairy: Dairy, suffix: str) -> tuple[UUID, UUID]:
    """A delivery of cups, and the record by which it failed."""
    lot_id = await dairy.receive(
        "CUP", "PACK", dairy.number("FL", 1, suffix), supplier_lot_no=dairy.number("", 5, suffix), quantity=Decimal(2000),
        received_at=dairy.at(1, "09:30"), expires_at=dairy.day(-360), place_id=dairy.places["dry"],
    )  # fmt: skip
    return lot_id, await dairy.record("JL-02", dairy.at(1, "10:20"), {"SENSE": "异常"}, lot_id=lot_id)


async def _open(dairy: Dairy, suffix: str, defect: str) -> tuple[UUID, nonconformity.Opened]:
    lot_id, record_id = await _cups(dairy, suffix)
    command = nonconformity.NewNonconformity(
        lot_id=lot_id, record_id=record_id, defect=defect, defect_class="B", stage="material", party="supplier",
        supplier_id=dairy.suppliers["PACK"], party_reason="到货时箱内即有，签收单已注明",
    )  # fmt: skip
    return lot_id, await dairy.plant.do(INSPECTOR, nonconformity.open_nonconformity, command)


async def _propose(dairy: Dairy, opened: nonconformity.Opened, kind: Any, quantity: int, reason: str) -> UUID:
    command = nonconformity.NewDisposition(kind=kind, quantity=Decimal(quantity), reason=reason)
    return await dairy.plant.do(INSPECTOR, nonconformity.propose_disposition, opened.id, command)


async def _in_review(dairy: Dairy) -> None:
    _, opened = await _open(dairy, "-P8", "杯身印刷错位")
    await _propose(dairy, opened, "return", 1500, "整托错位，退供应商换货")
    broken = await _propose(dairy, opened, "scrap", 100, "杯身压裂，不能使用")
    await dairy.plant.do(MANAGER, nonconformity.add_signature, broken, "approve", "同意报废")
    await _propose(dairy, opened, "return", 200, "与供应商协商中")


async def _reworked(dairy: Dairy) -> None:
    _, opened = await _open(dairy, "-P9", "杯内有纸屑")
    blown = await _propose(dairy, opened, "rework", 2000, "逐杯吹净后重新检验")
    await dairy.plant.do(MANAGER, nonconformity.add_signature, blown, "approve", "同意返工")
    lot_id = await dairy.plant.do(OPERATOR, nonconformity.carry_out, blown, nonconformity.CarryOut(detail="已逐杯吹净"))
    assert lot_id is not None
    await dairy.record("JL-02", dairy.at(1, "16:10"), {"SENSE": "正常"}, lot_id=lot_id)


async def _thermometer(dairy: Dairy) -> None:
    failed = devices.NewCalibration(
        certificate_no="示例-TT-101-1", calibrated_at=dairy.at(166, "15:00"), valid_to=dairy.day(-200), passed=False
    )
    await dairy.plant.do(ADMIN, devices.calibrate, dairy.devices["thermometer"], failed)
