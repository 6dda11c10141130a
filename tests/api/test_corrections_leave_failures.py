"""Promise: a correction makes no failure of the customer's limit disappear without a result that can be judged, and does no
inspection on another form; a value that was mistyped is still put right."""

from datetime import UTC, datetime

import pytest

from tests.fixtures.api import Api
from tests.fixtures.works import Works, make_works


@pytest.fixture
async def works(api: Api) -> Works:
    """L: measured outside the customer's limit, inside the law."""
    works = await make_works(api)
    works.goods["奶"] = works.product
    await works.add("L", "奶", "finished", "100")
    return works


async def correct(works: Works, record: str, **more: object) -> list[str]:
    body = {
        "corrects": record,
        "correction_reason": "笔误",
        "lot_id": works.lots["L"],
        "form_code": "L",
        "values": {},
        "incomplete": True,
    }
    answer = await works.plant.client("inspector").post("/api/v1/records", json=body | more)
    return [each["code"] for each in answer.json().get("errors", ())] if answer.status_code != 201 else ["ok"]


async def test_a_correction_that_measures_nothing_takes_no_failure_away(works: Works) -> None:
    record = await works.record(works.lots["L"], "0.045")
    for values in ({}, {"Pb": None}):
        assert await correct(works, record, values=values) == ["correction_leaves_failure"]
    assert "release_customer_limit_failed" in await works.release(works.lots["L"], status=409)
    await works.correct(works.lots["L"], record, {"Pb": "0.01"}, "inspector")
    await works.release(works.lots["L"])


async def test_a_correction_is_made_on_its_own_form(works: Works) -> None:
    record = await works.record(works.lots["L"], "0.045")
    await works.limit_form("WATER", "lot", "水分", "g", high="5")
    assert await correct(works, record, form_code="WATER", values={"value": "1"}) == ["correction_on_other_form"]
    await works.check(
        "WATER", "1", datetime.now(UTC), lot_id=works.lots["L"]
    )  # by itself it is a record like any other
