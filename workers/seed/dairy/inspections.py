"""Inspections at the dairy: bottles sampled by AQL, a lot of which a part is inspected, a trial supplier whose sampling was
discontinued, records of a working day, and one that waits for its second person. Ids of its own count."""

from decimal import Decimal
from uuid import UUID

from server.core.clock import now
from server.core.ids import ids_from
from server.domains import quality
from server.domains.quality import events, inspection
from workers.seed.dairy.house import Dairy
from workers.seed.numbering import INSPECTIONS, numbered_ids
from workers.seed.plant import INSPECTOR, MANAGER

_CONTROL = {
    "type": "object",
    "required": ["found"],
    "properties": {
        "found": {"type": "string", "title": "检查情况"},
        "measures": {"type": "string", "title": "整改措施"},
    },
}
_WEIGHING = {
    "type": "object",
    "required": ["weight"],
    "properties": {"weight": {"type": "number", "title": "称量值（g）"}},
}


async def make_inspections(dairy: Dairy) -> None:
    """Plans first: they reach nothing that was there before them."""
    dairy.plant.told = None
    with ids_from(numbered_ids(INSPECTIONS)):
        forms = {row["code"]: row["id"] for row in await _forms(dairy)}
        sampled = await _plan(dairy, "JH-01", "包材进货抽样检验", "receipt", forms["JL-02"], 480,
                              product_id=dairy.products["CUP"], sampling={"aql": "1.0"})  # fmt: skip
        await _plan(dairy, "JH-02", "瓶口目检（已由在线检测代替）", "receipt", forms["JL-02"], 480,
                    product_id=dairy.products["BOTTLE"])  # fmt: skip
        sorted_whole = await _plan(dairy, "JH-03", "包材全数挑选", "receipt", forms["JL-02"], 480,
                                   product_id=dairy.products["BOTTLE"])  # fmt: skip
        await _second_person(dairy)
        await _working_days(dairy)
        await _partly_inspected(dairy, sorted_whole)
        await _trial_supplier(dairy, sampled)


async def _forms(dairy: Dairy) -> list[quality.Row]:
    async def listed(actor: object) -> list[quality.Row]:
        return await quality.list_forms(dairy.plant.tenant_id, None, None, None, 500)

    return await dairy.plant.do(MANAGER, listed)


async def _plan(dairy: Dairy, code: str, name: str, trigger: str, form_id: UUID, minutes: int, **more: object) -> UUID:
    command = inspection.NewPlan.model_validate(
        {"code": code, "name": name, "trigger": trigger, "form_id": form_id, "within_minutes": minutes, **more}
    )
    plan_id, _ = await dairy.plant.do(MANAGER, inspection.define_plan, command)
    return plan_id


async def _form(dairy: Dairy, code: str, name: str, stage: str, subject: str, schema: object, **more: object) -> UUID:
    command = quality.NewForm.model_validate(
        {"code": code, "name": name, "stage": stage, "subject_kind": subject, "document_no": f"YQL-{code}",
         "keep_years": 2, "schema": schema, **more}
    )  # fmt: skip
    form_id, _ = await dairy.plant.do(MANAGER, quality.define_form, command)
    return form_id


async def _second_person(dairy: Dairy) -> None:
    """Culture is weighed by one and confirmed by another; this one waits."""
    await _form(dairy, "JL-06", "菌种称量复核记录", "production", "place", _WEIGHING, second_check=True)
    await dairy.record("JL-06", now(), {"weight": 1200}, place_id=dairy.places["dry"])


async def _working_days(dairy: Dairy) -> None:
    for code, name, trigger in (("RK-01", "每日食品安全检查记录", "daily"), ("ZP-01", "每周食品安全排查治理报告", "weekly"),
                                ("YD-01", "每月食品安全调度会议纪要", "monthly")):  # fmt: skip
        form_id = await _form(dairy, code, name, "production", "working_day", _CONTROL)
        since = (
            {"in_force_from": dairy.at(1, "00:00")} if trigger == "daily" else {}
        )  # the day before has its record too
        await _plan(dairy, f"JH-{code}", name, trigger, form_id, 12 * 60, mandatory=False, **since)
    await dairy.plant.do(MANAGER, events.tick, now())  # the days are expected from here on
    await dairy.record("RK-01", now(), {"found": "未发现问题"}, working_day=dairy.today)


async def _partly_inspected(dairy: Dairy, plan_id: UUID) -> None:
    """A thousand bottles, three hundred looked at; seven hundred wait."""
    lot_id = await dairy.receive(
        "BOTTLE", "PACK", dairy.number("FL", 0, "P9"), supplier_lot_no=dairy.number("", 3, "-P9"), quantity=Decimal(1000),
        received_at=now(), place_id=dairy.places["dry"],
    )  # fmt: skip
    called = inspection.CallInspection(plan_id=plan_id, lot_id=lot_id)
    inspection_id = await dairy.plant.do(INSPECTOR, inspection.call_inspection, called)
    inspected = {"accepted": "288", "rejected": "12"}
    await dairy.record(
        "JL-02", now(), {"SENSE": "正常"}, lot_id=lot_id, inspection_id=inspection_id, inspected=inspected
    )


async def _trial_supplier(dairy: Dairy, plan_id: UUID) -> None:
    """Seven submissions of one trial lot were not accepted: two of them tightened, five more ended sampling."""
    lot_id = await dairy.receive(
        "CUP", "PACK", dairy.number("FL", 0, "试供"), quantity=Decimal(2000), received_at=now(), place_id=dairy.places["dry"],
    )  # fmt: skip
    for _ in range(7):
        called = inspection.CallInspection(plan_id=plan_id, lot_id=lot_id)
        inspection_id = await dairy.plant.do(INSPECTOR, inspection.call_inspection, called)
        inspected = {"sample_size": 125, "defectives": 9}
        await dairy.record(
            "JL-02", now(), {"SENSE": "正常"}, lot_id=lot_id, inspection_id=inspection_id, inspected=inspected
        )
