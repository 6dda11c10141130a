"""Promise: an internal label carries a code that leads staff to the lot and tells anybody else whose it is and nothing more; every print
is on record, and one lot has one code however often it is printed."""

from uuid import UUID

import pytest
import zxingcpp
from PIL import Image

from server.core import db
from server.domains import chain
from server.domains.chain.labels.internal import _lines
from tests.fixtures.api import Api
from tests.fixtures.floor import Floor
from tests.fixtures.pictures import pages_of

KINDS = ("material_tag", "traveller", "status")


async def printed(floor: Floor, lot: str, kind: str = "status") -> bytes:
    answer = await floor.manager.post(f"/api/v1/lots/{lot}/labels", json={"kind": kind})
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == "application/pdf"
    return answer.content


async def code_of(floor: Floor, lot: str) -> str:
    actor = floor.plant.actor("operator")
    async with db.transaction(actor.scope()):
        rows = await db.fetch(
            "SELECT text, kind FROM code WHERE tenant_id = $1 AND lot_id = $2", floor.plant.tenant_id, lot
        )
    assert [row["kind"] for row in rows] == [4]
    return str(rows[0]["text"])


async def test_one_lot_has_one_code_and_each_print_its_entry(floor: Floor) -> None:
    lot, other = await floor.lot(), await floor.lot()
    for kind in KINDS:
        await printed(floor, lot, kind)
    await printed(floor, other)
    assert await code_of(floor, lot) != await code_of(floor, other)
    trail = (await floor.get("/api/v1/audit", action="label.printed"))["items"]
    assert [entry["after"]["kind"] for entry in trail] == ["status", *reversed(KINDS)]


async def test_anybody_learns_whose_it_is_and_nothing_more(floor: Floor, api: Api) -> None:
    lot = await floor.lot(lot_no="SECRET-LOT-7")
    await printed(floor, lot)
    code = await code_of(floor, lot)
    page = await api.anonymous.get(f"/t/{code}")
    answer = (await api.anonymous.get(f"/api/v1/public/codes/{code}")).json()
    assert floor.plant.name in page.text
    assert (answer["status"], answer["kind"], answer["scan_count"], answer["publication"]) == (
        "internal",
        None,
        0,
        None,
    )
    assert floor.plant.name in answer["explain"]
    for shown in (page.text, str(answer)):
        assert "SECRET-LOT-7" not in shown
        assert "material" not in shown
        assert lot not in shown
    actor = floor.plant.actor("operator")
    async with db.transaction(actor.scope()):
        assert await db.fetchval("SELECT count(*) FROM scan WHERE tenant_id = $1", floor.plant.tenant_id) == 0
        assert await db.fetchval("SELECT scan_count FROM code WHERE text = $1", code) == 0


async def test_staff_go_on_to_the_lot_and_strangers_come_back(floor: Floor, api: Api) -> None:
    form = {"code": "IQC", "name": "进厂外观检查", "stage": "material", "subject_kind": "lot",
            "schema": {"type": "object", "properties": {"look": {"title": "外观", "type": "string"}}}}  # fmt: skip
    form_id = (await floor.post("/api/v1/forms", form))["id"]
    plan = {"code": "P1", "name": "来料检验", "trigger": "receipt", "form_id": form_id, "within_minutes": 60}
    await floor.post("/api/v1/inspection-plans", plan)
    lot = await floor.lot(released=False)
    await printed(floor, lot)
    code = await code_of(floor, lot)
    own, stranger = floor.plant.person("viewer").token, (await api.plant()).person("viewer").token
    signed_in = await api.anonymous.get(f"/t/{code}", headers={"Cookie": f"qt_session={own}"})
    assert (signed_in.status_code, signed_in.headers["location"]) == (303, f"/admin/scan/{code}")
    to_lot = await api.anonymous.get(f"/admin/scan/{code}", headers={"Cookie": f"qt_session={own}"})
    assert (to_lot.status_code, to_lot.headers["location"]) == (303, f"/admin/lots/{lot}")
    task = await api.anonymous.get(to_lot.headers["location"], headers={"Cookie": f"qt_session={own}"})
    assert "这一批要做的检验" in task.text
    assert "进厂外观检查" in task.text
    away = await api.anonymous.get(f"/admin/scan/{code}", headers={"Cookie": f"qt_session={stranger}"})
    assert away.headers["location"] == f"/t/{code}?visitor=1"
    back = await api.anonymous.get(away.headers["location"], headers={"Cookie": f"qt_session={stranger}"})
    assert floor.plant.name in back.text


@pytest.mark.parametrize("kind", KINDS)
async def test_the_printed_symbol_reads_as_the_code(floor: Floor, kind: str) -> None:
    lot = await floor.lot(lot_no="批号-2026-07-15-这是一个很长的批号-0001")
    picture: Image.Image = pages_of(await printed(floor, lot, kind))[0]
    read = zxingcpp.read_barcodes(picture)
    assert [each.text.rsplit("/", 1)[1] for each in read] == [await code_of(floor, lot)]


async def test_a_tag_says_what_is_there_now(floor: Floor) -> None:
    lot = await floor.lot()
    part = await floor.lot(released=False, quantity="30")
    await floor.link(lot, part, "split", quantity="30")
    actor = floor.plant.actor("quality_manager")
    async with db.transaction(actor.scope()):
        row = dict(await chain.queries.lot(actor.tenant, UUID(lot))) | {"recipe": None, "reason": None}
    assert ("数量", "70 kg") in _lines(row, "material_tag", "zh_CN")
    assert ("数量", "100 kg") in _lines(row, "traveller", "zh_CN")
