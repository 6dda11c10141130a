"""Promise: what a signature rejected is not released by one more signature: only after a re-inspection that passes and looks
again at what had failed, or after a concession or sorting that was signed and carried out since; the review says so in words, and the back office offers it then."""

from datetime import UTC, datetime, timedelta

import pytest

from tests.fixtures.api import PASSWORD, Api
from tests.fixtures.works import Works, make_works

SOON = (datetime.now(UTC) + timedelta(days=3)).isoformat()
STANDS = "release_rejected_before"


@pytest.fixture
async def works(api: Api) -> Works:
    """R: inspected with a pass, rejected by a signature all the same."""
    works = await make_works(api)
    works.goods["奶"] = works.product
    await works.add("R", "奶", "finished", "100")
    await works.record(works.lots["R"], "0.01")
    body = {"lot_ids": [works.lots["R"]], "password": PASSWORD, "remark": "外箱受潮"}
    await works.call("releaser", "POST", "rejections", body)
    return works


async def test_another_signature_does_not_undo_it(works: Works) -> None:
    assert await works.release(works.lots["R"], status=409) == [STANDS]
    assert await works.state("R") == "rejected"
    review = await works.call("releaser", "GET", f"lots/{works.lots['R']}/review")
    (point,) = [each for each in review["missing"] if each["code"] == STANDS]
    assert point["mandatory"]
    assert "外箱受潮" in point["text"]
    await works.part("R", "PART", "10")
    assert STANDS in await works.release(works.lots["PART"], status=409)


async def test_a_reinspection_that_passes_answers_it(works: Works) -> None:
    before = (datetime.now(UTC) - timedelta(hours=2)).isoformat()
    await works.record(works.lots["R"], "0.01", captured_at=before, late_reason="补录")  # entered now, found before
    await works.record(works.lots["R"], "0.035")  # fails
    assert STANDS in await works.release(works.lots["R"], status=409)
    page = await works.plant.client("releaser").get(f"/admin/lots/{works.lots['R']}")
    assert "外箱受潮" in page.text
    await works.record(works.lots["R"], "0.01")
    await works.release(works.lots["R"])
    assert await works.state("R") == "released"
    body = {"lot_ids": [works.lots["R"]], "password": PASSWORD}
    await works.call("releaser", "POST", "rejections", body)
    assert await works.release(works.lots["R"], status=409) == [STANDS]  # a later rejection stands by itself


async def test_a_concession_answers_for_the_part_that_was_conceded(works: Works) -> None:
    opened = await works.open(works.lots["R"])
    await works.decide(opened["id"], "concession", quantity="60", expires_at=SOON)
    (disposition,) = (await works.seen(opened["id"]))["dispositions"]
    works.lots["TC"] = disposition["result_lot_id"]
    await works.release(works.lots["TC"])
    assert await works.ship_code(works.lots["TC"], "60") == "ok"
    assert STANDS in await works.release(works.lots["R"], status=409)


async def test_a_look_at_something_else_does_not_answer_what_failed(works: Works) -> None:
    await works.limit_form("WATER", "lot", "水分", "g", high="5")
    await works.add("F", "奶", "finished", "100")
    await works.record(works.lots["F"], "0.035")
    await works.call("releaser", "POST", "rejections", {"lot_ids": [works.lots["F"]], "password": PASSWORD})
    await works.check("WATER", "1", datetime.now(UTC), lot_id=works.lots["F"])
    assert STANDS in await works.release(works.lots["F"], status=409)
    await works.record(works.lots["F"], "0.01")
    assert STANDS not in await works.release(works.lots["F"])


async def test_neither_a_look_at_other_goods_nor_one_at_the_rest_answers_it(works: Works) -> None:
    await works.part("R", "PART", "10")
    await works.add("G", "奶", "finished", "100")
    await works.record(works.lots["G"], "0.01")
    await works.record(works.lots["R"], "0.01")  # what is left of it
    assert STANDS in await works.release(works.lots["PART"], status=409)
    await works.use("PART", "G", "10", kind="split")
    assert STANDS in await works.release(works.lots["G"], status=409)
    await works.record(works.lots["G"], "0.01")
    assert STANDS not in await works.release(works.lots["G"])
    await works.release(works.lots["R"])
