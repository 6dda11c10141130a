"""Promise: a release is one signed act by a person with the right, refused by name where a lot does not qualify."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid5

import pytest

from server.core import db
from server.core.ids import new_id
from server.domains.quality import (
    BulkRecord,
    BulkResult,
    Limits,
    LimitSet,
    NewCharacteristic,
    NewForm,
    NewSpecification,
    define_characteristic,
    define_form,
    define_specification,
    published_items,
    store_records,
)
from tests.fixtures.api import PASSWORD, Api, Plant


@pytest.fixture
async def plant(api: Api) -> Plant:
    return await api.plant()


class Store:
    """A product whose lead may be 0.05 by law and 0.03 by the plant's own limit."""

    def __init__(self, plant: Plant) -> None:
        self.plant = plant
        self.actor = plant.actor("quality_manager")

    async def make(self) -> "Store":
        async with db.transaction(self.actor.scope()):
            self.product = await db.fetchval(
                "INSERT INTO product (tenant_id, kind, sku, name, unit) VALUES ($1, 'finished', 'M', '奶', 'kg') RETURNING id",
                self.actor.tenant,
            )
            lead = NewCharacteristic(code="Pb", name="铅", unit="mg/kg", result_kind="number")
            self.lead = await define_characteristic(self.actor, lead)
            limits = Limits(legal=LimitSet(high=Decimal("0.05")), internal=LimitSet(high=Decimal("0.03")))
            await define_specification(self.actor, NewSpecification(characteristic_id=self.lead, limits=limits))
            schema = {"type": "object", "properties": {}}
            _, self.form = await define_form(self.actor, NewForm(code="L", name="L", stage="testing", schema=schema))
        return self

    async def lot(self, lead: str | None = None, **dates: datetime) -> UUID:
        lot_id = new_id()
        async with db.transaction(self.actor.scope()):
            await db.execute(
                "INSERT INTO lot (tenant_id, id, kind, product_id, lot_no, production_ended_at) VALUES ($1, $2, $3, $4, $5, $6)",
                self.actor.tenant, lot_id, "finished", self.product, f"L{lot_id}", dates.get("production_ended_at"),
            )  # fmt: skip
            if lead is not None:
                result = BulkResult(1, self.lead, lead)
                record = BulkRecord(uuid5(lot_id, "1"), lot_id, [result], "张三", captured_at=dates.get("captured_at"))
                await store_records(self.actor, self.form, "testing", [record])
        return lot_id

    async def hold(self, lot_id: UUID) -> None:
        async with db.transaction(self.actor.scope()):
            await db.execute(
                "INSERT INTO hold (tenant_id, lot_id, kind, cause, reason) VALUES ($1, $2, 'on_hold', 'manual', '查')",
                self.actor.tenant, lot_id,
            )  # fmt: skip

    async def state(self, lot_id: UUID) -> str:
        async with db.transaction(self.actor.scope()):
            found: str = await db.fetchval("SELECT state FROM lot WHERE id = $1", lot_id)
        return found

    async def decide(
        self, *lots: UUID, what: str = "releases", role: str = "releaser", password: str = PASSWORD
    ) -> Any:
        body = {"lot_ids": [str(lot) for lot in lots], "password": password, "remark": "合格放行"}
        return await self.plant.client(role).post(f"/api/v1/{what}", json=body)


@pytest.fixture
async def store(plant: Plant) -> Store:
    return await Store(plant).make()


async def test_one_signature_releases_many_lots(store: Store) -> None:
    lots = [await store.lot("0.01"), await store.lot("0.04"), await store.lot()]
    answer = await store.decide(*lots)
    assert answer.status_code == 201, answer.text
    assert set(answer.json()["releases"]) == {str(lot) for lot in lots}
    assert [await store.state(lot) for lot in lots] == ["released"] * 3
    (kept,) = (await store.plant.client("viewer").get(f"/api/v1/lots/{lots[1]}/releases")).json()["items"]
    assert (kept["decision"], kept["remark"]) == ("released", "合格放行")
    assert (kept["checklist"]["state"], kept["checklist"]["quality"]["fails"]) == ("pending", 1)
    async with db.transaction(store.actor.scope()):
        history = await db.fetch("SELECT state_to, actor_name FROM lot_history WHERE lot_id = $1", lots[0])
    assert [row["state_to"] for row in history] == ["released"]


async def test_a_legal_failure_or_a_hold_refuses_all_and_names_each(store: Store) -> None:
    good, bad, held = await store.lot("0.01"), await store.lot("0.06"), await store.lot()
    await store.hold(held)
    answer = await store.decide(good, bad, held)
    assert (answer.status_code, answer.json()["code"]) == (409, "release_refused")
    named = [(each["field"], each["code"]) for each in answer.json()["errors"]]
    assert named == [("lot_ids.1", "release_legal_limit_failed"), ("lot_ids.2", "release_lot_on_hold")]
    assert all(each["text"] for each in answer.json()["errors"])
    assert await store.state(good) == "pending"


async def test_a_split_off_part_is_no_better_than_the_whole(store: Store) -> None:
    whole, part = await store.lot("0.06"), await store.lot()
    async with db.transaction(store.actor.scope()):
        await db.execute(
            "INSERT INTO link (tenant_id, from_lot, to_lot, kind) VALUES ($1, $2, $3, 'split')",
            store.actor.tenant,
            whole,
            part,
        )
    assert (await store.decide(part)).json()["errors"][0]["code"] == "release_legal_limit_failed"


async def test_the_records_of_the_whole_are_published_for_the_part(store: Store) -> None:
    whole, part = await store.lot("0.04"), await store.lot()
    async with db.transaction(store.actor.scope()):
        await db.execute(
            "INSERT INTO link (tenant_id, from_lot, to_lot, kind) VALUES ($1, $2, $3, 'split')",
            store.actor.tenant,
            whole,
            part,
        )
        (item,) = await published_items(store.actor.tenant, part)
    assert (item.result, item.verdict) == ("0.04", "pass")


async def test_times_that_contradict_are_refused(store: Store) -> None:
    now = datetime.now(UTC)
    early = now - timedelta(days=2)
    lot = await store.lot("0.01", captured_at=early, production_ended_at=now - timedelta(days=1))
    answer = await store.decide(lot)
    assert [each["code"] for each in answer.json()["errors"]] == ["chronology_produced_inspected"]


async def test_a_wrong_password_or_a_missing_right_signs_nothing(store: Store) -> None:
    lot = await store.lot("0.01")
    assert (await store.decide(lot, password="guess")).status_code in (401, 403, 422)
    assert (await store.decide(lot, role="inspector")).status_code == 403
    assert await store.state(lot) == "pending"


async def test_released_twice_is_refused_and_a_strangers_lot_is_missing(api: Api, store: Store) -> None:
    lot = await store.lot("0.01")
    assert (await store.decide(lot)).status_code == 201
    assert (await store.decide(lot)).json()["errors"][0]["code"] == "release_already_decided"
    other = await Store(await api.plant()).make()
    assert (await other.decide(lot)).status_code == 404


async def test_a_rejection_needs_no_passing_results(store: Store) -> None:
    lot = await store.lot("0.06")
    await store.hold(lot)
    assert (await store.decide(lot, what="rejections")).status_code == 201
    assert await store.state(lot) == "rejected"
