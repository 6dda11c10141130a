"""Promise: what an import releases is reviewed like any release: a row that says "released" over an open mandatory point is
refused by row and column, naming the point; the history whose papers are in order still comes in released."""

import pytest

from tests.fixtures.api import PASSWORD, Api
from tests.fixtures.imports import errors_of, imported, xlsx
from tests.fixtures.inspections import Line, make_line

LOTS = ["产品编码*", "批号*", "供应商", "供应商批号", "数量", "单位", "到货日期", "生产日期", "已放行"]


@pytest.fixture
async def line(api: Api) -> Line:
    return await make_line(api)


async def test_an_inspection_due_and_an_expired_licence_refuse_the_rows_that_say_released(api: Api, line: Line) -> None:
    await line.plan("end_of_lot", await line.form())
    licence = {"supplier_id": line.ids["supplier"], "kind": "生产许可证", "number": "SC1", "valid_to": "2026-01-31"}
    await line.post("certificates", licence)
    rows = [
        ["material", "A1", "S1", "X1", 100, "kg", "2026-01-15", "", "是"],  # the licence held on that day
        ["material", "A2", "S1", "X2", 100, "kg", "2026-03-01", "", "是"],
        ["finished", "B1", "", "", 100, "kg", "", "2026-03-02", "是"],
        ["finished", "B2", "", "", 100, "kg", "", "2026-03-02", ""],
    ]
    job = await imported(api, line.client, "material_lots", xlsx(LOTS, rows), policy="good_rows", password=PASSWORD)
    assert (job["rows_stored"], job["rows_failed"]) == (2, 2)
    found = [(e["row"], e["column"], e["code"]) for e in await errors_of(line.client, job)]
    assert found == [(3, "released", "release_licence_expired"), (4, "released", "release_inspection_due")]
    kept = {lot["lot_no"]: lot["state"] for lot in (await line.get("lots"))["items"]}
    assert kept == {"A1": "released", "B2": "pending"}
