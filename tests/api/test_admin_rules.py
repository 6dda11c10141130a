"""Promise: the rules of an enterprise are set on one page by who may, each fault at its field, and the rest of the settings
stays; its own sheet templates are sent in, every fault of a bad one named, and retired."""

import re
from html import unescape

from tests.fixtures.floor import Floor, floor
from tests.fixtures.office import workbook

__all__ = ["floor"]


def shown(html: str) -> str:
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", html.split("<main")[1])).split())


async def test_rules_are_set_and_the_rest_stays(floor: Floor) -> None:
    admin, manager, viewer = (floor.plant.client(role) for role in ("enterprise_admin", "quality_manager", "viewer"))
    kept = {"label_origin": "https://t.example.com", "label_space": None, "inspector_may_release": False}
    assert (await admin.put("/api/v1/enterprise/settings", json=kept)).is_success
    assert (await manager.post("/admin/rules/release", data={})).status_code == 403
    assert (await admin.post("/admin/rules/release", data={"inspector_may_release": "1"})).status_code == 303
    now = (await admin.get("/api/v1/enterprise/settings")).json()
    assert now["inspector_may_release"] is True
    assert now["label_origin"] == "https://t.example.com"
    few = await manager.post("/admin/rules/review", data={"people": "1", "roles": ["releaser", "quality_manager"]})
    assert few.status_code == 422
    assert 'id="review-people-error"' in few.text
    data = {"people": "2", "roles": ["releaser"], "product_id": floor.products["finished"], "customer_consent": "1"}
    assert (await manager.post("/admin/rules/review", data=data)).status_code == 303
    assert (await manager.post("/admin/rules/gauges", data={"overdue": "block"})).status_code == 303
    assert (await manager.post("/admin/rules/late", data={"late_after_minutes": "0"})).status_code == 422
    assert (await manager.post("/admin/rules/late", data={"late_after_minutes": "120"})).status_code == 303
    text = shown((await viewer.get("/admin/rules")).text)
    for words in ("全部产品 1", "finished 2", "拒收", "120"):
        assert words in text, words
    assert "设置评审规则" not in text
    assert (await manager.get("/api/v1/gauge-rule")).json()["overdue"] == "block"


async def test_templates_are_sent_in_and_their_faults_named(floor: Floor) -> None:
    manager = floor.plant.client("quality_manager")
    assert "平台版式" in shown((await manager.get("/admin/templates")).text)
    page = (await manager.get("/admin/placeholders/test_report")).text
    assert "{{lot.lot_no}}" in page
    assert (await manager.get("/admin/placeholders/other")).status_code == 404
    bad = {"file": ("表样.xlsx", workbook([["{{lot.nothing}}", "{{lot.neither}}"]]))}
    wrong = await manager.post("/admin/templates", data={"kind": "test_report"}, files=bad)
    assert wrong.status_code == 422
    assert "lot.nothing" in wrong.text
    assert "lot.neither" in wrong.text
    good = {"file": ("表样.xlsx", workbook([["{{lot.lot_no}}"]]))}
    assert (await manager.post("/admin/templates", data={"kind": "test_report"}, files=good)).status_code == 303
    page = (await manager.get("/admin/templates")).text
    assert "本厂模板 第 1 版" in shown(page)
    content = re.search(r'href="(/admin/templates/[^"]+/content)"', page)
    assert content
    assert (await manager.get(content[1])).content.startswith(b"PK")
    viewer = floor.plant.client("viewer")
    assert (await viewer.get(content[1])).status_code == 403
    assert (await manager.post(content[1].replace("content", "retire"))).status_code == 303
    assert "已停用" in shown((await viewer.get("/admin/templates")).text)
