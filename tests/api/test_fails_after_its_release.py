"""Promise: goods that fail the customer's limit after they were released, or packed, stop at once with all their parts, and go on when
that is answered: corrected, conceded or disposed of by signature, or looked at again and then lifted by whoever may release."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from server.core import db
from server.core.ids import new_id
from server.domains.quality.bulk import store_records
from server.domains.quality.bulk_rows import BulkRecord, BulkResult
from tests.fixtures.api import PASSWORD, Api
from tests.fixtures.works import Works, make_stocked

SOON = (datetime.now(UTC) + timedelta(days=30)).isoformat()
OUTSIDE, INTERNAL, GOOD = "0.045", "0.035", "0.01"


@pytest.fixture
async def works(api: Api) -> Works:
    return await make_stocked(api)


async def held(works: Works, lot_no: str) -> list[dict[str, Any]]:
    return [each for each in (await works.seen_lot(lot_no))["holds"] if each["closed_at"] is None]


async def lift(works: Works, lot_no: str, role: str = "releaser") -> str:
    (hold,) = await held(works, lot_no)
    answer = await works.plant.client(role).post(f"/api/v1/holds/{hold['id']}/close", json={"reason": "已复检"})
    return "ok" if answer.status_code == 204 else str(answer.json()["code"])


async def test_it_stops_with_its_parts_and_says_why(works: Works) -> None:
    await works.part("L", "P", "30")
    await works.part("P", "DEEP", "10")
    await works.record(works.lots["P"], OUTSIDE)
    assert [await works.ship_code(works.lots[each], "1") for each in ("P", "DEEP", "L")] == [
        "lot_on_hold",
        "lot_on_hold",
        "ok",
    ]
    assert "不符合客户要求" in (await held(works, "P"))[0]["reason"]
    await works.record(works.lots["L"], OUTSIDE)
    assert await works.ship_code(works.lots["L"], "1") == "lot_on_hold"


async def test_an_internal_limit_alone_and_goods_that_wait_for_release_are_not_held(works: Works) -> None:
    await works.record(works.lots["L"], INTERNAL)
    await works.add("NEW", "奶", "finished", "10")
    await works.record(works.lots["NEW"], OUTSIDE)
    assert (await held(works, "L"), await held(works, "NEW")) == ([], [])
    assert await works.ship_code(works.lots["L"], "1") == "ok"


async def test_a_case_is_stopped_and_so_is_what_carries_it(works: Works) -> None:
    await works.pack("C", ("L", "40"))
    await works.pack("PALLET", ("C", None), unit="pallet")
    await works.record(works.lots["C"], OUTSIDE)
    assert await works.ship_code(works.lots["C"], "1") == "lot_on_hold"
    assert await works.ship_code(works.lots["PALLET"], "1") == "content_on_hold"
    await works.record(works.lots["C"], GOOD)
    assert await lift(works, "C") == "ok"
    assert await works.ship_code(works.lots["PALLET"], "1") == "ok"


async def test_after_a_good_look_somebody_who_may_release_lifts_it_everywhere(works: Works) -> None:
    await works.part("L", "P", "30")
    await works.record(works.lots["L"], OUTSIDE)
    assert await lift(works, "P") == "customer_failure_stands"
    await works.record(works.lots["L"], GOOD)
    assert (
        await works.ship_code(works.lots["L"], "1") == "lot_on_hold"
    )  # a look alone frees nothing that left the plant's hands
    assert await lift(works, "P", "inspector") == "forbidden"
    assert await lift(works, "P") == "ok"
    assert [await works.ship_code(works.lots[each], "1") for each in ("L", "P")] == ["ok", "ok"]


async def test_a_correction_ends_it(works: Works) -> None:
    record = await works.record(works.lots["L"], OUTSIDE)
    await works.correct(works.lots["L"], record, {"Pb": "0.0045"})
    assert await works.ship_code(works.lots["L"], "1") == "ok"


async def test_a_correction_that_fails_as_well_goes_on_stopping(works: Works) -> None:
    record = await works.record(works.lots["L"], OUTSIDE)
    await works.correct(works.lots["L"], record, {"Pb": "0.046"})
    assert await works.ship_code(works.lots["L"], "1") == "lot_on_hold"


async def test_a_concession_ends_it(works: Works) -> None:
    opened = await works.open(works.lots["L"], record_id=await works.record(works.lots["L"], OUTSIDE))
    consent = {"customer_id": works.customer, "consent_attachment_id": await works.file(), "expires_at": SOON}
    await works.decide(opened["id"], "concession", **consent)
    assert await works.ship_code(works.lots["L"], "1") == "ok"


async def test_reworked_goods_bring_it_along_until_they_passed(works: Works) -> None:
    opened = await works.open(works.lots["L"], record_id=await works.record(works.lots["L"], OUTSIDE))
    made = await works.carry_out(await works.decide(opened["id"], "rework"))
    assert made is not None
    assert "release_lot_on_hold" in await works.release(made, status=409)
    await works.record(made, GOOD)  # it waits for a signature anyway
    await works.release(made)
    assert await works.ship_code(made, "1") == "ok"


async def test_an_imported_result_stops_it_too(works: Works) -> None:
    await works.part("L", "P", "30")
    async with db.transaction(works.plant.actor("quality_manager").scope()):
        version = await db.fetchval("SELECT id FROM form_version WHERE tenant_id = $1", works.plant.tenant_id)
        rows = [
            BulkRecord(new_id(), UUID(works.lots[lot_no]), [BulkResult(number, UUID(works.lead), value)], "张三")
            for number, (lot_no, value) in enumerate({"L": GOOD, "P": OUTSIDE}.items())
        ]
        await store_records(works.plant.actor("quality_manager"), version, "testing", rows)
    assert [await works.ship_code(works.lots[each], "1") for each in ("L", "P")] == ["ok", "lot_on_hold"]


async def test_a_disposition_taken_back_answers_for_nothing_any_more(works: Works) -> None:
    record = await works.record(works.lots["L"], OUTSIDE)
    opened = await works.open(works.lots["L"], record_id=record)
    consent = {"customer_id": works.customer, "consent_attachment_id": await works.file(), "expires_at": SOON}
    disposition = await works.decide(opened["id"], "concession", **consent)
    assert await held(works, "L") == []
    body = {"password": PASSWORD, "reason": "选错批次"}
    await works.call("quality_manager", "POST", f"dispositions/{disposition}/reverse", body)
    assert sorted(each["cause"].partition(":")[0] for each in await held(works, "L")) == [
        "customer_limit",
        "nonconformity",
    ]


@pytest.mark.parametrize("values", [{}, {"Pb": INTERNAL}], ids=["blank", "internal"])
async def test_a_pass_that_is_taken_back_frees_nothing_any_more(works: Works, values: dict[str, str]) -> None:
    await works.add("N", "奶", "finished", "10")
    lot = works.lots["N"]
    await works.record(lot, OUTSIDE)
    good = await works.record(lot, GOOD)
    await works.release(lot)
    await works.correct(lot, good, values, role="inspector")
    assert await works.ship_code(lot, "1") == "lot_on_hold"
    await works.record(lot, GOOD)
    assert await lift(works, "N") == "ok"
    assert await works.ship_code(lot, "1") == "ok"


@pytest.mark.parametrize("failing", [OUTSIDE, "0.06"], ids=["customer", "legal"])
async def test_nor_does_the_pass_of_reworked_goods(works: Works, failing: str) -> None:
    await works.add("N", "奶", "finished", "10")
    opened = await works.open(works.lots["N"], record_id=await works.record(works.lots["N"], failing))
    made = await works.carry_out(await works.decide(opened["id"], "rework"))
    assert made is not None
    good = await works.record(made, GOOD)
    await works.release(made)
    await works.correct(made, good, {}, role="inspector")
    assert await works.ship_code(made, "1") == "lot_on_hold"


async def test_a_disposition_taken_back_stops_a_part_that_the_record_of_its_whole_speaks_for(works: Works) -> None:
    await works.part("L", "P", "60")
    record = await works.record(works.lots["L"], OUTSIDE)
    assert len(await held(works, "P")) == 1
    opened = await works.open(works.lots["P"], record_id=await works.record(works.lots["P"], OUTSIDE))
    consent = {"customer_id": works.customer, "consent_attachment_id": await works.file(), "expires_at": SOON}
    disposition = await works.decide(opened["id"], "concession", **consent)
    assert await held(works, "P") == []
    await works.call(
        "quality_manager", "POST", f"dispositions/{disposition}/reverse", {"password": PASSWORD, "reason": "选错"}
    )
    assert f"customer_limit:{record}" in {each["cause"] for each in await held(works, "P")}


async def test_a_concession_of_what_is_left_frees_no_case_that_was_packed_before(works: Works) -> None:
    await works.pack("C", ("L", "40"))
    opened = await works.open(works.lots["L"], record_id=await works.record(works.lots["L"], OUTSIDE))
    consent = {"customer_id": works.customer, "consent_attachment_id": await works.file(), "expires_at": SOON}
    disposition = await works.decide(opened["id"], "concession", **consent)
    conceded = (await works.seen(opened["id"]))["dispositions"][0]["result_lot_id"]
    assert await works.ship_code(conceded, "60") == "ok"
    assert await works.ship_code(works.lots["C"], "1") == "content_on_hold"
    await works.call("quality_manager", "POST", f"nonconformities/{opened['id']}/close", {})
    assert await works.ship_code(works.lots["C"], "1") == "content_on_hold"
    body = {"password": PASSWORD, "reason": "选错批次"}
    assert await works.refused("quality_manager", f"dispositions/{disposition}/reverse", body) == "disposition_built_on"
