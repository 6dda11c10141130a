"""Promise: whoever recorded one of two versions that differ is told how it ended: who decided, why, which stands, and whether that is
his own; nobody else is."""

from typing import Any

import pytest

from tests.fixtures.api import Api
from tests.fixtures.inspections import Line, make_line
from tests.fixtures.inspector import Phone, version_of

REASON = "原始记录为好"


@pytest.fixture
async def line(api: Api) -> Line:
    return await make_line(api)


async def told(line: Line, role: str) -> list[Any]:
    found: list[Any] = (await line.plant.client(role).get("/api/v1/phone/own-conflicts")).json()["items"]
    return found


@pytest.mark.parametrize(("resolution", "stands"), [("keep", "kept"), ("correct", "other")])
async def test_both_are_told_how_it_ended_and_nobody_else(line: Line, resolution: str, stands: str) -> None:
    version = await version_of(line, await line.form())
    first, second = (Phone(line.plant.client(role), version) for role in ("inspector", "operator"))
    entry = first.entry(lot_id=await line.lot())
    (kept,) = await first.answers(entry)
    (other,) = await second.answers({**entry, "values": {"look": "坏"}})
    assert [each["resolution"] for each in await told(line, "inspector")] == [None]
    path = f"phone/conflicts/{other['conflict_id']}/resolution"
    manager = line.plant.client("quality_manager")
    decided = await line.post(path, {"resolution": resolution, "reason": REASON}, expect=200, client=manager)
    for role, own in (("inspector", "kept"), ("operator", "other")):
        (item,) = await told(line, role)
        assert (item["own"], item["own"] == stands) == (own, own == stands)
        assert (item["resolution"], item["reason"], item["record_id"]) == (resolution, REASON, decided["record_id"])
        assert item["resolver_name"] == line.plant.person("quality_manager").username
        assert item["resolved_at"]
    assert (decided["record_id"] == kept["record_id"]) is (resolution == "keep")
    assert await told(line, "quality_manager") == []


async def test_ones_own_two_versions_are_both_ones_own(line: Line) -> None:
    phone = Phone(line.plant.client("inspector"), await version_of(line, await line.form()))
    entry = phone.entry(lot_id=await line.lot())
    await phone.answers(entry, {**entry, "values": {"look": "坏"}})
    assert [each["own"] for each in await told(line, "inspector")] == ["both"]
