"""Promise: a release shows what is missing and what is unusual, waits while a mandatory point is open, is signed by somebody
who inspected nothing, and numbers the lot; an urgent one takes two people, and a failing result holds whatever the lot went into."""

import asyncio
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import httpx
import pytest

from server.core import db
from tests.fixtures.api import PASSWORD, Api
from tests.fixtures.inspections import FAIL, PASS, Line, hours_ago, make_line


@pytest.fixture
async def line(api: Api) -> Line:
    return await make_line(api)


async def review(line: Line, lot: str) -> dict[str, Any]:
    found: dict[str, Any] = await line.get(f"lots/{lot}/review")
    return found


def codes(points: list[dict[str, Any]]) -> list[str]:
    return [point["code"] for point in points]


async def sign(line: Line, *lots: str, role: str = "releaser", what: str = "releases") -> httpx.Response:
    body = {"lot_ids": list(lots), "password": PASSWORD}
    return await line.plant.client(role).post(f"/api/v1/{what}", json=body)


def refused(answer: httpx.Response) -> list[str]:
    assert answer.status_code == 409, answer.text
    return [each["code"] for each in answer.json()["errors"]]


async def state(line: Line, lot: str) -> str:
    return str((await line.get(f"lots/{lot}"))["state"])


async def test_a_lot_waits_for_its_inspection_and_then_is_signed_and_numbered(line: Line) -> None:
    await line.plan("receipt", await line.form())
    lot = await line.lot()
    seen = await review(line, lot)
    assert (seen["ready"], codes(seen["missing"])[-1]) == (False, "release_inspection_due")
    assert all(point["text"] for point in seen["missing"])
    assert refused(await sign(line, lot)) == ["release_inspection_due"]
    assert await state(line, lot) == "pending"
    await line.record(lot_id=lot, values=PASS)
    assert (await review(line, lot))["ready"]
    assert (await sign(line, lot)).status_code == 201
    (kept,) = (await line.get(f"lots/{lot}/releases"))["items"]
    assert (kept["kind"], kept["certificate_no"][:2], kept["checklist"]["missing"]) == ("ordinary", "HG", [])


async def test_who_inspected_does_not_release_unless_the_enterprise_lets_them_and_the_checklist_says_so(
    line: Line,
) -> None:
    await line.form()
    lot = await line.lot()
    await line.record(lot_id=lot, values=PASS)  # by the quality manager, who holds the right to release
    assert refused(await sign(line, lot, role="quality_manager")) == ["release_by_inspector"]
    admin = line.plant.client("enterprise_admin")
    assert (await admin.put("/api/v1/enterprise/settings", json={"inspector_may_release": True})).status_code == 200
    assert (await sign(line, lot, role="quality_manager")).status_code == 201
    (kept,) = (await line.get(f"lots/{lot}/releases"))["items"]
    assert kept["checklist"]["signer_inspected"] is True


async def test_an_open_nonconformity_stops_the_release_and_names_its_number(line: Line) -> None:
    lot = await line.lot("finished")
    body = {
        "lot_id": lot,
        "quantity": "10",
        "unit": "kg",
        "defect": "封口不严",
        "defect_class": "B",
        "stage": "production",
        "party": "unknown",
    }
    made = await line.post("nonconformities", body)
    seen = await review(line, made.get("lot_id", lot))
    assert "release_nonconformity_open" in codes(seen["missing"])
    assert "封口不严" in "".join(point["text"] for point in seen["missing"])


async def test_corrections_and_gaps_are_unusual_and_do_not_stop(line: Line) -> None:
    await line.form()
    lot = await line.lot()
    first = await line.record(lot_id=lot, values=FAIL)
    await line.record(lot_id=lot, values=PASS, corrects=first["id"], correction_reason="看错样品")
    seen = await review(line, lot)
    assert seen["ready"]
    assert "correction" in codes(seen["unusual"])
    assert (await sign(line, lot)).status_code == 201


async def test_certificate_numbers_have_no_gap_and_no_double_though_many_sign_at_once(line: Line) -> None:
    lots = [await line.lot() for _ in range(8)]
    answers = await asyncio.gather(*(sign(line, lot) for lot in lots))
    assert {answer.status_code for answer in answers} == {201}
    assert (await sign(line, lots[0])).status_code == 409  # gives its number back
    lots.append(await line.lot())
    assert (await sign(line, lots[-1])).status_code == 201
    numbers = [(await line.get(f"lots/{lot}/releases"))["items"][0]["certificate_no"] for lot in lots]
    assert sorted(int(number.rpartition("-")[2]) for number in numbers) == list(range(1, 10))


async def test_those_that_wait_are_listed_with_what_they_lack(line: Line) -> None:
    await line.plan("receipt", await line.form())
    lots = [await line.lot() for _ in range(3)]
    page = await line.get("releases/waiting", limit=2)
    assert ([item["lot_id"] for item in page["items"]], page["total"]) == (lots[:0:-1], 3)
    assert all("release_inspection_due" in codes(item["missing"]) for item in page["items"])
    rest = await line.get("releases/waiting", limit=2, after=page["next"])
    assert [item["lot_id"] for item in rest["items"]] == lots[:1]


async def test_of_an_emptied_lot_nothing_waits_unless_its_goods_lie_in_packages(line: Line) -> None:
    emptied, packed = await line.lot("finished", 10, unit="kg"), await line.lot("finished", 10, unit="kg")
    part = await line.post(f"lots/{emptied}/split", {"lot_no": "B-1", "quantity": "10", "unit": "kg"})
    contents = [{"lot_id": packed, "quantity": "10", "unit": "kg"}]
    await line.post("packages", {"lot_no": "C-1", "unit": "case", "contents": contents})
    page = await line.get("releases/waiting")
    assert ({item["lot_id"] for item in page["items"]}, page["total"]) == ({part["id"], packed}, 2)


class TestUrgent:
    async def ask(self, line: Line, lot: str, *, expect: int = 201) -> Any:
        return await line.post("urgent-requests", {"lot_id": lot, "reason": "客户停线"}, expect=expect)

    async def decide(self, line: Line, request: str, *, role: str = "releaser", approve: bool = True) -> httpx.Response:
        body = {"approve": approve, "password": PASSWORD}
        return await line.plant.client(role).post(f"/api/v1/urgent-requests/{request}/decision", json=body)

    async def released(self, line: Line) -> str:
        await line.plan("receipt", await line.form())
        lot = await line.lot()
        answer = await self.decide(line, (await self.ask(line, lot))["id"])
        assert answer.status_code == 200, answer.text
        return lot

    async def test_it_needs_a_reason_and_another_person(self, line: Line) -> None:
        lot = await line.lot()
        await line.post("urgent-requests", {"lot_id": lot}, expect=422)
        request = (await self.ask(line, lot))["id"]
        assert (await self.ask(line, lot, expect=409))["code"] == "urgent_already_asked"
        own = await self.decide(line, request, role="quality_manager")
        assert (own.status_code, own.json()["code"]) == (409, "urgent_needs_another")
        assert (await self.decide(line, request, approve=False)).json() == {"release_id": None}
        assert await state(line, lot) == "pending"
        assert (await self.decide(line, request)).json()["code"] == "urgent_already_decided"

    async def test_it_goes_ahead_of_results_and_of_nothing_else(self, line: Line) -> None:
        lot = await self.released(line)
        (kept,) = (await line.get(f"lots/{lot}/releases"))["items"]
        assert (await state(line, lot), kept["kind"], kept["urgent_reason"]) == ("released", "urgent", "客户停线")
        held = await line.lot()
        await line.post("holds", {"lot_ids": [held], "kind": "on_hold", "cause": "manual", "reason": "查"})
        request = (await self.ask(line, held))["id"]
        assert "release_lot_on_hold" in refused(await self.decide(line, request))

    async def test_a_failing_result_holds_every_lot_it_went_into(self, line: Line) -> None:
        lot = await self.released(line)
        middle, finished, other = await line.lot("intermediate"), await line.lot("finished"), await line.lot("finished")
        await line.post(
            "links", {"from_lot": lot, "to_lot": middle, "kind": "consumed", "quantity": "10", "unit": "kg"}
        )
        assert (await sign(line, middle)).status_code == 201
        await line.post(
            "links", {"from_lot": middle, "to_lot": finished, "kind": "consumed", "quantity": "5", "unit": "kg"}
        )
        await line.record(lot_id=lot, values=FAIL)
        async with db.transaction(line.plant.actor("viewer").scope()):
            rows = await db.fetch(
                "SELECT lot_id, cause FROM hold WHERE tenant_id = $1 AND closed_at IS NULL", line.plant.tenant_id
            )
        assert {row["lot_id"] for row in rows} == {UUID(lot), UUID(middle), UUID(finished)}
        assert {row["cause"].partition(":")[0] for row in rows} == {"urgent"}
        assert refused(await sign(line, finished)) == ["release_lot_on_hold"]
        assert (await sign(line, other)).status_code == 201

    async def test_a_passing_result_lets_it_be_confirmed_and_then_nothing_is_called_back(self, line: Line) -> None:
        lot = await self.released(line)
        assert refused(await sign(line, lot)) == ["release_no_record", "release_inspection_due"]
        await line.record(lot_id=lot, values=PASS)
        assert (await sign(line, lot)).status_code == 201
        assert [each["kind"] for each in (await line.get(f"lots/{lot}/releases"))["items"]] == ["ordinary", "urgent"]
        await line.record(lot_id=lot, values=FAIL)
        async with db.transaction(line.plant.actor("viewer").scope()):
            assert not await db.fetch("SELECT FROM hold WHERE tenant_id = $1", line.plant.tenant_id)

    async def test_what_was_used_ahead_of_its_result_is_confirmed_and_published(self, line: Line) -> None:
        """Use follows the urgent release, the result goes before the one that confirms it: both orders are right."""
        lot, finished = await self.released(line), await line.lot("finished")
        used = {"from_lot": lot, "to_lot": finished, "kind": "consumed", "quantity": "1", "unit": "kg"}
        await line.post("links", used | {"at": datetime.now(UTC).isoformat()})
        await line.record(lot_id=lot, values=PASS)
        assert (await sign(line, finished)).status_code == 201
        await line.post(f"lots/{finished}/publish", {})
        assert (await sign(line, lot)).status_code == 201
        await line.post(f"lots/{finished}/publish", {})
        await line.post("links", used | {"at": hours_ago(24).isoformat()})
        refusal = await line.post(f"lots/{finished}/publish", {}, expect=409)
        assert refusal["code"] == "publish_chronology"


async def test_who_signs_sees_that_something_in_the_goods_was_stopped_since(line: Line) -> None:
    """At any depth: what was in order when it was used may be on hold by now."""
    material, base, goods = await line.lot(), await line.lot("intermediate"), await line.lot("finished")
    for source, target in ((material, base), (base, goods)):
        assert (await sign(line, source)).status_code == 201
        used = {"from_lot": source, "to_lot": target, "kind": "consumed", "quantity": "1", "unit": "kg"}
        await line.post("links", used)
    assert "异物投诉" not in str((await line.get(f"lots/{goods}/review"))["unusual"])
    await line.post("holds", {"lot_ids": [material], "kind": "on_hold", "cause": "manual", "reason": "异物投诉"})
    assert "异物投诉" in str((await line.get(f"lots/{goods}/review"))["unusual"])
