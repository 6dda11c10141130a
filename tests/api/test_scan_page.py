"""Promise: a scan answers what the code is, counts itself exactly once, and previews count nothing."""

from datetime import UTC, datetime, timedelta

from tests.fixtures.api import Api
from tests.fixtures.publication import publication
from tests.fixtures.scans import (
    ACTIVE,
    LOST,
    PRINTED,
    RETURNED,
    SHIPPED,
    VOIDED,
    coded_lot,
    mint_codes,
    put_publication,
    stored,
)

TOMORROW = datetime.now(UTC) + timedelta(days=1)
YESTERDAY = datetime.now(UTC) - timedelta(days=1)


async def answer_of(api: Api, code: str) -> dict[str, object]:
    answer = await api.anonymous.get(f"/api/v1/public/codes/{code}")
    assert answer.status_code == 200
    assert answer.headers["cache-control"] == "no-store"
    return dict(answer.json())


async def test_the_page_of_a_published_item_shows_what_was_published_and_counts(api: Api) -> None:
    plant = await api.plant()
    lot = await coded_lot(api.settings, plant.tenant_id)
    await put_publication(plant.tenant_id, lot.lot_id, publication(), expires_at=TOMORROW)
    for times in (1, 2, 3):
        page = await api.anonymous.get(f"/t/{lot.codes[0]}")
        assert page.status_code == 200
        assert page.headers["content-type"] == "text/html; charset=utf-8"
        assert page.headers["cache-control"] == "no-store"
        assert "default-src 'none'" in page.headers["content-security-policy"]
        assert "<script" not in page.text
        assert len(page.content) <= 100_000
        assert "青禾牧场纯牛奶" in page.text
        assert f"第 {times} 次查询" in page.text
        assert lot.codes[0][-4:] in page.text
        assert lot.codes[0] not in page.text
    row = await stored(lot.codes[0], plant.tenant_id)
    assert (row["scan_count"], row["scans"]) == (3, 3)


async def test_english_by_accept_language(api: Api) -> None:
    plant = await api.plant()
    lot = await coded_lot(api.settings, plant.tenant_id)
    page = await api.anonymous.get(f"/t/{lot.codes[0]}", headers={"Accept-Language": "en-GB,en;q=0.8"})
    assert 'lang="en"' in page.text
    assert page.headers["vary"] == "Accept-Language"
    assert 'lang="zh-CN"' in (await api.anonymous.get(f"/t/{lot.codes[0]}")).text


async def test_json_counts_and_keeps_the_first_scan(api: Api) -> None:
    plant = await api.plant()
    lot = await coded_lot(api.settings, plant.tenant_id, state=SHIPPED)
    await put_publication(plant.tenant_id, lot.lot_id, publication())
    first = await answer_of(api, lot.codes[1])
    second = await answer_of(api, lot.codes[1])
    assert (first["kind"], first["status"], first["scan_count"]) == ("item", "genuine", 1)
    assert second["scan_count"] == 2
    assert first["first_scanned_at"] == second["first_scanned_at"] is not None


async def test_json_says_what_the_page_says(api: Api) -> None:
    plant = await api.plant()
    lot = await coded_lot(api.settings, plant.tenant_id, state=SHIPPED, expires_at=TOMORROW)
    await put_publication(plant.tenant_id, lot.lot_id, publication())
    answer = await answer_of(api, lot.codes[0])
    page = (await api.anonymous.get(f"/t/{lot.codes[0]}")).text
    beside = (await api.anonymous.get(f"/lots/{lot.lot_id}/genuine")).text
    assert answer["tail"] == lot.codes[0][-4:]
    assert answer["tail"] in page
    said = [line for line in answer["notes"] if "首次查询不是" not in line]  # below the count it speaks of this device
    assert said
    assert [line for line in said if line not in page] == []
    assert [
        line for line in (*answer["compare"], *answer["about_site"], *answer["checked"]) if line not in beside
    ] == []
    order = [page.index(f'id="{block}"') for block in answer["blocks"] if f'id="{block}"' in page]
    assert order == sorted(order)
    assert len(order) > 2
    unknown = (await api.anonymous.get("/api/v1/public/codes/NOBODY-KNOWS-THIS")).json()
    assert (unknown["notes"], unknown["blocks"], unknown["tail"]) == ([], [], None)


async def test_every_state_has_its_status(api: Api) -> None:
    plant = await api.plant()
    for state, lot_state, expires_at, status, reason in (
        (ACTIVE, "released", TOMORROW, "genuine", None),
        (ACTIVE, "released", YESTERDAY, "expired", None),
        (PRINTED, "released", YESTERDAY, "inactive", None),
        (VOIDED, "released", YESTERDAY, "voided", "voided"),
        (LOST, "released", None, "voided", "lost"),
        (RETURNED, "released", None, "voided", "returned"),
    ):
        lot = await coded_lot(api.settings, plant.tenant_id, state=state, lot_state=lot_state, expires_at=expires_at)
        answer = await answer_of(api, lot.codes[0])
        assert (answer["status"], answer["reason"]) == (status, reason)
        page = await api.anonymous.get(f"/t/{lot.codes[0]}")
        assert page.status_code == 200


async def test_before_publishing_product_and_lot_are_named_and_the_data_said_to_be_unpublished(api: Api) -> None:
    plant = await api.plant()
    lot = await coded_lot(api.settings, plant.tenant_id, expires_at=TOMORROW)
    page = await api.anonymous.get(f"/t/{lot.codes[0]}")
    assert "纯牛奶" in page.text
    assert f"L{lot.lot_id.hex[-8:]}" in page.text
    assert "质量数据尚未公示" in page.text


async def test_a_lot_code_speaks_for_the_lot_alone(api: Api) -> None:
    plant = await api.plant()
    lot = await coded_lot(api.settings, plant.tenant_id, kind=2, count=1)
    answer = await answer_of(api, lot.codes[0])
    assert (answer["kind"], answer["status"], answer["first_scanned_at"]) == ("lot", "lot_released", None)
    assert answer["scan_count"] == 1
    page = await api.anonymous.get(f"/t/{lot.codes[0]}")
    assert "首次查询" not in page.text
    assert "正品" not in page.text
    pending = await coded_lot(api.settings, plant.tenant_id, kind=2, count=1, lot_state="pending")
    assert (await answer_of(api, pending.codes[0]))["status"] == "inactive"


async def test_internal_codes_tell_the_public_whose_they_are_and_are_not_counted(api: Api) -> None:
    plant = await api.plant()
    lot = await coded_lot(api.settings, plant.tenant_id, kind=3, count=1)
    answer = await answer_of(api, lot.codes[0])
    assert (answer["status"], answer["publication"], answer["scan_count"]) == ("internal", None, 0)
    assert plant.name in answer["explain"]
    row = await stored(lot.codes[0], plant.tenant_id)
    assert (row["scan_count"], row["scans"]) == (0, 0)


async def test_previews_and_prefetches_see_the_page_and_count_nothing(api: Api) -> None:
    plant = await api.plant()
    lot = await coded_lot(api.settings, plant.tenant_id)
    path = f"/t/{lot.codes[0]}"
    await api.anonymous.get(path)
    head = await api.anonymous.head(path)
    assert head.status_code == 200
    assert head.content == b""
    assert int(head.headers["content-length"]) > 1000
    for headers in (
        {"Purpose": "prefetch"}, {"Sec-Purpose": "prefetch;prerender"}, {"X-Moz": "prefetch"}, {"X-Purpose": "preview"},
        {"User-Agent": "Mozilla/5.0 (compatible; Baiduspider/2.0)"}, {"User-Agent": "WhatsApp/2.23"},
    ):  # fmt: skip
        page = await api.anonymous.get(path, headers=headers)
        assert "第 1 次查询" in page.text
    row = await stored(lot.codes[0], plant.tenant_id)
    assert (row["scan_count"], row["scans"]) == (1, 1)


async def test_the_same_code_in_every_address_it_may_be_printed_as(api: Api) -> None:
    plant = await api.plant()
    lot = await coded_lot(api.settings, plant.tenant_id)
    code = lot.codes[0]
    for address in (
        f"/t/{code}", f"/t/{code.lower()}", f"/t/plant-7/{code}", f"/01/06901234567892/21/{code}",
        f"/01/06901234567892/10/L{lot.lot_id.hex[-8:]}/21/{code}",
    ):  # fmt: skip
        assert "纯牛奶" in (await api.anonymous.get(address)).text, address
    whole = f"https://elsewhere.example/01/06901234567892/10/L{lot.lot_id.hex[-8:]}/21/{code}"
    for path in ("/api/v1/public/codes", f"/api/v1/public/codes/{code}", "/api/v1/public/codes/-"):
        answer = await api.anonymous.get(path, params={"url": whole})
        assert answer.json()["status"] == "genuine", path
    assert (await stored(code, plant.tenant_id))["scan_count"] == 8


async def test_typing_slip_and_unknown_have_pages_of_their_own(api: Api) -> None:
    code = mint_codes(api.settings, 1)[0]
    slip = code[:-1] + ("A" if code[-1] != "A" else "B")
    assert (await answer_of(api, slip))["status"] == "typing_slip"
    unknown = await answer_of(api, code)
    assert unknown == {**unknown, "kind": None, "status": "unknown", "scan_count": 0, "first_scanned_at": None}
    assert "查无此码" in (await api.anonymous.get(f"/t/{code}")).text
    assert "编码有误" in (await api.anonymous.get(f"/t/{slip}")).text


async def test_a_new_version_is_seen_by_the_next_scan(api: Api) -> None:
    plant = await api.plant()
    lot = await coded_lot(api.settings, plant.tenant_id)
    await put_publication(plant.tenant_id, lot.lot_id, {"product": {"name": "旧名称"}})
    assert "旧名称" in (await api.anonymous.get(f"/t/{lot.codes[0]}")).text
    await put_publication(plant.tenant_id, lot.lot_id, {"product": {"name": "新名称"}}, version=2)
    page = (await api.anonymous.get(f"/t/{lot.codes[0]}")).text
    assert "新名称" in page
    assert "旧名称" not in page
