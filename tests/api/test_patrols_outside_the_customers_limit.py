"""Promise: a first piece, patrol or last piece outside the customer's limit stays unanswered, with the quantity made since the last good
one, whatever later patrols find: they looked at other goods. A disposition or a re-inspection of that check answers for it; a
result of the whole lot is answered by a later result of the whole lot, not by a patrol."""

from datetime import datetime
from typing import Any

import pytest

from tests.fixtures.api import PASSWORD, Api
from tests.fixtures.inspections import Line, hours_ago, make_line

OUTSIDE, INTERNAL, GOOD = "0.045", "0.035", "0.01"


@pytest.fixture
async def line(api: Api) -> Line:
    line = await make_line(api)
    lead = {"code": "PB", "name": "铅", "unit": "mg/kg", "result_kind": "number"}
    line.ids["lead"] = (await line.post("characteristics", lead))["id"]
    limits = {"legal": {"high": "0.05"}, "customer": {"high": "0.04"}, "internal": {"high": "0.03"}}
    await line.post("specifications", {"characteristic_id": line.ids["lead"], "limits": limits})
    for code in ("XJ", "CP"):
        schema = {"type": "object", "required": ["pb"], "properties": {"pb": {"title": "铅"}}}
        ui = {"fields": {"pb": {"characteristic_id": line.ids["lead"]}}}
        line.ids[code] = await line.form(code, schema=schema, ui=ui)
    return line


async def patrolled(line: Line, hours: int = 8) -> tuple[str, datetime, str]:
    """A lot made by runs of two hours, 30 kg each, with a patrol due at the end of each; its plan."""
    plan = await line.plan("hours", line.ids["XJ"], step_id=line.ids["step"], every_hours="2")
    lot, start = await line.lot("finished", 30 * hours // 2), hours_ago(hours + 1)
    for run in range(0, hours, 2):
        await line.operation(lot, hours_ago(hours + 1 - run), 2, unit="kg", quantity_good="30")
    return lot, start, plan


async def patrol(line: Line, lot: str, pb: str, at: datetime, **more: Any) -> Any:
    stored = await line.record("XJ", {"pb": pb}, lot_id=lot, captured_at=at.isoformat(), **more)
    assert stored["inspection"] is not None
    return stored


async def points(line: Line, lot: str) -> list[dict[str, Any]]:
    found = (await line.get(f"lots/{lot}/review"))["missing"]
    return [each for each in found if each["mandatory"]]


async def codes(line: Line, lot: str) -> list[str]:
    return [each["code"] for each in await points(line, lot)]


async def release(line: Line, lot: str) -> list[str]:
    answer = await line.plant.client("releaser").post("/api/v1/releases", json={"lot_ids": [lot], "password": PASSWORD})
    return [] if answer.is_success else [each["code"] for each in answer.json()["errors"]]


async def patrols(line: Line, found: list[str]) -> tuple[str, list[Any], str]:
    """A lot with these patrols, in order."""
    lot, _, plan = await patrolled(line, 2 * len(found))
    at = [hours_ago(2 * len(found) - 1 - 2 * number) for number in range(len(found))]
    return lot, [await patrol(line, lot, pb, each) for pb, each in zip(found, at, strict=True)], plan


async def test_the_next_good_patrol_is_no_answer_and_the_quantity_is_named(line: Line) -> None:
    lot, _, _ = await patrols(line, [GOOD, OUTSIDE, GOOD, GOOD])
    (point,) = await points(line, lot)
    assert point["code"] == "release_patrol_failed"
    assert all(
        words in point["text"] for words in ("铅", "60 kg", "1 批", "不合格品处理单", "复检")
    )  # both runs it touched
    assert await release(line, lot) == ["release_patrol_failed"]


async def test_an_internal_limit_alone_is_answered_by_the_next_good_patrol(line: Line) -> None:
    lot, _, _ = await patrols(line, [GOOD, INTERNAL, GOOD])
    assert await release(line, lot) == []


async def test_a_free_record_is_no_answer_and_a_reinspection_of_that_check_is(line: Line) -> None:
    lot, stored, plan = await patrols(line, [GOOD, OUTSIDE, GOOD])
    await line.record("CP", {"pb": GOOD}, lot_id=lot)
    assert await codes(line, lot) == ["release_patrol_failed"]
    failed = stored[1]["inspection"]["inspection_id"]
    again = {"plan_id": plan, "lot_id": lot, "reason": "again", "reinspects": failed}
    for pb, expected in ((OUTSIDE, ["release_patrol_failed", "release_patrol_uncounted"]), (GOOD, [])):
        again["reinspects"] = failed
        failed = (await line.post("inspections", again))["id"]
        await line.record("XJ", {"pb": pb}, lot_id=lot, inspection_id=failed)
        assert [code for code in await codes(line, lot) if code.startswith("release_patrol")] == expected
    assert await release(line, lot) == []


async def test_a_disposition_of_that_quantity_answers_also_for_the_last_patrol(line: Line) -> None:
    lot, stored, _ = await patrols(line, [GOOD, OUTSIDE])
    assert sorted(await codes(line, lot)) == ["release_inspection_failed", "release_patrol_failed"]
    body = {
        "lot_id": lot,
        "quantity": "30",
        "record_id": stored[1]["id"],
        "defect": "铅超客户标准",
        "defect_class": "B",
        "stage": "testing",
    }
    opened = await line.post("nonconformities", body)
    reason = {"kind": "scrap", "reason": "销毁"}
    inspector, photo = line.plant.client("inspector"), ("photo.png", b"\x89PNG\r\n\x1a\n" + b"\0" * 32)
    decided = (await line.post(f"nonconformities/{opened['id']}/dispositions", reason, client=inspector))["id"]
    await line.post(f"dispositions/{decided}/signatures", {"password": PASSWORD})
    file = (await inspector.post("/api/v1/attachments", files={"file": photo})).json()["id"]
    assert await release(line, lot) != []
    operator = line.plant.client("operator")
    await line.post(f"dispositions/{decided}/carry-out", {"attachment_ids": [file]}, client=operator)
    assert await release(line, lot) == []


async def test_a_patrol_is_no_answer_for_a_result_of_the_lot(line: Line) -> None:
    lot, _, _ = await patrolled(line, 4)
    await line.record("CP", {"pb": OUTSIDE}, lot_id=lot)
    for hours in (3, 1):
        await patrol(line, lot, GOOD, hours_ago(hours))
    assert await codes(line, lot) == ["release_customer_limit_failed"]
    await line.record("CP", {"pb": GOOD}, lot_id=lot)
    assert await release(line, lot) == []


async def test_what_nobody_counted_is_said_so(line: Line) -> None:
    await line.plan("first_piece", line.ids["XJ"], step_id=line.ids["step"], first_piece_on=["shift_start"])
    lot = await line.lot("finished")
    await line.operation(lot, hours_ago(2), 1)
    await patrol(line, lot, OUTSIDE, hours_ago(2))
    assert "release_patrol_uncounted" in await codes(line, lot)


async def test_parts_answer_for_the_patrols_of_the_whole(line: Line) -> None:
    lot, _, _ = await patrols(line, [OUTSIDE, GOOD])
    part = (await line.post(f"lots/{lot}/split", {"lot_no": "P1", "quantity": "10"}))["id"]
    assert await codes(line, part) == ["release_patrol_failed"]


async def test_a_correction_answers_for_a_slip(line: Line) -> None:
    lot, stored, _ = await patrols(line, [OUTSIDE, GOOD])
    body = {"corrects": stored[0]["id"], "correction_reason": "小数点抄错"}
    await line.record("XJ", {"pb": GOOD}, lot_id=lot, **body)
    assert await release(line, lot) == []
