"""Promise: an inspection that falls due after its record was made (an operation typed in later) is done by that record; where it failed,
goods that were released meanwhile stop at once, as they would have had the inspection been known."""

from typing import Any

import pytest

from tests.api.test_called_back import confirm, held, lift, part_of
from tests.fixtures.api import Api
from tests.fixtures.inspections import FAIL, PASS, Line, hours_ago, make_line

STARTED, LOOKED_AT = hours_ago(3), hours_ago(2.8)


@pytest.fixture
async def line(api: Api) -> Line:
    return await make_line(api)


async def released_after(line: Line, look: dict[str, str]) -> str:
    """A lot with this look at its first piece, released by signature before anybody told how it was made."""
    await line.form("F2")
    lot = await line.lot("finished", unit="kg")
    await line.record("F2", lot_id=lot)
    await line.record(lot_id=lot, values=look, captured_at=LOOKED_AT.isoformat())
    assert await confirm(line, lot) == []
    return lot


async def first_pieces(line: Line, **more: Any) -> str:
    return await line.plan(
        "first_piece", await line.form(), step_id=line.ids["step"], first_piece_on=["shift_start"], **more
    )


async def test_released_goods_and_their_parts_stop(line: Line) -> None:
    await first_pieces(line)
    lot = await released_after(line, FAIL)
    part = await part_of(line, lot)
    await line.operation(lot, STARTED)
    assert [row["verdict"] for row in await line.open("done", lot_id=lot)] == ["fail"]
    assert set(await held(line)) == {lot, part}
    assert await lift(line, lot) == "inspection_failure_stands"


async def test_what_passed_stops_nothing(line: Line) -> None:
    await first_pieces(line)
    await line.operation(await released_after(line, PASS), STARTED)
    assert await held(line) == {}


async def test_what_need_not_be_done_stops_nothing(line: Line) -> None:
    await first_pieces(line, mandatory=False)
    lot = await released_after(line, FAIL)
    await line.operation(lot, STARTED)
    assert [row["verdict"] for row in await line.open("done", lot_id=lot)] == ["fail"]
    assert await held(line) == {}
