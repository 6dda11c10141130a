"""Promise: after any sequence of records and corrections the roll-up equals a recount of the current records."""

import random
from decimal import Decimal
from uuid import UUID

import pytest

from server.core import db
from server.domains.quality import (
    LotQuality,
    NewCharacteristic,
    NewForm,
    NewRecord,
    NewSpecification,
    define_characteristic,
    define_form,
    define_specification,
    lot_quality,
    record_entry,
)
from server.domains.quality.limits import Limits, LimitSet, WarningRange
from tests.fixtures.quality import MODELS, Plant, make_plant

VALUES = ["0.01", "0.035", "0.045", "0.06", "<0.1", "", "ND"]
RECOUNT = """
SELECT count(*), count(*) FILTER (WHERE verdict = 'fail'), count(*) FILTER (WHERE verdict = 'not_judged'),
       count(*) FILTER (WHERE warning), count(*) FILTER (WHERE 'legal' = ANY(failed_sets))
FROM record r WHERE lot_id = $1 AND NOT EXISTS (SELECT FROM record c WHERE c.corrects = r.id)
"""


@pytest.fixture
async def pool(database):
    await db.open_pool(database.app_dsn, MODELS, size=2)
    yield
    await db.close()


async def make_form(plant: Plant) -> UUID:
    lead = NewCharacteristic(code="Pb", name="铅", unit="mg/kg", result_kind="number")
    lead_id = await define_characteristic(plant.actor, lead)
    limits = Limits(
        legal=LimitSet(high=Decimal("0.05")),
        internal=LimitSet(high=Decimal("0.04")),
        warning=WarningRange(high=Decimal("0.03")),
    )
    await define_specification(plant.actor, NewSpecification(characteristic_id=lead_id, limits=limits))
    schema = {
        "type": "object",
        "required": ["lead"],
        "properties": {"lead": {}, "temperature": {"type": "number", "maximum": 10}},
    }
    ui = {"fields": {"lead": {"characteristic_id": str(lead_id)}}}
    form = NewForm.model_validate({"code": "F", "name": "F", "stage": "testing", "schema": schema, "ui": ui})
    return (await define_form(plant.actor, form))[0]


@pytest.mark.parametrize("seed", [1, 2, 3])
async def test_the_roll_up_is_the_recount(pool, seed: int) -> None:
    plant, chance, current = await make_plant(), random.Random(seed), []
    async with db.transaction(plant.scope()):
        form_id = await make_form(plant)
        for _ in range(25):
            body = {
                "form_id": form_id,
                "lot_id": plant.lot_id,
                "values": {"lead": chance.choice(VALUES), "temperature": chance.choice([5, 15])},
                "incomplete": True,
            }
            if current and chance.random() < 0.4:
                wrong = current.pop(chance.randrange(len(current)))
                body |= {"corrects": wrong, "correction_reason": "录错"}
            current.append((await record_entry(plant.actor, NewRecord.model_validate(body))).record_id)
        kept = (await lot_quality(plant.actor.tenant, [plant.lot_id]))[plant.lot_id]
        counted = await db.fetchrow(RECOUNT, plant.lot_id)
    assert counted is not None
    assert kept[:5] == LotQuality(*counted)[:5]
    assert kept.records == len(current)
