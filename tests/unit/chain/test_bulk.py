"""Promise: set-wise lots and links pass the same gate and cycle check as single ones, and name the rows they refuse."""

from decimal import Decimal
from itertools import pairwise

from server.core.ids import new_id
from server.domains import chain
from server.domains.chain.problems import LinksFormCycle, LotNoTaken, LotNotReleased, LotOnHold, NotEnoughLeft
from tests.fixtures.plant import Works


async def test_refused_rows_are_named_and_the_rest_is_written(works: Works) -> None:
    rows = [works.new_lot(lot_no="A"), works.new_lot(lot_no="A"), works.new_lot(lot_no="B", supplier_id=new_id())]
    result = await works.run(chain.create_lots, rows)
    assert [(error.row, error.problem.code) for error in result.errors] == [(1, LotNoTaken.code), (2, "not_found")]
    assert [made is not None for made in result.ids] == [True, False, False]
    again = await works.run(chain.create_lots, rows[:1])
    assert [error.problem.code for error in again.errors] == [LotNoTaken.code]


async def test_all_or_nothing_writes_nothing(works: Works) -> None:
    rows = [works.new_lot(lot_no="A"), works.new_lot(lot_no="A")]
    result = await works.run(chain.create_lots, rows, all_or_nothing=True)
    assert (result.written, result.ids) == (False, [None, None])
    assert await works.read("SELECT id FROM lot WHERE tenant_id = $1") == []


async def test_rows_draw_in_their_order_from_one_stock(works: Works) -> None:
    source, target = await works.lot(), await works.lot("finished", released=False)
    pending = await works.lot(released=False)
    links = [
        chain.NewLink(from_lot=source, to_lot=target, kind="consumed", quantity=60),
        chain.NewLink(from_lot=source, to_lot=target, kind="consumed", quantity=60),
        chain.NewLink(from_lot=pending, to_lot=target, kind="consumed", quantity=1),
        chain.NewLink(from_lot=source, to_lot=target, kind="consumed", quantity=40),
    ]
    result = await works.run(chain.create_links, links)
    assert [(e.row, e.problem.code) for e in result.errors] == [(1, NotEnoughLeft.code), (2, LotNotReleased.code)]
    assert await works.left(source) == 0


async def test_a_cycle_closed_inside_one_set_is_refused_and_frees_what_it_drew(works: Works) -> None:
    first, second = await works.lot("intermediate"), await works.lot("intermediate")
    links = [
        chain.NewLink(from_lot=first, to_lot=second, kind="consumed", quantity=10),
        chain.NewLink(from_lot=second, to_lot=first, kind="consumed", quantity=100),
        chain.NewLink(from_lot=second, to_lot=await works.lot("finished"), kind="consumed", quantity=100),
    ]
    result = await works.run(chain.create_links, links)
    assert [(e.row, e.problem.code) for e in result.errors] == [(1, LinksFormCycle.code)]
    assert (await works.left(first), await works.left(second)) == (Decimal(90), 0)


async def test_what_an_earlier_row_brought_along_stops_a_later_one(works: Works) -> None:
    held, part = await works.lot("intermediate"), await works.lot("intermediate", released=False)
    await works.run(chain.open_holds, [held], kind="on_hold", cause="x", reason="x")
    await works.run(chain.mark_released, [part])
    links = [
        chain.NewLink(from_lot=held, to_lot=part, kind="split", quantity=10),
        chain.NewLink(from_lot=part, to_lot=await works.lot("finished"), kind="consumed", quantity=1),
    ]
    result = await works.run(chain.create_links, links)
    assert [(e.row, e.problem.code) for e in result.errors] == [(1, LotOnHold.code)]
    holds = await works.read("SELECT lot_id FROM hold WHERE tenant_id = $1 AND closed_at IS NULL")
    assert {row["lot_id"] for row in holds} == {held, part}


async def test_statements_do_not_grow_with_the_rows(works: Works) -> None:
    """2,000 lots in a chain of links: written, held and released in a handful of statements each."""
    rows = [works.new_lot("intermediate") for _ in range(2000)]
    lots = [lot for lot in (await works.run(chain.create_lots, rows)).ids if lot]
    assert len(await works.run(chain.mark_released, lots)) == 2000
    links = [chain.NewLink(from_lot=a, to_lot=b, kind="consumed", quantity=1) for a, b in pairwise(lots)]
    result = await works.run(chain.create_links, links)
    assert (len(result.ids), result.errors) == (1999, [])
    back = chain.NewLink(from_lot=lots[-1], to_lot=lots[0], kind="consumed", quantity=1)
    assert [e.problem.code for e in (await works.run(chain.create_links, [back])).errors] == [LinksFormCycle.code]
    assert len(await works.run(chain.open_holds, lots, kind="recalled", cause="recall:1", reason="x")) == 2000
    assert len(await works.run(chain.close_holds, "recall:1", "x")) == 2000
    entries = await works.read("SELECT action FROM audit_entry WHERE tenant_id = $1 ORDER BY id")
    assert [entry["action"] for entry in entries][:2] == ["lot.created_many", "lot.released"]
    assert len(entries) == 5
