"""Promise: an operation recorded at its start is ended later, once: hourly checks stop falling due and those of hours in which
nothing ran are withdrawn, the last piece falls due, a stop is measured from the end; the same end told again changes nothing, other
words are a conflict, and what cannot be is refused by name; in the back office too."""

import asyncio
import re
from datetime import timedelta
from typing import Any
from uuid import UUID

import asyncpg
import pytest

from server.core import db
from server.core.actor import worker
from server.core.clock import EDGE, now
from server.core.ids import new_id
from server.domains import chain
from server.domains.quality import events
from tests.fixtures.api import PASSWORD, Api
from tests.fixtures.inspections import FAIL, PASS, Line, hours_ago, make_line


@pytest.fixture
async def line(api: Api) -> Line:
    return await make_line(api)


async def begun(line: Line, lot: str, hours: float, **more: Any) -> str:
    return await line.operation(lot, hours_ago(hours), ended_at=None, **more)


async def end(line: Line, operation: str, status: int = 200, **body: Any) -> Any:
    return await line.post(f"operations/{operation}/end", body, expect=status)


async def tick(line: Line) -> None:
    async with db.transaction(line.plant.actor("operator").scope()):
        await events.tick(worker("test", line.plant.tenant_id, ""), now())


async def test_hourly_checks_stop_and_the_last_piece_is_due(line: Line) -> None:
    await line.plan("hours", await line.form(), step_id=line.ids["step"], every_hours="2")
    await line.plan("last_piece", await line.form("F2"), step_id=line.ids["step"])
    lot = await line.lot("finished")
    operation = await begun(line, lot, 9)
    assert len(await line.open(trigger="hours")) == 4  # at 2, 4, 6 and 8 hours
    assert await line.open(trigger="last_piece") == []
    ended = hours_ago(4)
    answer = await end(line, operation, ended_at=ended.isoformat())
    assert answer["ended_at"][:19] == ended.isoformat()[:19]
    await tick(line)
    assert len(await line.open(trigger="hours")) == 2  # at 2 and 4 hours
    assert await line.open("upcoming", trigger="hours") == []
    assert [row["reason"] for row in await line.open(trigger="last_piece")] == ["last_piece"]
    withdrawn = await line.open("withdrawn")
    assert {(row["state"], row["withdrawn_reason"], row["late"]) for row in withdrawn} == {
        ("withdrawn", "operation_ended", False)
    }
    assert len(withdrawn) >= 2  # nothing disappears
    shown = await line.get(f"lots/{lot}")
    assert shown["production_ended_at"][:19] == ended.isoformat()[:19]


async def test_a_record_cannot_do_what_was_withdrawn(line: Line) -> None:
    await line.plan("hours", await line.form(), step_id=line.ids["step"], every_hours="2")
    lot = await line.lot("finished")
    operation = await begun(line, lot, 3)
    (due,) = await line.open()
    await end(line, operation, ended_at=hours_ago(2).isoformat())
    refused = await line.record(lot_id=lot, inspection_id=due["id"], expect=409)
    assert refused["code"] == "inspection_closed"
    assert (await line.record(lot_id=lot))["inspection"] is None


async def test_what_a_phone_recorded_for_it_meanwhile_stands_without_it(line: Line) -> None:
    form = await line.form()
    await line.plan("hours", form, step_id=line.ids["step"], every_hours="2")
    lot = await line.lot("finished")
    operation = await begun(line, lot, 3)
    (due,) = await line.open()
    await end(line, operation, ended_at=hours_ago(2).isoformat())
    at = hours_ago(0.5).isoformat()
    entry = {
        "entry_id": str(new_id()), "seq": 1, "captured_at": at, "form_version_id": (await line.get(f"forms/{form}"))["form_version_id"],
        "lot_id": lot, "inspection_id": due["id"], "values": PASS,
    }  # fmt: skip
    body = {"sent_at": now().isoformat(), "phone": str(new_id()), "entries": [{"entry": entry}]}
    (told,) = (await line.post("phone/sync", body, expect=200, client=line.plant.client("inspector")))["answers"]
    assert (told["outcome"], told["inspection"], told["flags"]) == ("stored", None, ["inspection_done_already"])


async def test_a_stop_is_measured_from_the_end(line: Line) -> None:
    await line.plan("first_piece", await line.form(), step_id=line.ids["step"], first_piece_on=["stop"], stop_hours="4")
    lot, start = await line.lot("finished"), hours_ago(20)
    first = await line.operation(lot, start, ended_at=None)
    await line.operation(lot, start + timedelta(hours=6))  # six hours after it began: it seems to have stood
    assert [row["reason"] for row in await line.open()] == ["shift_start", "stop"]
    await end(line, first, ended_at=(start + timedelta(hours=5)).isoformat())
    assert [row["reason"] for row in await line.open()] == ["shift_start"]
    assert [row["withdrawn_reason"] for row in await line.open("withdrawn")] == ["did_not_stand"]
    await line.operation(lot, start + timedelta(hours=12))  # five after the end of the last
    assert [row["reason"] for row in await line.open()] == ["shift_start", "stop"]


async def test_a_stop_that_was_one_stays_due(line: Line) -> None:
    await line.plan("first_piece", await line.form(), step_id=line.ids["step"], first_piece_on=["stop"], stop_hours="4")
    lot, start = await line.lot("finished"), hours_ago(20)
    first = await line.operation(lot, start, ended_at=None)
    await line.operation(lot, start + timedelta(hours=9))
    await end(line, first, ended_at=(start + timedelta(hours=2)).isoformat())
    assert [row["reason"] for row in await line.open()] == ["shift_start", "stop"]


async def test_pieces_told_at_the_end_are_counted_on(line: Line) -> None:
    await line.plan("pieces", await line.form(), step_id=line.ids["step"], every_pieces="500")
    lot = await line.lot("finished", 2000)
    first = await begun(line, lot, 5)
    await line.operation(lot, hours_ago(3), unit="kg", quantity_good="700")
    assert len(await line.open()) == 1
    await end(line, first, unit="kg", quantity_good="400")
    assert len(await line.open()) == 2  # eleven hundred in all


async def test_the_same_end_again_changes_nothing_and_other_words_are_a_conflict(line: Line) -> None:
    lot = await line.lot("finished")
    operation = await begun(line, lot, 5, unit="kg", quantity_in="100")
    body = {
        "ended_at": hours_ago(1).isoformat(),
        "quantity_good": "98",
        "quantity_reworked": "0",
        "quantity_scrapped": "2",
    }
    whole = await end(line, operation, **body)
    assert (whole["quantity_in"], whole["quantity_good"], whole["quantity_scrapped"]) == ("100", "98", "2")
    assert await end(line, operation, **body) == whole
    assert await end(line, operation) == whole  # says nothing else
    for other in ({"ended_at": hours_ago(2).isoformat()}, {"quantity_good": "97"}, {"scrapped_by_defect": {"破袋": "2"}},
                  {"lots_out": [await line.lot("finished")]}):  # fmt: skip
        refused = await end(line, operation, 409, **other)
        assert (refused["code"], refused["errors"][0]["field"]) == ("operation_said_otherwise", next(iter(other)))
    async with db.transaction(line.plant.actor("viewer").scope()):
        trail = await db.fetch("SELECT action FROM audit_entry WHERE object_id = $1 ORDER BY at", operation)
    assert [row["action"] for row in trail] == ["operation.recorded", "operation.ended"]


async def test_what_cannot_be_is_refused_by_name(line: Line) -> None:
    operation = await begun(line, await line.lot("finished"), 2, unit="kg", quantity_in="100")
    for body, field, code in (
        ({"ended_at": hours_ago(3).isoformat()}, "ended_at", "ends_before_start"),
        ({"ended_at": hours_ago(-1).isoformat()}, "ended_at", "ends_in_future"),
        ({"quantity_good": "101"}, "quantity_in", "operation_not_balanced"),
        ({"quantity_scrapped": "3", "scrapped_by_defect": {"漏液": "2"}}, "scrapped_by_defect", "defects_not_balanced"),
    ):
        refused = await end(line, operation, 422, **body)
        assert [(each["field"], each["code"]) for each in refused["errors"]] == [(field, code)]
    await end(line, operation, 409, quantity_in="90")  # said at the start
    assert (await line.get(f"operations/{operation}"))["ended_at"] is None


async def test_lots_that_came_out_are_told_at_the_end(line: Line) -> None:
    body = {"step_id": line.ids["step"], "line_place_id": line.ids["line"], "started_at": hours_ago(2).isoformat()}
    operation = (await line.post("operations", body))["id"]
    await line.plan("last_piece", await line.form(), product_id=line.ids["finished"])
    later = (await line.post("operations", body))["id"]  # after the plan
    lot = await line.lot("finished")
    for each in (operation, later):
        await end(line, each, lots_out=[lot])
    assert [row["id"] for row in (await line.get(f"lots/{lot}/operations"))["items"]] == [operation, later]
    assert [row["operation_id"] for row in await line.open(lot_id=lot)] == [later]


async def test_what_was_stopped_since_it_began_is_in_it_and_said_to_whoever_releases(line: Line) -> None:
    look = {"characteristic_id": line.ids["look"], "product_id": line.ids["material"]}
    await line.post("specifications", look | {"limits": {"customer": {"allowed": ["好"]}}})
    await line.form()
    lots = [await line.lot(expires_at=(now() + timedelta(days=1)).isoformat()) for _ in range(2)]
    for each in lots:
        await line.record(lot_id=each)
    signed = {"lot_ids": lots, "password": PASSWORD}
    await line.post("releases", signed, client=line.plant.client("releaser"))
    body = {"step_id": line.ids["step"], "line_place_id": line.ids["line"], "started_at": hours_ago(2).isoformat()}
    stopped = {"lot_ids": [lots[1]], "kind": "on_hold", "cause": "疑似混料", "reason": "疑似混料"}
    await line.post("holds", stopped)
    began, late = [(await line.post("operations", body | {"lots_in": [each]}))["id"] for each in lots]
    await line.record(lot_id=lots[0], values=FAIL)
    made = await line.lot("finished")
    assert (await line.get(f"lots/{lots[0]}"))["holds"][0]["cause"].startswith("customer_limit:")
    await end(line, began, lots_out=[made])
    assert (await end(line, late, status=409, lots_out=[made]))["code"] == "lot_on_hold"  # that was known when it began
    review = await line.get(f"lots/{made}/review")
    assert "input_on_hold" in {each["code"] for each in review["unusual"]}


async def test_two_ends_at_once_are_one(line: Line) -> None:
    operation = await begun(line, await line.lot("finished"), 5)
    ends = [{"ended_at": hours_ago(hours).isoformat()} for hours in (1, 2, 3)]
    answers = await asyncio.gather(
        *(line.client.post(f"/api/v1/operations/{operation}/end", json=body) for body in ends)
    )
    assert sorted(answer.status_code for answer in answers) == [200, 409, 409]


async def test_the_database_lets_nothing_else_of_an_operation_change(line: Line) -> None:
    operation = await begun(line, await line.lot("finished"), 5)
    for change in ("name = 'x'", "started_at = now()", "quantity_good = 1", "ended_at = now(), shift = '晚班'"):
        with pytest.raises(asyncpg.RestrictViolationError):
            async with db.transaction(line.plant.actor("operator").scope()):
                await db.execute(f"UPDATE operation SET {change} WHERE id = $1", operation)
    await end(line, operation)
    with pytest.raises(asyncpg.RestrictViolationError):
        async with db.transaction(line.plant.actor("operator").scope()):
            await db.execute("UPDATE operation SET ended_at = now() WHERE id = $1", operation)


async def test_the_back_office_ends_it_where_it_is_shown(line: Line) -> None:
    source = await line.lot()
    body = {"name": "搅拌", "lots_in": [source], "started_at": hours_ago(2).isoformat()}
    operation = (await line.post("operations", body))["id"]
    operator = line.plant.client("operator")
    page = (await operator.get(f"/admin/lots/{source}")).text
    assert "进行中" in page
    path = f"/admin/lots/{source}/operations/{operation}/end"
    assert f'action="{path}"' in page
    assert path not in (await line.plant.client("viewer").get(f"/admin/lots/{source}")).text
    early = hours_ago(5).astimezone(EDGE).strftime("%Y-%m-%dT%H:%M")
    refused = await operator.post(path, data={"ended_at": early, "quantity_good": "7", "unit": "kg"})
    assert refused.status_code == 422
    assert re.search(rf'id="end-{operation}-ended_at-error">结束时间不能早于开始时间', refused.text)
    assert 'value="7"' in refused.text
    done = await operator.post(path, data={"ended_at": "", "unit": "kg"})
    assert done.status_code == 303
    shown = await line.get(f"operations/{operation}")
    assert shown["ended_at"] is not None
    assert shown["unit"] is None  # a unit without a quantity says nothing
    other = await line.lot()
    assert (await operator.post(f"/admin/lots/{other}/operations/{operation}/end", data={})).status_code == 404


async def test_the_lots_that_came_out_are_named_on_the_page(line: Line) -> None:
    source = await line.lot()
    async with db.transaction(line.plant.actor("quality_manager").scope()):
        await chain.mark_released(line.plant.actor("quality_manager"), [UUID(source)])
    operation = (
        await line.post("operations", {"name": "搅拌", "lots_in": [source], "started_at": hours_ago(2).isoformat()})
    )["id"]
    product = {"kind": "intermediate", "sku": "HX-2", "name": "混合液二", "unit": "kg"}
    other = (await line.post("products", product))["id"]
    first, second = await line.lot("intermediate", lot_no="OUT-1"), await line.lot("intermediate", lot_no="OUT 2")
    twin = await line.lot("intermediate", lot_no="OUT-1", product_id=other)
    path, operator = f"/admin/lots/{source}/operations/{operation}/end", line.plant.client("operator")
    for written, why in (("NOBODY", "没有批号为“NOBODY”的批次"), ("OUT-1", "有几个产品都用批号“OUT-1”")):
        no = await operator.post(path, data={"lots_out": f"OUT 2\r\n{written}"})
        assert no.status_code == 422, written
        assert re.search(rf'id="end-{operation}-lots_out-error">{why}', no.text), written
        assert f"OUT 2\n{written}</textarea>" in no.text.replace("\r\n", "\n")
    assert (await line.get(f"operations/{operation}"))["ended_at"] is None
    done = await operator.post(path, data={"lots_out": "OUT 2\r\n\r\n OUT-1 HX-2 \r\nOUT 2"})
    assert done.status_code == 303, re.findall(r"flash error.*", done.text)
    shown = await line.get(f"operations/{operation}")
    assert sorted([each["lot_id"] for each in shown["lots"] if each["role"] == "out"]) == sorted([second, twin])
    assert first not in [each["lot_id"] for each in shown["lots"] if each["role"] == "out"]
    said = (
        await line.post("operations", {"name": "灌装", "lots_out": [first], "started_at": hours_ago(2).isoformat()})
    )["id"]
    page = (await operator.get(f"/admin/lots/{first}")).text
    assert f"/operations/{said}/end" in page
    assert f"end-{said}-lots_out" not in page  # said at the start: it is not asked again


async def test_who_releases_is_told_of_what_still_runs(line: Line) -> None:
    lot = await line.lot("finished")
    await line.form()
    await line.record(lot_id=lot)
    operation = await begun(line, lot, 2)
    part = (await line.post(f"lots/{lot}/split", {"lot_no": "P1", "quantity": "10"}))["id"]

    async def told(each: str) -> list[str]:
        return [point["code"] for point in (await line.get(f"lots/{each}/review"))["unusual"]]

    assert [await told(each) for each in (lot, part)] == [["operation_running"]] * 2
    await end(line, operation, ended_at=hours_ago(1).isoformat())
    assert [await told(each) for each in (lot, part)] == [[], []]
