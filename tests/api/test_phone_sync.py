"""Promise (T35): what waits on phones arrives exactly once, item by item, however often and in whatever order it is sent and by
whichever phone; another body under the same id is a conflict of that item alone, kept and looked at; a bad entry holds up no
other; and a form that was edited meanwhile does not invalidate what was entered under the old version."""

import random
from typing import Any
from uuid import UUID

import pytest

from server.core import db
from server.core.ids import new_id
from tests.fixtures.api import Api
from tests.fixtures.inspections import FAIL, PASS, Line, hours_ago, make_line
from tests.fixtures.inspector import Phone, day_of, ledger, records, version_of


@pytest.fixture
async def line(api: Api) -> Line:
    return await make_line(api)


@pytest.fixture
async def phone(line: Line) -> Phone:
    line.ids["form"] = await line.form()
    return Phone(line.plant.client("inspector"), await version_of(line, line.ids["form"]))


def another(phone: Phone) -> Phone:
    return Phone(phone.client, phone.version)


async def test_two_hundred_entries_sent_three_times_shuffled_by_two_phones_after_three_days_are_two_hundred_rows(
    line: Line, phone: Phone
) -> None:
    lots = [await line.lot() for _ in range(5)]
    other = another(phone)
    queue = [phone.entry(hours_ago=72 - n * 0.01, lot_id=lots[n % 5]) for n in range(200)]
    chance = random.Random(35)
    killed_after = queue[:70]  # the first try: the phone was killed before it had the answer
    await phone.send(*killed_after)
    stored = replayed = 0
    for sender in (phone, other, phone):
        chance.shuffle(queue)
        for answer in (await sender.send(*queue))["answers"]:
            stored += answer["outcome"] == "stored"
            replayed += answer["outcome"] == "replayed"
            assert answer["record_id"]
    assert (stored, replayed) == (130, 470)
    rows = await records(line)
    assert len(rows) == 200
    assert {str(row["entry_id"]) for row in rows} == {each["entry_id"] for each in queue}
    assert all(
        row["late_entry"] for row in rows[:50]
    )  # late all the same, without a reason that nobody could have given


async def test_the_altered_one_is_a_conflict_kept_beside_the_first_and_resolved_with_a_reason(
    line: Line, phone: Phone
) -> None:
    lot = await line.lot()
    first, second = phone.entry(lot_id=lot), phone.entry(lot_id=lot)
    await phone.send(first, second)
    altered = first | {"values": FAIL}
    for _ in range(2):  # sent again it is the same conflict
        one, two = await another(phone).answers(altered, second)
        assert (one["outcome"], one["status"], one["problem"]["code"]) == ("conflict", 409, "entry_conflict")
        assert two["outcome"] == "replayed"
    manager = line.plant.client("quality_manager")
    (conflict,) = (await manager.get("/api/v1/phone/conflicts")).json()["items"]
    assert conflict["id"] == one["conflict_id"]
    assert (conflict["kept"]["values"], conflict["other"]["values"]) == ({"look": "好"}, {"look": "坏"})
    body = {"resolution": "correct", "reason": "第二次才是看清后的结果"}
    path = f"phone/conflicts/{conflict['id']}/resolution"
    stands = await line.post(path, body, expect=200)
    assert (await line.post(path, body, expect=409))["code"] == "conflict_resolved"
    rows = {str(row["id"]): row for row in await records(line)}
    assert len(rows) == 3
    correction = rows[stands["record_id"]]
    assert (correction["verdict"], str(rows[str(correction["corrects"])]["entry_id"])) == ("fail", first["entry_id"])
    assert (await manager.get("/api/v1/phone/conflicts")).json()["items"][0]["resolution"] == "correct"


async def test_a_bad_entry_holds_up_no_other_and_may_come_again_put_right(line: Line, phone: Phone) -> None:
    lot = await line.lot()
    good, later = phone.entry(lot_id=lot), phone.entry(lot_id=lot)
    no_option, foreign = phone.entry(lot_id=lot, values={"look": 3}), phone.entry(lot_id=str(new_id()))
    shapeless = {"entry_id": str(new_id()), "nonsense": True}
    answers = await phone.answers(good, no_option, foreign, shapeless, later)
    assert [each["outcome"] for each in answers] == ["stored", "refused", "refused", "refused", "stored"]
    assert [each["entry_id"] for each in answers] == [
        each["entry_id"] for each in (good, no_option, foreign, shapeless, later)
    ]
    assert answers[1]["problem"]["errors"][0]["field"] == "values.look"
    assert (answers[2]["status"], answers[2]["problem"]["code"]) == (404, "not_found")
    assert answers[1]["problem"]["errors"][0]["text"]
    (mended,) = await phone.answers(no_option | {"values": {"look": "好"}})
    assert mended["outcome"] == "stored"
    assert len(await records(line)) == 3


async def test_the_same_key_with_another_body_is_refused_and_the_answer_comes_again(line: Line, phone: Phone) -> None:
    lot, key = await line.lot(), {"Idempotency-Key": str(new_id())}
    entry = phone.entry(lot_id=lot)
    body = {"sent_at": phone.time(), "phone": phone.installation, "entries": [{"entry": entry}]}
    first = await phone.client.post("/api/v1/phone/sync", json=body, headers=key)
    again = await phone.client.post("/api/v1/phone/sync", json=body, headers=key)
    assert (again.content, again.headers["Idempotency-Replayed"]) == (first.content, "true")
    other = body | {"entries": [{"entry": phone.entry(lot_id=lot)}]}
    refused = await phone.client.post("/api/v1/phone/sync", json=other, headers=key)
    assert (refused.status_code, refused.json()["code"]) == (422, "idempotency_key_reused")


async def test_a_form_edited_meanwhile_does_not_invalidate_what_was_entered(line: Line, phone: Phone) -> None:
    lot, entry = await line.lot(), phone.entry()
    edited = {
        "schema": {"type": "object", "required": ["look", "smell"], "properties": {"look": {}, "smell": {"type": "string"}}},
        "ui": {"fields": {"look": {"characteristic_id": line.ids["look"]}}},
    }  # fmt: skip
    await line.post(f"forms/{line.ids['form']}/versions", edited)
    (answer,) = await phone.answers(entry | {"lot_id": lot})
    assert (answer["outcome"], answer["verdict"]) == ("stored", "pass")


async def test_many_items_are_one_check_and_one_row_each(line: Line, phone: Phone) -> None:
    await line.plan("receipt", line.ids["form"], sampling={"aql": "2.5", "level": "II"})
    lot = await line.lot(quantity=90)
    parts = [(await line.post(f"lots/{lot}/split", {"lot_no": f"P{n}", "quantity": "1"}))["id"] for n in range(3)]
    stranger = await line.lot()
    items: list[dict[str, Any]] = [{"entry_id": str(new_id()), "lot_id": part} for part in parts]
    items[1] |= {"values": FAIL}
    items.append({"entry_id": str(new_id()), "lot_id": stranger})
    check = phone.entry(lot_id=lot, items=items, inspected={"sample_size": 20, "defectives": 1})
    answers = await phone.answers(check)
    assert [each["verdict"] for each in answers] == ["pass", "fail", "pass", None, None]
    assert answers[3]["problem"]["errors"][0]["code"] == "item_of_other_lot"
    assert answers[4]["problem"]["code"] == "check_waits_for_items"  # its numbers count an item that is not of it
    assert {str(each["check_id"]) for each in await ledger(line)} == {check["entry_id"]}
    replayed = ["replayed", "replayed", "replayed", "refused", "refused"]
    assert [each["outcome"] for each in await phone.answers(check)] == replayed
    right = phone.entry(entry_id=check["entry_id"], lot_id=lot, inspected={"sample_size": 20, "defectives": 1})
    (answer,) = await phone.answers(right)  # the stranger put aside: what is stored is not sent again
    assert (answer["outcome"], answer["verdict"]) == ("stored", "pass")
    assert (answer["inspection"]["verdict"], answer["inspection"]["accepted"]) == ("pass", "90")  # Ac 1
    assert len(await ledger(line)) == 4
    assert (await line.plant.client("quality_manager").get("/api/v1/phone/conflicts")).json()["items"] == []


def samples(phone: Phone, lot: str, values: list[dict[str, Any]], **more: Any) -> dict[str, Any]:
    """Samples of one lot: the last is the check itself."""
    items = [{"entry_id": str(new_id()), "lot_id": lot, "values": each} for each in values[:-1]]
    return phone.entry(lot_id=lot, items=items, values=values[-1], **more)


@pytest.mark.parametrize("failing", [0, 19])
async def test_of_samples_the_plan_decides_wherever_the_bad_one_stands(line: Line, phone: Phone, failing: int) -> None:
    await line.plan("receipt", line.ids["form"], sampling={"aql": "2.5", "level": "II"})
    await line.post("specifications", {
        "characteristic_id": line.ids["look"], "product_id": line.ids["material"], "limits": {"customer": {"allowed": ["好"]}},
    })  # fmt: skip
    lot = await line.lot(quantity=90)
    (due,) = await line.open()
    values = [FAIL if at == failing else PASS for at in range(20)]
    named = {"inspection_id": due["id"], "inspected": {"sample_size": 20, "defectives": 0}}  # fewer than the rows tell
    answers = await phone.answers(samples(phone, lot, values, **named))
    assert [each["outcome"] for each in answers] == ["stored"] * 20
    assert {flag for each in answers for flag in each["flags"]} == set()
    assert [each["inspection"] for each in answers[:-1]] == [None] * 19
    assert (answers[-1]["inspection"]["verdict"], answers[-1]["inspection"]["accepted"]) == ("pass", "90")  # Ac 1
    review = (await line.plant.client("quality_manager").get(f"/api/v1/lots/{lot}/review")).json()
    assert [each["code"] for each in review["missing"]] == []  # outside the customer's limit, as the plan allows
    named = {
        "inspected": {"sample_size": 20, "defectives": 2},
        "corrects": answers[-1]["record_id"],
        "correction_reason": "数错",
    }
    (anew,) = await phone.answers(phone.entry(lot_id=lot, values=values[-1], **named))
    assert anew["inspection"]["verdict"] == "fail"
    review = (await line.plant.client("quality_manager").get(f"/api/v1/lots/{lot}/review")).json()
    assert "release_inspection_failed" in [each["code"] for each in review["missing"]]  # a correction decides anew


async def test_two_bad_samples_of_twenty_reject(line: Line, phone: Phone) -> None:
    await line.plan("receipt", line.ids["form"], sampling={"aql": "2.5", "level": "II"})
    lot = await line.lot(quantity=90)
    sampled = {"inspected": {"sample_size": 20, "defectives": 0}}
    answers = await phone.answers(samples(phone, lot, [FAIL, FAIL] + [PASS] * 18, **sampled))
    assert (answers[-1]["inspection"]["verdict"], answers[-1]["inspection"]["rejected"]) == ("fail", "90")


@pytest.mark.parametrize("bad", [None, 0, 1, 2])
async def test_without_a_plan_one_bad_sample_fails_the_lot_and_none_is_called_late(
    line: Line, phone: Phone, bad: int | None
) -> None:
    await line.plan("receipt", line.ids["form"])
    lot = await line.lot(quantity=90)
    values = [FAIL if at == bad else PASS for at in range(3)]
    answers = await phone.answers(samples(phone, lot, values))
    assert {flag for each in answers for flag in each["flags"]} == set()
    assert answers[-1]["inspection"]["verdict"] == ("pass" if bad is None else "fail")


async def test_an_entry_does_the_inspection_as_the_web_does_and_the_second_inspector_loses_nothing(
    line: Line, phone: Phone
) -> None:
    await line.plan("receipt", line.ids["form"])
    lot = await line.lot(quantity=100)
    (due,) = await line.open()
    named = {"lot_id": lot, "inspection_id": due["id"], "inspected": {"accepted": "90", "rejected": "10"}}
    one, two = phone.entry(**named), another(phone).entry(**named)
    (answer,) = await phone.answers(one)
    assert (answer["inspection"]["verdict"], answer["inspection"]["rejected"]) == ("fail", "10")
    (late,) = await another(phone).answers(two)
    assert (late["outcome"], late["flags"], late["inspection"]) == ("stored", ["inspection_done_already"], None)
    assert len(await records(line)) == 2


async def test_practice_is_judged_and_leaves_nothing(line: Line, phone: Phone) -> None:
    await line.plan("receipt", line.ids["form"])
    lot = await line.lot(quantity=100)
    (answer,) = await phone.answers(phone.entry(lot_id=lot, values=FAIL, practice=True))
    assert (answer["outcome"], answer["verdict"], answer["record_id"]) == ("practised", "fail", None)
    assert answer["inspection"]["verdict"] == "fail"
    assert (await records(line), await ledger(line)) == ([], [])
    assert [each["state"] for each in await line.open()] == ["due"]
    async with db.transaction(line.plant.actor("operator").scope()):
        trail = "SELECT count(*) FROM audit_entry WHERE tenant_id = $1 AND action = 'record.stored'"
        assert await db.fetchval(trail, line.plant.tenant_id) == 0


async def test_an_overdue_gauge_blocks_where_the_enterprise_says_so_by_its_state_when_it_was_used(
    line: Line, phone: Phone
) -> None:
    gauge = (await line.post("devices", {"code": "G1", "name": "卡尺", "kind": "gauge", "calibration_required": True}))[
        "id"
    ]
    good = {
        "certificate_no": "C1", "calibrated_at": hours_ago(300).isoformat(), "valid_to": day_of(hours_ago(60)), "passed": True,
    }  # fmt: skip
    await line.post(f"devices/{gauge}/calibrations", good)
    answer = await line.client.put("/api/v1/gauge-rule", json={"overdue": "block"})
    assert answer.status_code < 300, answer.text
    lot = await line.lot()
    in_time, overdue = (phone.entry(hours_ago=hours, lot_id=lot, gauge_ids=[gauge]) for hours in (100, 1))
    answers = await phone.answers(in_time, overdue)
    assert [each["outcome"] for each in answers] == ["stored", "refused"]
    assert answers[1]["problem"]["code"] == "gauge_overdue"


async def test_corrections_from_the_phone_keep_the_original(line: Line, phone: Phone) -> None:
    lot = await line.lot()
    wrong = phone.entry(lot_id=lot, values=FAIL)
    (stored,) = await phone.answers(wrong)
    mend = phone.entry(lot_id=lot, corrects=stored["record_id"], correction_reason="看错一格")
    (mended,) = await phone.answers(mend)
    assert mended["verdict"] == "pass"
    first, second = await records(line)
    assert (second["corrects"], first["captured_at"]) == (first["id"], first["captured_at"])
    assert UUID(mended["record_id"]) == second["id"]


async def test_no_more_than_two_hundred_at_once(phone: Phone) -> None:
    check = phone.entry(items=[{"entry_id": str(new_id()), "code": "X"} for _ in range(150)])
    refused = await phone.send(check, check, expect=422)
    assert refused["errors"][0]["code"] == "too_many_entries"


async def test_a_machine_has_no_phone(line: Line, phone: Phone, api: Api) -> None:
    made = await line.post(
        "api-keys", {"name": "LIMS", "roles": ["operator"]}, client=line.plant.client("enterprise_admin")
    )
    machine = Phone(api.client(made["key"]), phone.version)
    assert (await machine.send(machine.entry(lot_id=await line.lot()), expect=403))["code"] == "people_only"
