"""Promise: first-piece and patrol records hold every check of their trigger and name those that were missed; a nonconformity
sheet tells defect, party, dispositions, signatures and outcome as they stand, version by version."""

from datetime import timedelta
from typing import Any

import httpx
import pytest

from server.core.clock import now
from tests.fixtures.api import PASSWORD, Api
from tests.fixtures.failing import Floor
from tests.fixtures.inspections import FAIL, hours_ago, make_line
from tests.fixtures.sheets import text_of


async def sheet(client: httpx.AsyncClient, kind: str, subject: str) -> tuple[dict[str, Any], str]:
    issued = await client.post("/api/v1/documents", json={"kind": kind, "subject_id": subject})
    assert issued.status_code == 201, issued.text
    pdf = await client.get(f"/api/v1/documents/{issued.json()['id']}/content.pdf")
    return issued.json(), text_of(pdf.content)


async def test_a_first_piece_record_holds_its_checks_and_a_patrol_record_its_own(api: Api) -> None:
    line = await make_line(api)
    form = await line.form(document_no="QR-SJ-01")
    await line.plan("first_piece", form, step_id=line.ids["step"], first_piece_on=["shift_start"])
    await line.plan("last_piece", form, step_id=line.ids["step"], name="末件检验")
    lot = await line.lot("finished", lot_no="SJ-LOT-1")
    refused = await line.client.post("/api/v1/documents", json={"kind": "first_piece", "subject_id": lot})
    assert (refused.status_code, refused.json()["code"]) == (409, "sheet_nothing_to_report")
    await line.operation(lot, hours_ago(3))
    due = {each["trigger"]: each["id"] for each in await line.open(lot_id=lot)}
    await line.record(lot_id=lot, inspection_id=due["first_piece"], values=FAIL)
    document, shown = await sheet(line.client, "first_piece", lot)
    for value in ("首件检验记录", "SJ-LOT-1", "QR-SJ-01", "坏", "不合格", document["number"]):
        assert value in shown, value
    assert document["number"].startswith("SJ")
    await line.move_back(48)
    await line.record(lot_id=lot, inspection_id=due["last_piece"])
    _, patrol = await sheet(line.client, "patrol", lot)
    assert "坏" not in patrol
    assert "巡检记录" in patrol


@pytest.fixture
async def floor(api: Api) -> Floor:
    return await Floor(await api.plant()).setup()


async def test_a_nonconformity_sheet_follows_its_case(floor: Floor) -> None:
    lot = await floor.lot()
    record = await floor.record(lot, "0.035")
    opened = await floor.open(
        lot,
        record_id=record,
        record_ids=[record],
        party="supplier",
        supplier_id=floor.supplier,
        party_reason="来料即超内控",
    )
    client = floor.plant.client("quality_manager")
    first, shown = await sheet(client, "nonconformity", opened["id"])
    for value in (
        "不合格品处理单",
        opened["number"],
        "铅偏高",
        "B类（严重）",
        "南山牧场",
        "来料即超内控",
        "0.035",
        "100kg",
        "处理中",
    ):
        assert value in shown, value
    until = (now() + timedelta(days=30)).isoformat()
    disposition = await floor.propose(opened["id"], "concession", quantity="100", expires_at=until)
    await floor.call(
        "quality_manager",
        "POST",
        f"dispositions/{disposition}/signatures",
        {"password": PASSWORD, "remark": "仅限本批"},
    )
    second, shown = await sheet(client, "nonconformity", opened["id"])
    assert (second["number"], second["version"], second["newest_version"]) == (first["number"], 2, 2)
    manager = floor.plant.person("quality_manager").actor.name
    for value in ("让步接收（特采）", "评审意见", "有效期至", "同意", "仅限本批", manager, "质量负责人"):
        assert value in shown, value


async def test_what_was_signed_and_taken_back_stays_on_the_sheet(floor: Floor) -> None:
    lot = await floor.lot("0.01", release=True)
    opened = await floor.open(lot)
    unsigned = await floor.propose(opened["id"], "scrap")
    await floor.call("inspector", "POST", f"dispositions/{unsigned}/withdraw", {"reason": "提错"})
    disposition = await floor.decide(opened["id"], "rework")
    await floor.carry_out(disposition)
    body = {"password": PASSWORD, "reason": "选错批次"}
    await floor.call("quality_manager", "POST", f"dispositions/{disposition}/reverse", body)
    _, shown = await sheet(floor.plant.client("quality_manager"), "nonconformity", opened["id"])
    flat = "".join(shown.split())
    for value in ("返工", "已撤销", "选错批次"):
        assert value in flat, value
    assert "报废" not in flat
