"""Promise: ledgers come as files for the days asked for and say what is wrong with the days; a receiver's link is shown once
and ended by hand; papers are hung on lots and defects by who may bring files."""

import re

from tests.api.test_deliveries import PDF
from tests.fixtures.floor import Floor, floor

__all__ = ["floor"]


async def test_a_ledger_is_a_file_and_wrong_days_are_named(floor: Floor) -> None:
    viewer = floor.plant.client("viewer")
    page = (await viewer.get("/admin/ledgers")).text
    link = re.search(r'href="(/admin/ledgers/sales\?[^"]+)"', page)
    assert link
    file = await viewer.get(link[1].replace("&amp;", "&"))
    assert file.content.startswith(b"PK")
    assert "attachment" in file.headers["content-disposition"]
    back = await viewer.get("/admin/ledgers/sales?from=2026-02-01&to=2026-01-01")
    assert back.status_code == 422
    assert 'href="#sales-to"' in back.text
    assert (await viewer.get("/admin/ledgers/tests?from=2026-02-01")).status_code == 422
    assert (await viewer.get("/admin/ledgers/other?from=2026-02-01&to=2026-02-02")).status_code == 404


async def test_a_receivers_link_is_shown_once_and_ended(floor: Floor) -> None:
    lot = await floor.lot("finished")
    shipment = (await floor.ship({"lot_id": lot, "quantity": "10"}))["id"]
    path = f"/admin/shipments/{shipment}"
    made = await floor.manager.post(f"{path}/receiver-links", data={"valid_days": "30"})
    token = re.search(r"/r/([\w=-]{36})", made.text)
    assert token
    page = (await floor.manager.get(path)).text
    assert token[1] not in page
    assert "可用" in page
    end = re.search(r'action="(/admin/receiver-links/[^"]+/revoke)"', page)
    assert end
    assert (await floor.manager.post(end[1])).status_code == 303
    assert "已收回" in (await floor.manager.get(path)).text
    assert 'id="receiver"' not in (await floor.plant.client("viewer").get(path)).text
    assert (await floor.plant.client("viewer").post(end[1])).status_code == 403


async def test_papers_are_brought_to_lots_and_defects(floor: Floor) -> None:
    lot = await floor.lot(released=False)
    inspector = floor.plant.client("inspector")
    files = {"file": ("报告.pdf", PDF)}
    done = await inspector.post(
        f"/admin/lots/{lot}/attachments", data={"kind": "certificate", "title": "合格证"}, files=files
    )
    assert done.status_code == 303
    assert "合格证" in (await inspector.get(f"/admin/lots/{lot}")).text
    bad = await inspector.post(
        f"/admin/lots/{lot}/attachments", data={"kind": "photo"}, files={"file": ("a.exe", b"MZ")}
    )
    assert bad.status_code == 422
    assert 'id="attach-file-error"' in bad.text
    none = await inspector.post(f"/admin/lots/{lot}/attachments", data={"kind": "photo"})
    assert 'id="attach-file-error"' in none.text
    body = {"lot_id": lot, "defect": "划伤", "defect_class": "B", "stage": "material"}
    found = (await floor.post("/api/v1/nonconformities", body))["id"]
    path = f"/admin/nonconformities/{found}"
    assert (await inspector.post(f"{path}/evidence", data={"title": "现场"}, files=files)).status_code == 303
    assert "/admin/attachments/" in (await inspector.get(path)).text
    assert (await floor.plant.client("viewer").post(f"{path}/evidence", files=files)).status_code == 403
