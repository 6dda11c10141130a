"""Promise: an admin sets up terminals, hands out badges and invitations, each shown once, and takes them back; a quality manager
sees what is unusual about a day's entries and settles, with a reason, which of two bodies of one entry was found."""

import re
from html import unescape

import pytest

from tests.fixtures.api import Api
from tests.fixtures.inspections import FAIL, Line, make_line
from tests.fixtures.inspector import Phone, records, version_of


def shown(html: str) -> str:
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", html.split("<main")[1])).split())


def secret(html: str) -> str:
    found = re.search(r'<p class="code secret">([^<]+)</p>', html)
    assert found
    return unescape(found[1])


@pytest.fixture
async def line(api: Api) -> Line:
    return await make_line(api)


async def test_a_terminal_and_a_badge_are_shown_once_and_taken_back(api: Api, line: Line) -> None:
    admin = line.plant.client("enterprise_admin")
    assert "还没有终端" in shown((await admin.get("/admin/phones")).text)
    made = await admin.post("/admin/phones/terminals", data={"name": "灌装线", "place_id": line.ids["line"]})
    code = secret(made.text)
    page = (await admin.get("/admin/phones")).text
    assert "待登记" in shown(page)
    assert code not in page
    assert (await api.anonymous.post("/api/v1/auth/terminals", json={"code": code})).status_code == 200
    assert "已登记" in shown((await admin.get("/admin/phones")).text)
    person = str(line.plant.person("inspector").user_id)
    easy = await admin.post("/admin/phones/badges", data={"user_id": person, "pin": "123456"})
    assert (easy.status_code, 'id="pin-error"' in easy.text) == (422, True)
    badge = secret((await admin.post("/admin/phones/badges", data={"user_id": person, "pin": "802714"})).text)
    assert badge.startswith("QB")
    page = (await admin.get("/admin/phones")).text
    for path in re.findall(r'action="(/admin/phones/\w+/[\w-]+/revoke)"', page):
        assert (await admin.post(path)).status_code == 303
    assert "还没有发放工牌" in shown((await admin.get("/admin/phones")).text)
    assert (await admin.post(f"/admin/phones/nothing/{person}/revoke")).status_code == 404


async def test_an_invitation_is_shown_once_with_its_symbol_and_taken_back(line: Line) -> None:
    admin, user_id = line.plant.client("enterprise_admin"), line.plant.person("inspector").user_id
    path = f"/admin/users/{user_id}/identities"
    assert path in (await admin.get(f"/admin/users/{user_id}")).text
    made = await admin.post(path)
    assert "/phone/#invitation=" in secret(made.text)
    assert "data:image/svg+xml" in made.text
    revoke = re.search(r'action="(/admin/users/[\w-]+/invitations/[\w-]+/revoke)"', (await admin.get(path)).text)
    assert revoke
    assert (await admin.post(revoke[1])).status_code == 303
    assert "/invitations/" not in (await admin.get(path)).text


async def test_which_of_two_bodies_was_found_is_settled_side_by_side(line: Line) -> None:
    phone = Phone(line.plant.client("inspector"), await version_of(line, await line.form()))
    first = phone.entry(lot_id=await line.lot(), typed_later=True)
    await phone.send(first)
    await phone.send(first | {"values": FAIL})
    manager = line.plant.client("quality_manager")
    assert "1 条手机记录内容冲突" in shown((await manager.get("/admin")).text)
    page = (await manager.get("/admin/phone-entries")).text
    text = shown(page)
    assert "待处理" in text
    assert "事后看照片录入" in text
    (action,) = re.findall(r'action="(/admin/phone-entries/[\w-]+/resolution)"', page)
    nothing_said = await manager.post(action, data={"resolution": "correct"})
    assert nothing_said.status_code == 422
    done = await manager.post(action, data={"resolution": "correct", "reason": "复看后确认"})
    assert done.status_code == 303
    assert "复看后确认" in shown((await manager.get("/admin/phone-entries")).text)
    assert [row["verdict"] for row in await records(line)] == ["pass", "fail"]
    yesterday = await manager.get("/admin/phone-entries", params={"day": "2020-01-01"})
    assert "当日没有异常迹象" in shown(yesterday.text)
