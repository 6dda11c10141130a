"""Promise: anybody reports a problem without an account or a script; it reaches the enterprise whose product it is with code and lot,
else the platform; who sent it sees the answer with an unguessable ticket and nothing else; photos keep nothing but the picture, contacts
are sealed and erased, places are cities; floods are held back, also while Valkey is away."""

import asyncio
import io
from types import SimpleNamespace
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import httpx
import pytest
from PIL import Image

from miniprogram_api.consumer.service.frame import stray_service
from server.core import db
from server.core.scope import Scope
from server.domains.scans.complaints.tickets import digest_of, ticket_of
from tests.fixtures.api import Api, Plant
from tests.fixtures.cluster import Database
from tests.fixtures.scans import CodedLot, coded_lot
from workers import scheduler

PHONE = "13800138000"
pytestmark = pytest.mark.usefixtures("fresh_limits")


def photo(colour: str = "red", *, located: bool = False) -> bytes:
    picture, out = Image.new("RGB", (60, 40), colour), io.BytesIO()
    exif = Image.Exif()
    if located:
        exif.get_ifd(0x8825)[2] = (30.0, 15.0, 0.0)  # latitude
        exif[0x010F] = "SecretCamera"
    picture.save(out, "JPEG", exif=exif)
    return out.getvalue()


def a_gtin() -> str:
    body = f"0691{uuid4().int % 10**9:09d}"
    return body + str(-sum(int(digit) * (3, 1)[at % 2] for at, digit in enumerate(body)) % 10)


async def lot_of(api: Api, plant: Plant) -> CodedLot:
    return await coded_lot(api.settings, plant.tenant_id)


def said(**more: Any) -> dict[str, Any]:
    return {"entry_id": str(uuid4()), "topic": "package", "words": "盒子鼓包了", "source": "scan"} | more


async def send(api: Api, files: Any = None, **more: Any) -> httpx.Response:
    """As a browser without a script sends the form; each from an address of its own, as far as limits can tell."""
    form = said(**more)
    return await api.anonymous.post("/report", data=form, files=files or [("photos", ("", b""))])


async def ticket(api: Api, **more: Any) -> str:
    answer = await api.anonymous.post("/api/v1/public/complaints", json=said(**more))
    assert answer.status_code == 201, answer.text
    return str(answer.json()["ticket"])


async def test_cities_are_named_in_the_language_of_the_page(api: Api) -> None:
    english = {"Accept-Language": "en"}
    form = (await api.anonymous.get("/report", headers=english)).text
    chosen = form.partition('<select id="city"')[2].partition("</select>")[0]
    assert '<optgroup label="Zhejiang">' in chosen
    assert ">Hangzhou</option>" in chosen
    assert chosen.isascii() or not any("\u4e00" <= each <= "\u9fff" for each in chosen)
    for headers, name in (({}, "杭州市"), (english, "Hangzhou")):
        listed = (await api.anonymous.get("/api/v1/public/cities", headers=headers)).json()["items"]
        assert {each["code"]: each["name"] for each in listed}["330100"] == name


async def test_from_the_scan_page_to_the_answer_without_an_account(api: Api) -> None:
    plant = await api.plant()
    lot = await lot_of(api, plant)
    asked = await api.anonymous.get(f"/t/{lot.codes[0]}?report")
    assert asked.status_code == 303
    assert (await api.anonymous.get(f"/t/{lot.codes[0]}")).text.count(
        "第 1 次查询"
    ) == 1  # asking to report was no scan
    form = await api.anonymous.get(asked.headers["location"])
    assert lot.codes[0] in form.text
    assert form.headers["permissions-policy"].count("geolocation=(self)") == 1
    sent = await send(
        api, [("photos", ("a.jpg", photo(located=True), "image/jpeg")), ("photos", ("b.jpg", photo("blue"), "image/jpeg"))],
        code=lot.codes[0], contact=PHONE, city="330100",
    )  # fmt: skip
    assert sent.status_code == 303, sent.text
    page = await api.anonymous.get(sent.headers["location"])
    assert "已收到您的反映" in page.text
    assert "盒子鼓包了" in page.text
    assert PHONE not in page.text

    manager = plant.client("quality_manager")
    (found,) = (await manager.get("/api/v1/complaints", params={"state": "open"})).json()["items"]
    assert (found["code"], found["lot_id"], found["city"]) == (lot.codes[0], str(lot.lot_id), "浙江省 杭州市")
    assert PHONE not in str(found)
    (abroad,) = (await manager.get("/api/v1/complaints", headers={"Accept-Language": "en"})).json()["items"]
    assert abroad["city"] == "Hangzhou, Zhejiang"
    home = await manager.get("/admin")
    assert "待答复的消费者反映" in home.text
    answered = await manager.post(f"/api/v1/complaints/{found['id']}/answers", json={"words": "请到购买处换货。"})
    assert answered.status_code == 204
    page = await api.anonymous.get(sent.headers["location"].partition("?")[0])
    assert "请到购买处换货。" in page.text
    assert "企业已答复" in page.text
    closed = await manager.post(f"/api/v1/complaints/{found['id']}/close", json={"reason": "已换货，内部"})
    assert closed.status_code == 204
    page = await api.anonymous.get(sent.headers["location"].partition("?")[0])
    assert "已办结" in page.text
    assert "内部" not in page.text
    again = await manager.post(f"/api/v1/complaints/{found['id']}/answers", json={"words": "x"})
    assert again.status_code == 409


async def test_photos_hold_nothing_but_the_picture_and_lie_sealed(api: Api, database: Database) -> None:
    plant = await api.plant()
    lot = await lot_of(api, plant)
    located = photo(located=True)
    assert b"SecretCamera" in located
    sent = await send(api, [("photos", ("a.jpg", located, "image/jpeg"))], code=lot.codes[0])
    assert sent.status_code == 303
    manager = plant.client("quality_manager")
    (found,) = (await manager.get("/api/v1/complaints")).json()["items"]
    kept = await manager.get(f"/api/v1/complaints/{found['id']}/photos/1")
    assert kept.headers["content-type"] == "image/jpeg"
    with Image.open(io.BytesIO(kept.content)) as picture:
        assert picture.size == (60, 40)
        assert not picture.getexif()
    connection = await asyncpg.connect(database.superuser_dsn)
    sealed = await connection.fetchval("SELECT sealed FROM complaint_photo WHERE complaint_id = $1", UUID(found["id"]))
    await connection.close()
    assert b"\xff\xd8\xff" not in sealed[:200]
    for bad in (b"%PDF-1.4", b"GIF89a", b"\xff\xd8\xff broken", b"\x89PNG\r\n\x1a\n", b"<svg onload=x>"):
        refused = await send(api, [("photos", ("a.jpg", bad, "image/jpeg"))], code=lot.codes[0])
        assert refused.status_code == 422, bad
        assert "盒子鼓包了" in refused.text  # what was typed is still there
    four = [("photos", (f"{n}.jpg", photo(), "image/jpeg")) for n in range(4)]
    assert (await send(api, four, code=lot.codes[0])).status_code == 422
    assert len((await manager.get("/api/v1/complaints")).json()["items"]) == 1


async def test_a_mini_program_sends_photos_one_by_one(api: Api) -> None:
    plant = await api.plant()
    lot = await lot_of(api, plant)
    mine = await ticket(api, code=f"https://t.example.com/t/{lot.codes[0]}")
    for colour in ("red", "red", "blue", "green"):
        done = await api.anonymous.post(
            f"/api/v1/public/tickets/{mine}/photos", files={"file": ("a.jpg", photo(colour))}
        )
        assert done.status_code == 201, done.text
    full = await api.anonymous.post(f"/api/v1/public/tickets/{mine}/photos", files={"file": ("a.jpg", photo("black"))})
    assert (full.status_code, full.json()["code"]) == (409, "complaint_photos_full")
    shown = (await api.anonymous.get(f"/api/v1/public/tickets/{mine.lower().replace('-', '')}")).json()
    assert (shown["state"], shown["photos"], shown["company"]) == ("open", 3, plant.name)
    nobody = await api.anonymous.post(
        "/api/v1/public/tickets/AAAA-BBBB-CCCC-DDDD/photos", files={"file": ("a.jpg", photo())}
    )
    assert nobody.status_code == 404


async def test_the_same_report_sent_again_is_one_and_other_words_are_a_conflict(api: Api) -> None:
    plant = await api.plant()
    lot = await lot_of(api, plant)
    body = said(code=lot.codes[0])
    answers = await asyncio.gather(*(api.anonymous.post("/api/v1/public/complaints", json=body) for _ in range(5)))
    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.json()["ticket"] for answer in answers}) == 1
    other = await api.anonymous.post("/api/v1/public/complaints", json=body | {"words": "别的"})
    assert (other.status_code, other.json()["code"]) == (409, "complaint_entry_differs")
    assert len((await plant.client("quality_manager").get("/api/v1/complaints")).json()["items"]) == 1


async def test_it_goes_to_whose_it_is_else_to_the_platform_which_passes_it_on(api: Api) -> None:
    plant, gtin, mark = await api.plant(), a_gtin(), uuid4().hex[:8]
    lot = await lot_of(api, plant)
    async with db.transaction(Scope.tenant(plant.tenant_id)):
        await db.execute(
            "UPDATE product SET gtin = $2, name = $3 WHERE tenant_id = $1",
            plant.tenant_id,
            gtin,
            f"冰糕{mark}",
        )
    lot_no = f"L{lot.lot_id.hex[-8:]}"
    for about in (
        {"code": f"https://id.example/01/{gtin}/21/NOSUCH1"},  # unknown code of a product that is known
        {"product": gtin[1:]},
        {"product": f"冰糕{mark}", "lot": lot_no},
    ):
        await ticket(api, **about, words=str(about))
    mine = (await plant.client("quality_manager").get("/api/v1/complaints")).json()["items"]
    assert len(mine) == 3
    assert [each["lot_no"] for each in mine] == [lot_no, None, None]
    lost = await ticket(api, product="没听说过的东西", contact=PHONE, words="无主的反映")
    shown = (await api.anonymous.get(f"/api/v1/public/tickets/{lost}")).json()
    assert shown["company"] is None
    await api.anonymous.post(f"/api/v1/public/tickets/{lost}/photos", files={"file": ("a.jpg", photo())})
    platform = api.platform.client("platform_admin")
    items = (await platform.get("/api/v1/platform/complaints")).json()["items"]
    found = next(each for each in items if each["words"] == "无主的反映")
    assert len((await plant.client("quality_manager").get("/api/v1/complaints")).json()["items"]) == 3
    done = await platform.post(
        f"/api/v1/platform/complaints/{found['id']}/pass-on", json={"tenant_id": str(plant.tenant_id)}
    )
    assert done.status_code == 204, done.text
    manager = plant.client("quality_manager")
    assert (await manager.get(f"/api/v1/complaints/{found['id']}/photos/1")).status_code == 200
    assert (await manager.get(f"/api/v1/complaints/{found['id']}/contact")).json() == {"contact": PHONE}
    assert (await platform.get(f"/api/v1/platform/complaints/{found['id']}")).status_code == 404
    shown = (await api.anonymous.get(f"/api/v1/public/tickets/{lost}")).json()
    assert shown["company"] == plant.name


async def test_contacts_are_sealed_their_reading_is_recorded_and_they_are_erased(api: Api, database: Database) -> None:
    plant = await api.plant()
    lot = await lot_of(api, plant)
    await ticket(api, code=lot.codes[0], contact=PHONE)
    manager = plant.client("quality_manager")
    (found,) = (await manager.get("/api/v1/complaints")).json()["items"]
    connection = await asyncpg.connect(database.superuser_dsn)
    row = await connection.fetchrow("SELECT * FROM complaint WHERE id = $1", UUID(found["id"]))
    assert PHONE.encode() not in row["contact"]
    assert PHONE not in str({name: value for name, value in row.items() if name != "contact"})
    assert (await manager.get(f"/api/v1/complaints/{found['id']}/contact")).json() == {"contact": PHONE}
    reads = "SELECT count(*) FROM audit_entry WHERE action = 'complaint.contact_read' AND object_id = $1"
    assert await connection.fetchval(reads, found["id"]) == 1
    assert (
        await connection.fetchval(
            "SELECT count(*) FROM audit_entry WHERE tenant_id = $1 AND (before::text || after::text) LIKE '%1380013%'",
            plant.tenant_id,
        )
        == 0
    )
    await connection.execute(
        "UPDATE complaint SET created_at = now() - interval '200 days' WHERE id = $1", UUID(found["id"])
    )
    await scheduler.erase_contacts(180)
    assert await connection.fetchval("SELECT contact FROM complaint WHERE id = $1", UUID(found["id"])) is None
    await connection.close()
    (found,) = (await manager.get("/api/v1/complaints")).json()["items"]
    assert found["contact_erased_at"]
    assert (await manager.get(f"/api/v1/complaints/{found['id']}/contact")).json() == {"contact": None}


async def test_strangers_and_colleagues_without_the_right_see_nothing(api: Api) -> None:
    plant, other = await api.plant(), await api.plant()
    lot = await lot_of(api, plant)
    await ticket(api, code=lot.codes[0])
    (found,) = (await plant.client("quality_manager").get("/api/v1/complaints")).json()["items"]
    for path in ("", "/photos/1", "/contact"):
        assert (await other.client("quality_manager").get(f"/api/v1/complaints/{found['id']}{path}")).status_code == 404
        assert (await plant.client("viewer").get(f"/api/v1/complaints/{found['id']}{path}")).status_code == 403


async def test_a_flood_is_held_back_and_looks_of_one_are_put_aside(api: Api) -> None:
    plant = await api.plant()
    lot = await lot_of(api, plant)
    assert (
        await send(api, code=lot.codes[0], website="http://x", words="一")
    ).status_code == 303  # the hidden field was filled in
    assert (await send(api, code=lot.codes[0], words="买一送一 http://a.example http://b.example")).status_code == 303
    assert (await send(api, code=lot.codes[0], words="包装破了")).status_code == 303
    assert (await send(api, code=lot.codes[0], words="包装破了")).status_code == 303  # the same words again
    manager = plant.client("quality_manager")
    assert len((await manager.get("/api/v1/complaints")).json()["items"]) == 1
    assert len((await manager.get("/api/v1/complaints", params={"doubtful": True})).json()["items"]) == 3
    statuses = [(await send(api, code=lot.codes[0], words=f"再来 {n}")).status_code for n in range(20)]
    assert 303 in statuses
    assert statuses[-1] == 429
    refused = await send(api, code=lot.codes[0])
    assert int(refused.headers["retry-after"]) > 0
    assert "没有提交成功" in refused.text


async def test_who_types_tickets_guesses_nothing(api: Api) -> None:
    statuses = [(await api.anonymous.get(f"/ticket/AAAA-BBBB-CCCC-{n:04d}")).status_code for n in range(80)]
    assert set(statuses) == {404, 429}
    assert (await api.anonymous.get("/ticket", params={"no": "abcd efgh"})).headers["location"] == "/ticket/abcd%20efgh"


def test_a_ticket_reads_as_typed_and_no_other() -> None:
    key, entry = b"k" * 32, uuid4()
    mine = ticket_of(key, entry)
    assert mine == ticket_of(key, entry)
    assert mine != ticket_of(b"x" * 32, entry)
    assert digest_of(mine) == digest_of(f" {mine.lower().replace('-', ' ')} ")
    assert digest_of(mine.replace("0", "o").replace("1", "l")) == digest_of(mine)
    assert digest_of("x" * 16 + "!") is None
    assert digest_of("") is None


@pytest.mark.parametrize(
    "more",
    [{"words": ""}, {"words": "x" * 2001}, {"topic": "love"}, {"city": "999999"}, {"words": "a\x00b"}, {"contact": "x" * 101}, {"more": 1},
     {"lot": "a\u202eb"}, {"entry_id": "1"}],
)  # fmt: skip
async def test_impossible_words_are_refused(api: Api, more: dict[str, Any]) -> None:
    answer = await api.anonymous.post("/api/v1/public/complaints", json=said(**more))
    assert answer.status_code == 422, answer.text


async def test_what_is_no_page_or_too_large_is_said_on_a_page_of_these(api: Api) -> None:
    html = {"Accept": "text/html"}
    stray = await api.anonymous.get("/ticket/a/b", headers=html)
    assert (stray.status_code, "没有这个页面" in stray.text) == (404, True)
    wrong = await api.anonymous.put("/report", headers=html)
    assert wrong.status_code == 405
    assert "反映问题" in wrong.text
    request: Any = SimpleNamespace(headers={"accept-language": "en"})
    refused = stray_service(request, 413)
    assert (refused.status, b"The photos are too large" in (refused.body or b"")) == (413, True)
