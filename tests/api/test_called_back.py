"""Promise: what was released urgently is called back whichever part of the goods fails and however, nothing failing slips between
request and approval, it is confirmed only by results, and the hold ends once somebody judged what failed, downstream too."""

import asyncio

import pytest

from server.core import db
from server.core.ids import new_id
from tests.fixtures.api import PASSWORD, Api
from tests.fixtures.failing import PNG
from tests.fixtures.inspections import FAIL, PASS, Line, make_line

UNTIL = "2099-01-01T00:00:00+08:00"


@pytest.fixture
async def line(api: Api) -> Line:
    return await make_line(api)


async def ask(line: Line, lot: str) -> str:
    return str((await line.post("urgent-requests", {"lot_id": lot, "reason": "客户停线"}))["id"])


async def approve(line: Line, request: str) -> str:
    """`ok`, or the code of the refusal."""
    body = {"approve": True, "password": PASSWORD}
    answer = await line.plant.client("releaser").post(f"/api/v1/urgent-requests/{request}/decision", json=body)
    return "ok" if answer.status_code == 200 else str(answer.json()["code"])


async def urgent(line: Line) -> str:
    lot = await line.lot(unit="kg")
    assert await approve(line, await ask(line, lot)) == "ok"
    return lot


async def confirm(line: Line, lot: str) -> list[str]:
    answer = await line.plant.client("releaser").post("/api/v1/releases", json={"lot_ids": [lot], "password": PASSWORD})
    return [] if answer.status_code == 201 else [each["code"] for each in answer.json()["errors"]]


async def part_of(line: Line, lot: str) -> str:
    body = {"lot_no": new_id().hex, "quantity": "100", "unit": "kg"}
    return str((await line.post(f"lots/{lot}/split", body))["id"])


async def used_in(line: Line, lot: str) -> str:
    finished = await line.lot("finished", unit="kg")
    link = {"from_lot": lot, "to_lot": finished, "kind": "consumed", "quantity": "10", "unit": "kg"}
    await line.post("links", link)
    return finished


async def reworked(line: Line, body: dict[str, str]) -> tuple[str, str]:
    """A nonconformity opened so, its rework signed and carried out: its id, and the lot that was made."""
    opened = (await line.post("nonconformities", body))["id"]
    disposition = (await line.post(f"nonconformities/{opened}/dispositions", {"kind": "rework", "reason": "返工"}))[
        "id"
    ]
    signing = line.plant.client("releaser")
    await line.post(f"dispositions/{disposition}/signatures", {"password": PASSWORD}, client=signing)
    return opened, (await line.post(f"dispositions/{disposition}/carry-out", {}))["lot_id"]


async def held(line: Line) -> dict[str, str]:
    """The open hold of each lot that has one."""
    async with db.transaction(line.plant.actor("viewer").scope()):
        sql = "SELECT lot_id, id FROM hold WHERE tenant_id = $1 AND closed_at IS NULL"
        return {str(row["lot_id"]): str(row["id"]) for row in await db.fetch(sql, line.plant.tenant_id)}


async def lift(line: Line, lot: str) -> str:
    body = {"reason": "已复核"}
    answer = await line.client.post(f"/api/v1/holds/{(await held(line))[lot]}/close", json=body)
    return "ok" if answer.status_code == 204 else str(answer.json()["code"])


async def test_a_failing_part_calls_back_the_whole_and_all_it_went_into(line: Line) -> None:
    await line.form()
    lot = await urgent(line)
    part, other, product = await part_of(line, lot), await part_of(line, lot), await used_in(line, lot)
    below = await part_of(line, part)
    await line.record(lot_id=below, values=FAIL)
    assert set(await held(line)) == {lot, part, other, below, product}


@pytest.mark.parametrize(
    "said", [{"sample_size": 80, "defectives": 80}, {"accepted": "990", "rejected": "10"}], ids=["sample", "rejected"]
)
async def test_an_inspection_that_rejects_calls_back_though_its_record_passes(line: Line, said: dict[str, str]) -> None:
    await line.plan("receipt", await line.form())
    lot = await urgent(line)
    product = await used_in(line, lot)
    await line.record(lot_id=lot, values=PASS, inspected=said)
    assert set(await held(line)) == {lot, product}


async def test_what_failed_between_request_and_approval_refuses_it(line: Line) -> None:
    await line.form()
    lot = await line.lot(unit="kg")
    part, request = await part_of(line, lot), await ask(line, lot)
    wrong = await line.record(lot_id=part, values=FAIL)
    assert await approve(line, request) == "urgent_result_failed"
    await line.record(lot_id=part, values=PASS, corrects=wrong["id"], correction_reason="看错")
    assert await approve(line, request) == "ok"


async def test_a_result_failing_at_the_same_moment_refuses_it_or_calls_it_back(line: Line) -> None:
    await line.form()
    for _ in range(4):
        lot = await line.lot(unit="kg")
        request = await ask(line, lot)
        answer, _ = await asyncio.gather(approve(line, request), line.record(lot_id=lot, values=FAIL))
        assert answer == "urgent_result_failed" or lot in await held(line)


async def test_nothing_confirms_it_before_a_result_is_there(line: Line) -> None:
    await line.form()
    lot = await urgent(line)
    assert await confirm(line, lot) == ["release_no_record"]
    await line.record(lot_id=lot, values=PASS)
    assert await confirm(line, lot) == []


async def test_a_corrected_result_lets_the_manager_lift_it_everywhere_and_confirm(line: Line) -> None:
    await line.form()
    lot = await urgent(line)
    product = await used_in(line, lot)
    wrong = await line.record(lot_id=lot, values=FAIL)
    assert await lift(line, product) == "urgent_failure_not_judged"
    offers = {role: await line.plant.client(role).get(f"/admin/lots/{product}") for role in ("releaser", "inspector")}
    assert {role: "/lift" in page.text for role, page in offers.items()} == {"releaser": True, "inspector": False}
    assert "release_lot_on_hold" in await confirm(line, lot)
    await line.record(lot_id=lot, values=PASS, corrects=wrong["id"], correction_reason="看错样品")
    assert await lift(line, product) == "ok"
    assert await held(line) == {}
    assert await confirm(line, lot) == []


async def test_a_result_passed_again_lets_the_manager_lift_it(line: Line) -> None:
    await line.form()
    lot = await urgent(line)
    await line.record(lot_id=lot, values=FAIL)
    await line.record(lot_id=lot, values=PASS)
    assert await lift(line, lot) == "ok"
    await line.record(lot_id=lot, values=FAIL)
    assert set(await held(line)) == {lot}  # and what fails after that calls it back again


async def test_a_signed_disposition_ends_it_downstream_and_a_reworked_lot_leaves_once_it_passed(line: Line) -> None:
    await line.form()
    lot = await urgent(line)
    product = await used_in(line, lot)
    failed = await line.record(lot_id=lot, values=FAIL)
    body = {"lot_id": lot, "record_id": failed["id"], "defect": "外观", "defect_class": "B", "stage": "testing"}
    opened, made = await reworked(line, body)
    assert await lift(line, made) == "urgent_failure_not_judged"
    await line.record(lot_id=made, values=PASS)
    assert await lift(line, made) == "ok"
    assert await confirm(line, made) == []
    assert await lift(line, product) == "urgent_failure_not_judged"
    await line.post(f"nonconformities/{opened}/close", {}, expect=204)
    assert await lift(line, product) == "ok"
    assert product not in await held(line)
    assert lot in await held(line)  # by the nonconformity's own hold


async def test_what_was_decided_about_something_else_judges_no_result(line: Line) -> None:
    await line.form()
    lot = await urgent(line)
    await line.record(lot_id=lot, values=FAIL)
    body = {"lot_id": lot, "quantity": "1", "defect": "包装破", "defect_class": "C", "stage": "testing"}
    opened, made = await reworked(line, body)
    await line.record(lot_id=made, values=PASS)
    await line.post(f"nonconformities/{opened}/close", {}, expect=204)
    assert await lift(line, lot) == "urgent_failure_not_judged"


async def test_less_than_what_was_rejected_judges_no_result(line: Line) -> None:
    await line.plan("receipt", await line.form())
    lot = await urgent(line)
    said = {"accepted": "900", "rejected": "100"}
    failed = await line.record(lot_id=lot, values=FAIL, inspected=said)
    body = {"lot_id": lot, "record_id": failed["id"], "defect": "外观", "defect_class": "B", "stage": "testing"}
    for quantity, answer in (("1", "urgent_failure_not_judged"), ("99", "ok")):
        opened, made = await reworked(line, body | {"quantity": quantity})
        await line.record(lot_id=made, values=PASS)
        await line.post(f"nonconformities/{opened}/close", {}, expect=204)
        assert await lift(line, lot) == answer


async def test_a_concession_of_less_than_the_nonconformity_judges_no_result(line: Line) -> None:
    await line.form()
    lot = await urgent(line)
    product = await used_in(line, lot)
    failed = await line.record(lot_id=lot, values=FAIL)
    body = {"lot_id": lot, "record_id": failed["id"], "defect": "外观", "defect_class": "B", "stage": "testing"}
    opened = (await line.post("nonconformities", body))["id"]
    conceded = {"kind": "concession", "reason": "x", "quantity": "1", "expires_at": "2099-01-01T00:00:00+08:00"}
    inspector = line.plant.client("inspector")
    disposition = (await line.post(f"nonconformities/{opened}/dispositions", conceded, client=inspector))["id"]
    await line.post(f"dispositions/{disposition}/signatures", {"password": PASSWORD})
    assert await lift(line, product) == "urgent_failure_not_judged"


async def judged_by(line: Line, lot: str, record: str, kind: str, *, close: bool = True, **more: object) -> str:
    """A nonconformity about all of a lot, naming a record; disposed of, and closed: the disposition."""
    named = {"record_ids": [record]}
    body = {"lot_id": lot, "defect": "外观", "defect_class": "B", "stage": "testing"} | named
    opened = (await line.post("nonconformities", body))["id"]
    inspector = line.plant.client("inspector")
    path = f"nonconformities/{opened}/dispositions"
    proposed = {"kind": kind, "reason": "评审"} | more
    disposition = (await line.post(path, proposed, client=inspector))["id"]
    await line.post(
        f"dispositions/{disposition}/signatures", {"password": PASSWORD}, client=line.plant.client("releaser")
    )
    if kind != "concession":
        await line.post(f"dispositions/{disposition}/carry-out", {"attachment_ids": [await a_file(line)]})
    if close:
        await line.post(f"nonconformities/{opened}/close", {}, expect=204)
    return str(disposition)


async def a_file(line: Line) -> str:
    answer = await line.client.post("/api/v1/attachments", files={"file": ("a.png", PNG)})
    return str(answer.json()["id"])


async def test_what_was_decided_about_the_rest_judges_no_part_that_had_left_it(line: Line) -> None:
    await line.form()
    lot = await urgent(line)
    part = await part_of(line, lot)
    case = await line.post(
        "packages", {"lot_no": "C1", "contents": [{"lot_id": lot, "quantity": "10"}], "unit": "case"}
    )
    product = await used_in(line, lot)
    failed = await line.record(lot_id=lot, values=FAIL)
    assert set(await held(line)) == {lot, part, case["id"], product}
    await judged_by(line, lot, failed["id"], "scrap")
    for other in (part, case["id"], product):
        assert await lift(line, other) == "urgent_failure_not_judged"
    await judged_by(line, part, failed["id"], "concession", expires_at=UNTIL)
    assert await lift(line, part) == "ok"
    assert await lift(line, product) == "urgent_failure_not_judged"  # the case is not judged yet
    await judged_by(line, case["id"], failed["id"], "concession", expires_at=UNTIL)
    assert await lift(line, product) == "ok"


async def test_what_it_went_into_may_be_judged_by_itself(line: Line) -> None:
    await line.form()
    lot = await urgent(line)
    product, other = await used_in(line, lot), await used_in(line, lot)
    failed = await line.record(lot_id=lot, values=FAIL)
    await judged_by(line, product, failed["id"], "concession", expires_at=UNTIL)
    assert await lift(line, product) == "ok"
    assert set(await held(line)) == {lot, other}


async def test_the_conceded_part_goes_on_while_the_rest_is_still_decided(line: Line) -> None:
    await line.form()
    lot = await urgent(line)
    failed = await line.record(lot_id=lot, values=FAIL)
    await judged_by(line, lot, failed["id"], "concession", close=False, quantity="100", expires_at=UNTIL)
    (part,) = set(await held(line)) - {lot}
    assert await lift(line, part) == "ok"
    assert set(await held(line)) == {lot}


async def test_a_disposition_taken_back_calls_back_again_all_that_it_went_into(line: Line) -> None:
    await line.form()
    lot = await urgent(line)
    product = await used_in(line, lot)
    failed = await line.record(lot_id=lot, values=FAIL)
    disposition = await judged_by(line, lot, failed["id"], "concession", close=False, expires_at=UNTIL)
    assert await lift(line, product) == "ok"
    assert await held(line) == {}
    body = {"password": PASSWORD, "reason": "选错批次"}
    await line.post(
        f"dispositions/{disposition}/reverse", body, expect=204, client=line.plant.client("quality_manager")
    )
    assert set(await held(line)) == {lot, product}
    assert await lift(line, product) == "urgent_failure_not_judged"
