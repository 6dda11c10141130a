"""Promise (T36): what a phone says of its time is kept as a claim beside ours, flagged beyond five minutes, and never refused: a
day ahead, a day behind, a clock that jumped back; the order is that in which the server received."""

from datetime import timedelta
from typing import Any

import pytest

from server.core.clock import now
from tests.fixtures.api import Api
from tests.fixtures.inspections import Line, make_line
from tests.fixtures.inspector import Phone, ledger, records, version_of


@pytest.fixture
async def line(api: Api) -> Line:
    return await make_line(api)


@pytest.fixture
async def phone(line: Line) -> Phone:
    return Phone(line.plant.client("inspector"), await version_of(line, await line.form()))


async def only_row(line: Line) -> tuple[Any, Any]:
    (record,), (entry,) = await records(line), await ledger(line)
    return record, entry


@pytest.mark.parametrize("hours", [24, -24, 1, -1])
async def test_a_wrong_clock_is_put_right_by_what_it_is_wrong_and_its_claim_is_kept(
    line: Line, phone: Phone, hours: int
) -> None:
    phone.ahead = timedelta(hours=hours)
    entry = phone.entry(hours_ago=2, lot_id=await line.lot())
    answer = await phone.send(entry)
    assert answer["skewed"]
    assert abs(answer["skew_seconds"] - hours * 3600) < 60
    assert answer["answers"][0]["flags"] == ["clock_skewed"]
    record, kept = await only_row(line)
    assert kept["claimed_at"].isoformat()[:19] == entry["captured_at"][:19]
    assert abs((now() - record["captured_at"]) - timedelta(hours=2)) < timedelta(minutes=1)
    assert record["captured_at"] <= record["received_at"]


@pytest.mark.parametrize("minutes", [4, -4])
async def test_a_clock_within_five_minutes_is_believed(line: Line, phone: Phone, minutes: int) -> None:
    phone.ahead = timedelta(minutes=minutes)
    entry = phone.entry(hours_ago=1, lot_id=await line.lot())
    (answer,) = await phone.answers(entry)
    assert answer["flags"] == []
    record, kept = await only_row(line)
    assert record["captured_at"] == kept["claimed_at"]


async def test_what_was_captured_after_it_was_sent_is_flagged_and_counts_when_it_came(line: Line, phone: Phone) -> None:
    entry = phone.entry(hours_ago=-10, lot_id=await line.lot())
    (answer,) = await phone.answers(entry)
    assert (answer["outcome"], answer["flags"]) == ("stored", ["clock_jumped"])
    record, _ = await only_row(line)
    assert record["captured_at"] is None


async def test_a_clock_that_jumped_back_between_two_entries_is_flagged_whichever_comes_first(
    line: Line, phone: Phone
) -> None:
    lot = await line.lot()
    before, after = phone.entry(hours_ago=1, lot_id=lot), phone.entry(hours_ago=20, lot_id=lot)
    (second,) = await phone.answers(after)
    (first,) = await phone.answers(before)
    assert [first["flags"], second["flags"]] == [["clock_jumped"], []]
    again = Phone(phone.client, phone.version)
    before, after = again.entry(hours_ago=1, lot_id=lot), again.entry(hours_ago=20, lot_id=lot)
    flags = [each["flags"] for each in await again.answers(before, after)]
    assert flags == [[], ["clock_jumped"]]


async def test_the_order_is_the_servers(line: Line, phone: Phone) -> None:
    lot = await line.lot()
    ahead = Phone(phone.client, phone.version, ahead=timedelta(days=1))
    first, second = ahead.entry(lot_id=lot), phone.entry(hours_ago=30, lot_id=lot)
    await ahead.send(first)
    await phone.send(second)
    assert [str(row["entry_id"]) for row in await records(line)] == [first["entry_id"], second["entry_id"]]


@pytest.mark.parametrize("zone", ["Z", "+08:00", "-08:00", "+05:45"])
async def test_a_phone_in_another_zone_tells_the_same_moment(line: Line, phone: Phone, zone: str) -> None:
    """Summer time is only another zone."""
    lot, made = await line.lot(), now() - timedelta(hours=1)
    sign = -1 if zone[0] == "-" else 1
    ahead = timedelta(0) if zone == "Z" else sign * timedelta(hours=int(zone[1:3]), minutes=int(zone[4:6]))
    claim = (made + ahead).strftime("%Y-%m-%dT%H:%M:%S") + zone
    (answer,) = await phone.answers(phone.entry(lot_id=lot) | {"captured_at": claim})
    assert (answer["outcome"], answer["flags"]) == ("stored", [])
    record, _ = await only_row(line)
    assert abs(record["captured_at"] - made) < timedelta(seconds=2)


async def test_a_moment_without_a_zone_or_on_no_calendar_is_refused_by_itself(line: Line, phone: Phone) -> None:
    lot = await line.lot()
    wrong = [
        phone.entry(lot_id=lot) | {"captured_at": claim} for claim in ("2026-03-16T08:00:00", "2026-02-30T08:00:00Z", "0001-01-01T00:00:00Z")
    ]  # fmt: skip
    answers = await phone.answers(*wrong, phone.entry(lot_id=lot))
    assert [each["outcome"] for each in answers] == ["refused", "refused", "refused", "stored"]
