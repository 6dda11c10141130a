"""Promise: a board knows which serialised components are in it and which were, from when to when; one replaced in repair is found
from both sides, and what later turns out bad stops the boards that hold it now, not those it was taken from."""

from datetime import datetime, timedelta

import pytest

from server.core.clock import now
from tests.fixtures.api import Api
from tests.fixtures.works import Works, make_works


def ago(hours: float) -> datetime:
    return now() - timedelta(hours=hours)


@pytest.fixture
async def works(api: Api) -> Works:
    """Two boards of a processor and a memory each; processors of two reels of one supplier, each with its own number."""
    works = await make_works(api)
    for name, kind in (("处理器", "material"), ("内存", "material"), ("电路板", "finished")):
        await works.good(name, kind, unit="pcs")
    for reel, theirs in (("REEL-1", "DC-2601"), ("REEL-2", "DC-2602")):
        await works.add(reel, "处理器", "material", "3", supplier_id=works.supplier, supplier_lot_no=theirs)
    for lot_no in ("MEM-1", "MEM-2"):
        await works.add(lot_no, "内存", "unit", "1")
    await works.release(*(works.lots[each] for each in ("REEL-1", "REEL-2", "MEM-1", "MEM-2")))
    for number, reel in (("CPU-1", "REEL-1"), ("CPU-2", "REEL-1"), ("CPU-3", "REEL-2")):
        await works.add(number, "处理器", "unit", "1")
        await works.use(reel, number, "1")
        await works.release(works.lots[number])
    for board, parts in (("BOARD-1", ("CPU-1", "MEM-1")), ("BOARD-2", ("CPU-2", "MEM-2"))):
        await works.add(board, "电路板", "unit", "1")
        for part in parts:
            await works.use(part, board, "1", "installed", at=ago(8).isoformat())
    return works


async def parts(works: Works, board: str) -> dict[str, bool]:
    """The components of a board by number: whether each is in it now."""
    items = (await works.get(f"lots/{works.lots[board]}/links"))["items"]
    return {each["from_lot_no"]: each["until"] is None for each in items if each["kind"] == "installed"}


async def replace(works: Works, board: str, old: str, new: str) -> None:
    items = (await works.get(f"lots/{works.lots[board]}/links"))["items"]
    (link,) = [each for each in items if each["from_lot_no"] == old and each["until"] is None]
    body = {"reason": "测试不开机", "at": ago(2).isoformat()}
    await works.call("operator", "POST", f"links/{link['id']}/end", body)
    await works.use(new, board, "1", "installed", at=ago(1).isoformat())


async def test_one_component_is_replaced_and_both_are_found(works: Works) -> None:
    await replace(works, "BOARD-1", "CPU-1", "CPU-3")
    assert await parts(works, "BOARD-1") == {"CPU-1": False, "MEM-1": True, "CPU-3": True}
    made = await works.trace("lot_no=BOARD-1&direction=materials")
    names = {node["id"]: node["lot_no"] for node in made["nodes"]}
    ended = {names[link["from_lot"]] for link in made["links"] if link["kind"] == "installed" and link["ended"]}
    assert ended == {"CPU-1"}
    assert {node["supplier_lot_no"] for node in made["nodes"]} - {None} == {"DC-2601", "DC-2602"}
    found = await works.trace("supplier_lot_no=DC-2601&direction=products")
    names = {node["id"]: node["lot_no"] for node in found["nodes"]}
    assert {(names[link["to_lot"]], link["ended"]) for link in found["links"] if link["kind"] == "installed"} == {
        ("BOARD-1", True), ("BOARD-2", False),
    }  # fmt: skip
    assert await works.balance("CPU-1") == {"installed": "1"}  # taken out, not back in stock
    again = {"from_lot": works.lots["CPU-1"], "to_lot": works.lots["BOARD-2"], "kind": "installed", "quantity": "1"}
    assert await works.refused("operator", "links", again) == "not_enough_left"
    record = await works.sheet("batch_record", works.lots["BOARD-1"])
    for word in ("CPU-1", "CPU-3", "MEM-1"):
        assert word in record, word


async def test_a_bad_reel_stops_the_boards_that_hold_it_and_not_the_one_it_was_taken_from(works: Works) -> None:
    await replace(works, "BOARD-1", "CPU-1", "CPU-3")
    for board in ("BOARD-1", "BOARD-2"):
        await works.release(works.lots[board])
    await works.hold("供应商通报 DC-2601 虚焊", works.lots["CPU-1"], works.lots["CPU-2"])
    assert await works.ship_code(works.lots["BOARD-2"], "1") == "content_on_hold"
    assert await works.ship_code(works.lots["BOARD-1"], "1") == "ok"


async def test_a_repaired_board_is_released_anew_and_keeps_what_is_in_it(works: Works) -> None:
    opened = await works.open(works.lots["BOARD-1"], defect="不开机")
    await replace(works, "BOARD-1", "CPU-1", "CPU-3")
    made = await works.carry_out(await works.decide(opened["id"], "repair"), lot_no="BOARD-1R")
    assert made is not None
    works.lots["BOARD-1R"] = made
    assert await works.state("BOARD-1R") == "pending"
    assert await works.release(made, status=409) == ["release_reinspection_missing"]
    await works.limit_form("FT", "lot", "上电电流", "A", high="1")
    await works.check("FT", "0.4", now(), lot_id=made)
    await works.release(made)
    found = await works.trace("lot_no=BOARD-1R&direction=materials")
    assert {"CPU-1", "CPU-3", "MEM-1", "BOARD-1"} <= {node["lot_no"] for node in found["nodes"]}
    await works.hold("供应商通报 DC-2601", works.lots["CPU-1"])  # lies in the scrap box
    held = await works.hold("供应商通报 DC-2602", works.lots["CPU-3"])
    assert await works.ship_code(made, "1") == "content_on_hold"
    await works.pack("BOX", ("BOARD-1R", None))
    assert await works.ship_code(works.lots["BOX"], "1") == "content_on_hold"
    await works.lift(held[works.lots["CPU-3"]], "复检合格")
    assert await works.ship_code(works.lots["BOX"], "1") == "ok"
    await works.call("quality_manager", "POST", f"nonconformities/{opened['id']}/close", {})
    assert (await works.seen(opened["id"]))["state"] == "closed"
