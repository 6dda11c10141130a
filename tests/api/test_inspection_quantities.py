"""Promise: of n of N, accepted + rejected + pending is N at every moment; accepted and rejected quantities go different ways as
lots; nothing of a lot is free of an inspection by being split off; sampling decides by the plan of the supplier's history."""

from typing import Any
from uuid import UUID

import asyncpg
import pytest

from server.core import db
from server.domains.quality import inspection
from tests.fixtures.api import PASSWORD, Api
from tests.fixtures.inspections import FAIL, Line, make_line


@pytest.fixture
async def line(api: Api) -> Line:
    return await make_line(api)


async def due(line: Line, lot: str) -> dict[str, Any]:
    found = [row for row in await line.open() if row["lot_id"] == lot]
    return found[0]


async def what_is_open(line: Line, *lots: str) -> dict[str, list[inspection.OpenInspection]]:
    async with db.transaction(line.plant.actor("releaser").scope()):
        found = await inspection.inspections_open(line.plant.tenant_id, list(lots))
    return {str(lot): each for lot, each in found.items()}


async def test_three_hundred_of_a_thousand(line: Line) -> None:
    await line.plan("receipt", await line.form())
    lot = await line.lot(quantity=1000, supplier_id=line.ids["supplier"])
    one = (await due(line, lot))["id"]
    stored = await line.record(lot_id=lot, inspected={"accepted": "280", "rejected": "20"})
    assert stored["inspection"]["pending"] == "700"
    assert stored["inspection"]["verdict"] is None
    found = await line.get(f"inspections/{one}")
    assert (found["state"], found["accepted"], found["rejected"], found["pending"]) == ("due", "280", "20", "700")
    parts = await line.post(f"inspections/{one}/lots", {})
    good, bad = [await line.get(f"lots/{parts[each]}") for each in ("accepted", "rejected")]
    assert (good["quantity"], good["state"], good["lot_no"][-3:]) == ("280", "pending", "-A1")
    assert (bad["quantity"], bad["state"], bad["lot_no"][-3:]) == ("20", "rejected", "-N1")
    assert (await line.get(f"lots/{lot}"))["balance"]["left"] == "700"
    # The accepted part waits for nothing, the rest still does.
    opened = await what_is_open(line, lot, parts["accepted"])
    assert [each.inspection_id for each in opened[lot]] == [UUID(one)]
    assert parts["accepted"] not in opened


async def test_a_part_split_off_is_as_open_as_the_whole(line: Line) -> None:
    await line.plan("receipt", await line.form())
    lot = await line.lot(quantity=1000)
    part = (await line.post(f"lots/{lot}/split", {"lot_no": "P1", "quantity": "500"}))["id"]
    assert len(await line.open()) == 1
    opened = await what_is_open(line, part)
    assert [(each.mandatory, each.missed, each.failed) for each in opened[part]] == [(True, False, False)]
    await line.record(lot_id=lot)
    assert await what_is_open(line, part, lot) == {}


async def test_an_accepted_part_mixed_with_the_rest_is_as_open_as_the_rest(line: Line) -> None:
    await line.plan("receipt", await line.form())
    lot = await line.lot(quantity=1000)
    one = (await due(line, lot))["id"]
    await line.record(lot_id=lot, inspected={"accepted": "300", "rejected": "0"})
    good = (await line.post(f"inspections/{one}/lots", {}))["accepted"]
    parts = [{"lot_id": good, "quantity": "100"}, {"lot_id": lot, "quantity": "100"}]
    mixed = (await line.post("merges", {"lot_no": "混1", "parts": parts}))["id"]
    piece = (await line.post(f"lots/{good}/split", {"lot_no": "好2", "quantity": "50"}))["id"]
    opened = await what_is_open(line, good, mixed, piece)
    assert set(opened) == {mixed}


async def test_the_rest_is_decided_later_and_what_was_rejected_stays_rejected(line: Line) -> None:
    await line.plan("receipt", await line.form())
    lot = await line.lot(quantity=1000)
    one = (await due(line, lot))["id"]
    await line.record(lot_id=lot, inspected={"accepted": "280", "rejected": "20"})
    first = await line.post(f"inspections/{one}/lots", {"accepted_lot_no": "好1", "rejected_lot_no": "坏1"})
    await line.post(f"inspections/{one}/lots", {}, expect=409)
    stored = await line.record(lot_id=lot)
    assert (stored["inspection"]["accepted"], stored["inspection"]["pending"]) == ("980", "0")
    assert stored["inspection"]["verdict"] == "fail"  # twenty of them did not pass
    second = await line.post(f"inspections/{one}/lots", {})
    assert set(second) >= {"accepted"}
    assert second["rejected"] is None
    assert second["accepted"] != first["accepted"]
    assert (await line.get(f"lots/{second['accepted']}"))["quantity"] == "700"


async def reasons(line: Line, lot: str) -> list[str]:
    """Why it is not released; nothing where it was."""
    body = {"lot_ids": [lot], "password": PASSWORD}
    answer = await line.plant.client("releaser").post("/api/v1/releases", json=body)
    assert answer.status_code in (201, 409), answer.text
    return [] if answer.is_success else [each["code"] for each in answer.json()["errors"]]


async def test_the_accepted_rest_and_what_was_split_off_it_go_once_the_rejected_are_gone(line: Line) -> None:
    await line.plan("receipt", await line.form())
    lot = await line.lot(quantity=1000)
    one = (await due(line, lot))["id"]
    await line.record(values=FAIL, lot_id=lot, inspected={"accepted": "280", "rejected": "20"})
    first = await line.post(f"inspections/{one}/lots", {})
    part = (await line.post(f"lots/{lot}/split", {"lot_no": "第二仓", "quantity": "100"}))["id"]
    assert await reasons(line, part) == ["release_inspection_due"]
    await line.record(lot_id=lot, inspected={"accepted": "700", "rejected": "0"})
    assert [await reasons(line, each) for each in (lot, part, first["accepted"])] == [[], [], []]
    assert "release_inspection_failed" in await reasons(line, first["rejected"])
    assert (await line.get(f"lots/{lot}"))["balance"]["left"] == "600"


async def test_rejected_goods_that_lie_in_a_part_are_parted_from_there(line: Line) -> None:
    await line.plan("receipt", await line.form())
    lot = await line.lot(quantity=1000)
    one = (await due(line, lot))["id"]
    part = (await line.post(f"lots/{lot}/split", {"lot_no": "第二仓", "quantity": "990"}))["id"]
    await line.record(lot_id=lot, inspected={"accepted": "970", "rejected": "30"})
    answer = await line.plant.client("releaser").post(
        "/api/v1/releases", json={"lot_ids": [part], "password": PASSWORD}
    )
    (told,) = answer.json()["errors"]
    assert told["code"] == "release_rejected_not_parted"
    assert all(words in told["text"] for words in ("30 kg", "分出", "整批复检"))
    other = await line.lot(quantity=10)
    refused = await line.post(f"inspections/{one}/lots", {"from_lot_id": other}, expect=422)
    assert refused["errors"][0]["code"] == "part_of_other"
    first = await line.post(f"inspections/{one}/lots", {})  # ten are left there: as many of the rejected as may be
    assert first["accepted"] is None
    assert await reasons(line, part) == ["release_rejected_not_parted"]
    second = await line.post(f"inspections/{one}/lots", {"from_lot_id": part, "rejected_lot_no": "坏2"})
    assert (await line.get(f"lots/{second['rejected']}"))["quantity"] == "20"
    assert (await line.get(f"lots/{second['accepted']}"))["quantity"] == "970"
    assert await reasons(line, second["accepted"]) == []
    refused = await line.post(f"inspections/{one}/lots", {"from_lot_id": first["rejected"]}, expect=422)
    assert refused["errors"][0]["code"] == "part_of_other"


async def test_rejected_goods_that_lie_in_a_mixture_are_parted_from_there(line: Line) -> None:
    await line.plan("receipt", await line.form())
    lots = [await line.lot(quantity=700) for _ in range(2)]
    one = (await due(line, lots[0]))["id"]
    mixed = {"lot_no": "混", "parts": [{"lot_id": each} for each in lots]}
    mixture = (await line.post("merges", mixed))["id"]
    await line.record(lot_id=lots[0], inspected={"accepted": "600", "rejected": "100"})
    await line.record(lot_id=lots[1], inspected={"accepted": "700", "rejected": "0"})
    assert await reasons(line, mixture) == ["release_rejected_not_parted"]
    parts = await line.post(f"inspections/{one}/lots", {"from_lot_id": mixture})
    assert (await line.get(f"lots/{parts['rejected']}"))["quantity"] == "100"
    assert [await reasons(line, each) for each in (mixture, parts["accepted"])] == [[], []]
    assert await reasons(line, parts["rejected"]) != []


async def test_what_was_inspected_again_and_parted_answers_for_the_first_rejection(line: Line) -> None:
    plan = await line.plan("receipt", await line.form())
    lot = await line.lot(quantity=1000)
    failed = (await line.record(lot_id=lot, inspected={"accepted": "900", "rejected": "100"}))["inspection"]
    again = {"plan_id": plan, "lot_id": lot, "reason": "again", "reinspects": failed["inspection_id"]}
    second = (await line.post("inspections", again))["id"]
    await line.record(lot_id=lot, inspection_id=second, inspected={"accepted": "95", "rejected": "5"})
    assert await reasons(line, lot) == ["release_rejected_not_parted"] * 2
    parts = await line.post(f"inspections/{second}/lots", {})
    assert (await line.get(f"lots/{parts['rejected']}"))["quantity"] == "5"
    assert [await reasons(line, each) for each in (lot, parts["accepted"])] == [[], []]
    assert await reasons(line, parts["rejected"]) != []


async def test_what_went_as_accepted_and_is_rejected_by_a_correction_is_stopped(line: Line) -> None:
    await line.plan("receipt", await line.form())
    lot = await line.lot(quantity=1000)
    one = (await due(line, lot))["id"]
    wrong = await line.record(lot_id=lot, inspected={"accepted": "300", "rejected": "0"})
    good = (await line.post(f"inspections/{one}/lots", {}))["accepted"]
    body = {"corrects": wrong["id"], "correction_reason": "看反了", "inspected": {"accepted": "0", "rejected": "300"}}
    await line.record(lot_id=lot, **body)
    assert await reasons(line, good) != []
    bad = (await line.post(f"inspections/{one}/lots", {"from_lot_id": good}))["rejected"]
    assert (await line.get(f"lots/{bad}"))["state"] == "rejected"
    assert (await line.get(f"lots/{bad}"))["quantity"] == "300"


async def test_more_than_is_pending_is_refused(line: Line) -> None:
    await line.plan("receipt", await line.form())
    lot = await line.lot(quantity=10)
    refused = await line.record(lot_id=lot, inspected={"accepted": "10", "rejected": "1"}, expect=422)
    assert refused["errors"][0]["code"] == "quantities_exceed_pending"
    assert (await due(line, lot))["pending"] == "10"


async def test_a_failed_inspection_stays_open_until_it_is_passed_again(line: Line) -> None:
    plan = await line.plan("end_of_lot", await line.form())
    lot = await line.lot("finished")
    stored = await line.record(values=FAIL, lot_id=lot)
    failed = stored["inspection"]["inspection_id"]
    (standing,) = (await what_is_open(line, lot))[lot]
    assert standing.failed
    body = {"plan_id": plan, "lot_id": lot, "reason": "again", "reinspects": failed}
    await line.post("inspections", body)
    await line.post("inspections", body, expect=409)  # once at a time
    assert len((await what_is_open(line, lot))[lot]) == 2
    await line.record(lot_id=lot)
    assert await what_is_open(line, lot) == {}


async def test_what_failed_again_and_passed_in_the_end_answers_for_the_first_failure(line: Line) -> None:
    plan = await line.plan("end_of_lot", await line.form())
    lot = await line.lot("finished")
    failed = (await line.record(values=FAIL, lot_id=lot))["inspection"]["inspection_id"]
    body = {"plan_id": plan, "lot_id": lot, "reason": "again"}
    for verdict in ("fail", "fail", "pass"):
        again = (await line.post("inspections", body | {"reinspects": failed}))["id"]
        values = {"values": FAIL} if verdict == "fail" else {}
        stored = await line.record(lot_id=lot, inspection_id=again, **values)
        assert stored["inspection"]["inspection_id"] == again
        failed = again
    assert await what_is_open(line, lot) == {}


async def sampled(line: Line, defectives: int, **more: Any) -> dict[str, Any]:
    """One lot of 2,000 of the supplier, received and inspected."""
    lot = await line.lot(quantity=2000, supplier_id=line.ids["supplier"], **more)
    inspected = {"sample_size": 125, "defectives": defectives}
    found: dict[str, Any] = (await line.record(lot_id=lot, inspected=inspected))["inspection"]
    return found


async def test_sampling_switches_on_the_next_lot_of_that_supplier_and_product(line: Line) -> None:
    plan = await line.plan("receipt", await line.form(), sampling={"aql": "1.0", "level": "II"})
    first = await sampled(line, 3)
    assert (first["verdict"], first["accepted"], first["sampling"]["accept"]) == ("pass", "2000", 3)
    assert (await sampled(line, 4))["verdict"] == "fail"
    second = await sampled(line, 4)
    assert second["sampling"]["severity"] == "normal"  # the switch acts on the next
    assert (await sampled(line, 3))["verdict"] == "fail"  # tightened: two at most
    assert (await sampled(line, 2))["sampling"]["severity"] == "tightened"
    (state,) = (await line.get("sampling-states", plan_id=plan))["items"]
    assert (state["severity"], state["lots"], state["not_accepted"]) == ("tightened", 5, 3)
    other = await line.post("suppliers", {"code": "S2", "name": "西河供应商"})
    line.ids["supplier"] = other["id"]
    assert (await sampled(line, 3))["sampling"]["severity"] == "normal"


async def test_sampling_ends_after_five_and_goes_on_tightened_when_somebody_says_so(line: Line) -> None:
    plan = await line.plan("receipt", await line.form(), sampling={"aql": "1.0"})
    resume = {
        "plan_id": plan,
        "product_id": line.ids["material"],
        "supplier_id": line.ids["supplier"],
        "reason": "已整改",
    }
    await line.post("sampling-resumptions", resume, expect=409)
    for _ in range(7):
        await sampled(line, 9)
    lot = await line.lot(quantity=2000, supplier_id=line.ids["supplier"])
    one = await due(line, lot)
    assert (await line.get(f"inspections/{one['id']}"))["sampling"]["sample_size"] == 2000
    refused = await line.record(lot_id=lot, inspected={"sample_size": 125, "defectives": 0}, expect=422)
    assert refused["errors"][0]["code"] == "sample_too_small"
    await line.post("sampling-resumptions", resume)
    stored = await line.record(lot_id=lot, inspected={"sample_size": 125, "defectives": 2})
    assert stored["inspection"]["sampling"]["severity"] == "tightened"


async def test_a_sampled_lot_is_not_accepted_without_its_sample(line: Line) -> None:
    await line.plan("receipt", await line.form(), sampling={"aql": "1.0"})
    lot = await line.lot(quantity=2000)
    assert (await line.record(lot_id=lot, expect=422))["errors"][0]["code"] == "sample_required"
    await line.record(lot_id=lot, inspected={"sample_size": 50, "defectives": 0}, expect=422)
    await line.record(lot_id=lot, inspected={"accepted": "100", "rejected": "0"}, expect=422)
    early = await line.record(lot_id=lot, inspected={"sample_size": 50, "defectives": 4})  # cannot pass any more
    assert early["inspection"]["verdict"] == "fail"


async def test_a_second_submission_does_not_count_for_switching(line: Line) -> None:
    plan = await line.plan("receipt", await line.form(), sampling={"aql": "1.0"})
    failed = await sampled(line, 9)
    found = await line.get(f"inspections/{failed['inspection_id']}")
    body = {"plan_id": plan, "lot_id": found["lot_id"], "reason": "again", "reinspects": failed["inspection_id"]}
    await line.post("inspections", body)
    await line.record(lot_id=found["lot_id"], inspected={"sample_size": 125, "defectives": 9})
    (state,) = (await line.get("sampling-states"))["items"]
    assert (state["severity"], state["lots"]) == ("normal", 1)


async def test_the_database_holds_the_sum(line: Line) -> None:
    await line.plan("receipt", await line.form())
    lot = await line.lot(quantity=1000)
    one = (await due(line, lot))["id"]
    with pytest.raises(asyncpg.CheckViolationError):
        async with db.transaction(line.plant.actor("operator").scope()):
            await db.execute("UPDATE inspection SET accepted = 5 WHERE id = $1", one)


async def test_a_failed_limit_fails_the_inspection_whatever_was_counted_as_accepted(line: Line) -> None:
    await line.plan("receipt", await line.form())
    lot = await line.lot(quantity=1000)
    first = await line.record(lot_id=lot, values=FAIL, inspected={"accepted": "300", "rejected": "0"})
    assert first["inspection"]["verdict"] is None
    rest = await line.record(lot_id=lot, inspected={"accepted": "700", "rejected": "0"})
    assert rest["inspection"]["verdict"] == "fail"
    (found,) = (await what_is_open(line, lot))[lot]
    assert found.failed


async def test_quantities_that_decide_nothing_are_refused_and_nothing_is_stored(line: Line) -> None:
    await line.form()
    lot = await line.lot(unit="kg")
    said = {"accepted": "900", "rejected": "100"}
    refused = await line.record(lot_id=lot, inspected=said, expect=409)
    assert (refused["code"], refused["errors"][0]["field"]) == ("nothing_inspected", "inspected")
    assert (await line.get("records", lot_id=lot))["items"] == []
    record = await line.record(lot_id=lot)
    again = {"corrects": record["id"], "correction_reason": "漏记"}
    assert (await line.record(lot_id=lot, inspected=said, expect=409, **again))["code"] == "nothing_inspected"
