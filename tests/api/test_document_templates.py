"""Promise: a plant's own template is a version of its kind, checked when it comes in, filled beside our PDF in its own format,
and never touches what was issued before."""

import io
from typing import Any

import httpx
from openpyxl import load_workbook

from tests.fixtures.office import parts_of, workbook
from tests.fixtures.sheets import Desk, desk

__all__ = ["desk"]
OURS = [["报告", "{{document.number}}"], ["批号", "{{lot.lot_no}}"], ["{{#items}}{{name}}", "{{result}}{{/items}}"]]


async def send(desk: Desk, data: bytes, kind: str = "test_report", role: str = "quality_manager") -> httpx.Response:
    files = {"file": ("我们的报告.xlsx", data)}
    return await desk.plant.client(role).post("/api/v1/document-templates", data={"kind": kind}, files=files)


async def filled(desk: Desk, document: dict[str, Any]) -> httpx.Response:
    return await desk.manager.get(f"/api/v1/documents/{document['id']}/filled")


async def test_a_template_is_filled_beside_our_pdf(desk: Desk) -> None:
    lot = await desk.released("MB-1")
    before = await desk.issue("test_report", lot)
    assert before["filled_format"] is None
    assert (await filled(desk, before)).status_code == 404
    sent = await send(desk, workbook(OURS))
    assert sent.status_code == 201, sent.text
    assert (sent.json()["version"], sent.json()["file_name"]) == (1, "我们的报告.xlsx")
    after = await desk.issue("test_report", lot, renew=True)
    assert (after["filled_format"], after["version"]) == ("xlsx", 2)
    sheet = load_workbook(io.BytesIO((await filled(desk, after)).content)).active
    assert sheet is not None
    assert [[cell.value for cell in row] for row in sheet.iter_rows()] == [
        ["报告", after["number"]],
        ["批号", "MB-1"],
        ["铅（以 Pb 计）", 0.012],
    ]
    assert (await desk.pdf(after)).startswith(b"%PDF")
    assert (await filled(desk, before)).status_code == 404


async def test_quantities_can_be_calculated_with(desk: Desk) -> None:
    await send(desk, workbook([["{{lot.quantity}}", "{{lot.quantity_number}}", "{{lot.quantity_unit}}"]]))
    document = await desk.issue("test_report", await desk.released("MB-3"))
    sheet = load_workbook(io.BytesIO((await filled(desk, document)).content)).active
    assert sheet is not None
    said, number, unit = (cell.value for cell in sheet[1])
    assert isinstance(number, int | float)
    assert said == f"{number:,} {unit}"


async def test_a_newer_version_takes_over_and_a_retired_one_steps_back(desk: Desk) -> None:
    await send(desk, workbook(OURS))
    second = (await send(desk, workbook([["只有 {{lot.lot_no}}"]]))).json()
    document = await desk.issue("test_report", await desk.released("MB-2"))
    sheet = load_workbook(io.BytesIO((await filled(desk, document)).content)).active
    assert sheet is not None
    assert sheet["A1"].value == "只有 MB-2"
    retired = await desk.manager.post(f"/api/v1/document-templates/{second['id']}/retire")
    assert retired.json()["retired_at"]
    later = await desk.issue("test_report", await desk.released())
    assert later["filled_format"] is None
    listed = (await desk.manager.get("/api/v1/document-templates")).json()["items"]
    assert [each["version"] for each in listed] == [2, 1]
    sent = await desk.manager.get(f"/api/v1/document-templates/{second['id']}/content")
    assert b"{{lot.lot_no}}" in b"".join(parts_of(sent.content).values())


async def test_what_is_wrong_is_named_and_nothing_is_stored(desk: Desk) -> None:
    answer = await send(desk, workbook([["{{lot.secret}}", "{{nobody}}"]]))
    assert answer.status_code == 422
    assert [error["text"] for error in answer.json()["errors"]] == [
        "sheet1!A1：没有“lot.secret”这个字段",
        "sheet1!B1：没有“nobody”这个字段",
    ]
    assert (await desk.manager.get("/api/v1/document-templates")).json()["items"] == []
    assert (await send(desk, workbook(OURS), role="inspector")).status_code == 403


async def test_the_names_a_template_may_use_are_listed(desk: Desk) -> None:
    found = (await desk.manager.get("/api/v1/document-kinds/batch_record/placeholders")).json()
    assert {"lot.lot_no", "company.name", "document.check_url"} <= set(found["single"])
    assert "result" in found["lists"]["records.items"]
    assert "parent.form" in found["lists"]["records.items"]
