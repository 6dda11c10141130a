"""Promise: an inspection falls due when its event happens and never twice; what was not done in time is listed as missed, never
deleted, and closed as late when it is done after all; a record does the inspection of its form and subject."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from server.core import db
from server.core.actor import worker
from server.core.clock import EDGE, now
from server.core.ids import new_id
from server.domains import chain
from server.domains.quality import BulkRecord, BulkResult, events, store_records
from tests.fixtures.api import PASSWORD, Api
from tests.fixtures.inspections import FAIL, Line, hours_ago, make_line
from workers import scheduler


@pytest.fixture
async def line(api: Api) -> Line:
    return await make_line(api)


async def test_a_receipt_makes_its_inspection_due_in_the_same_call(line: Line) -> None:
    plan = await line.plan("receipt", await line.form(), product_id=line.ids["material"])
    lot = await line.lot(quantity=1000)
    await line.lot("finished")
    (due,) = await line.open("due")
    assert (due["plan_id"], due["lot_id"], due["trigger"], due["state"]) == (plan, lot, "receipt", "due")
    assert (due["quantity"], due["pending"], due["accepted"]) == ("1000", "1000", "0")
    assert await line.open("missed") == []


async def test_what_was_there_before_a_plan_is_not_reached_by_it(line: Line) -> None:
    before = await line.lot()
    await line.plan("receipt", await line.form())
    await tick(line)
    assert await line.open(lot_id=before) == []


async def test_the_same_event_told_again_makes_nothing_twice(line: Line) -> None:
    await line.plan("receipt", await line.form())
    lot = await line.lot()
    actor = line.plant.actor("operator")
    async with db.transaction(actor.scope()):
        await events.on_lots_created(actor, {"lot_ids": [lot]})
    await tick(line)
    assert len(await line.open()) == 1


async def test_a_lot_that_came_by_another_door_is_told_by_its_event(line: Line) -> None:
    await line.plan("receipt", await line.form())
    actor = line.plant.actor("operator")
    command = chain.NewLot(kind="material", product_id=line.ids["material"], lot_no="M1", quantity=5)
    async with db.transaction(actor.scope()):
        lot_id = await chain.create_lot(actor, command)
    assert await line.open() == []
    async with db.transaction(db.Scope.system()):
        payload = await db.fetchval(
            "SELECT payload::text FROM outbox WHERE tenant_id = $1 AND topic = 'LotsCreated'", line.plant.tenant_id
        )
    async with db.transaction(actor.scope()):
        await events.on_lots_created(actor, db.loads(payload))
    assert [row["lot_id"] for row in await line.open()] == [str(lot_id)]


async def test_a_record_does_what_is_due_and_its_verdict_stands(line: Line) -> None:
    await line.plan("receipt", await line.form())
    lot = await line.lot()
    stored = await line.record(values=FAIL, lot_id=lot)
    assert stored["inspection"]["verdict"] == "fail"
    assert stored["inspection"]["rejected"] == "1000"
    (done,) = await line.open("failed")
    assert (done["state"], done["record_id"], done["late"]) == ("done", stored["id"], False)
    assert await line.open() == []


async def test_missed_stays_listed_until_it_is_done_and_is_late_then(line: Line) -> None:
    await line.plan("receipt", await line.form())
    lot = await line.lot()
    await line.move_back(2)
    (missed,) = await line.open("missed")
    assert missed["late"]
    assert (await line.get("inspection-counts"))["missed"] == 1
    assert await tick(line) == 1
    assert await tick(line) == 0  # told once
    stored = await line.record(lot_id=lot)
    assert stored["inspection"]["late"]
    assert await line.open("missed") == []
    (late,) = await line.open("late")
    assert (late["id"], late["state"], late["verdict"]) == (missed["id"], "done", "pass")


async def test_no_role_of_the_application_may_delete_an_inspection_or_a_record(line: Line) -> None:
    tables = ["record", "measurement", "record_attachment", "record_check", "form_version", "inspection", "inspection_result",
              "inspection_part", "inspection_plan", "inspection_plan_version", "attachment", "blob"]  # fmt: skip
    roles = ["trace_tenant", "trace_jurisdiction", "trace_system", "trace_bulk", "trace_public", "trace_app"]
    async with db.transaction(db.Scope.system()):
        rows = await db.fetch(
            "SELECT r, t FROM unnest($1::text[]) AS r, unnest($2::text[]) AS t WHERE has_table_privilege(r, t, 'DELETE')"
            " OR has_table_privilege(r, t, 'TRUNCATE')",
            roles, tables,
        )  # fmt: skip
    assert [tuple(row) for row in rows] == []


async def test_a_named_inspection_must_be_of_the_same_form_and_subject(line: Line) -> None:
    await line.plan("receipt", await line.form())
    await line.form("F2")
    lot, other = await line.lot(), await line.lot()
    first = next(row for row in await line.open() if row["lot_id"] == lot)
    refused = await line.record(lot_id=other, inspection_id=first["id"], expect=422)
    assert refused["errors"][0]["code"] == "inspection_of_other"
    await line.record("F2", lot_id=lot, inspection_id=first["id"], expect=422)
    await line.record(lot_id=lot, inspection_id=first["id"])
    await line.record(lot_id=lot, inspection_id=first["id"], expect=409)


async def test_an_incomplete_record_does_nothing_and_its_correction_does(line: Line) -> None:
    await line.plan("receipt", await line.form())
    lot = await line.lot()
    half = await line.record(values={"look": None}, lot_id=lot, incomplete=True)
    assert half["inspection"] is None
    whole = await line.record(lot_id=lot, corrects=half["id"], correction_reason="补填外观")
    assert whole["inspection"]["verdict"] == "pass"


async def test_a_correction_decides_anew_what_the_corrected_record_decided(line: Line) -> None:
    await line.plan("receipt", await line.form())
    lot = await line.lot()
    wrong = await line.record(values=FAIL, lot_id=lot)
    right = await line.record(lot_id=lot, corrects=wrong["id"], correction_reason="看错批")
    found = await line.get(f"inspections/{wrong['inspection']['inspection_id']}")
    assert (found["verdict"], found["record_id"], found["rejected"], found["accepted"]) == (
        "pass",
        right["id"],
        "0",
        "1000",
    )


async def test_a_replayed_record_answers_the_same_and_does_nothing_twice(line: Line) -> None:
    await line.plan("receipt", await line.form())
    lot = await line.lot()
    body = {"lot_id": lot, "entry_id": "0199aaaa-0000-7000-8000-000000000001"}
    first, again = await line.record(**body), await line.record(**body)
    assert again["replayed"]
    assert again["inspection"] == first["inspection"]


async def test_end_of_lot_moves_with_the_end_of_production(line: Line) -> None:
    await line.plan("end_of_lot", await line.form(), product_id=line.ids["finished"])
    lot = await line.lot("finished")
    (before,) = await line.open(lot_id=lot)
    await line.operation(lot, now() + timedelta(hours=2))
    (after,) = await line.open("upcoming", lot_id=lot)
    assert after["id"] == before["id"]
    assert after["due_from"] > before["due_from"]


@pytest.mark.parametrize(
    ("wanted", "second", "reason"),
    [
        ("operator", {"operator_name": "李工"}, "operator"),
        ("shift_start", {"shift": "中班"}, "shift_start"),
        ("program", {"parameters": [{"name": "程序", "value": "P2"}]}, "program"),
        ("stop", {"later": 9}, "stop"),
        ("tool", {"device": True}, "tool"),
        ("material", {"input": True}, "material"),
        ("operator", {}, None),
    ],
)
async def test_a_change_asks_for_a_first_piece(
    line: Line, wanted: str, second: dict[str, Any], reason: str | None
) -> None:
    second = dict(second)
    await line.plan("first_piece", await line.form(), step_id=line.ids["step"], first_piece_on=[wanted], stop_hours=4)
    lot = await line.lot("finished")
    start = now().astimezone(EDGE).replace(hour=1, minute=0) - timedelta(days=1)
    begin = {"parameters": [{"name": "程序", "value": "P1"}]}
    await line.operation(lot, start, **begin)
    if second.pop("device", False):
        second["device_ids"] = [line.ids["device"]]
    if second.pop("input", False):
        material = await line.lot()
        second["lots_in"] = [material]
        body = {"lot_ids": [material], "password": PASSWORD}
        await line.post("releases", body, client=line.plant.client("releaser"))
    await line.operation(lot, start + timedelta(hours=second.pop("later", 1)), **(begin | second))
    reasons = [row["reason"] for row in await line.open()]
    assert reasons[1:] == ([reason] if reason else [])
    assert len(reasons) >= 1


async def test_what_is_charged_in_an_operation_is_its_material(line: Line) -> None:
    await line.plan("first_piece", await line.form(), step_id=line.ids["step"], first_piece_on=["material"])
    lot = await line.lot("finished")
    start = hours_ago(5)
    await line.operation(lot, start)
    second = await line.operation(lot, start + timedelta(hours=1))
    material = await line.lot()
    await line.post("releases", {"lot_ids": [material], "password": PASSWORD}, client=line.plant.client("releaser"))
    before = len(await line.open())
    await line.post("links", {"from_lot": material, "to_lot": lot, "kind": "consumed", "operation_id": second})
    await tick(line)
    added = (await line.open())[before:]
    assert [(row["operation_id"], row["reason"]) for row in added] == [(second, "material")]


async def test_patrols_fall_due_every_n_hours_while_an_operation_runs_and_at_its_last_piece(line: Line) -> None:
    form = await line.form()
    await line.plan("hours", form, step_id=line.ids["step"], every_hours="2")
    await line.plan("last_piece", await line.form("F2"), step_id=line.ids["step"])
    lot = await line.lot("finished")
    start = hours_ago(10)
    operation = await line.operation(lot, start, 7)
    due = await line.open(trigger="hours")
    assert len(due) == 3
    assert {row["operation_id"] for row in due} == {operation}
    assert [row["reason"] for row in await line.open(trigger="last_piece")] == ["last_piece"]


async def test_a_late_entry_does_the_patrol_that_it_was_made_for(line: Line) -> None:
    await line.plan("hours", await line.form(), step_id=line.ids["step"], every_hours="2")
    lot = await line.lot("finished")
    start = hours_ago(10)
    await line.operation(lot, start, 7)
    first, second, third = await line.open(trigger="hours")
    stored = await line.record(lot_id=lot, captured_at=(start + timedelta(hours=4, minutes=5)).isoformat())
    assert stored["inspection"]["inspection_id"] == second["id"]
    assert stored["inspection"]["late"]  # by our clock, whatever was claimed
    assert [row["id"] for row in await line.open("missed")] == [first["id"], third["id"]]


async def test_a_check_entered_before_its_operation_is_the_one_that_was_due(line: Line) -> None:
    await line.plan("first_piece", await line.form(), step_id=line.ids["step"], first_piece_on=["shift_start"])
    lot = await line.lot("finished")
    stored = await line.record(lot_id=lot)
    await line.operation(lot, now() - timedelta(minutes=10), 0.1)
    (done,) = await line.open("done")
    assert done["record_id"] == stored["id"]
    assert await line.open() == []


async def test_a_form_without_limits_that_was_filled_in_before_its_operation_is_the_check_that_was_due(
    line: Line,
) -> None:
    schema = {"type": "object", "required": ["setup"], "properties": {"setup": {"title": "开线检查", "type": "string"}}}
    form = await line.form("F2", schema=schema, ui={})
    await line.plan("first_piece", form, step_id=line.ids["step"], first_piece_on=["shift_start"])
    lot = await line.lot("finished")
    await line.record("F2", {"setup": "正常"}, lot_id=lot)
    await line.operation(lot, now() - timedelta(minutes=10), 0.1)
    assert [row["lot_id"] for row in await line.open("done")] == [lot]
    assert await line.open() == []


async def test_pieces_are_counted_over_the_operations_of_a_lot(line: Line) -> None:
    await line.plan("pieces", await line.form(), step_id=line.ids["step"], every_pieces="500")
    lot = await line.lot("finished", 2000)
    start = hours_ago(5)
    await line.operation(lot, start, unit="kg", quantity_good="400")
    assert await line.open() == []
    await line.operation(lot, start + timedelta(hours=1), unit="kg", quantity_good="700")
    assert len(await line.open()) == 2  # at 500 and at 1,000


async def test_what_runs_and_is_to_be_looked_at_names_a_lot(line: Line) -> None:
    async def start(expect: int, **more: Any) -> Any:
        body = {"step_id": line.ids["step"], "line_place_id": line.ids["line"], "started_at": hours_ago(1).isoformat()}
        return await line.post("operations", body | more, expect=expect)

    await line.plan("last_piece", await line.form(), step_id=line.ids["step"])
    await start(201)  # the last piece has time until the lots are known
    await line.plan("first_piece", await line.form("F2"), step_id=line.ids["step"], first_piece_on=["shift_start"])
    refused = await start(422)
    assert [(each["field"], each["code"]) for each in refused["errors"]] == [("lots_in", "operation_lots_needed")]
    await start(201, ended_at=now().isoformat())  # it is over: nothing will be looked at, and no lot came of it
    await start(201, lots_out=[await line.lot("finished")])


async def test_pieces_told_of_a_running_operation_are_due_when_they_are_told(line: Line) -> None:
    await line.plan("pieces", await line.form(), step_id=line.ids["step"], every_pieces="500")
    lot = await line.lot("finished", 2000)
    await line.operation(lot, hours_ago(5), ended_at=None, quantity_good="700")
    assert [row["state"] for row in await line.open(lot_id=lot)] == ["due"]  # when the 500th was made nobody knows


async def test_before_shipment_and_on_dates_after_release(line: Line) -> None:
    await line.plan("before_shipment", await line.form(), product_id=line.ids["finished"])
    await line.plan("after_release", await line.form("F2"), product_id=line.ids["finished"], days_after=[0, 30])
    lot = await line.lot("finished")
    actor = line.plant.actor("quality_manager")
    async with db.transaction(actor.scope()):
        await chain.mark_released(actor, [lot])
        await events.on_lot_released(actor, {"lot_id": lot})
    assert [row["trigger"] for row in await line.open("due")] == ["after_release"]
    assert [row["trigger"] for row in await line.open("upcoming")] == ["after_release"]
    customer = await line.post("customers", {"code": "C1", "name": "城西超市"})
    body = {
        "shipment_no": "S1",
        "customer_id": customer["id"],
        "lines": [{"lot_id": lot, "quantity": "5", "unit": "kg"}],
    }
    shipment = await line.post("shipments", body)
    (due,) = await line.open("due", trigger="before_shipment")
    assert due["lot_id"] == lot
    refused = await line.post(f"shipments/{shipment['id']}/depart", {}, expect=409)
    assert refused["code"] == "shipment_inspection_missing"


async def test_a_store_is_checked_by_the_clock_whether_or_not_anything_runs(line: Line) -> None:
    form = await line.form("F1", "place")
    since = hours_ago(9).isoformat()
    plan = await line.plan(
        "hours", form, place_id=line.ids["store"], every_hours="4", while_running=False, in_force_from=since
    )
    await tick(line)
    due = await line.open("missed")
    assert 2 <= len(due) <= 3
    assert {(row["plan_id"], row["place_id"]) for row in due} == {(plan, line.ids["store"])}
    await tick(line)
    assert len(await line.open("missed")) == len(due)


async def test_a_retired_plan_asks_for_nothing_more_and_keeps_what_was_due(line: Line) -> None:
    plan = await line.plan("receipt", await line.form())
    await line.lot()
    await line.post(f"inspection-plans/{plan}/retire", {"reason": "改方案"}, expect=200)
    await line.lot()
    assert len(await line.open()) == 1


async def test_an_inspection_keeps_the_version_it_fell_due_under(line: Line) -> None:
    form = await line.form()
    plan = await line.plan("receipt", form)
    first = await line.lot()
    answer = await line.post(f"inspection-plans/{plan}/versions", {"form_id": form, "within_minutes": 600})
    assert answer["version"] == 2
    second = await line.lot()
    span = {row["lot_id"]: minutes(row) for row in await line.open()}
    assert span == {first: 60, second: 600}


def minutes(row: dict[str, Any]) -> int:
    return round((datetime.fromisoformat(row["due_at"]) - datetime.fromisoformat(row["due_from"])).total_seconds() / 60)


@pytest.mark.parametrize(
    ("trigger", "more", "field"),
    [
        ("hours", {}, "every_hours"),
        ("first_piece", {}, "first_piece_on"),
        ("after_release", {}, "days_after"),
        ("daily", {}, "form_id"),
        ("first_piece", {"first_piece_on": ["stop"]}, "stop_hours"),
    ],
)
async def test_a_plan_that_could_never_fall_due_is_refused(
    line: Line, trigger: str, more: dict[str, Any], field: str
) -> None:
    body = {"code": "P", "name": "计划", "trigger": trigger, "form_id": await line.form(), "within_minutes": 60, **more}
    refused = await line.post("inspection-plans", body, expect=422)
    assert refused["errors"][0]["field"] == field


async def tick(line: Line) -> int:
    """One look of the scheduler."""
    async with db.transaction(line.plant.actor("operator").scope()):
        return await events.tick(worker("test", line.plant.tenant_id, ""), now())


async def test_imported_results_do_what_is_due_a_failing_one_first(line: Line) -> None:
    form = await line.form()
    await line.plan("receipt", form)
    good, bad, blank = [await line.lot() for _ in range(3)]
    version = UUID((await line.get(f"forms/{form}"))["form_version_id"])
    looks = [(good, "好"), (bad, "好"), (bad, "坏"), (blank, "")]
    rows = [
        BulkRecord(new_id(), UUID(lot), [BulkResult(number, UUID(line.ids["look"]), look, None)], "张三")
        for number, (lot, look) in enumerate(looks, 1)
    ]
    actor = line.plant.actor("quality_manager")
    async with db.transaction(actor.scope()):
        await store_records(actor, version, "material", rows)
    verdicts = {row["lot_id"]: row["verdict"] for row in await line.open("done")}
    assert verdicts == {good: "pass", bad: "fail"}
    assert [row["lot_id"] for row in await line.open()] == [blank]


async def test_the_scheduler_looks_for_every_enterprise(line: Line, caplog: pytest.LogCaptureFixture) -> None:
    await line.plan("daily", await line.form("RK", "working_day"), in_force_from=hours_ago(50).isoformat())
    await scheduler.tick()
    assert len((await line.get("working-days"))["items"]) >= 2
    assert [each for each in caplog.records if each.levelname == "ERROR"] == []


async def test_of_several_lots_of_an_operation_a_plan_looks_at_that_of_its_product(line: Line) -> None:
    feed, made = await line.lot("intermediate"), await line.lot("finished")
    await line.plan("first_piece", await line.form(), product_id=line.ids["finished"], first_piece_on=["shift_start"])
    await line.operation(feed, hours_ago(2), lots_out=[feed, made])
    (due,) = await line.open()
    assert due["lot_id"] == made


async def release(line: Line, lot: str) -> None:
    await line.post("releases", {"lot_ids": [lot], "password": PASSWORD}, client=line.plant.client("releaser"))


async def test_each_lot_that_comes_out_of_an_operation_is_looked_at(line: Line) -> None:
    await line.plan("first_piece", await line.form(), step_id=line.ids["step"], first_piece_on=["shift_start"])
    await line.plan("pieces", await line.form("F2"), step_id=line.ids["step"], every_pieces="20")
    one, other = await line.lot("finished"), await line.lot("finished")
    await line.operation(one, hours_ago(3), lots_out=[one, other], unit="kg", quantity_good="80")
    assert sorted(each["lot_id"] for each in await line.open(trigger="first_piece")) == sorted([one, other])
    counted = [each["lot_id"] for each in await line.open(trigger="pieces")]
    assert {lot: counted.count(lot) for lot in (one, other)} == {
        one: 2,
        other: 2,
    }  # 40 kg each, as far as anybody knows
    await line.record(lot_id=other)
    assert [each["lot_id"] for each in await line.open(trigger="first_piece")] == [one]
    await tick(line)
    assert len(await line.open(trigger="first_piece")) == 1


async def test_what_was_asked_of_a_lot_that_went_in_is_asked_of_what_came_out(line: Line) -> None:
    await line.plan("first_piece", await line.form(), step_id=line.ids["step"], first_piece_on=["shift_start"])
    await line.plan("hours", await line.form("F2"), step_id=line.ids["step"], every_hours="2")
    taken, one, other = [await line.lot(each) for each in ("finished", "finished", "finished")]
    await release(line, taken)
    operation = await line.operation(taken, hours_ago(3), lots_in=[taken], lots_out=[], ended_at=None)
    (first,) = await line.open(trigger="first_piece")
    assert first["lot_id"] == taken
    await line.record("F2", lot_id=taken, inspection_id=(await line.open(trigger="hours"))[0]["id"])
    await line.post(f"operations/{operation}/end", {"lots_out": [one, other]}, expect=200)
    assert sorted(each["lot_id"] for each in await line.open(trigger="first_piece")) == sorted([one, other])
    assert await line.open(trigger="hours") == []  # it was looked at while nobody knew what would come out


async def test_a_material_that_was_made_here_has_an_end_too(line: Line) -> None:
    await line.plan("end_of_lot", await line.form(), product_id=line.ids["material"])
    made = await line.lot("material", produced_at=hours_ago(2).isoformat())
    await line.lot("material", produced_at=hours_ago(2).isoformat(), supplier_id=line.ids["supplier"])
    assert [each["lot_id"] for each in await line.open()] == [made]


async def test_goods_bought_to_be_sold_are_received(line: Line) -> None:
    await line.plan("receipt", await line.form(), product_id=line.ids["finished"])
    bought = await line.lot("finished", supplier_id=line.ids["supplier"])
    await line.lot("finished")
    assert [each["lot_id"] for each in await line.open()] == [bought]


async def test_what_failed_before_its_lots_were_named_asks_for_a_look_at_each(line: Line) -> None:
    await line.plan("first_piece", await line.form(), step_id=line.ids["step"], first_piece_on=["shift_start"])
    taken, one, other = [await line.lot("finished") for _ in range(3)]
    await release(line, taken)
    operation = await line.operation(taken, hours_ago(1), lots_in=[taken], lots_out=[], ended_at=None)
    await line.record(lot_id=taken, values=FAIL, inspection_id=(await line.open())[0]["id"])
    await line.post(f"operations/{operation}/end", {"lots_out": [one, other]}, expect=200)
    assert sorted(each["lot_id"] for each in await line.open(trigger="first_piece")) == sorted([one, other])


async def test_a_plan_of_the_product_is_due_while_only_what_went_in_is_known(line: Line) -> None:
    """The step says what is made."""
    await line.plan("first_piece", await line.form(), product_id=line.ids["finished"], first_piece_on=["shift_start"])
    taken, made = await line.lot("material"), await line.lot("finished")
    await release(line, taken)
    operation = await line.operation(taken, hours_ago(0.5), lots_in=[taken], lots_out=[], ended_at=None)
    (first,) = await line.open(trigger="first_piece")
    assert (first["lot_id"], first["state"]) == (taken, "due")
    await line.record(lot_id=taken, inspection_id=first["id"])
    await line.post(f"operations/{operation}/end", {"lots_out": [made]}, expect=200)
    assert await line.open(trigger="first_piece") == []
    other = await line.operation(taken, hours_ago(0.4), lots_in=[taken], lots_out=[], ended_at=None, shift="晚班")
    later = await line.lot("finished")
    await line.post(f"operations/{other}/end", {"lots_out": [later]}, expect=200)
    assert [each["lot_id"] for each in await line.open(trigger="first_piece")] == [later]
