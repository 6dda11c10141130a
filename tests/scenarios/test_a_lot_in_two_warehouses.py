"""Promise: a lot that stands in two warehouses is two lots from then on: each has its place, its stays and its fate; what goes
wrong in one store names and stops the part that stood there, and both are found from the lot they were."""

from datetime import datetime, timedelta

import pytest

from server.core.clock import now
from tests.fixtures.api import Api
from tests.fixtures.works import Works, graph, make_works, numbers


def ago(hours: float) -> datetime:
    return now() - timedelta(hours=hours)


@pytest.fixture
async def works(api: Api) -> Works:
    """100 kg in the first store two days ago; 40 of them in the second since yesterday."""
    works = await make_works(api)
    works.goods["奶"] = works.product
    works.goods |= {name: await works.place(name) for name in ("一号库", "二号库", "三号库")}
    await works.limit_form("TEMP", "place", "库温", "°C", high="6")
    began = ago(48).isoformat()
    await works.add("F1", "奶", "finished", "100", produced_at=began, received_at=began, place_id=works.goods["一号库"])
    await works.record(works.lots["F1"], "0.01", captured_at=ago(47).isoformat())
    await works.release(works.lots["F1"])
    await works.part("F1", "F1-2", "40", place_id=works.goods["二号库"], at=ago(24).isoformat())
    return works


async def stays(works: Works, lot_no: str) -> list[tuple[str, bool]]:
    """Where the lot stood, and whether it stands there still."""
    items = (await works.get(f"lots/{works.lots[lot_no]}/stays"))["items"]
    return [(each["place_name"], each["to_at"] is None) for each in items]


async def temperatures(works: Works, hours: float, **stores: str) -> dict[str, list[str]]:
    """The lots that each store's failed check names; stores whose check passed are not in it."""
    named = {}
    for store, value in stores.items():
        found = await works.check("TEMP", value, ago(hours), place_id=works.goods[store])
        if found["reach"]:
            named[store] = sorted(each["lot_no"] for each in found["reach"]["lots"])
    return named


async def test_each_part_has_its_place_its_temperature_and_its_fate(works: Works) -> None:
    assert [await works.state(each) for each in ("F1", "F1-2")] == ["released", "released"]
    assert await stays(works, "F1") == [("一号库", True)]
    assert await stays(works, "F1-2") == [("二号库", True)]
    assert await temperatures(works, 20, 一号库="4", 二号库="4") == {}
    assert await temperatures(works, 2, 一号库="5", 二号库="11") == {"二号库": ["F1-2"]}
    held = await works.hold("二号库超温", works.lots["F1-2"])
    assert await works.ship_code(works.lots["F1-2"], "1") == "lot_on_hold"
    await works.send("CK-1", works.customer, ("F1", "60"), departed_at=now().isoformat())
    assert await works.balance("F1") == {"split_off": "40", "shipped": "60"}
    assert await works.balance("F1-2") == {"left": "40"}
    body = {"quantity": "40", "reason": "超温报废"}
    await works.call("operator", "POST", f"lots/{works.lots['F1-2']}/scrap", body)
    await works.lift(held[works.lots["F1-2"]], "已报废")
    assert await works.balance("F1-2") == {"scrapped": "40"}
    found = await works.trace("lot_no=F1&direction=products")
    assert (numbers(found), graph(found)) == ({"F1", "F1-2"}, {("F1", "split", "F1-2", "40")})
    (amounts,) = found["summary"]["quantities"]
    assert (amounts["shipped"], amounts["in_stock"], amounts["unexplained"]) == ("60", "0", "0")
    assert "0.01" in await works.sheet("test_report", works.lots["F1"])


async def test_a_part_that_moves_on_takes_its_history_along_and_leaves_the_other_where_it_is(works: Works) -> None:
    await works.call(
        "operator",
        "POST",
        f"lots/{works.lots['F1-2']}/move",
        {"place_id": works.goods["三号库"], "at": ago(10).isoformat()},
    )
    assert await stays(works, "F1-2") == [("二号库", False), ("三号库", True)]
    assert await stays(works, "F1") == [("一号库", True)]
    named = await temperatures(works, 2, 一号库="4", 二号库="11", 三号库="11")
    assert named == {"二号库": ["F1-2"], "三号库": ["F1-2"]}  # no good check since it left the second
    lot = await works.seen_lot("F1-2")
    assert (lot["place_name"], lot["expires_at"]) == ("三号库", (await works.seen_lot("F1"))["expires_at"])


async def test_before_it_was_split_it_stood_where_the_whole_stood(works: Works) -> None:
    failed = await works.check("TEMP", "11", ago(30), place_id=works.goods["一号库"])
    assert {each["lot_no"] for each in failed["reach"]["lots"]} == {"F1", "F1-2"}
    assert failed["reach"]["quantities"] == [{"quantity": "100", "unit": "kg"}]  # the part is not counted twice
    after = await works.check("TEMP", "11", ago(20), place_id=works.goods["一号库"])
    await works.check("TEMP", "4", ago(22), place_id=works.goods["一号库"])
    reach = (await works.get(f"records/{after['id']}/reach"))["reach"]
    assert [each["lot_no"] for each in reach["lots"]] == ["F1"]  # by then the part had gone
