"""Promise: what was mistyped of a lot can be put right, with a reason, by who may, as far as it contradicts nothing; what
stood there stays on record, parts follow, and what was published is published anew with the difference."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import httpx
import pytest

from server.core import db
from tests.api.test_publication import Dairy
from tests.fixtures.api import PASSWORD, Api, Plant
from tests.fixtures.floor import Floor

TYPED = {"expires_at": "2093-05-01", "received_at": "2026-03-02T08:00:00+08:00", "supplier_lot_no": "T-55"}
RIGHT = {"expires_at": "2039-05-01", "received_at": "2026-03-01T08:00:00+08:00", "supplier_lot_no": "T-56"}
WHY = {"reason": "录入时年份颠倒"}


@pytest.fixture
async def supplier(floor: Floor) -> str:
    return str((await floor.post("/api/v1/suppliers", {"code": "S1", "name": "东山牧场"}))["id"])


async def correct(client: httpx.AsyncClient, lot: str, **fields: Any) -> httpx.Response:
    return await client.patch(f"/api/v1/lots/{lot}", json=fields)


async def trail(plant: Plant, lot: str) -> list[dict[str, Any]]:
    async with db.transaction(plant.actor("viewer").scope()):
        rows = await db.fetch(
            "SELECT action, before::text, after::text FROM audit_entry WHERE tenant_id = $1 AND object_id = $2 ORDER BY at",
            plant.tenant_id, lot,
        )  # fmt: skip
    return [dict(row) | {"before": db.loads(row["before"]), "after": db.loads(row["after"])} for row in rows]


async def test_what_was_mistyped_is_put_right_and_stays_on_record(floor: Floor, supplier: str) -> None:
    lot = await floor.lot(released=False, supplier_id=supplier, **TYPED)
    answer = await correct(floor.plant.client("operator"), lot, **RIGHT, **WHY, delivery_note="SN-1")
    assert answer.status_code == 200, answer.text
    now = answer.json()
    assert (now["expires_on"], now["supplier_lot_no"]) == ("2039-05-01", "T-56")
    assert now["received_at"].startswith("2026-03-01T00:00:00")
    (entry,) = now["corrections"]
    assert (entry["reason"], entry["corrected_lot_id"]) == (WHY["reason"], lot)
    assert (entry["before"]["supplier_lot_no"], entry["after"]["supplier_lot_no"]) == ("T-55", "T-56")
    written = (await trail(floor.plant, lot))[-1]
    assert (written["action"], written["after"]["reason"]) == ("lot.changed", WHY["reason"])
    assert (written["before"]["delivery_note"], written["after"]["delivery_note"]) == (None, "SN-1")
    assert written["before"]["expires_at"].startswith("2093-05-01")
    again = await correct(floor.manager, lot, **RIGHT, **WHY)
    assert len(again.json()["corrections"]) == 1  # nothing is otherwise


async def test_a_correction_needs_a_reason_and_a_supplier_that_is_there(floor: Floor, supplier: str) -> None:
    lot = await floor.lot(released=False)
    for fields, code in (
        ({"expires_at": "2039-05-01"}, "correction_reason_needed"),
        ({"supplier_lot_no": "T-1", **WHY}, "supplier_needed"),
    ):
        refused = await correct(floor.manager, lot, **fields)
        assert refused.status_code == 422, refused.text
        assert code in refused.text
    missing = await correct(floor.manager, lot, supplier_id=str(UUID(int=7)), **WHY)
    assert missing.status_code == 404
    assert (await correct(floor.manager, lot, supplier_id=supplier, supplier_lot_no="T-1", **WHY)).is_success


async def test_of_judged_goods_only_who_may_release(floor: Floor) -> None:
    lot = await floor.lot(expires_at="2039-05-01")
    assert (await correct(floor.plant.client("operator"), lot, expires_at="2040-05-01", **WHY)).status_code == 403
    assert (await correct(floor.plant.client("operator"), lot, delivery_note="SN-1")).status_code == 200
    assert (await correct(floor.manager, lot, expires_at="2040-05-01", **WHY)).status_code == 200


async def test_a_day_that_contradicts_what_happened_is_refused(floor: Floor) -> None:
    used, made = await floor.lot(), await floor.lot("intermediate")
    await floor.link(used, made, quantity="5", at=datetime.now(UTC).isoformat())
    tomorrow = (datetime.now(UTC) + timedelta(days=1)).isoformat()
    for fields, code in (({"received_at": tomorrow}, "chronology_received_released"),):
        refused = await correct(floor.manager, used, **fields, **WHY)
        assert (refused.status_code, refused.json()["code"]) == (409, "correction_contradicts")
        assert code in {error["code"] for error in refused.json()["errors"]}
        assert {error["field"] for error in refused.json()["errors"]} == set(fields)
    unchanged = await floor.get(f"/api/v1/lots/{used}")
    assert (unchanged["expires_at"], unchanged["received_at"], unchanged["corrections"]) == (None, None, [])


async def test_parts_that_took_it_over_follow_and_those_that_did_not_stay(floor: Floor) -> None:
    lot = await floor.lot(expires_at="2039-05-01")
    other = await floor.lot(expires_at="2038-01-01")
    part = (await floor.post(f"/api/v1/lots/{lot}/split", {"lot_no": "P1", "quantity": "10"}))["id"]
    own = (await floor.post(f"/api/v1/lots/{lot}/split", {"lot_no": "P2", "quantity": "10"}))["id"]
    assert (await correct(floor.manager, own, expires_at="2037-01-01", **WHY)).is_success
    parts = [{"lot_id": each, "quantity": "5"} for each in (part, other)]
    merged = (await floor.post("/api/v1/merges", {"lot_no": "M1", "parts": parts}))["id"]
    answer = await correct(floor.manager, lot, expires_at="2036-01-01", received_at="2026-01-01", **WHY)
    assert answer.is_success, answer.text
    days = {each: (await floor.get(f"/api/v1/lots/{each}"))["expires_on"] for each in (lot, part, own, merged, other)}
    assert list(days.values()) == ["2036-01-01", "2036-01-01", "2037-01-01", "2036-01-01", "2038-01-01"]
    assert (await floor.get(f"/api/v1/lots/{own}"))["received_at"] is not None
    (entry,) = (await floor.get(f"/api/v1/lots/{merged}"))["corrections"]
    assert entry["corrected_lot_id"] == lot
    longer = await correct(floor.manager, part, expires_at="2039-01-01", **WHY)
    assert longer.json()["code"] == "expiry_extended"
    assert (await correct(floor.manager, lot, expires_at="2039-05-01", **WHY)).is_success
    assert (await floor.get(f"/api/v1/lots/{merged}"))[
        "expires_on"
    ] == "2038-01-01"  # as long as the first of its sources


async def test_a_place_is_stood_in_since_the_corrected_receipt(floor: Floor) -> None:
    site = (
        await floor.plant.client("enterprise_admin").post(
            "/api/v1/sites", json={"name": "厂区", "division_code": "330106"}
        )
    ).json()["id"]
    body = {"site_id": site, "kind": "store", "name": "原料库"}
    place = (await floor.plant.client("enterprise_admin").post("/api/v1/places", json=body)).json()["id"]
    lot = await floor.lot(released=False, place_id=place, received_at="2026-03-02")
    assert (await correct(floor.manager, lot, received_at="2026-03-01", **WHY)).is_success
    (stay,) = (await floor.get(f"/api/v1/lots/{lot}/stays"))["items"]
    assert stay["from_at"].startswith("2026-02-28T16:00:00")


async def test_what_is_published_says_what_was_corrected(api: Api) -> None:
    plant = await api.plant()
    dairy = await Dairy(api, plant).make()
    await dairy.record("0.01")
    await dairy.release(dairy.lot)
    assert (await dairy.publish()).status_code == 201
    code = await dairy.code()

    async def shown() -> dict[str, Any]:
        return dict((await api.anonymous.get(f"/api/v1/public/codes/{code}")).json())

    remark = await correct(dairy.client, dairy.lot, remark="x")
    assert remark.is_success
    assert (await shown())["publication"]["version"] == "1"
    answer = await correct(dairy.client, dairy.lot, expires_at="2098-12-31", **WHY)
    assert answer.is_success, answer.text
    found = await shown()
    assert (found["status"], found["publication"]["version"]) == ("genuine", "2")
    (change,) = found["publication"]["corrections"]
    assert (change["old"], change["new"]) == ("2099-12-31", "2098-12-31")
    assert (change["name"], change["field"], change["field_en"]) == ("lot.expires_at", "到期日", "expiry date")
    page = await api.anonymous.get(f"/t/{code}", headers={"Accept-Language": "en"})
    assert "<b>expiry date" in page.text
    first = (await dairy.client.get(f"/api/v1/publications/{dairy.lot}")).json()["items"][-1]
    assert first["content"]["lot"]["expires_at"] == "2099-12-31"


async def test_a_stranger_corrects_nothing(api: Api, floor: Floor) -> None:
    lot = await floor.lot(released=False)
    stranger = (await api.plant()).client("quality_manager")
    assert (await correct(stranger, lot, expires_at="2039-05-01", **WHY)).status_code == 404


async def test_on_its_page_a_lot_is_corrected_field_by_field(floor: Floor, supplier: str) -> None:
    """What was left as it is keeps its hour; what is refused is shown again as it was typed."""
    lot = await floor.lot(released=False, supplier_id=supplier, **TYPED)
    operator = floor.plant.client("operator")
    page = (await operator.get(f"/admin/lots/{lot}")).text
    assert 'value="2093-05-01"' in page
    typed = {
        "expires_at": "2039-05-01",
        "received_at": "2026-03-02",
        "supplier_lot_no": "T-55",
        "delivery_note": "SN-9",
    }
    refused = await operator.post(f"/admin/lots/{lot}/correct", data=typed)
    assert refused.status_code == 422
    assert 'value="2039-05-01"' in refused.text
    done = await operator.post(f"/admin/lots/{lot}/correct", data=typed | {"reason": "录入时年份颠倒"})
    assert done.status_code == 303, done.text
    now = await floor.get(f"/api/v1/lots/{lot}")
    assert (now["expires_on"], now["received_at"]) == ("2039-05-01", "2026-03-02T00:00:00Z")
    assert now["references"]["delivery_note"] == "SN-9"
    page = (await operator.get(f"/admin/lots/{lot}")).text
    for said in ("2093-05-01", "2039-05-01", "录入时年份颠倒", "更正记录"):
        assert said in page
    await floor.release(lot)
    assert f"/admin/lots/{lot}/correct" not in (await operator.get(f"/admin/lots/{lot}")).text
    kept = await operator.post(f"/admin/lots/{lot}/correct", data={"expires_at": "2040-05-01", "reason": "x"})
    assert kept.status_code == 403


async def test_who_releases_sees_what_was_put_right(floor: Floor) -> None:
    lot = await floor.lot(released=False, expires_at="2026-01-01")
    assert (await correct(floor.plant.client("operator"), lot, expires_at="2039-01-01", **WHY)).status_code == 200
    (seen,) = [
        each for each in (await floor.get(f"/api/v1/lots/{lot}/review"))["unusual"] if each["code"] == "lot_corrected"
    ]
    assert WHY["reason"] in str(seen)


async def test_what_the_signing_would_refuse_is_missing_before(floor: Floor) -> None:
    lots = [
        await floor.lot(released=False, expires_at="2026-01-01"),
        await floor.lot(released=False, received_at="2089-01-01T08:00:00+08:00"),
    ]
    for lot, code in zip(lots, ("chronology_released_expired", "chronology_received_released"), strict=True):
        missing = [each["code"] for each in (await floor.get(f"/api/v1/lots/{lot}/review"))["missing"]]
        refused = await floor.post("/api/v1/releases", {"lot_ids": [lot], "password": PASSWORD}, 409)
        assert code in missing
        assert code in str(refused)
