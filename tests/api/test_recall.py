"""Promise: one call recalls: scope frozen, stock stopped, and every consumer told — those of a serial range alone where it is one."""

import random
from typing import Any
from uuid import UUID

import pytest

from server.core import db
from server.core.ids import new_id
from server.core.scope import Scope
from tests.fixtures.api import Api, Plant
from tests.fixtures.scans import CodedLot, coded_lot

WORDS = {
    "level": 1,
    "reason": "灭菌温度不足",
    "advice": "停止饮用，退回购买处",
    "reason_en": "Under-processed",
    "advice_en": "Do not drink",
}


@pytest.fixture
async def plant(api: Api) -> Plant:
    return await api.plant()


async def coded(api: Api, plant: Plant, count: int = 4, **options: Any) -> CodedLot:
    lot = await coded_lot(api.settings, plant.tenant_id, count=count, **options)
    async with db.transaction(Scope.tenant(plant.tenant_id)):
        await db.execute(
            "INSERT INTO code_range (tenant_id, order_id, lot_id, serials) VALUES ($1, $2, $3, int4range(1, $4 + 1))",
            plant.tenant_id, lot.order_id, lot.lot_id, count,
        )  # fmt: skip
    return lot


async def statuses(api: Api, lot: CodedLot) -> list[str]:
    return [(await api.anonymous.get(f"/api/v1/public/codes/{code}")).json()["status"] for code in lot.codes]


async def open_recall(plant: Plant, **scope: Any) -> dict[str, Any]:
    answer = await plant.client("quality_manager").post("/api/v1/recalls", json=WORDS | scope)
    assert answer.status_code == 201, answer.text
    return dict(answer.json())


async def holds(plant: Plant, lot_id: UUID) -> list[str]:
    async with db.transaction(Scope.tenant(plant.tenant_id)):
        rows = await db.fetch("SELECT kind FROM hold WHERE lot_id = $1 AND closed_at IS NULL", lot_id)
    return [row["kind"] for row in rows]


async def test_a_recalled_lot_says_level_reason_and_what_to_do(api: Api, plant: Plant) -> None:
    lot, other = await coded(api, plant), await coded(api, plant)
    assert await statuses(api, lot) == ["genuine"] * 4
    opened = await open_recall(plant, lots=[str(lot.lot_id)])
    assert (opened["lots"], opened["ranges"]) == (1, 0)
    assert await statuses(api, lot) == ["recalled"] * 4
    assert await statuses(api, other) == ["genuine"] * 4
    page = (await api.anonymous.get(f"/t/{lot.codes[0]}")).text
    for words in ("一级召回", WORDS["reason"], WORDS["advice"]):
        assert str(words) in page
    english = (await api.anonymous.get(f"/t/{lot.codes[0]}", headers={"Accept-Language": "en"})).text
    assert "Under-processed" in english
    assert "Do not drink" in english
    assert await holds(plant, lot.lot_id) == ["recalled"]


async def test_a_range_recalls_its_serials_and_stops_the_stock_for_review(api: Api, plant: Plant) -> None:
    lot = await coded(api, plant, show_investigation=True)
    await open_recall(plant, ranges=[{"order_id": str(lot.order_id), "first": 2, "last": 3}])
    assert await statuses(api, lot) == ["genuine", "recalled", "recalled", "genuine"]
    assert await holds(plant, lot.lot_id) == ["under_review"]
    unknown = await plant.client("quality_manager").post(
        "/api/v1/recalls", json=WORDS | {"ranges": [{"order_id": str(lot.order_id), "first": 3, "last": 5}]}
    )
    assert (unknown.status_code, unknown.json()["code"]) == (422, "recall_serials_unknown")


async def test_withdrawn_lifts_everything_completed_keeps_the_warning(api: Api, plant: Plant) -> None:
    client = plant.client("quality_manager")
    for outcome, status, held in (("withdrawn", "genuine", []), ("completed", "recalled", ["recalled"])):
        lot = await coded(api, plant, count=1)
        recall = await open_recall(plant, lots=[str(lot.lot_id)])
        body = {"outcome": outcome, "reason": "复检合格"}
        assert (await client.post(f"/api/v1/recalls/{recall['id']}/close", json=body)).status_code == 204
        assert await statuses(api, lot) == [status]
        assert await holds(plant, lot.lot_id) == held
        again = await client.post(f"/api/v1/recalls/{recall['id']}/close", json=body)
        assert (again.status_code, again.json()["code"]) == (409, "recall_closed")
        shown = (await client.get(f"/api/v1/recalls/{recall['id']}")).json()
        assert (shown["outcome"], shown["lots"]) == (outcome, 1)


async def test_from_a_contaminated_lot_everything_it_went_into_and_no_more(api: Api, plant: Plant) -> None:
    """T12 in short: the frozen set is the brute-force closure."""
    rng = random.Random(12)
    lots = [new_id() for _ in range(60)]
    edges = {(a, b) for b in range(1, 60) for a in rng.sample(range(b), min(b, rng.randint(0, 2)))}
    async with db.transaction(Scope.tenant(plant.tenant_id)):
        product = await db.fetchval(
            "INSERT INTO product (tenant_id, kind, sku, name, unit) VALUES ($1, 'finished', 'A', 'A', 'kg') RETURNING id",
            plant.tenant_id,
        )
        await db.executemany(
            "INSERT INTO lot (tenant_id, id, kind, product_id, lot_no) VALUES ($1, $2, 'intermediate', $3, $4)",
            [(plant.tenant_id, lot, product, f"L{number}") for number, lot in enumerate(lots)],
        )
        await db.executemany(
            "INSERT INTO link (tenant_id, from_lot, to_lot, kind) VALUES ($1, $2, $3, 'consumed')",
            [(plant.tenant_id, lots[a], lots[b]) for a, b in edges],
        )
    for start in rng.sample(range(60), 8):
        reached, frontier = {start}, [start]
        while frontier:
            node = frontier.pop()
            frontier += (fresh := [b for a, b in edges if a == node and b not in reached])
            reached |= set(fresh)
        opened = await open_recall(plant, from_lot=str(lots[start]))
        scope = (await plant.client("viewer").get(f"/api/v1/recalls/{opened['id']}/scope")).json()["items"]
        assert {item["lot_id"] for item in scope} == {str(lots[n]) for n in reached}


async def test_thousands_of_lots_in_one_call(api: Api, plant: Plant) -> None:
    lots = [new_id() for _ in range(3_000)]
    async with db.transaction(Scope.tenant(plant.tenant_id)):
        product = await db.fetchval(
            "INSERT INTO product (tenant_id, kind, sku, name, unit) VALUES ($1, 'finished', 'A', 'A', 'kg') RETURNING id",
            plant.tenant_id,
        )
        await db.execute(
            "INSERT INTO lot (tenant_id, id, kind, product_id, lot_no) SELECT $1, id, 'finished', $2, id::text FROM unnest($3::uuid[]) id",
            plant.tenant_id, product, lots,
        )  # fmt: skip
    opened = await open_recall(plant, lots=[str(lot) for lot in lots])
    assert opened["lots"] == 3_000
    async with db.transaction(Scope.tenant(plant.tenant_id)):
        counted = await db.fetchrow(
            "SELECT (SELECT count(*) FROM public_notice WHERE tenant_id = $1) AS notices, (SELECT count(*) FROM hold WHERE tenant_id = $1) AS holds,"
            " (SELECT count(*) FROM audit_entry WHERE tenant_id = $1 AND action LIKE 'recall%') AS entries",
            plant.tenant_id,
        )
    assert counted is not None
    assert (counted["notices"], counted["holds"], counted["entries"]) == (3_000, 3_000, 1)


async def test_who_may_and_a_strangers_lot_changes_nothing(api: Api, plant: Plant) -> None:
    lot = await coded(api, plant, count=1)
    own = await coded(api, stranger := await api.plant(), count=1)
    body = WORDS | {"lots": [str(lot.lot_id)]}
    assert (await plant.client("operator").post("/api/v1/recalls", json=body)).status_code == 403
    refused = await stranger.client("quality_manager").post(
        "/api/v1/recalls", json=WORDS | {"lots": [str(own.lot_id), str(lot.lot_id)]}
    )
    assert refused.status_code == 404
    assert await statuses(api, lot) == await statuses(api, own) == ["genuine"]
    assert (await plant.client("quality_manager").post("/api/v1/recalls", json=WORDS)).status_code == 422
