"""Promise: a receiver's link shows its own shipment's goods, reports and licences, until it ends or is taken back, and
nothing of any other shipment, lot, enterprise or account; the token is nowhere at rest."""

import io
import re
import zipfile

import asyncpg
import numpy as np
import pytest
import zxingcpp
from numpy.typing import NDArray
from pypdf import PdfReader

from miniprogram_api.partner import receiver
from tests.fixtures.api import PASSWORD, Api
from tests.fixtures.cluster import Database
from tests.fixtures.sheets import Desk, desk, text_of

__all__ = ["desk"]


async def test_the_page_shows_lots_quantities_reports_and_one_download(desk: Desk, api: Api) -> None:
    lot = await desk.released("SH-001")
    report = await desk.issue("test_report", lot)
    await desk.made("/api/v1/certificates", {"kind": "食品生产许可证", "number": "SC123", "valid_to": "2099-01-01"})
    await desk.made("/api/v1/certificates", {"kind": "旧证", "number": "OLD-1", "valid_to": "2001-01-01"})
    link = await desk.link(await desk.shipment(lot))
    page = await api.anonymous.get(link["url"])
    assert page.status_code == 200
    for value in (
        "SH-001",
        "云岭苹果汁",
        "5 kg",
        report["number"],
        "食品生产许可证",
        "SC123",
        desk.plant.name,
        "城西超市",
    ):
        assert value in page.text, value
    for hidden in ("OLD-1", "0.03", "0.012", "糖度", "<script", str(lot), str(desk.plant.tenant_id)):
        assert hidden not in page.text, hidden
    assert page.headers["content-security-policy"].startswith("default-src 'none'")
    assert page.headers["cache-control"] == "no-store"
    one = await api.anonymous.get(f"{link['url']}/files/{report['id']}")
    assert one.content == await desk.pdf(report)
    archive = zipfile.ZipFile(io.BytesIO((await api.anonymous.get(f"{link['url']}/all.zip")).content))
    assert [archive.read(name) for name in archive.namelist()] == [one.content]
    assert "Documents of the shipment" in (await api.client(accept_language="en").get(link["url"])).text


async def test_a_lot_that_is_stopped_says_so_and_not_why(desk: Desk, api: Api) -> None:
    lot = await desk.released("SH-HELD")
    link = await desk.link(await desk.shipment(lot))
    assert "暂停" not in (await api.anonymous.get(link["url"])).text
    hold = {"lot_ids": [lot], "kind": "on_hold", "cause": "客诉", "reason": "客户投诉异味"}
    answer = await desk.manager.post("/api/v1/holds", json=hold)
    assert answer.status_code == 201, answer.text
    page = (await api.anonymous.get(link["url"])).text
    assert "暂停此批次" in page
    assert "异味" not in page
    assert "客诉" not in page
    assert "paused this lot" in (await api.client(accept_language="en").get(link["url"])).text
    (hold_id,) = answer.json()["holds"].values()
    await desk.manager.post(f"/api/v1/holds/{hold_id}/close", json={"reason": "查清"})
    assert "暂停" not in (await api.anonymous.get(link["url"])).text


async def test_a_lot_that_was_rejected_since_is_told_like_one_that_is_stopped(desk: Desk, api: Api) -> None:
    lot = await desk.released("SH-REJECTED")
    report, link = await desk.issue("test_report", lot), await desk.link(await desk.shipment(lot))
    checked = report["check_url"].split("/d/")[1]
    assert "拒收" not in (await api.anonymous.get(f"/d/{checked}")).text
    body = {"lot_ids": [lot], "password": PASSWORD, "remark": "内部原因甲"}
    answer = await desk.plant.client("releaser").post("/api/v1/rejections", json=body)
    assert answer.status_code == 201, answer.text
    stopped = {"lot_ids": [lot], "kind": "on_hold", "cause": "客诉", "reason": "内部原因乙"}
    assert (await desk.manager.post("/api/v1/holds", json=stopped)).status_code == 201
    again = text_of(await desk.pdf(await desk.issue("test_report", lot, renew=True)))
    assert "出具本单时此批次已停用（冻结）" in again
    assert "内部原因乙" not in again
    for page in (await api.anonymous.get(link["url"]), await api.anonymous.get(f"/d/{checked}")):
        assert "暂停" in page.text
        assert "内部原因甲" not in page.text


async def test_whoever_takes_the_goods_in_reads_how(desk: Desk, api: Api) -> None:
    """What is in use, in the reader's language; a draft is nobody's, nor is what consumers are told."""
    lot = await desk.released("SH-001")
    link = await desk.link(await desk.shipment(lot))
    path = f"/api/v1/products/{desk.product}/page-contents"
    told = {"audience": "receiver", "handling": "2–6 ℃ 卸货。\n30 分钟内入库。", "handling_en": "Unload at 2–6 °C."}
    page = await desk.made(path, told | {"pack": {"code_place": "外箱短侧面"}})
    consumer = await desk.made(path, {"origin": {"text": "只给消费者看"}})
    assert "卸货" not in (await api.anonymous.get(link["url"])).text
    for content in (page, consumer):
        assert (await desk.manager.post(f"/api/v1/page-contents/{content}/use")).status_code == 200
    chinese = (await api.anonymous.get(link["url"])).text
    assert "<p>2–6 ℃ 卸货。</p><p>30 分钟内入库。</p>" in chinese
    assert "外箱短侧面" in chinese
    assert "只给消费者看" not in chinese
    assert "Unload at 2–6 °C." in (await api.client(accept_language="en").get(link["url"])).text


async def test_a_link_opens_its_own_shipment_alone(desk: Desk, api: Api) -> None:
    mine, other = await desk.released("MINE-1"), await desk.released("OTHER-1")
    theirs = await desk.issue("test_report", other)
    batch = await desk.issue("batch_record", mine)
    link = await desk.link(await desk.shipment(mine))
    await desk.shipment(other)
    page = await api.anonymous.get(link["url"])
    assert "OTHER-1" not in page.text
    for foreign in (theirs["id"], batch["id"], mine, "nonsense"):
        assert (await api.anonymous.get(f"{link['url']}/files/{foreign}")).status_code == 404
    token = link["url"].rsplit("/", 1)[1]
    for path in ("/api/v1/lots", "/api/v1/documents"):
        assert (await api.client(token).get(path)).status_code == 401


async def test_a_line_taken_off_takes_its_report_along(desk: Desk, api: Api) -> None:
    stays, goes = await desk.released("STAYS"), await desk.released("GOES")
    report = await desk.issue("test_report", goes)
    shipment = await desk.shipment(stays, goes)
    link = await desk.link(shipment)
    assert (await api.anonymous.get(f"{link['url']}/files/{report['id']}")).status_code == 200
    lines = (await desk.manager.get(f"/api/v1/shipments/{shipment}")).json()["lines"]
    line = next(each["id"] for each in lines if each["lot_no"] == "GOES")
    cancelled = await desk.manager.post(
        f"/api/v1/shipments/{shipment}/lines/{line}/cancel", json={"reason": "客户减量"}
    )
    assert cancelled.is_success, cancelled.text
    assert "GOES" not in (await api.anonymous.get(link["url"])).text
    assert (await api.anonymous.get(f"{link['url']}/files/{report['id']}")).status_code == 404


async def test_taken_back_ended_and_never_made_look_alike(desk: Desk, api: Api, database: Database) -> None:
    shipment = await desk.shipment(await desk.released())
    revoked, ended = await desk.link(shipment), await desk.link(shipment)
    assert (await api.anonymous.get(revoked["url"])).status_code == 200
    assert (await desk.manager.post(f"/api/v1/receiver-links/{revoked['id']}/revoke")).status_code == 204
    connection = await asyncpg.connect(database.superuser_dsn)
    try:
        await connection.execute("UPDATE receiver_link SET expires_at = now() WHERE id = $1", ended["id"])
        stored = await connection.fetch("SELECT l::text AS row FROM receiver_link l")
    finally:
        await connection.close()
    tokens = [link["url"].rsplit("/", 1)[1] for link in (revoked, ended)]
    assert not any(token in row["row"] for token in tokens for row in stored)
    forged = tokens[0][:-1] + ("A" if tokens[0][-1] != "A" else "B")
    answers = [
        await api.anonymous.get(f"/r/{token}{rest}")
        for token in (*tokens, forged, "x", "%00")
        for rest in ("", "/all.zip")
    ]
    assert {answer.status_code for answer in answers} == {404}
    assert len({answer.text for answer in answers}) == 1
    listed = (await desk.manager.get(f"/api/v1/shipments/{shipment}/receiver-links")).json()["items"]
    assert [link["url"] for link in listed] == [None, None]


async def test_the_symbol_on_the_delivery_note_opens_it(desk: Desk, api: Api) -> None:
    lot = await desk.released("DN-1")
    report = await desk.issue("test_report", lot)
    shipment = await desk.shipment(lot, vehicle="浙A·00001")
    note = await desk.issue("delivery_note", shipment)
    pdf = await desk.pdf(note)
    shown = text_of(pdf)
    for value in ("DN-1", "浙A·00001", "城西超市", "5kg", report["number"], "收货人"):
        assert value in shown, value
    links = (await desk.manager.get(f"/api/v1/shipments/{shipment}/receiver-links")).json()["items"]
    assert len(links) == 1
    urls = [each.text for each in zxingcpp.read_barcodes(picture_of(PdfReader(io.BytesIO(pdf))))]
    opening = next(url for url in urls if "/r/" in url)
    assert note["check_url"] in urls
    assert "DN-1" in (await api.anonymous.get(opening)).text


def picture_of(reader: PdfReader) -> NDArray[np.uint8]:
    """The symbols of the first page, drawn from its own squares."""
    content = reader.pages[0].get_contents()
    assert content is not None
    canvas = np.full((842 * 4, 595 * 4), 255, np.uint8)
    for match in re.finditer(rb"q ([\d.]+) 0 0 -[\d.]+ ([\d.]+) ([\d.]+) cm 0 g ([\d .re]+) f Q", content.get_data()):
        size, x, y = float(match[1]) * 4, float(match[2]) * 4, (842 - float(match[3])) * 4
        for column, row, width in re.findall(rb"(\d+) (\d+) (\d+) 1 re", match[4]):
            left, top = x + int(column) * size, y + int(row) * size
            canvas[round(top) : round(top + size), round(left) : round(left + int(width) * size)] = 0
    return canvas


async def test_one_address_opens_so_many_pages_and_no_more(
    desk: Desk, api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    link = await desk.link(await desk.shipment(await desk.released()))
    monkeypatch.setattr(receiver, "address_of", lambda request: "203.0.113.7")
    monkeypatch.setattr(receiver, "PAGES_PER_ADDRESS", 3)
    paths = [link["url"], f"{api.base_url}/d/none", link["url"], link["url"], link["url"]]
    answers = [await api.anonymous.get(path) for path in paths]
    assert 429 in [answer.status_code for answer in answers[3:]]
    late = next(answer for answer in answers if answer.status_code == 429)
    assert int(late.headers["retry-after"]) >= 1
    assert "请稍后再试" in late.text


async def test_what_is_too_much_for_one_download_comes_in_parts_and_nothing_is_left_out(
    desk: Desk, api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    lots = [await desk.released(f"PART-{number}") for number in range(5)]
    reports = [await desk.issue("test_report", lot) for lot in lots]
    link = await desk.link(await desk.shipment(*lots))
    one = len(await desk.pdf(reports[0]))
    whole = await api.anonymous.get(f"{link['url']}/all.zip")
    assert len(zipfile.ZipFile(io.BytesIO(whole.content)).namelist()) == 5
    assert (await api.anonymous.get(f"{link['url']}/all.zip?part=2")).status_code == 404

    monkeypatch.setattr(receiver.reports.receiver, "PART_BYTES", one * 2 + one // 2)
    page = (await api.anonymous.get(link["url"])).text
    assert [f"all.zip?part={number}" in page for number in (1, 2, 3, 4)] == [True, True, True, False]
    assert "共 3 部分" in page
    found: list[str] = []
    for number in (1, 2, 3):
        answer = await api.anonymous.get(f"{link['url']}/all.zip", params={"part": number})
        assert f"_{number}-3.zip" in answer.headers["content-disposition"]
        archive = zipfile.ZipFile(io.BytesIO(answer.content))
        listed, *names = archive.namelist()
        contents = archive.read(listed).decode("utf-8-sig")
        assert listed == "目录.txt"
        assert all(report["number"] in contents for report in reports)  # also what is in the other parts
        assert f"这是第 {number} 部分" in contents
        found += names
    assert sorted(name.split("-V")[0] for name in found) == sorted(report["number"] for report in reports)
    for wrong in ("4", "0", "-1", "x", "99999999999"):
        assert (await api.anonymous.get(f"{link['url']}/all.zip", params={"part": wrong})).status_code == 404


def test_every_file_is_in_one_part_and_one_larger_than_a_part_has_its_own() -> None:
    files = [receiver.reports.receiver.PaperFile(f"{size}", "x", b"", size) for size in (5, 70, 3, 3, 60, 1)]
    parts = receiver.reports.receiver.parts_of(files, 60)
    assert [[each.size_bytes for each in part.files] for part in parts] == [[5], [70], [3, 3], [60], [1]]
    assert receiver.reports.receiver.parts_of([], 60) == []
