"""Promise: values piled just inside a limit are told of a lot as the rule says it of all its values, whatever lies beside them: far
values, failing ones, corrected ones, another limit, and what was stored before near values were marked."""

from collections import Counter
from decimal import Decimal
from random import Random

import pytest

from server.core import db
from server.domains.quality.limits import Limits, LimitSet
from server.domains.quality.piling import piled_at_limit
from server.domains.quality.writing import MEASUREMENT_COLUMNS
from tests.fixtures.api import Api
from tests.fixtures.inspections import Line, make_line

LIMITS = Limits(internal=LimitSet(low=Decimal(10), high=Decimal(20)), legal=LimitSet(low=Decimal(9)))
NEAR, FAR, FAILING = ("10", "10.2", "10.5", "19.5", "20", "9.3"), ("10.6", "13", "15.25", "19.4"), ("8", "21")
UNMARKED = [column for column in MEASUREMENT_COLUMNS if column != "near_limit"]
MIXED = [(5, 0), (4, 0), (3, 2), (3, 3), (6, 4), (6, 5), (9, 6), (9, 7), (0, 8), (2, 1)]


@pytest.fixture
async def line(api: Api) -> Line:
    line = await make_line(api)
    body = {"code": "FILL", "name": "装量", "unit": "kg", "result_kind": "number"}
    fill = (await line.post("characteristics", body))["id"]
    await specify(line, fill, LIMITS)
    line.ids["fill"] = fill
    await line.post("forms", {
        "code": "FILL", "name": "装量检查", "stage": "testing", "subject_kind": "lot",
        "schema": {"type": "object", "required": ["fill"], "properties": {"fill": {"title": "装量"}}},
        "ui": {"fields": {"fill": {"characteristic_id": fill}}},
    })  # fmt: skip
    return line


async def specify(line: Line, characteristic: str, limits: Limits, **of: str) -> None:
    body = {"characteristic_id": characteristic, "limits": limits.model_dump(mode="json", exclude_none=True), **of}
    await line.post("specifications", body)


async def filled(line: Line, lot: str, *values: str) -> list[str]:
    return [(await line.record("FILL", {"fill": value}, lot_id=lot))["id"] for value in values]


async def piled(line: Line, lot: str) -> list[str]:
    points = (await line.get(f"lots/{lot}/review"))["unusual"]
    return [point["text"] for point in points if point["code"] == "piled_at_limit"]


async def test_what_is_told_is_what_the_rule_says_of_all_values_that_pass(line: Line) -> None:
    drawn = Random(7)
    for near, far in MIXED:
        values = [drawn.choice(NEAR[:3]) for _ in range(near)] + [drawn.choice(FAR) for _ in range(far)]
        drawn.shuffle(values)
        lot = await line.lot()
        await filled(line, lot, *values, *FAILING)
        expected = piled_at_limit(Counter(map(Decimal, values)), LIMITS.to_json())
        told = await piled(line, lot)
        assert len(told) == (expected is not None), (near, far, told)
        assert expected is None or (f"{expected}" in told[0] and f"{near + far}" in told[0])


async def test_near_one_limit_or_the_other_is_not_near_one_limit(line: Line) -> None:
    lot = await line.lot()
    await filled(line, lot, "10", "10.1", "10.2", "19.8", "19.9", "20")
    assert await piled(line, lot) == []


async def test_what_was_corrected_counts_neither_as_near_nor_as_far(line: Line) -> None:
    lot = await line.lot()
    far = await filled(line, lot, *["15"] * 4)
    await filled(line, lot, *["10"] * 4)
    assert await piled(line, lot) == []
    for record in far[:3]:
        await line.record("FILL", {"fill": "10.1"}, lot_id=lot, corrects=record, correction_reason="抄错一行")
    assert len(await piled(line, lot)) == 1


async def test_far_values_under_other_limits_hide_nothing(line: Line) -> None:
    lot = await line.lot()
    await filled(line, lot, *["10.2"] * 5)
    await specify(
        line,
        line.ids["fill"],
        Limits(internal=LimitSet(low=Decimal(5), high=Decimal(30))),
        product_id=line.ids["material"],
    )
    await filled(line, lot, *["15"] * 20)
    assert len(await piled(line, lot)) == 1


async def test_what_was_stored_before_values_were_marked_is_judged_as_it_was(line: Line) -> None:
    spread, near = await line.lot(), await line.lot()
    await filled(line, spread, *["15"] * 6)
    await filled(line, near, *["10"] * 6)
    async with db.transaction(line.plant.actor("operator").scope()):
        marks = {row["value"]: row["near_limit"] for row in await db.fetch("SELECT value, near_limit FROM measurement")}
        rows = await db.fetch(f"SELECT {', '.join(UNMARKED)} FROM measurement ORDER BY lot_id, record_id")
        again = [dict(row) | {"position": 2, "value": row["value"]} for row in rows]
        await db.bulk_copy("measurement", [tuple(row.values()) for row in again], UNMARKED)
    assert marks == {Decimal(15): False, Decimal(10): True}
    assert (await piled(line, spread), len(await piled(line, near))) == ([], 1)
