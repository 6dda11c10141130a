"""Promise: many records are judged as one would be, stored once however often they are sent, with errors by row."""

from decimal import Decimal
from uuid import UUID, uuid5

import pytest

from server.core import db
from server.core.ids import new_id
from server.domains.quality.bulk import store_records
from server.domains.quality.bulk_rows import BulkRecord, BulkResult
from server.domains.quality.commands import NewCharacteristic, NewForm, NewSpecification
from server.domains.quality.definitions import define_characteristic, define_form, define_specification
from server.domains.quality.limits import Limits, LimitSet
from server.domains.quality.queries import lot_records
from server.domains.quality.rollup import lot_quality
from tests.fixtures.quality import MODELS, Plant, make_lot, make_plant

SPACE = UUID(int=7)


@pytest.fixture
async def pool(database):
    await db.open_pool(database.app_dsn, MODELS, size=2)
    yield
    await db.close()


@pytest.fixture
async def plant(pool) -> Plant:
    return await make_plant()


@pytest.fixture
async def ground(plant: Plant) -> tuple[UUID, UUID]:
    """(characteristic with a legal limit of 0.05 mg/kg, form version of the import)."""
    async with db.transaction(plant.scope()):
        lead = await define_characteristic(
            plant.actor, NewCharacteristic(code="Pb", name="铅", unit="mg/kg", result_kind="number")
        )
        limits = Limits(legal=LimitSet(high=Decimal("0.05")))
        await define_specification(plant.actor, NewSpecification(characteristic_id=lead, limits=limits))
        schema = {"type": "object", "properties": {}}
        _, version = await define_form(
            plant.actor, NewForm(code="LIMS", name="检验数据导入", stage="testing", schema=schema)
        )
    return lead, version


def row(number: int, lot_id: UUID, characteristic_id: UUID, raw: object, unit: str | None = None) -> BulkRecord:
    result = BulkResult(number, characteristic_id, raw, unit)  # type: ignore[arg-type]
    return BulkRecord(uuid5(SPACE, f"{lot_id}{number}"), lot_id, [result], "张三", report_no=f"R{number}")


async def test_rows_are_judged_stored_and_rolled_up(plant: Plant, ground: tuple[UUID, UUID]) -> None:
    lead, version = ground
    other = await make_lot(plant.actor.tenant, plant.product_id)
    rows = [
        row(1, plant.lot_id, lead, "0.01"),
        row(2, plant.lot_id, lead, "<0.1"),
        row(3, other, lead, 60, "μg/kg"),
        row(4, other, lead, None),
    ]
    async with db.transaction(plant.scope()):
        outcome = await store_records(plant.actor, version, "testing", rows)
        quality = await lot_quality(plant.actor.tenant, [plant.lot_id, other])
        kept = await lot_records(plant.actor.tenant, [plant.lot_id, other])
    assert (outcome.stored, outcome.replayed, outcome.errors) == (4, 0, [])
    assert quality[plant.lot_id][:6] == (2, 0, 1, 0, 0, 0)
    assert quality[other][:6] == (2, 1, 1, 0, 1, 0)
    assert [each["verdict"] for each in kept[plant.lot_id] + kept[other]] == [
        "pass",
        "not_judged",
        "fail",
        "not_judged",
    ]


async def test_the_same_rows_twice_change_nothing(plant: Plant, ground: tuple[UUID, UUID]) -> None:
    lead, version = ground
    rows = [row(number, plant.lot_id, lead, "0.01") for number in range(3)]
    for expected in ((3, 0), (0, 3)):
        async with db.transaction(plant.scope()):
            outcome = await store_records(plant.actor, version, "testing", rows)
        assert (outcome.stored, outcome.replayed) == expected
    async with db.transaction(plant.scope()):
        assert (await lot_quality(plant.actor.tenant, [plant.lot_id]))[plant.lot_id].records == 3
        changed = await store_records(plant.actor, version, "testing", [row(1, plant.lot_id, lead, "0.02")])
    assert [each.error.code for each in changed.errors] == ["entry_conflict"]


async def test_errors_name_their_row_and_the_good_rows_go_in(plant: Plant, ground: tuple[UUID, UUID]) -> None:
    lead, version = ground
    rows = [
        row(2, plant.lot_id, lead, "0.01"),
        row(3, plant.lot_id, lead, "abc"),
        row(4, plant.lot_id, lead, "1", "kg"),
        row(5, new_id(), lead, "1"),
        row(6, plant.lot_id, new_id(), "1"),
    ]
    expected = [(3, "not_a_number"), (4, "unit_other_dimension"), (5, "lot_unknown"), (6, "characteristic_unknown")]
    async with db.transaction(plant.scope()):
        dry = await store_records(plant.actor, version, "testing", rows, dry_run=True)
        refused = await store_records(plant.actor, version, "testing", rows, all_or_nothing=True)
        assert await lot_quality(plant.actor.tenant, [plant.lot_id]) == {}
        outcome = await store_records(plant.actor, version, "testing", rows)
    assert (dry.stored, refused.stored, outcome.stored) == (1, 0, 1)
    for each in (dry, refused, outcome):
        assert [(error.line, error.error.code) for error in each.errors] == expected
