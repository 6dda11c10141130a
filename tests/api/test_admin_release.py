"""Promise: a lot's page shows what is missing before what is unusual, keeps the release button grey with the reason in
words while something mandatory is open, and signs, asks and answers as the API does, keeping what was typed."""

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


async def page(line: Line, path: str, role: str = "releaser") -> str:
    answer = await line.plant.client(role).get(f"/admin/{path}")
    assert answer.status_code == 200, answer.text
    return answer.text


async def test_those_that_wait_are_listed_with_what_they_lack(line: Line) -> None:
    await line.plan("receipt", await line.form())
    lot = await line.lot()
    html = await page(line, "releases")
    assert "待放行 1 批" in shown(html)
    assert "缺 2 项" in shown(html)
    assert f"/admin/lots/{lot}#review" in html
    assert "没有" in shown(await page(line, "releases?kind=finished"))
    assert "Waiting: 1" in (await line.plant.client("viewer", Accept_Language="en").get("/admin/releases")).text


async def test_the_button_is_grey_in_words_until_nothing_mandatory_is_open(line: Line) -> None:
    await line.plan("receipt", await line.form(), name="进货检验")
    lot = await line.lot()
    html = await page(line, f"lots/{lot}")
    assert "还不能放行：有 1 项必须先完成" in shown(html)
    assert "「进货检验」待检" in shown(html)
    assert f"/admin/lots/{lot}/release" not in html
    await line.record(lot_id=lot, values=PASS)
    html = await page(line, f"lots/{lot}")
    assert "1 条记录正常" in shown(html)
    assert "资料齐全" in shown(html)
    client = line.plant.client("releaser")
    wrong = await client.post(f"/admin/lots/{lot}/release", data={"remark": "看过", "password": "nope"})
    assert wrong.status_code == 403
    assert 'value="看过"' in wrong.text
    assert 'id="password-error"' in wrong.text
    done = await client.post(f"/admin/lots/{lot}/release", data={"remark": "看过", "password": PASSWORD})
    assert done.status_code == 303
    text = shown(await page(line, f"lots/{lot}"))
    assert re.search(r"合格证号 HG\d{4}-000001", text)
    assert "签字时 1 条记录全部正常" in text


async def test_who_inspected_is_told_that_another_signs(line: Line) -> None:
    await line.form()
    lot = await line.lot()
    await line.record(lot_id=lot, values=PASS)
    html = await page(line, f"lots/{lot}", "quality_manager")
    assert "本批的检验由您本人完成" in shown(html)
    assert f"/admin/lots/{lot}/release" not in html


async def test_an_urgent_release_is_asked_for_and_answered_by_another(line: Line) -> None:
    await line.plan("receipt", await line.form())
    lot = await line.lot()
    asking, signing = line.plant.client("operator"), line.plant.client("releaser")
    ask, decide = f"/admin/lots/{lot}/urgent", f"/admin/lots/{lot}/urgent/decision"
    blank = await asking.post(ask, data={"reason": " "})
    assert (blank.status_code, 'id="reason-error"' in blank.text) == (422, True)
    assert (await asking.post(ask, data={"reason": "客户停线"})).status_code == 303
    assert "客户停线" in shown(await page(line, "releases"))
    assert "紧急放行待批 客户停线" in shown(await page(line, f"lots/{lot}"))
    wrong = await signing.post(decide, data={"approve": "true", "remark": "准", "password": "nope"})
    assert (wrong.status_code, 'value="准"' in wrong.text) == (403, True)
    done = await signing.post(decide, data={"approve": "true", "remark": "准", "password": PASSWORD})
    assert done.status_code == 303
    text = shown(await page(line, f"lots/{lot}"))
    assert "本批已紧急放行，结果齐全后请补签放行" in text
    assert "签字时：缺" in text


async def test_the_authority_reads_and_signs_nothing(line: Line) -> None:
    lot = await line.lot()
    html = await page(line, f"lots/{lot}?as=authority", "quality_manager")
    assert "放行审核" in shown(html)
    assert f"/admin/lots/{lot}/release" not in html
