"""Promise: a recall of a lot by the number on its labels reaches the pieces that were split off, merged or packed since: no
code printed for a recalled lot scans genuine; who means one lot alone says so and is told what is left out."""

import random
from typing import Any
from uuid import UUID

import asyncpg
import pytest

from server.core import db
from server.core.ids import new_id
from server.core.scope import Scope
from tests.api.test_recall import coded, holds, open_recall, statuses
from tests.fixtures.api import Api, Plant
from tests.fixtures.cluster import Database
from tests.fixtures.scans import CodedLot


@pytest.fixture
async def plant(api: Api) -> Plant:
    return await api.plant()


async def labelled(api: Api, plant: Plant, count: int) -> CodedLot:
    """A lot of so many pieces, each with its code."""
    lot = await coded(api, plant, count=count)
    async with db.transaction(Scope.tenant(plant.tenant_id)):
        await db.execute("UPDATE lot SET quantity = $2, unit = 'pcs' WHERE id = $1", lot.lot_id, count)
    return lot


async def post(plant: Plant, path: str, body: dict[str, Any], role: str = "operator") -> str:
    answer = await plant.client(role).post(f"/api/v1/{path}", json=body)
    assert answer.status_code == 201, answer.text
    return str(answer.json()["id"])


async def split(plant: Plant, lot_id: UUID | str, order_id: UUID, first: int, last: int) -> str:
    serials = [{"order_id": str(order_id), "first": first, "last": last}]
    return await post(plant, f"lots/{lot_id}/split", {"lot_no": new_id().hex, "unit": "pcs", "serials": serials})


async def test_serials_split_off_into_another_lot_are_recalled_with_it_and_lifted_with_it(
    api: Api, plant: Plant
) -> None:
    lot = await labelled(api, plant, 10)
    part = await split(plant, lot.lot_id, lot.order_id, 6, 10)
    opened = await open_recall(plant, lots=[str(lot.lot_id)])
    assert (opened["lots"], opened["included_count"], opened["warnings"]) == (2, 1, [])
    assert [(each["lot_id"], each["reason"]) for each in opened["included"]] == [(part, "split")]
    assert await statuses(api, lot) == ["recalled"] * 10
    assert await holds(plant, UUID(part)) == ["recalled"]
    scope = (await plant.client("viewer").get(f"/api/v1/recalls/{opened['id']}/scope")).json()["items"]
    assert {item["lot_id"] for item in scope} == {str(lot.lot_id), part}
    body = {"outcome": "withdrawn", "reason": "复检合格"}
    assert (
        await plant.client("quality_manager").post(f"/api/v1/recalls/{opened['id']}/close", json=body)
    ).status_code == 204
    assert await statuses(api, lot) == ["genuine"] * 10
    assert await holds(plant, UUID(part)) == []


async def test_exactly_one_lot_leaves_its_parts_out_and_says_which(api: Api, plant: Plant) -> None:
    lot = await labelled(api, plant, 10)
    part = await split(plant, lot.lot_id, lot.order_id, 6, 10)
    opened = await open_recall(plant, lots=[str(lot.lot_id)], exactly=True)
    assert (opened["lots"], opened["included"]) == (1, [])
    number = (await plant.client("viewer").get(f"/api/v1/lots/{part}")).json()["lot_no"]
    assert len(opened["warnings"]) == 1
    assert number in opened["warnings"][0]
    assert await statuses(api, lot) == ["recalled"] * 5 + ["genuine"] * 5


@pytest.mark.parametrize("seed", range(4))
async def test_no_code_printed_for_a_recalled_lot_scans_genuine(api: Api, plant: Plant, seed: int) -> None:
    rng = random.Random(seed)
    lot, other = await labelled(api, plant, 16), await coded(api, plant)
    parts = [(str(lot.lot_id), 1, 16)]
    for _ in range(5):
        place = rng.choice([n for n, (_, first, last) in enumerate(parts) if last > first])
        whole, first, last = parts[place]
        cut = rng.randint(first + 1, last)
        parts[place] = (whole, first, cut - 1)
        parts.append((await split(plant, whole, lot.order_id, cut, last), cut, last))
    merged = None
    if rng.random() < 0.7:
        named = [{"lot_id": part, "quantity": "0.5", "unit": "pcs"} for part, _, _ in rng.sample(parts[1:], 2)]
        merged = await post(plant, "merges", {"lot_no": new_id().hex, "parts": named})
    boxed = {"lot_id": rng.choice(parts[1:])[0], "quantity": "0.5", "unit": "pcs"}
    case = await post(plant, "packages", {"lot_no": new_id().hex, "unit": "case", "contents": [boxed]})
    pallet = await post(
        plant,
        "packages",
        {"lot_no": new_id().hex, "unit": "pallet", "contents": [{"lot_id": case, "quantity": "1", "unit": "case"}]},
    )
    opened = await open_recall(plant, lots=[str(lot.lot_id)])
    assert set(await statuses(api, lot)) == {"recalled"}
    assert await statuses(api, other) == ["genuine"] * 4
    reasons = {each["lot_id"]: each["reason"] for each in opened["included"]}
    expected = {part: "split" for part, _, _ in parts[1:]} | {case: "packed", pallet: "packed"}
    assert reasons == expected | ({merged: "merged"} if merged else {})


@pytest.fixture
async def newcomer(api: Api, database: Database) -> Plant:
    """An enterprise that came after the last ANALYZE, into a database of many small ones."""
    for _ in range(12):
        await coded(api, await api.plant(), count=2)
    connection = await asyncpg.connect(database.superuser_dsn)
    try:
        await connection.execute("ANALYZE")
    finally:
        await connection.close()
    return await api.plant()


async def test_thousands_of_parts_in_one_call(api: Api, newcomer: Plant) -> None:
    """Struck-out links and opened cases count no more; goods made of the lot are another question (`from_lot`)."""
    plant, lot = newcomer, await coded(api, newcomer, count=1)
    parts, (opened_case, struck, made) = [new_id() for _ in range(3_000)], (new_id(), new_id(), new_id())
    async with db.transaction(Scope.tenant(plant.tenant_id)):
        await db.execute(
            "INSERT INTO lot (tenant_id, id, kind, product_id, lot_no) SELECT $1, id, 'finished', $2, id::text FROM unnest($3::uuid[]) id",
            plant.tenant_id, lot.product_id, [*parts, opened_case, struck, made],
        )  # fmt: skip
        await db.execute(
            "INSERT INTO link (tenant_id, from_lot, to_lot, kind) SELECT $1, $2, id, 'split' FROM unnest($3::uuid[]) id",
            plant.tenant_id, lot.lot_id, [*parts, struck],
        )  # fmt: skip
        await db.execute(
            "INSERT INTO link (tenant_id, from_lot, to_lot, kind, reverses) SELECT $1, from_lot, to_lot, kind, id FROM link WHERE to_lot = $2",
            plant.tenant_id, struck,
        )  # fmt: skip
        await db.execute(
            "INSERT INTO link (tenant_id, from_lot, to_lot, kind, until) VALUES ($1, $2, $3, 'packed', now()), ($1, $2, $4, 'consumed', NULL)",
            plant.tenant_id, lot.lot_id, opened_case, made,
        )  # fmt: skip
    opened = await open_recall(plant, lots=[str(lot.lot_id)])
    assert (opened["lots"], opened["included_count"], len(opened["included"])) == (3_001, 3_000, 1_000)
    async with db.transaction(Scope.tenant(plant.tenant_id)):
        notices = await db.fetchval("SELECT count(*) FROM public_notice WHERE tenant_id = $1", plant.tenant_id)
    assert notices == 3_001
