"""Promise: signs of invented data are shown to the quality manager and in the release review, and block nothing; one's own day is
one's own list."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from server.core import db
from server.domains import quality
from server.domains.quality import inspection
from tests.fixtures.api import Api
from tests.fixtures.inspections import Line, make_line
from tests.fixtures.inspector import Phone, version_of


@pytest.fixture
async def line(api: Api) -> Line:
    line = await make_line(api)
    weight = {"code": "W", "name": "净含量", "unit": "g", "result_kind": "number", "decimals": 1}
    line.ids["weight"] = (await line.post("characteristics", weight))["id"]
    limits = {"internal": {"low": "100", "high": "110"}}
    await line.post("specifications", {"characteristic_id": line.ids["weight"], "limits": limits})
    return line


@pytest.fixture
async def phone(line: Line) -> Phone:
    form = await line.form(
        "W1", schema={"type": "object", "properties": {"w": {"title": "净含量"}}},
        ui={"fields": {"w": {"characteristic_id": line.ids["weight"]}}},
    )  # fmt: skip
    return Phone(line.plant.client("inspector"), await version_of(line, form))


def weighed(phone: Phone, lot: str, seconds_ago: float, value: str) -> dict[str, Any]:
    return phone.entry(hours_ago=seconds_ago / 3600, lot_id=lot, values={"w": value})


async def unusual(line: Line, lot: str) -> list[str]:
    async with db.transaction(line.plant.actor("releaser").scope()):
        speaking = await quality.speaking_lots(line.plant.tenant_id, [UUID(lot)])
        found = await inspection.entries_unusual(line.plant.tenant_id, speaking, [])
        return sorted(each.kind for each in found.get(UUID(lot), []))


async def test_a_burst_of_the_same_value_just_inside_the_limit_is_seen_by_day_and_by_lot(
    line: Line, phone: Phone
) -> None:
    lot, honest = await line.lot(), await line.lot()
    invented = [weighed(phone, lot, 600 - n * 5, "109.9") for n in range(12)]
    answers = await phone.answers(*invented, weighed(phone, honest, 10, "104.2"))
    assert {each["outcome"] for each in answers} == {"stored"}
    manager = line.plant.client("quality_manager")
    signs = (await manager.get("/api/v1/phone/signs")).json()["items"]
    assert {each["kind"]: len(each["record_ids"]) for each in signs} == {
        "burst": 12, "identical_values": 12, "piled_values": 13,
    }  # fmt: skip
    assert all(each["text"] and each["operator_name"] for each in signs)
    assert await unusual(line, lot) == ["burst", "identical_values", "piled_at_limit"]
    assert await unusual(line, honest) == []


async def test_what_was_flagged_on_receipt_is_shown_too(line: Line, phone: Phone) -> None:
    lot = await line.lot()
    phone.ahead = timedelta(hours=5)
    await phone.send(weighed(phone, lot, 60, "104") | {"typed_later": True})
    assert await unusual(line, lot) == ["clock_skewed", "typed_later"]


async def test_ones_own_day_with_what_corrected_it(line: Line, phone: Phone) -> None:
    lot = await line.lot()
    (first,) = await phone.answers(weighed(phone, lot, 60, "204"))
    mend = weighed(phone, lot, 30, "104") | {"corrects": first["record_id"], "correction_reason": "多按一位"}
    (second,) = await phone.answers(mend)
    own = (await phone.client.get("/api/v1/phone/records")).json()["items"]
    assert [each["record_id"] for each in own] == [second["record_id"], first["record_id"]]
    assert (own[0]["corrects"], own[1]["corrected_by"]) == (first["record_id"], second["record_id"])
    assert own[0]["subject"].startswith("批次 ")
    others = (await line.plant.client("operator").get("/api/v1/phone/records")).json()["items"]
    assert others == []
    long_ago = (await phone.client.get("/api/v1/phone/records", params={"day": "2020-01-01"})).json()["items"]
    assert long_ago == []
