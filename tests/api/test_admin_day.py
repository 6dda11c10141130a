"""Promise: today's numbers open their rows; inspections, nonconformities and documents are listed, acted on and
downloaded, and a refused form says why at its field and keeps what was typed."""

import re
from html import unescape

import pytest

from tests.fixtures.api import PASSWORD, Api
from tests.fixtures.inspections import PASS, Line, make_line


def shown(html: str) -> str:
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", html.split("<main")[1])).split())


@pytest.fixture
async def line(api: Api) -> Line:
    return await make_line(api)


async def page(line: Line, path: str, role: str = "quality_manager") -> str:
    answer = await line.plant.client(role).get(f"/admin{path}")
    assert answer.status_code == 200, answer.text
    return answer.text


async def failed(line: Line) -> str:
    """A nonconformity of a whole lot."""
    body = {"lot_id": await line.lot(), "defect": "表面划伤", "defect_class": "B", "stage": "material"}
    return str((await line.post("nonconformities", body))["id"])


async def test_every_number_of_today_opens_its_rows(line: Line) -> None:
    await line.plan("receipt", await line.form(), name="进货检验")
    missed = await line.lot()
    await line.move_back(5)
    await line.lot()
    await failed(line)
    await line.post("urgent-requests", {"lot_id": missed, "reason": "客户停线"})
    html = await page(line, "")
    for number, words, path in (
        (3, "批待放行", "/admin/releases"),
        (1, "项漏检", "/admin/inspections?state=missed"),
        (2, "项待检", "/admin/inspections?state=due"),
        (1, "批冻结中", "/admin/lots?state=held"),
        (1, "件不合格未关闭", "/admin/nonconformities?state=open"),
        (1, "批紧急放行待批", "/admin/releases#urgent"),
    ):
        assert f"{number} {words}" in shown(html)
        assert f'href="{path}"' in html
        assert re.search(r"<tbody>\s*<tr", await page(line, path.removeprefix("/admin"))), path
    assert f"/admin/lots/{missed}" in await page(line, "/inspections?state=missed&trigger=receipt")


async def test_inspections_are_narrowed_and_turned_page_by_page(line: Line) -> None:
    await line.plan("receipt", await line.form(), name="进货检验")
    lots = [await line.lot() for _ in range(52)]
    first = await page(line, "/inspections?state=due")
    following = re.search(r'href="(/admin/inspections\?[^"]*after=[^"]*)"', first)
    assert following
    second = await page(line, unescape(following[1]).removeprefix("/admin"))
    assert (first.count("<tr>"), second.count("<tr>")) == (51, 3)
    await line.record(lot_id=lots[0], values=PASS)
    assert "合格" in shown(await page(line, f"/inspections?state=done&lot={lots[0]}"))
    assert "没有符合条件" in shown(await page(line, "/inspections?trigger=daily"))


async def test_what_failed_is_proposed_signed_done_and_closed(line: Line) -> None:
    found = await failed(line)
    assert "表面划伤" in shown(await page(line, "/nonconformities?state=open&defect_class=B", "viewer"))
    at, manager, releaser = f"/admin/nonconformities/{found}", line.client, line.plant.client("releaser")
    refused = await manager.post(f"{at}/dispositions", data={"kind": "rework", "quantity": "2000", "reason": "打磨"})
    assert refused.status_code in (409, 422)
    assert 'id="propose-quantity-error"' in refused.text
    assert 'value="打磨"' in refused.text
    made = await manager.post(f"{at}/dispositions", data={"kind": "return", "reason": "退供应商"})
    assert 'id="propose-kind-error"' in made.text, "no supplier to return to"
    assert (await manager.post(f"{at}/dispositions", data={"kind": "rework", "reason": "打磨"})).status_code == 303
    html = await page(line, f"/nonconformities/{found}")
    disposition = re.search(r"/admin/dispositions/([\w-]+)/sign", html)
    assert disposition
    act = f"/admin/dispositions/{disposition[1]}"
    wrong = await releaser.post(f"{act}/sign", data={"decision": "approve", "remark": "可以", "password": "nope"})
    assert (wrong.status_code, 'value="可以"' in wrong.text, "password-error" in wrong.text) == (403, True, True)
    signed = await releaser.post(f"{act}/sign", data={"decision": "approve", "password": PASSWORD})
    assert signed.status_code == 303
    assert "已批准" in shown(await page(line, f"/nonconformities/{found}"))
    assert (await manager.post(f"{act}/carry-out", data={"lot_no": "FX-1"})).status_code == 303
    assert "FX-1" in shown(await page(line, f"/nonconformities/{found}"))
    early = await releaser.post(f"{at}/close", data={"remark": "完"})
    assert early.status_code == 409
    assert "尚未重新检验合格" in shown(early.text)
    made_lot = re.findall(r'href="/admin/lots/([\w-]+)">FX-1', await page(line, f"/nonconformities/{found}"))[0]
    await line.form()
    await line.record(lot_id=made_lot, values=PASS)
    assert (await releaser.post(f"{at}/close", data={"remark": "完"})).status_code == 303
    assert "已关闭" in shown(await page(line, "/nonconformities?state=closed"))


async def test_a_sheet_is_issued_listed_and_downloaded(line: Line) -> None:
    await line.form()
    lot = await line.lot("finished")
    at = f"/admin/lots/{lot}/documents"
    early = await line.client.post(at, data={"kind": "test_report", "language": "en"})
    assert (early.status_code, 'id="kind-error"' in early.text) == (409, True)
    assert '<option value="en" selected>' in early.text
    await line.record(lot_id=lot, values=PASS)
    signed = {"lot_ids": [lot], "password": PASSWORD}
    await line.post("releases", signed, client=line.plant.client("releaser"))
    assert (await line.client.post(at, data={"kind": "test_report"})).status_code == 303
    html = await page(line, f"/lots/{lot}", "viewer")
    assert "出厂检验报告" in shown(html)
    link = re.search(r'href="(/admin/documents/[\w-]+/content.pdf)"', html)
    assert link
    file = await line.plant.client("viewer").get(link[1])
    assert (file.status_code, file.content[:5]) == (200, b"%PDF-")
    assert file.headers["content-disposition"].startswith("attachment")
