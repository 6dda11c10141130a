"""Promise: a lot's pages without a code count no scan; a device that scanned a code before is recognised by that code's own
cookie, which no other code's page ever sees."""

import re
from datetime import UTC, datetime, timedelta

import pytest

from server.core.ids import new_id
from tests.fixtures.api import Api
from tests.fixtures.publication import food, publication
from tests.fixtures.scans import coded_lot, put_publication, stored

NEXT_YEAR = datetime.now(UTC) + timedelta(days=365)


async def test_label_story_and_checks_have_addresses_that_count_nothing(api: Api) -> None:
    plant = await api.plant()
    lot = await coded_lot(api.settings, plant.tenant_id)
    await put_publication(plant.tenant_id, lot.lot_id, food(), expires_at=NEXT_YEAR)
    page = (await api.anonymous.get(f"/t/{lot.codes[0]}")).text
    assert "数字标签" in page
    for tab, words in (("label", "致敏物质提示"), ("story", "草原上的一瓶奶"), ("genuine", "瓶身背标左下角")):
        answer = await api.anonymous.get(f"/lots/{lot.lot_id}/{tab}")
        assert answer.status_code == 200
        assert words in answer.text
        assert answer.headers["cache-control"] == "no-store"
        assert "set-cookie" not in answer.headers
        assert not any(code[-4:] in answer.text for code in lot.codes)
    row = await stored(lot.codes[0], plant.tenant_id)
    assert (row["scan_count"], row["scans"]) == (1, 1)


async def test_the_next_version_is_seen_at_once(api: Api) -> None:
    plant = await api.plant()
    lot = await coded_lot(api.settings, plant.tenant_id)
    await put_publication(plant.tenant_id, lot.lot_id, food())
    assert "二十六年" in (await api.anonymous.get(f"/lots/{lot.lot_id}/story")).text
    changed = food()
    changed["page"]["story"]["text"] = "二十七年。"
    await put_publication(plant.tenant_id, lot.lot_id, changed, version=2)
    assert "二十七年" in (await api.anonymous.get(f"/lots/{lot.lot_id}/story")).text


async def test_what_does_not_exist_says_so_in_words(api: Api) -> None:
    plant = await api.plant()
    lot = await coded_lot(api.settings, plant.tenant_id)
    for path in (f"{lot.lot_id}/story", f"{lot.lot_id}/label", f"{new_id()}/story", "nothing/label", f"{lot.lot_id}/x"):
        answer = await api.anonymous.get(f"/lots/{path}")
        assert answer.status_code == 404
        assert "没有这个页面" in answer.text
    for lot_id in (lot.lot_id, new_id()):
        assert (await api.anonymous.get(f"/lots/{lot_id}/genuine")).status_code == 200


async def test_a_device_is_recognised_at_its_own_codes_only(api: Api) -> None:
    plant = await api.plant()
    lot = await coded_lot(api.settings, plant.tenant_id, count=2)
    await put_publication(plant.tenant_id, lot.lot_id, publication(), expires_at=NEXT_YEAR)
    phone, other = api.client(), api.client()
    first = await phone.get(f"/t/{lot.codes[0]}")
    cookie = first.headers["set-cookie"]
    assert re.fullmatch(rf"own=1; Max-Age=15552000; HttpOnly; SameSite=Lax; Path=/t/{lot.codes[0]}", cookie)
    assert "如果首次查询不是您本人" in first.text
    second = await phone.get(f"/t/{lot.codes[0]}")
    assert "以前的查询都来自这台设备" in second.text
    assert second.headers["set-cookie"].startswith("own=2;")
    assert "如果首次查询不是您本人" in (await other.get(f"/t/{lot.codes[0]}")).text
    fourth = await phone.get(f"/t/{lot.codes[0]}")
    assert "其中 2 次是这台设备查的" in fourth.text
    assert "如果首次查询不是您本人" in (await phone.get(f"/t/{lot.codes[1]}")).text


@pytest.mark.parametrize("cookie", ["own=0", "own=-1", "own=9999999", "own=abc", "nown=3", "x=1; y=own=3"])
async def test_a_cookie_that_is_not_ours_says_nothing(api: Api, cookie: str) -> None:
    plant = await api.plant()
    lot = await coded_lot(api.settings, plant.tenant_id)
    page = await api.anonymous.get(f"/t/{lot.codes[0]}", headers={"Cookie": cookie})
    assert page.headers["set-cookie"].startswith("own=1;")
    assert "这台设备" not in page.text


async def test_what_counts_nothing_remembers_nothing(api: Api) -> None:
    plant = await api.plant()
    lot = await coded_lot(api.settings, plant.tenant_id)
    for headers in ({"Purpose": "prefetch"}, {"User-Agent": "WhatsApp/2.23"}):
        assert "set-cookie" not in (await api.anonymous.get(f"/t/{lot.codes[0]}", headers=headers)).headers
    assert "set-cookie" not in (await api.anonymous.head(f"/t/{lot.codes[0]}")).headers
    assert "set-cookie" not in (await api.anonymous.get(f"/api/v1/public/codes/{lot.codes[0]}")).headers


async def test_the_json_says_what_the_page_says(api: Api) -> None:
    plant = await api.plant()
    lot = await coded_lot(api.settings, plant.tenant_id)
    await put_publication(plant.tenant_id, lot.lot_id, food(), expires_at=NEXT_YEAR)
    answer = (await api.anonymous.get(f"/api/v1/public/codes/{lot.codes[0]}")).json()
    page = answer["publication"]["page"]
    assert (page["digital_label"], page["story"]["title"]) == (True, "草原上的一瓶奶")
    assert page["pack"]["code_place"] == "瓶身背标左下角"
    label = answer["digital_label"]
    assert [item["name"] for item in label["items"][:3]] == ["食品名称", "配料", "致敏物质提示"]
    assert label["nutrition"]["rows"][0] == {"name": "能量", "amount": "276 kJ", "share": "3%"}
    assert len(answer["checked"]) == 5
    assert len(answer["not_checked"]) == 3
    assert answer["official_host"] == "q.example.com"
    bare = await coded_lot(api.settings, plant.tenant_id)
    before = (await api.anonymous.get(f"/api/v1/public/codes/{bare.codes[0]}")).json()
    assert len(before["checked"]) == 2  # nothing is published: neither release nor dates were looked at
    unknown = (await api.anonymous.get("/api/v1/public/codes/NOSUCHCODE")).json()
    assert (unknown["checked"], unknown["official_host"]) == ([], None)


async def test_static_files_are_packed_and_kept(api: Api) -> None:
    page = (await api.anonymous.get("/lots/nothing/label")).text
    (address,) = re.findall(r'href="(/static/consumer/scan\.css\?v=[0-9a-f]+)"', page)
    packed = await api.anonymous.get(address, headers={"Accept-Encoding": "gzip, br"})
    assert packed.headers["content-encoding"] == "gzip"
    assert "immutable" in packed.headers["cache-control"]
    assert packed.headers["vary"] == "Accept-Encoding"
    assert int(packed.headers["content-length"]) < 4_000
    for accepted in ("identity", "gzip;q=0"):
        bare = await api.anonymous.get(address, headers={"Accept-Encoding": accepted})
        assert "content-encoding" not in bare.headers
        assert bare.content == packed.content
    for tag in (packed.headers["etag"], f'"x", W/{packed.headers["etag"]}', "*"):
        again = await api.anonymous.get(address, headers={"Accept-Encoding": "gzip", "If-None-Match": tag})
        assert (again.status_code, again.content) == (304, b"")
        assert "immutable" in again.headers["cache-control"]
    other = await api.anonymous.get(address, headers={"Accept-Encoding": "gzip", "If-None-Match": bare.headers["etag"]})
    assert other.status_code == 200
