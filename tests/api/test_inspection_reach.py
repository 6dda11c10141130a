"""Promise: a failed first piece or patrol names what was made since the last good one; a failed check of a device or place names
every lot that was there since the last good check; in the answer to the failing record and under its own address."""

from datetime import timedelta
from typing import Any

import pytest

from server.core.clock import now
from tests.fixtures.api import Api
from tests.fixtures.inspections import FAIL, Line, hours_ago, make_line


@pytest.fixture
async def line(api: Api) -> Line:
    return await make_line(api)


async def test_a_failed_patrol_names_what_was_made_since_the_last_good_one(line: Line) -> None:
    await line.plan("hours", await line.form(), step_id=line.ids["step"], every_hours="1")
    start = hours_ago(8)
    lots = [await line.lot("finished") for _ in range(4)]
    for number, lot in enumerate(lots):  # one lot each two hours, one after the other on one line
        await line.operation(
            lot, start + timedelta(hours=2 * number), 2, unit="kg", quantity_good="400", quantity_reworked="10"
        )
    good = await line.record(lot_id=lots[1], captured_at=(start + timedelta(hours=3)).isoformat())
    failed = await line.record(values=FAIL, lot_id=lots[2], captured_at=(start + timedelta(hours=5)).isoformat())
    reach = failed["reach"]
    assert reach["kind"] == "made_since"
    assert reach["since_record_id"] == good["id"]
    # The second lot was half made when the good one was looked at; the fourth not begun when the bad one was.
    assert [lot["lot_id"] for lot in reach["lots"]] == [lots[1], lots[2]]
    assert reach["quantities"] == [{"quantity": "820", "unit": "kg"}]
    assert (await line.get(f"records/{failed['id']}/reach"))["reach"] == reach
    assert (await line.get(f"records/{good['id']}/reach"))["reach"] is None


async def test_without_a_good_one_before_all_that_was_made_is_named(line: Line) -> None:
    await line.plan("first_piece", await line.form(), step_id=line.ids["step"], first_piece_on=["shift_start"])
    lot = await line.lot("finished")
    await line.operation(lot, hours_ago(0.5), 0.4, unit="kg", quantity_good="30")
    failed = await line.record(values=FAIL, lot_id=lot)
    assert failed["reach"]["since"] is None
    assert [each["quantity"] for each in failed["reach"]["lots"]] == ["30"]


async def test_what_was_made_on_another_line_is_not_in_doubt(line: Line) -> None:
    await line.plan("hours", await line.form(), step_id=line.ids["step"], every_hours="1")
    here, there = await line.lot("finished"), await line.lot("finished")
    await line.operation(here, hours_ago(4), 3, unit="kg", quantity_good="5")
    await line.operation(there, hours_ago(4), 3, unit="kg", quantity_good="7", line_place_id=line.ids["store"])
    failed = await line.record(values=FAIL, lot_id=here, captured_at=hours_ago(1).isoformat())
    assert [lot["lot_id"] for lot in failed["reach"]["lots"]] == [here]


async def test_a_metal_detector_that_fails_at_ten_names_what_went_through_it_since_eight(line: Line) -> None:
    await line.form("MD", "device")
    lots = [await line.lot("finished") for _ in range(4)]
    six = hours_ago(6)
    for number, lot in enumerate(lots):
        await line.operation(
            lot, six + timedelta(hours=number * 1.4), 1.3, device_ids=[line.ids["device"]], unit="kg", quantity_good="9"
        )
    good = await check(line, "MD", six + timedelta(hours=1.35))
    failed = await check(line, "MD", six + timedelta(hours=4.1), FAIL)
    reach = failed["reach"]
    assert (reach["kind"], reach["since_record_id"]) == ("was_there_since", good["id"])
    assert [lot["lot_id"] for lot in reach["lots"]] == [lots[1], lots[2]]
    assert reach["lots_in_all"] == 2


async def check(line: Line, form: str, at: Any, values: Any = None) -> Any:
    return await line.record(form, values, device_id=line.ids["device"], captured_at=at.isoformat())


async def test_a_cold_store_names_what_stayed_in_it(line: Line) -> None:
    await line.form("CS", "place")
    stays = {"place_id": line.ids["store"]}
    gone = await line.lot(received_at=hours_ago(48).isoformat(), **stays)
    await line.post(f"lots/{gone}/move", {"place_id": line.ids["line"], "at": hours_ago(30).isoformat()}, expect=204)
    there = await line.lot(received_at=hours_ago(48).isoformat(), **stays)
    await line.record("CS", place_id=line.ids["store"], captured_at=hours_ago(24).isoformat())
    arrived = await line.lot(received_at=hours_ago(2).isoformat(), **stays)
    failed = await line.record("CS", FAIL, place_id=line.ids["store"], captured_at=hours_ago(1).isoformat())
    await line.lot(received_at=now().isoformat(), **stays)  # after the check
    named = {lot["lot_id"] for lot in failed["reach"]["lots"]}
    assert named == {there, arrived}
    assert failed["reach"]["quantities"] == [{"quantity": "2000", "unit": "kg"}]


async def test_a_corrected_good_check_is_no_good_check(line: Line) -> None:
    await line.form("MD", "device")
    good = await check(line, "MD", hours_ago(5))
    wrong = await check(line, "MD", hours_ago(3))
    await line.record(
        "MD",
        FAIL,
        device_id=line.ids["device"],
        captured_at=hours_ago(3).isoformat(),
        corrects=wrong["id"],
        correction_reason="看错",
    )
    failed = await check(line, "MD", hours_ago(1), FAIL)
    assert failed["reach"]["since_record_id"] == good["id"]


async def test_a_failing_receipt_speaks_for_its_own_lot_alone(line: Line) -> None:
    await line.plan("receipt", await line.form())
    lot = await line.lot()
    assert (await line.record(values=FAIL, lot_id=lot))["reach"] is None


async def test_an_operation_that_gave_several_lots_is_counted_once(line: Line) -> None:
    await line.plan("first_piece", await line.form(), step_id=line.ids["step"], first_piece_on=["shift_start"])
    lots = [await line.lot("finished") for _ in range(3)]
    await line.operation(lots[0], hours_ago(0.5), 0.4, lots_out=lots, unit="kg", quantity_good="100")
    failed = await line.record(values=FAIL, lot_id=lots[0])
    assert failed["reach"]["quantities"] == [{"quantity": "100", "unit": "kg"}]
    shares = sorted(each["quantity"] for each in failed["reach"]["lots"])
    assert shares == ["33.333", "33.333", "33.334"]
