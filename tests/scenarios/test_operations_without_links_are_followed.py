"""Promise: what an operation took in is traced into what came out of it also where nobody wrote a link: in both directions, in the
page's answer, in the trace of the goods' customers and in a recall; where links say into what it went, they alone count."""

from typing import Any

import pytest

from tests.fixtures.api import Api
from tests.fixtures.works import Works, make_works


@pytest.fixture
async def works(api: Api) -> Works:
    works = await make_works(api)
    works.goods["奶"] = works.product
    for lot_no in ("IN1", "IN2", "OUT1", "OUT2"):
        await works.add(lot_no, "奶", "finished", "100")
        await works.record(works.lots[lot_no], "0.01")
    await works.release(works.lots["IN1"], works.lots["IN2"])
    return works


async def operate(works: Works, lots_in: list[str], lots_out: list[str]) -> None:
    body = {
        "name": "混合",
        "lots_in": [works.lots[no] for no in lots_in],
        "lots_out": [works.lots[no] for no in lots_out],
    }
    await works.call("operator", "POST", "operations", body)


async def reached(works: Works, lot_no: str, side: str) -> set[str]:
    found: dict[str, Any] = await works.get(f"lots/{works.lots[lot_no]}/{side}")
    assert found["complete"]
    return {each["lot_no"] for each in found["nodes"]} - {lot_no}


async def test_both_ways_however_far(works: Works) -> None:
    await operate(works, ["IN1", "IN2"], ["OUT1", "OUT2"])
    await works.part("OUT1", "PART", "10")
    await works.release(works.lots["OUT1"], works.lots["PART"])
    await works.add("END", "奶", "finished", "5")
    await operate(works, ["PART"], ["END"])
    assert await reached(works, "IN1", "products") == {"OUT1", "OUT2", "PART", "END"}
    assert await reached(works, "END", "materials") == {"PART", "OUT1", "IN1", "IN2"}
    links = (await works.get(f"lots/{works.lots['END']}/materials"))["links"]
    assert {each["kind"] for each in links} == {"operation", "split"}


async def test_links_count_where_they_say_into_what(works: Works) -> None:
    await operate(works, ["IN1", "IN2"], ["OUT1", "OUT2"])
    link = await works.use("IN1", "OUT1", "5")
    await works.use("IN2", "OUT2", "5")
    assert await reached(works, "IN1", "products") == {"OUT1"}
    await works.call("quality_manager", "POST", f"links/{link}/reverse", {"reason": "写错"})
    assert await reached(works, "IN1", "products") == {"OUT1", "OUT2"}  # nobody says any more


async def test_a_lot_that_an_operation_works_on_is_not_used_for_itself(works: Works) -> None:
    await operate(works, ["IN1"], ["IN1"])
    assert await reached(works, "IN1", "products") == set()


async def test_operations_in_a_circle_end(works: Works) -> None:
    await operate(works, ["IN1"], ["OUT1"])
    await works.release(works.lots["OUT1"])
    await operate(works, ["OUT1"], ["IN1"])
    assert await reached(works, "IN1", "products") == {"OUT1"}


async def test_a_recall_of_the_material_reaches_them(works: Works) -> None:
    await operate(works, ["IN1"], ["OUT1"])
    body = {"level": 1, "reason": "铅超标", "advice": "停止食用", "from_lot": works.lots["IN1"]}
    await works.call("quality_manager", "POST", "recalls", body)
    assert [await works.stops(lot_no) for lot_no in ("IN1", "OUT1", "OUT2")] == [["recalled"], ["recalled"], []]


async def test_a_link_of_another_operation_says_nothing_of_this_one(works: Works) -> None:
    await operate(works, ["IN1"], ["OUT1", "OUT2"])
    body = {"name": "补加", "lots_in": [works.lots["IN1"]], "lots_out": [works.lots["OUT1"]]}
    other = (await works.call("operator", "POST", "operations", body))["id"]
    await works.use("IN1", "OUT1", "5", operation_id=other)
    assert await reached(works, "IN1", "products") == {"OUT1", "OUT2"}
