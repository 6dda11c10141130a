"""Promise: when the metal detector fails its ten o'clock check, every lot that went through since the check before is listed and
can be stopped in one call, whatever its state; one that is checked again goes on, the others and only they stay."""

from datetime import datetime, timedelta

import pytest

from server.core.clock import now
from tests.fixtures.api import Api
from tests.fixtures.works import Works, make_works

LOTS = ("B1", "B2", "B3", "B4", "B5")


def at(clock: float) -> datetime:
    """So many hours after a midnight that is fourteen hours ago: it is two in the afternoon now."""
    return now() - timedelta(hours=14 - clock)


async def through(works: Works, lot_no: str, start: float, hours: float = 0.9) -> None:
    body = {
        "name": "金属检测", "lots_out": [works.lots[lot_no]], "device_ids": [works.goods["MD1"]], "unit": "kg", "quantity_in": "200",
        "quantity_good": "200", "quantity_reworked": "0", "quantity_scrapped": "0",
        "started_at": at(start).isoformat(), "ended_at": at(start + hours).isoformat(),
    }  # fmt: skip
    await works.call("operator", "POST", "operations", body)


@pytest.fixture
async def works(api: Api) -> Works:
    """Five lots, one an hour from seven; the first and third were released at once, a part of the third is sold."""
    works = await make_works(api)
    works.goods["奶"] = works.product
    line = await works.place("包装线", "line")
    device = {"code": "MD1", "name": "金属检测机", "kind": "metal_detector", "place_id": line}
    works.goods["MD1"] = (await works.call("quality_manager", "POST", "devices", device))["id"]
    await works.limit_form("MD", "device", "铁测试块直径", "mm", high="1.5")
    for hour, lot_no in enumerate(LOTS, 7):
        await works.add(lot_no, "奶", "finished", "200", produced_at=at(hour).isoformat())
        await through(works, lot_no, hour + 0.05)
    for lot_no in ("B1", "B3"):
        await works.record(works.lots[lot_no], "0.01", captured_at=at(10.5).isoformat())
        await works.release(works.lots[lot_no])
    await works.send("CK-1", works.customer, ("B3", "50"), departed_at=at(12).isoformat())
    return works


async def test_what_went_through_since_the_last_good_check_is_listed_stopped_and_cleared_one_by_one(
    works: Works,
) -> None:
    good = await works.check("MD", "1.5", at(8), device_id=works.goods["MD1"])
    failed = await works.check("MD", "2.5", at(10), device_id=works.goods["MD1"])
    reach = failed["reach"]
    assert (reach["kind"], reach["since_record_id"], reach["lots_in_all"]) == ("was_there_since", good["id"], 2)
    assert [each["lot_no"] for each in reach["lots"]] == ["B2", "B3"]
    assert reach["quantities"] == [{"quantity": "400", "unit": "kg"}]
    assert (await works.get(f"records/{failed['id']}/reach"))["reach"] == reach
    held = await works.hold("金属检测机 10 点点检不合格", *(each["lot_id"] for each in reach["lots"]))
    assert [await works.stops(lot_no) for lot_no in LOTS] == [[], ["on_hold"], ["on_hold"], [], []]
    assert await works.ship_code(works.lots["B3"], "1") == "lot_on_hold"  # released before: stopped all the same
    assert await works.ship_code(works.lots["B1"], "200") == "ok"
    await works.record(works.lots["B2"], "0.01")
    assert await works.release(works.lots["B2"], status=409) == ["release_lot_on_hold"]

    mended = await works.check("MD", "1.2", at(11), device_id=works.goods["MD1"])
    assert (await works.get(f"records/{mended['id']}/reach"))["reach"] is None
    await through(works, "B2", 12)
    await works.check("MD", "1.2", at(13), device_id=works.goods["MD1"])
    await works.lift(held[works.lots["B2"]], "重新过金属检测，合格")
    await works.release(works.lots["B2"])
    assert await works.ship_code(works.lots["B2"], "200") == "ok"
    assert await works.ship_code(works.lots["B3"], "1") == "lot_on_hold"
    assert await works.balance("B2") == {"shipped": "200"}
    assert await works.balance("B3") == {"shipped": "50", "left": "150"}
    await papers(works, held)


async def papers(works: Works, held: dict[str, str]) -> None:
    """The sold part of the lot that stays is known by name; the batch record tells both passes through the machine."""
    found = await works.trace("lot_no=B3&direction=products")
    assert [(each["name"], each["quantities"]) for each in found["customers"]] == [
        ("城西超市", [{"unit": "kg", "quantity": "50"}])
    ]
    (node,) = found["nodes"]
    assert (node["state"], node["holds"]) == ("released", ["on_hold"])
    again = await works.get(f"lots/{works.lots['B2']}/operations")
    assert [each["name"] for each in again["items"]] == ["金属检测", "金属检测"]
    record = await works.sheet("batch_record", works.lots["B2"])
    assert record.count("金属检测机") >= 2
    (kept,) = [each for each in (await works.seen_lot("B2"))["holds"] if each["id"] == held[works.lots["B2"]]]
    assert (kept["close_reason"], kept["closed_by"] is not None) == ("重新过金属检测，合格", True)


async def test_the_next_failure_reaches_back_to_the_check_after_the_repair_only(works: Works) -> None:
    for value, hour in (("1.5", 8), ("2.5", 10), ("1.2", 10.5)):
        await works.check("MD", value, at(hour), device_id=works.goods["MD1"])
    again = await works.check("MD", "3.0", at(12), device_id=works.goods["MD1"])
    assert [each["lot_no"] for each in again["reach"]["lots"]] == ["B4", "B5"]


async def test_a_detector_that_was_moved_puts_in_doubt_what_stood_where_it_stood(api: Api) -> None:
    """From line one to line two at nine; good at eight, bad at ten. The lots say where they lay, not what they went through."""
    works = await make_works(api)
    works.goods["奶"] = works.product
    one, two, stock = [await works.place(name, "line") for name in ("一线", "二线", "暂存")]
    device = {"code": "MD1", "name": "金属检测机", "kind": "metal_detector", "place_id": one}
    detector = (await works.call("quality_manager", "POST", "devices", device))["id"]
    await works.limit_form("MD", "device", "铁测试块直径", "mm", high="1.5")
    lots = {"一线早": (one, 6, 7), "一线中": (one, 8.2, 8.8), "一线晚": (one, 9.2, 9.8), "二线早": (two, 8.2, 8.8), "二线晚": (two, 9.2, 9.8),
            "一直在一线": (one, 6, None)}  # fmt: skip
    for lot_no, (place, came, left) in lots.items():
        await works.add(lot_no, "奶", "finished", "200", produced_at=at(came).isoformat())
        await works.call(
            "operator", "POST", f"lots/{works.lots[lot_no]}/move", {"place_id": place, "at": at(came).isoformat()}
        )
        if left:
            gone = {"place_id": stock, "at": at(left).isoformat()}
            await works.call("operator", "POST", f"lots/{works.lots[lot_no]}/move", gone)
    await works.check("MD", "1.2", at(8), device_id=detector)
    moved = await works.call(
        "operator", "POST", f"devices/{detector}/move", {"place_id": two, "at": at(9).isoformat()}, status=200
    )
    assert [(each["place_name"], each["from_at"] is None, each["until_at"] is None) for each in moved["items"]] == [
        ("一线", True, False), ("二线", False, True),
    ]  # fmt: skip
    failed = await works.check("MD", "2.5", at(10), device_id=detector)
    assert sorted(each["lot_no"] for each in failed["reach"]["lots"]) == ["一直在一线", "一线中", "二线晚"]
    assert (await works.get(f"devices/{detector}"))["place_id"] == two
    back = {"place_id": one, "at": at(8.5).isoformat()}
    assert await works.refused("operator", f"devices/{detector}/move", back, status=422) == "device_move_backwards"
