"""Promise: a nonconformity is opened from the lot's page: on all of it, a part or named pieces, with the responsible stage and
party and the evidence; what is wrong is said at its field and nothing is kept; who may not does not see the way."""

import re
from html import unescape

import pytest

from tests.fixtures.api import Api
from tests.fixtures.back_office import make_dairy
from tests.fixtures.failing import PNG, Floor

GIVEN = {"defect": "封口漏气", "defect_class": "B", "stage": "production", "party": "unknown"}


@pytest.fixture
async def floor(api: Api) -> Floor:
    return await Floor(await api.plant()).setup()


def shown(html: str) -> str:
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", html.split("<main")[1])).split())


async def test_a_part_is_stopped_with_its_party_and_its_evidence(floor: Floor) -> None:
    lot = await floor.lot("0.01", release=True)
    record = await floor.record(lot, "0.035")
    inspector = floor.plant.client("inspector")
    path = f"/admin/lots/{lot}/nonconformity"
    assert path in (await inspector.get(f"/admin/lots/{lot}")).text
    assert f"{path}?record={record}" in (await inspector.get(f"/admin/lots/{lot}/records")).text
    blank = await inspector.get(f"{path}?record={record}")
    assert f'<option value="{record}" selected>' in blank.text
    files = [("files", ("漏气.png", PNG)), ("files", ("批记录.png", PNG))]
    said = GIVEN | {
        "quantity": "30",
        "party": "supplier",
        "supplier_id": floor.supplier,
        "carrier": "不该送出",
        "record_id": record,
    }
    opened = await inspector.post(path, data=said, files=files)
    assert opened.status_code == 303, shown(opened.text)
    seen = await floor.seen(opened.headers["location"].split("/")[-1].partition("?")[0])
    assert (seen["quantity"], seen["party"], seen["supplier_name"], seen["carrier"], seen["defect_class"]) == (
        "30", "supplier", "南山牧场", None, "B",
    )  # fmt: skip
    assert seen["record_id"] == record
    assert len([each for each in seen["evidence"] if each["attachment_id"]]) == 2
    assert seen["lot_id"] != lot
    part = (await floor.call("viewer", "GET", f"lots/{seen['lot_id']}/holds"))["items"]
    assert [each["kind"] for each in part] == ["quarantined"]
    assert "已开单" in shown((await inspector.get(opened.headers["location"])).text)


async def test_what_is_wrong_is_said_at_its_field_and_nothing_is_kept(floor: Floor) -> None:
    lot = await floor.lot("0.01", release=True)
    inspector, path = floor.plant.client("inspector"), f"/admin/lots/{lot}/nonconformity"
    nameless = await inspector.post(path, data=GIVEN | {"party": "carrier"}, files={"files": ("a.png", PNG)})
    assert nameless.status_code == 422
    assert 'id="open-carrier-error"' in nameless.text
    assert "封口漏气" in nameless.text
    bare = await inspector.post(path, data={"party": "unknown"})
    for field in ("defect", "defect_class", "stage"):
        assert f'id="open-{field}-error"' in bare.text, field
    too_much = await inspector.post(path, data=GIVEN | {"quantity": "100000"})
    assert too_much.status_code == 409
    assert 'id="open-quantity-error"' in too_much.text, shown(too_much.text)
    odd = await inspector.post(path, data=GIVEN, files={"files": ("a.exe", b"MZ" * 40)})
    assert odd.status_code == 422
    assert 'id="open-file-error"' in odd.text
    assert (await floor.call("viewer", "GET", f"nonconformities?lot_id={lot}"))["items"] == []
    assert (await floor.call("viewer", "GET", f"lots/{lot}/holds"))["items"] == []


async def test_who_may_not_open_one_is_not_shown_the_way(floor: Floor) -> None:
    lot = await floor.lot("0.01")
    viewer, path = floor.plant.client("viewer"), f"/admin/lots/{lot}/nonconformity"
    assert path not in (await viewer.get(f"/admin/lots/{lot}")).text
    assert (await viewer.get(path)).status_code == 403
    assert (await viewer.post(path, data=GIVEN)).status_code == 403
    english = await floor.plant.client("inspector", accept_language="en").get(path)
    assert "Open and stop the goods" in shown(english.text)


async def test_named_pieces_of_a_coded_lot_are_stopped(api: Api) -> None:
    dairy = await make_dairy(api)
    lot, order = dairy.lots["P1"], dairy.products["order"]
    manager, path = dairy.plant.client("quality_manager"), f"/admin/lots/{lot}/nonconformity"
    assert f'value="{order}"' in (await manager.get(path)).text
    pieces = {"serials.0.order_id": order, "serials.0.first": "3", "serials.0.last": "4", "serials.1.order_id": order}
    backwards = await manager.post(path, data=GIVEN | pieces | {"quantity": "2", "serials.0.last": "1"})
    assert backwards.status_code == 422
    assert 'id="open-serials.0.last-error"' in backwards.text
    opened = await manager.post(path, data=GIVEN | pieces | {"quantity": "2"})
    assert opened.status_code == 303, shown(opened.text)
    found = (await manager.get("/api/v1/nonconformities", params={"state": "open"})).json()["items"]
    assert [each["quantity"] for each in found] == ["2"]
    assert found[0]["lot_id"] != lot
