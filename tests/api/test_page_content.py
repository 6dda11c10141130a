"""Promise: what a page shows beside its facts is written in versions, tried on a real lot before it is published, and frozen
into each publication; nothing is published where product, lot and codes do not belong together."""

import io
from typing import Any
from uuid import UUID

import httpx
import pytest
from PIL import Image

from server.core import db
from server.core.ids import new_id
from server.domains.scans import identity, sources
from server.domains.scans.identity import IdentityBroken
from tests.api.test_publication import Dairy
from tests.fixtures.api import Api


def png(width: int, height: int) -> bytes:
    file = io.BytesIO()
    Image.new("RGB", (width, height), "#cde").save(file, "PNG")
    return file.getvalue()


PRINTED = {"lot_no": "QH-1", "product": "M1", "product_name": "纯牛奶"}


@pytest.fixture
async def dairy(api: Api) -> Dairy:
    plant = await api.plant()
    made = await Dairy(api, plant).make()
    await made.record("0.01")
    await made.release(made.lot)
    return made


async def picture(dairy: Dairy, plain: bytes | None = None) -> str:
    files = {"file": ("map.png", plain or png(40, 30), "image/png")}
    answer = await dairy.client.post("/api/v1/attachments", files=files)
    assert answer.status_code == 201, answer.text
    return str(answer.json()["id"])


async def draft(dairy: Dairy, **content: Any) -> dict[str, Any]:
    return await dairy.post(f"/api/v1/products/{dairy.product}/page-contents", content)


async def use(dairy: Dairy, page: dict[str, Any]) -> None:
    answer = await dairy.client.post(f"/api/v1/page-contents/{page['id']}/use")
    assert answer.status_code == 200, answer.text


async def published(dairy: Dairy) -> dict[str, Any]:
    answer = await dairy.publish()
    assert answer.status_code == 201, answer.text
    (newest, *_) = (await dairy.client.get(f"/api/v1/publications/{dairy.lot}")).json()["items"]
    found: dict[str, Any] = newest["content"]
    return found


async def test_a_version_is_a_draft_until_it_is_put_in_use_and_publications_keep_theirs(dairy: Dairy) -> None:
    first = await draft(dairy, origin={"text": "和林格尔"}, note="首次")
    assert (first["version"], first["used_from"]) == (1, None)
    assert "page" not in await published(dairy)
    await use(dairy, first)
    assert (await published(dairy))["page"]["origin"]["text"] == "和林格尔"
    second = await draft(dairy, origin={"text": "呼和浩特"}, blocks=["label", "origin"])
    page = (await published(dairy))["page"]
    assert (page["content_version"], page["origin"]["text"]) == (1, "和林格尔")
    await use(dairy, second)
    content = await published(dairy)
    assert content["page"]["blocks"] == ["label", "origin", "corrections"]
    assert not {"inspections", "materials", "producer", "reports"} & content.keys()
    assert content["product"]["name"] == "纯牛奶"
    listed = (await dairy.client.get(f"/api/v1/products/{dairy.product}/page-contents")).json()["items"]
    assert [(each["version"], each["in_use"]) for each in listed] == [(2, True), (1, False)]
    old = (await dairy.client.get(f"/api/v1/publications/{dairy.lot}")).json()["items"][1]
    assert old["content"]["page"]["origin"]["text"] == "和林格尔"


async def test_a_draft_is_tried_on_a_real_lot_and_stores_nothing(dairy: Dairy) -> None:
    page = await draft(dairy, digital_label=True, story={"title": "山里", "text": "好牛奶"})
    path = f"/api/v1/lots/{dairy.lot}/publish/preview"
    tried = (await dairy.client.get(path, params={"page_content_id": page["id"]})).json()["content"]
    assert tried["page"]["story"]["text"] == "好牛奶"
    assert "page" not in (await dairy.client.get(path)).json()["content"]
    other = await dairy.post("/api/v1/products", {"kind": "finished", "sku": "M2", "name": "酸奶", "unit": "kg"})
    foreign = (await dairy.post(f"/api/v1/products/{other['id']}/page-contents", {"note": "别的产品"}))["id"]
    assert (await dairy.client.get(path, params={"page_content_id": foreign})).status_code == 404


async def test_an_old_version_is_put_in_use_again_but_not_twice(dairy: Dairy) -> None:
    first, second = await draft(dairy, origin={"text": "一"}), await draft(dairy, origin={"text": "二"})
    for page in (first, second, first):
        await use(dairy, page)
    assert (await published(dairy))["page"]["content_version"] == 1
    again = await dairy.client.post(f"/api/v1/page-contents/{first['id']}/use")
    assert (again.status_code, again.json()["code"]) == (409, "page_content_in_use")


async def test_every_change_says_who_what_and_when(dairy: Dairy) -> None:
    page = await draft(dairy, pack={"code_place": "瓶底"}, note="码改到瓶底")
    await use(dairy, page)
    async with db.transaction(dairy.actor.scope()):
        rows = await db.fetch(
            "SELECT action, actor_name, after::text AS after FROM audit_entry WHERE tenant_id = $1 AND object_id = $2"
            " AND action LIKE 'page_content.%' ORDER BY id",
            dairy.actor.tenant, dairy.product,
        )  # fmt: skip
    assert [row["action"] for row in rows] == ["page_content.drafted", "page_content.put_in_use"]
    assert {row["actor_name"] for row in rows} == {dairy.actor.name}
    assert "码改到瓶底" in rows[0]["after"]


async def test_a_picture_is_public_once_it_is_published_and_not_before(api: Api, dairy: Dairy) -> None:
    origin = {"picture": {"attachment_id": await picture(dairy), "alt": "牧场地图"}, "text": "和林格尔"}
    await use(dairy, await draft(dairy, origin=origin))
    path = f"/api/v1/lots/{dairy.lot}/publish/preview"
    shown = (await dairy.client.get(path)).json()["content"]["page"]["origin"]["picture"]
    assert (shown["alt"], shown["width"], shown["height"]) == ("牧场地图", 40, 30)
    assert (await api.anonymous.get(shown["url"])).status_code == 404
    assert (await published(dairy))["page"]["origin"]["picture"] == shown
    answer = await api.anonymous.get(shown["url"])
    assert (answer.status_code, answer.content) == (200, png(40, 30))
    kept = await api.anonymous.get(shown["url"], headers={"If-None-Match": answer.headers["etag"]})
    assert (kept.status_code, kept.content) == (304, b"")


@pytest.mark.parametrize(
    ("content", "field", "code"),
    [
        ({"blocks": ["label", "label"]}, "body", "page_block_twice"),
        ({"digital_label": True, "blocks": ["producer"]}, "body", "page_label_hidden"),
        ({"origin": {"picture": {"attachment_id": str(new_id()), "alt": "图"}}}, "origin.picture", "page_picture_unknown"),
    ],
)  # fmt: skip
async def test_what_no_page_can_be_is_refused(dairy: Dairy, content: dict[str, Any], field: str, code: str) -> None:
    answer = await dairy.client.post(f"/api/v1/products/{dairy.product}/page-contents", json=content)
    assert answer.status_code == 422
    assert (field, code) in {(error["field"], error["code"]) for error in answer.json()["errors"]}


async def test_a_report_is_no_picture_and_the_same_again_is_no_version(dairy: Dairy) -> None:
    report = {"attachment_id": await picture(dairy, b"%PDF-1.7 report"), "alt": "报告"}
    answer = await dairy.client.post(
        f"/api/v1/products/{dairy.product}/page-contents", json={"story": {"pictures": [report]}}
    )
    assert [error["code"] for error in answer.json()["errors"]] == ["page_picture_unreadable"]
    await draft(dairy, handling="轻放")
    again = await dairy.client.post(f"/api/v1/products/{dairy.product}/page-contents", json={"handling": "轻放"})
    assert [error["code"] for error in again.json()["errors"]] == ["page_content_same"]


def located() -> bytes:
    """A photo whose file says where it was taken, held sideways."""
    file, exif = io.BytesIO(), Image.Exif()
    exif.get_ifd(0x8825)[2] = (30.0, 15.0, 0.0)
    exif[0x010F], exif[0x0112] = "SecretCamera", 6
    Image.new("RGB", (60, 40), "green").save(file, "JPEG", exif=exif)
    return file.getvalue()


async def test_what_a_camera_wrote_stays_in_the_house(api: Api, dairy: Dairy) -> None:
    kept = await picture(dairy, located())
    await use(dairy, await draft(dairy, origin={"picture": {"attachment_id": kept, "alt": "牧场"}}))
    assert (
        await dairy.client.post(f"/api/v1/lots/{dairy.lot}/attachments", json={"attachment_id": kept, "kind": "photo"})
    ).status_code < 300
    content = await published(dairy)
    shown = content["page"]["origin"]["picture"]
    assert (shown["width"], shown["height"]) == (40, 60)
    for url in (shown["url"], content["product"]["images"][0]["url"]):
        body = (await api.anonymous.get(url)).content
        with Image.open(io.BytesIO(body)) as seen:
            assert dict(seen.getexif()) == {0x0112: 6}
        assert b"SecretCamera" not in body
    assert (await dairy.client.get(f"/api/v1/attachments/{kept}/content")).content == located()


async def test_versions_of_the_label_say_what_changed(dairy: Dairy) -> None:
    path = f"/api/v1/products/{dairy.product}"
    for value in ("250 mL", "205 mL"):
        body = {"label": [{"name": "配料", "value": "生牛乳"}, {"name": "净含量", "value": value}]}
        assert (await dairy.client.patch(path, json=body)).status_code < 300
    assert (await dairy.client.patch(path, json={"publish_on_release": True})).status_code < 300
    newest, middle, first = (await dairy.client.get(f"{path}/label-versions")).json()["items"]
    assert newest["version"] == 3
    assert newest["changes"] == [{"path": ["label", "净含量"], "old": "250 mL", "new": "205 mL"}]
    assert newest["actor_name"] == dairy.actor.name
    assert len(middle["changes"]) == 2
    assert {"path": ["name"], "old": None, "new": "纯牛奶"} in first["changes"]


async def test_the_label_changes_with_the_name_and_the_place_of_its_producer(api: Api, dairy: Dairy) -> None:
    product, operator = f"/api/v1/products/{dairy.product}", api.platform.client("platform_admin")
    (first,) = (await dairy.client.get(f"{product}/label-versions")).json()["items"]
    named = {change["path"][1]: change["new"] for change in first["changes"] if change["path"][0] == "producer"}
    moved = await dairy.plant.client("enterprise_admin").patch("/api/v1/enterprise", json={"address": "云谷路 9 号"})
    assert moved.status_code < 300, moved.text
    renamed = await operator.patch(f"/api/v1/tenants/{dairy.actor.tenant}", json={"name": f"{named['name']}（集团）"})
    assert renamed.status_code < 300, renamed.text
    second, third, _ = (await dairy.client.get(f"{product}/label-versions")).json()["items"][:3]
    assert third["changes"] == [{"path": ["producer", "address"], "old": named.get("address"), "new": "云谷路 9 号"}]
    assert second["changes"] == [
        {"path": ["producer", "name"], "old": named["name"], "new": f"{named['name']}（集团）"}
    ]
    page = (await dairy.client.get(f"/admin/products/{dairy.product}/label")).text
    assert "云谷路 9 号" in page


async def coded(dairy: Dairy, printed: dict[str, str], lot: str | None = None) -> None:
    """A public order whose codes stand on the goods, printed with these facts for `lot`."""
    order, rule, version = new_id(), new_id(), new_id()
    tenant = dairy.actor.tenant
    async with db.transaction(dairy.actor.scope()):
        await db.execute(
            "INSERT INTO code_rule (tenant_id, id, name, audience, level) VALUES ($1, $2, $3, 'public', 'item')",
            tenant, rule, rule.hex,
        )  # fmt: skip
        await db.execute(
            "INSERT INTO code_rule_version (tenant_id, id, rule_id, version, segments, unguessable) VALUES ($1, $2, $3, 1, '[]', true)",
            tenant, version, rule,
        )  # fmt: skip
        await db.execute(
            "INSERT INTO code_order (tenant_id, id, rule_version_id, lot_id, audience, level, count, state, handed_down)"
            " VALUES ($1, $2, $3, $4, 'public', 'item', 9, 'ready', $5::jsonb)",
            tenant, order, version, UUID(lot or dairy.lot), db.dumps({"printed": PRINTED | printed}),
        )  # fmt: skip
        await db.execute(
            "INSERT INTO code_range (tenant_id, order_id, lot_id, serials) VALUES ($1, $2, $3, '[1,9]')",
            tenant, order, UUID(dairy.lot),
        )  # fmt: skip


def reasons(answer: httpx.Response) -> set[str]:
    assert answer.status_code == 409, answer.text
    assert answer.json()["code"] == "publish_identity"
    return {error["code"] for error in answer.json()["errors"]}


async def test_codes_printed_for_these_goods_are_no_obstacle(dairy: Dairy) -> None:
    await coded(dairy, {})
    assert (await dairy.publish()).status_code == 201


async def test_codes_printed_with_another_gtin_or_for_another_lot_refuse_it(dairy: Dairy) -> None:
    changed = await dairy.client.patch(f"/api/v1/products/{dairy.product}", json={"gtin": "9520000000103"})
    assert changed.status_code < 300
    await coded(dairy, {"gtin": "09520000000202"})
    answer = await dairy.publish()
    assert reasons(answer) == {"publish_identity_gtin"}
    assert "09520000000202" in answer.text
    preview = await dairy.client.get(f"/api/v1/lots/{dairy.lot}/publish/preview")
    assert reasons(preview) == {"publish_identity_gtin"}
    await coded(dairy, {"lot_no": "ANOTHER"})
    assert reasons(await dairy.publish()) == {"publish_identity_gtin", "publish_identity_lot"}


async def test_codes_made_for_unrelated_goods_refuse_it(dairy: Dairy) -> None:
    other = {
        "kind": "finished",
        "product_id": dairy.product,
        "lot_no": "QH-2",
        "produced_at": dairy.made_at.isoformat(),
    }
    unrelated = (await dairy.post("/api/v1/lots", other))["id"]
    await coded(dairy, {"lot_no": "QH-2"}, unrelated)
    assert reasons(await dairy.publish()) == {"publish_identity_lot"}


async def test_a_part_of_coded_goods_is_published_under_the_number_they_were_printed_with(dairy: Dairy) -> None:
    await coded(dairy, {"lot_no": "QH-0"}, dairy.raw)
    assert reasons(await dairy.publish()) == {"publish_identity_lot"}  # consumed is no identity


async def test_a_day_made_that_has_not_come_refuses_it(dairy: Dairy) -> None:
    async with db.transaction(dairy.actor.scope()):
        await db.execute(
            "UPDATE lot SET produced_at = '2100-01-01', expires_at = '2101-01-01' WHERE tenant_id = $1 AND id = $2",
            dairy.actor.tenant,
            UUID(dairy.lot),
        )
    refused = await dairy.publish()  # it is out of order too: its release and the end of its production came before
    assert (refused.status_code, refused.json()["code"]) == (409, "publish_chronology")
    async with db.transaction(dairy.actor.scope()):
        with pytest.raises(IdentityBroken) as broken:
            await identity.check(dairy.actor.tenant, await sources.lot(dairy.actor.tenant, UUID(dairy.lot)))
    assert {each.code for each in broken.value.errors} == {"publish_identity_future"}
