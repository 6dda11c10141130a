"""Promise: an unknown code whose label names a product that is published says whose it is, where the official code stands and how to report;
where nothing is published, or two could be meant, it says no more than of any unknown code."""

from uuid import UUID, uuid4

import pytest

from server.core import db
from server.core.scope import Scope
from tests.fixtures.api import Api, Plant
from tests.fixtures.publication import publication
from tests.fixtures.scans import CodedLot, coded_lot, put_publication
from tests.phones.test_complaints import a_gtin

pytestmark = pytest.mark.usefixtures("fresh_limits")
PLACE = "瓶身背面右下角"


async def a_pack(api: Api, *, published: bool = True, place: str | None = PLACE) -> tuple[Plant, CodedLot, str]:
    plant, gtin = await api.plant(), a_gtin()
    lot = await coded_lot(api.settings, plant.tenant_id)
    async with db.transaction(Scope.tenant(plant.tenant_id)):
        await db.execute(
            "UPDATE product SET gtin = $2, name_en = 'Pure milk' WHERE tenant_id = $1", plant.tenant_id, gtin
        )
        if place:
            await db.execute(
                "INSERT INTO page_content (tenant_id, id, product_id, audience, version, content, author_name, used_from)"
                " VALUES ($1, $2, $3, 'consumer', 1, $4::jsonb, 'test', now())",
                plant.tenant_id, uuid4(), lot.product_id, db.dumps({"pack": {"code_place": place}}),
            )  # fmt: skip
    if published:
        await put_publication(plant.tenant_id, lot.lot_id, publication())
    return plant, lot, gtin


def lot_no(lot_id: UUID) -> str:
    return f"L{lot_id.hex[-8:]}"


async def test_it_says_where_the_official_code_is_and_how_to_report(api: Api) -> None:
    plant, lot, gtin = await a_pack(api)
    for address in (f"/01/{gtin}/21/FAKE0001", f"/01/{gtin}/10/NOLOT1", f"/t/{lot_no(lot.lot_id)}"):
        page = await api.anonymous.get(address)
        assert "查无此码" in page.text, address
        assert PLACE in page.text, address
        assert plant.name in page.text
        assert 'href="?report"' in page.text
        report = await api.anonymous.get(f"{address}?report")
        assert report.status_code == 303
        assert "/report?" in report.headers["location"]
    english = await api.anonymous.get(f"/01/{gtin}/21/FAKE0001", headers={"Accept-Language": "en"})
    assert "Pure milk" in english.text
    answer = (
        await api.anonymous.get("/api/v1/public/codes", params={"url": f"https://x.example/01/{gtin}/21/FAKE0001"})
    ).json()
    assert (answer["status"], answer["product"]["code_place"]) == ("unknown", PLACE)


async def test_what_nobody_was_shown_is_not_told(api: Api) -> None:
    plain = (await api.anonymous.get("/t/NOSUCHCODE")).text
    _, lot, gtin = await a_pack(api, published=False)
    for address in (f"/01/{gtin}/21/FAKE0001", f"/t/{lot_no(lot.lot_id)}"):
        assert (await api.anonymous.get(address)).text == plain
    _, _, gtin = await a_pack(api, place=None)
    assert "请在包装上找企业签发的追溯码" in (await api.anonymous.get(f"/01/{gtin}/21/FAKE0001")).text
    other, second, _ = await a_pack(api)
    async with db.transaction(Scope.tenant(other.tenant_id)):
        await db.execute(
            "UPDATE product SET gtin = $2 WHERE tenant_id = $1 AND id = $3", other.tenant_id, gtin, second.product_id
        )
    assert (await api.anonymous.get(f"/01/{gtin}/21/FAKE0001")).text == plain


async def test_asking_so_is_limited_like_any_unknown_code(api: Api) -> None:
    _, _, gtin = await a_pack(api)
    statuses = [(await api.anonymous.get(f"/01/{gtin}/21/FAKE{n:04d}")).status_code for n in range(80)]
    assert 429 in statuses
