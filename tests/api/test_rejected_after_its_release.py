"""Promise: an inspection that had to be done and fails, or rejects a part, after an ordinary release stops the goods and all their parts at
once, as it would have barred the release; they go on when that is answered and somebody who may release lifts it."""

from typing import Any

import pytest

from tests.api.test_called_back import confirm, held, lift, part_of, urgent
from tests.fixtures.api import PASSWORD, Api
from tests.fixtures.inspections import FAIL, PASS, Line, make_line

WHY = {"zh-CN": "检验不合格或判退了一部分", "en": "An inspection failed or rejected a part"}
REJECTED = {"accepted": "990", "rejected": "10"}


@pytest.fixture
async def line(api: Api) -> Line:
    return await make_line(api)


async def released(line: Line) -> str:
    """A lot released by signature, of which an inspection of the plan is called afterwards."""
    lot = await line.lot("finished", unit="kg")
    await line.record(lot_id=lot)
    assert await confirm(line, lot) == []
    return lot


async def called(line: Line, plan: str, lot: str, **more: Any) -> str:
    return str((await line.post("inspections", {"plan_id": plan, "lot_id": lot, "reason": "demand"} | more))["id"])


async def plan_of(line: Line, **more: Any) -> str:
    return await line.plan("end_of_lot", await line.form(), product_id=line.ids["material"], **more)


async def test_a_rejected_part_stops_the_goods_until_it_went_its_own_way(line: Line) -> None:
    plan = await plan_of(line)
    lot = await released(line)
    part = await part_of(line, lot)
    inspection = await called(line, plan, lot)
    await line.record(lot_id=lot, values=PASS, inspection_id=inspection, inspected=REJECTED)
    assert set(await held(line)) == {lot, part}
    viewer = line.plant.client("viewer")
    for language, why in WHY.items():  # on the page of the goods, to readers of each; who caused it read Chinese
        said = {"Accept-Language": language}
        assert why in (await viewer.get(f"/admin/lots/{lot}", headers=said)).text
        (hold,) = (await viewer.get(f"/api/v1/lots/{lot}/holds", headers=said)).json()["items"]
        assert why in hold["reason"]
    assert await lift(line, lot) == "inspection_failure_stands"
    rejected = (await line.post(f"inspections/{inspection}/lots", {}))["rejected"]
    assert await lift(line, part) == "ok"
    assert set(await held(line)) == {rejected}


async def test_what_was_rejected_so_far_stops_them_while_the_rest_is_still_inspected(line: Line) -> None:
    plan = await plan_of(line)
    lot = await released(line)
    inspection = await called(line, plan, lot)
    await line.record(lot_id=lot, inspection_id=inspection, inspected={"accepted": "90", "rejected": "10"})
    assert set(await held(line)) == {lot}


async def test_a_failed_one_stops_them_until_one_passes(line: Line) -> None:
    plan = await plan_of(line)
    lot = await released(line)
    first = await called(line, plan, lot)
    await line.record(lot_id=lot, values=FAIL, inspection_id=first)
    assert await lift(line, lot) == "inspection_failure_stands"
    second = await called(line, plan, lot, reason="again", reinspects=first)
    await line.record(lot_id=lot, inspection_id=second)
    assert set(await held(line)) == {lot}  # a look alone frees nothing that is in circulation
    assert await lift(line, lot) == "ok"


async def test_a_correction_may_stop_them_and_free_them(line: Line) -> None:
    plan = await plan_of(line)
    lot = await released(line)
    inspection = await called(line, plan, lot)
    good = await line.record(lot_id=lot, inspection_id=inspection)
    assert await held(line) == {}
    wrong = await line.record(lot_id=lot, corrects=good["id"], correction_reason="漏记", inspected=REJECTED)
    assert set(await held(line)) == {lot}
    await line.record(
        lot_id=lot, corrects=wrong["id"], correction_reason="抄错", inspected={"accepted": "1000", "rejected": "0"}
    )
    assert await held(line) == {}


async def test_one_that_need_not_be_done_and_a_record_alone_stop_nothing(line: Line) -> None:
    plan = await plan_of(line, mandatory=False)
    lot = await released(line)
    await line.record(lot_id=lot, values=FAIL)
    await line.record(lot_id=lot, values=FAIL, inspection_id=await called(line, plan, lot))
    assert await held(line) == {}


async def test_what_was_released_urgently_is_called_back_and_not_stopped_twice(line: Line) -> None:
    await line.plan("receipt", await line.form())
    lot = await urgent(line)
    await line.record(lot_id=lot, values=FAIL)
    assert await lift(line, lot) == "urgent_failure_not_judged"
    assert len((await line.get(f"lots/{lot}"))["holds"]) == 1


@pytest.mark.parametrize("first", ["own", "input"])
async def test_what_fails_by_itself_stays_stopped_when_its_input_is_judged(line: Line, first: str) -> None:
    plan = await plan_of(line)
    source = await urgent(line)
    lot = await released(line)
    link = {"from_lot": source, "to_lot": lot, "kind": "consumed", "quantity": "10", "unit": "kg"}
    await line.post("links", link)
    inspection = await called(line, plan, lot)
    if first == "own":
        await line.record(lot_id=lot, values=FAIL, inspection_id=inspection)
    wrong = await line.record(lot_id=source, values=FAIL)
    if first == "input":
        await line.record(lot_id=lot, values=FAIL, inspection_id=inspection)
    await line.record(lot_id=source, values=PASS, corrects=wrong["id"], correction_reason="看错样品")
    assert await lift(line, source) == "ok"
    assert set(await held(line)) == {lot}
    assert await lift(line, lot) == "inspection_failure_stands"


@pytest.mark.parametrize("before", [True, False], ids=["before", "after"])
async def test_what_was_sorted_out_as_good_and_passed_is_free_of_it(line: Line, before: bool) -> None:
    plan = await plan_of(line)
    lot = await line.lot("finished", unit="kg") if before else await released(line)
    failed = await line.record(lot_id=lot, values=FAIL, inspection_id=await called(line, plan, lot))
    body = {"lot_id": lot, "record_id": failed["id"], "defect": "外观", "defect_class": "B", "stage": "testing"}
    opened = (await line.post("nonconformities", body))["id"]
    path = f"nonconformities/{opened}/dispositions"
    disposition = (await line.post(path, {"kind": "sort", "reason": "挑选"}, client=line.plant.client("inspector")))[
        "id"
    ]
    await line.post(f"dispositions/{disposition}/signatures", {"password": PASSWORD})
    good = (await line.post(f"dispositions/{disposition}/carry-out", {"good_quantity": "900"}))["lot_id"]
    await line.record(lot_id=good, values=PASS)
    await line.post(f"dispositions/{disposition}/verify", {}, expect=204)
    assert good not in await held(line)
    assert lot in await held(line)
    assert await confirm(line, good) == ([] if before else ["release_already_decided"])
