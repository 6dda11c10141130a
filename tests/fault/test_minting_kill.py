"""Promise: processes minting at once, killed at random and replaced, leave no code twice and none missing (T13)."""

import pytest

from server.core import db
from server.domains.codes import get_order
from tests.fault.minting_kill import Shape, storm
from tests.fixtures.codes import MINTED, MODELS, PRINTED, make_code_plant
from workers import minting


async def test_kills_leave_no_duplicate_and_no_hole(fresh_database):
    figures = await storm(fresh_database.app_dsn, Shape(2, 60_000, processes=3, kills=4, chunk=2_000), seed=1)
    assert figures["kills"] >= 1
    assert figures["codes"] == 120_000


@pytest.fixture
async def pool(fresh_database):
    await db.open_pool(fresh_database.app_dsn, MODELS, size=3)
    yield
    await db.close()


async def test_an_order_whose_texts_exist_is_given_up_with_an_account(pool):
    plant = await make_code_plant()
    segments = [{"kind": "enterprise"}, {"kind": "product"}, {"kind": "literal", "text": "_"}, {"kind": "lot_no"}]
    rule_id = await plant.rule(level="lot", segments=segments)
    first, second = await plant.order(rule_id, 1), await plant.order(rule_id, 1)
    while await minting.mint_round({}):
        pass
    async with db.transaction(plant.scope()):
        states = {(await get_order(plant.actor.tenant, each)).state for each in (first, second)}
    assert states == {"ready", "failed"}


async def test_an_order_whose_key_is_not_there_waits_and_stops_nobody(pool, caplog):
    plant = await make_code_plant()
    rule_id = await plant.rule(**MINTED)
    await plant.order(rule_id, 5)
    serials = {"segments": [{"kind": "enterprise"}, {"kind": "serial", "width": 9}]}
    other = await plant.order(await plant.rule(name="流水", **serials), 5, PRINTED)
    assert await minting.mint_round({})
    assert len(await plant.texts(other)) == 5
    assert not await minting.mint_round({})
    assert sum("key" in record.message for record in caplog.records) == 1
