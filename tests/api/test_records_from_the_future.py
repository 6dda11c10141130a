"""Promise: what has not happened yet is no record, by any route, while a phone's clock may be some minutes off; and whoever
releases signs over every inspection, not over the first alone."""

from datetime import timedelta

import pytest

from server.core.clock import now
from tests.fixtures.api import PASSWORD, Api
from tests.fixtures.imports import errors_of, imported, xlsx
from tests.fixtures.inspections import PASS, Line, make_line


@pytest.fixture
async def line(api: Api) -> Line:
    return await make_line(api)


def ahead(**time: float) -> str:
    return (now() + timedelta(**time)).isoformat()


async def test_a_moment_to_come_is_refused_by_name_and_closes_no_inspection(line: Line) -> None:
    await line.plan("receipt", await line.form())
    lot = await line.lot()
    for captured_at in (ahead(hours=48), ahead(minutes=7)):
        answer = await line.record(lot_id=lot, values=PASS, captured_at=captured_at, expect=422)
        (error,) = answer["errors"]
        assert (error["field"], error["code"]) == ("captured_at", "captured_in_future")
        assert "时钟" in error["text"]
    assert "release_inspection_due" in [each["code"] for each in (await line.get(f"lots/{lot}/review"))["missing"]]


async def test_a_clock_some_minutes_ahead_is_kept_and_stops_no_release(line: Line) -> None:
    await line.form()
    lot = await line.lot()
    await line.record(lot_id=lot, values=PASS, captured_at=ahead(minutes=-30))
    await line.record(lot_id=lot, values=PASS, captured_at=ahead(minutes=3))
    answer = await line.plant.client("releaser").post("/api/v1/releases", json={"lot_ids": [lot], "password": PASSWORD})
    assert answer.status_code == 201, answer.text


async def test_an_import_names_the_row_of_a_moment_to_come(api: Api, line: Line) -> None:
    await line.form()
    lot = await line.lot(lot_no="A1")
    assert lot
    at = (now() + timedelta(days=2)).strftime("%Y-%m-%d %H:%M")
    data = xlsx(["表单", "批号*", "检验项目*", "结果", "检验时间"], [["F1", "A1", "LOOK", "好", at]])
    job = await imported(api, line.client, "inspections", data)
    assert [(e["row"], e["column"], e["code"]) for e in await errors_of(line.client, job)] == [
        (2, "sampled_at", "captured_in_future")
    ]
