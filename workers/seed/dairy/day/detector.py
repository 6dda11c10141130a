"""The filling line from eight to half past twelve, and its metal detector, which found no test piece at ten."""

from collections.abc import Sequence
from decimal import Decimal
from uuid import UUID

from server.core.actor import Actor
from server.domains import chain, quality
from server.domains.quality import inspection, nonconformity
from workers.seed.dairy.day.morning import fill, late_reading
from workers.seed.dairy.day.setting import Day
from workers.seed.dairy.papers import picture_png
from workers.seed.plant import INSPECTOR, MANAGER, OPERATOR

_GOOD = {"FE": "检出", "SUS": "检出"}
_REJECTED = 6  # bottles that the mended detector threw out


async def detector_fails(day: Day, base: UUID) -> list[UUID]:
    """The four lots of the day: three passed the detector before it failed, the last one after it was mended."""
    dairy = day.dairy
    await _check(day, "08:00", _GOOD)
    doubted = [
        await fill(day, "MILK950", "-A1", ("08:00", "08:40"), "1600", base),
        await fill(day, "MILK950", "-A2", ("08:45", "09:20"), "1400", base),
        await fill(day, "YOG230", "-B1", ("09:25", "09:55"), "2400", base),
    ]
    passed = (("1600", "08:02", "08:42"), ("1400", "08:47", "09:22"), ("2400", "09:27", "09:57"))
    await _through(day, doubted, passed, ("08:00", "10:00"))
    failed = await _check(day, "10:00", {"FE": "未检出", "SUS": "检出"})
    holds = await _stop(day, failed)
    await _mended(day)
    await _again(day, doubted, holds, failed)
    await late_reading(day, base)
    last = await fill(day, "MILK950", "-A3", ("11:55", "12:30"), "2000", base)
    await _through(day, [last], (("2000", "11:57", "12:32"),), ("11:55", "12:35"))
    await _check(day, "12:35", _GOOD)
    dairy.plant.tell(day.at("12:40"))
    return [*doubted, last]


async def _check(day: Day, clock: str, values: dict[str, str]) -> UUID:
    return await day.dairy.record("JL-10", day.at(clock), values, device_id=day.dairy.devices["detector"])


async def _through(
    day: Day, lots: Sequence[UUID], passed: Sequence[tuple[str, str, str]], run: tuple[str, str]
) -> None:
    """These lots went through the detector, (pieces, from, to) each, while it ran; what it is to be checked for falls due."""
    made = [await _detect(day, "金属检测机运行", *run)]
    for lot_id, (pieces, begun, ended) in zip(lots, passed, strict=True):
        made.append(await _detect(day, "金属检测（CCP2）", begun, ended, lot_id, pieces))
    await day.dairy.fall_due(operations=made)


async def _detect(
    day: Day, name: str, begun: str, ended: str, lot_id: UUID | None = None, pieces: str | None = None
) -> UUID:
    dairy = day.dairy
    counted = {} if pieces is None else {"quantity_in": Decimal(pieces), "quantity_good": Decimal(pieces), "quantity_reworked": Decimal(0), "quantity_scrapped": Decimal(0)}  # fmt: skip
    operation = chain.NewOperation(
        name=name, lots_out=[lot_id] if lot_id else [], device_ids=[dairy.devices["detector"]], line_place_id=dairy.places["metal"], shift="早班",
        started_at=day.at(begun), ended_at=day.at(ended), unit="pcs", **counted,
    )  # fmt: skip
    dairy.plant.tell(day.at(ended))
    return await dairy.plant.do(OPERATOR, chain.record_operation, operation)


async def _stop(day: Day, failed: UUID) -> list[UUID]:
    """Every lot that passed since the last good check, as the failed one names them."""
    plant = day.dairy.plant
    plant.tell(day.at("10:06"))
    reach = await plant.do(INSPECTOR, lambda actor: inspection.reach_of(actor.tenant, failed))
    assert reach is not None
    command = chain.NewHold(
        lot_ids=[each.lot_id for each in reach.lots], kind="on_hold", cause="金属检测机点检不合格",
        reason="10:00 点检铁 φ1.5 mm 测试块未检出；8:00 点检合格以后过机的批次全部冻结，修复后复检",
    )  # fmt: skip
    return list((await plant.do(MANAGER, chain.open_hold, command)).values())


async def _mended(day: Day) -> None:
    """The belt was dirty: cleaned, set anew, checked again."""
    plant = day.dairy.plant
    plant.tell(day.at("10:26"))
    failed = await plant.do(INSPECTOR, _failed)
    command = inspection.CallInspection(
        plan_id=day.plans["JH-06"], reason="again", reinspects=failed, remark="输送带清洁，灵敏度重新设定后复检"
    )
    await plant.do(INSPECTOR, inspection.call_inspection, command)
    await _check(day, "10:30", _GOOD)


async def _failed(actor: Actor) -> UUID:
    """The check of ten o'clock."""
    wanted = inspection.InspectionFilter(state="failed", trigger="hours")
    rows = await inspection.list_inspections(actor.tenant, wanted, None, 1)
    found: UUID = rows[0]["id"]
    return found


async def _again(day: Day, lots: Sequence[UUID], holds: Sequence[UUID], failed: UUID) -> None:
    """All three pass the detector once more: two are clean, of the third six bottles are thrown out."""
    dairy, plant = day.dairy, day.dairy.plant
    passed = (("1600", "10:40", "10:54"), ("1400", "10:54", "11:06"), ("2400", "11:06", "11:20"))
    await _through(day, lots, passed, ("10:38", "11:20"))
    for number, lot_id in enumerate(lots):
        found = "剔除后通过" if number == len(lots) - 1 else "通过"
        await dairy.record("JL-11", day.at("11:22"), {"RECHECK": found}, lot_id=lot_id)
    plant.tell(day.at("11:26"))
    for hold_id in holds:
        await plant.do(MANAGER, chain.close_hold, hold_id, chain.CloseHold(reason="修复后复过金属检测机，合格"))
    await _destroy(day, lots[-1], failed)


async def _destroy(day: Day, lot_id: UUID, failed: UUID) -> None:
    """What was thrown out is nonconforming, and destroyed before witnesses."""
    dairy, plant = day.dairy, day.dairy.plant
    plant.tell(day.at("11:30"))
    command = nonconformity.NewNonconformity(
        lot_id=lot_id, record_id=failed, quantity=Decimal(_REJECTED), lot_no=day.no("Y", "-B1-剔"), defect="金属检测复检剔除，封膜内疑有金属屑",
        defect_class="A", stage="production", party="step", step_id=dairy.steps["YOG230"], party_reason="封膜机刀口崩缺，已更换",
    )  # fmt: skip
    opened = await plant.do(INSPECTOR, nonconformity.open_nonconformity, command)
    proposed = nonconformity.NewDisposition(kind="destroy", reason="不得返工，整批剔除品销毁")
    disposition_id = await plant.do(INSPECTOR, nonconformity.propose_disposition, opened.id, proposed)
    plant.tell(day.at("14:20"))
    await plant.do(MANAGER, nonconformity.add_signature, disposition_id, "approve", "同意销毁，双人在场")
    plant.tell(day.at("15:40"))
    photo = await plant.do(
        OPERATOR, quality.store_attachment, plant.keys.files, picture_png("YOG230"), "destroyed.png", "销毁照片（演示）",
        most_bytes=plant.keys.attachment_max_bytes,
    )  # fmt: skip
    done = nonconformity.CarryOut(attachment_ids=[photo.id], detail="双人在场倒液压扁，6 瓶全部销毁")
    await plant.do(OPERATOR, nonconformity.carry_out, disposition_id, done)
    plant.tell(day.at("16:00"))
    closing = nonconformity.CloseNonconformity(remark="刀口已换，首检合格；加入每班点检")
    await plant.do(MANAGER, nonconformity.close_nonconformity, opened.id, closing)
