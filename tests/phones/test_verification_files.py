"""Promise: the files that WeChat and Alipay look for are served where they look, as plain text, to anybody; an enterprise puts
them in its own room or on its own host and nowhere else; none can stand where a code or a page stands; and the addresses that
both platforms hand to a mini-program name the code that was printed."""

from urllib.parse import quote

import pytest

from server.core import db
from server.core.errors import Invalid
from server.core.ids import new_id
from server.domains import codes
from tests.fixtures.api import Api, Plant
from tests.fixtures.scans import coded_lot

CONTENT = "5f1c0a7be2d94b6f8a7710c3e4d2b9a6"


async def room_of(plant: Plant, **settings: str) -> None:
    answer = await plant.client("enterprise_admin").put("/api/v1/enterprise/settings", json=settings)
    assert answer.status_code == 200, answer.text


async def put(plant: Plant, folder: str, name: str, content: str = CONTENT) -> int:
    body = {"folder": folder, "name": name, "content": content}
    answer = await plant.client("enterprise_admin").post("/api/v1/verification-files", json=body)
    return answer.status_code


async def test_an_enterprise_proves_its_own_room_to_wechat(api: Api) -> None:
    plant, space = await api.plant(), f"m{new_id().hex[-12:]}"
    await room_of(plant, label_space=space)
    assert await put(plant, "space", "Kd83jfLq02.txt") == 201
    answer = await api.anonymous.get(f"/t/{space}/Kd83jfLq02.txt")
    assert (answer.status_code, answer.text) == (200, CONTENT)
    assert answer.headers["content-type"] == "text/plain; charset=utf-8"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert (await api.anonymous.get("/t/Kd83jfLq02.txt")).headers["content-type"].startswith("text/html")
    assert (await api.anonymous.get("/Kd83jfLq02.txt")).status_code == 404
    listed = (await plant.client("enterprise_admin").get("/api/v1/verification-files")).json()["items"]
    assert [each["address"] for each in listed] == [f"/t/{space}/Kd83jfLq02.txt"]
    assert await put(plant, "space", "Kd83jfLq02.txt") == 409
    removed = await plant.client("enterprise_admin").delete(f"/api/v1/verification-files/{listed[0]['id']}")
    assert removed.status_code == 204
    assert (await api.anonymous.get(f"/t/{space}/Kd83jfLq02.txt")).headers["content-type"].startswith("text/html")


async def test_on_its_own_host_and_never_on_the_platforms(api: Api) -> None:
    plant, host = await api.plant(), f"{new_id().hex[-12:]}.example"
    name = f"{new_id().hex[-10:]}.txt"
    assert await put(plant, "root", name) == 422  # no host of its own yet
    await room_of(plant, label_origin=f"https://{host}")
    assert await put(plant, "root", name) == 201
    assert (await api.anonymous.get(f"/{name}", headers={"Host": host})).text == CONTENT
    assert (await api.anonymous.get(f"/{name}", headers={"Host": f"{host}:443"})).text == CONTENT
    assert (await api.anonymous.get(f"/{name}")).status_code == 404
    assert (await api.anonymous.get(f"/{name}", headers={"Host": "elsewhere.example"})).status_code == 404
    other = await api.plant()
    await room_of(other, label_origin=f"https://{host}")
    assert await put(other, "codes", "Other12.txt") == 409  # nobody proves what two call their own


async def test_nobody_takes_the_room_of_another(api: Api) -> None:
    plant, other, space = await api.plant(), await api.plant(), f"m{new_id().hex[-12:]}"
    await room_of(plant, label_space=space)
    await room_of(other, label_space=space)
    assert await put(other, "space", "Steal12345.txt") == 409
    assert (await api.anonymous.get(f"/t/{space}/Steal12345.txt")).headers["content-type"].startswith("text/html")


async def test_the_platforms_own_lie_at_the_root_and_beside_the_codes(api: Api) -> None:
    client = api.platform.client("platform_admin")
    name = f"{new_id().hex[-10:]}.txt"
    for folder, address in (("root", f"/{name}"), ("codes", f"/t/{name}")):
        body = {"folder": folder, "name": name, "content": CONTENT}
        assert (await client.post("/api/v1/platform/verification-files", json=body)).status_code == 201
        assert (await api.anonymous.get(address)).text == CONTENT
    assert (
        await client.post("/api/v1/platform/verification-files", json=body | {"folder": "space"})
    ).status_code == 422


@pytest.mark.parametrize(
    "name", ["recall", "recall.html", "a/b123.txt", "../x123.txt", "ab.txt", "abcd.TXT", "x" * 90 + ".txt", "abc d.txt", "robots.txt"]
)  # fmt: skip
async def test_a_name_that_could_be_anything_else_is_refused(api: Api, name: str) -> None:
    plant = await api.plant()
    await room_of(plant, label_origin=f"https://{new_id().hex[-12:]}.example")
    assert await put(plant, "root", name) == 422


@pytest.mark.parametrize("content", ["", "x" * 1025, "中文", "a\u202eb", "a\x00b"])
async def test_only_a_short_plain_text(api: Api, content: str) -> None:
    plant = await api.plant()
    await room_of(plant, label_space=f"m{new_id().hex[-12:]}")
    assert await put(plant, "space", "Kd83jfLq02.txt", content) == 422


async def test_no_code_ends_like_a_file_neither_in_the_rules_nor_in_the_table(api: Api) -> None:
    plant = await api.plant()
    lot = await coded_lot(api.settings, plant.tenant_id, count=1)
    segments = [
        {"kind": "enterprise"},
        {"kind": "literal", "text": "-"},
        {"kind": "random", "length": 16},
        {"kind": "literal", "text": ".txt"},
    ]
    rule = {"name": "x", "audience": "public", "level": "item", "segments": segments}
    admin = plant.client("enterprise_admin")
    made = await admin.post("/api/v1/code-rules", json=rule)
    assert made.status_code == 201, made.text
    actor = plant.actor("enterprise_admin")
    async with db.transaction(actor.scope()):
        order = codes.NewOrder(rule_id=made.json()["id"], lot_id=lot.lot_id, count=1)
        with pytest.raises(Invalid) as refused:
            await codes.order_codes(actor, order, codes.Printed(product="P", product_name="P", lot_no="L"), 1)
    assert refused.value.errors[0].code == "code_ends_like_file"
    with pytest.raises(Exception, match="code_is_no_file"):
        async with db.transaction(actor.scope()):
            await db.execute(
                "INSERT INTO code (text, tenant_id, order_id, lot_id, serial, kind) VALUES ('Abcd1234.txt', $1, $2, $3, 9, 1)",
                plant.tenant_id, lot.order_id, lot.lot_id,
            )  # fmt: skip


async def test_what_the_platforms_pass_names_the_code(api: Api) -> None:
    """WeChat hands `q`, the whole address percent-encoded; Alipay hands `qrCode`, the address as it was printed."""
    plant = await api.plant()
    lot = await coded_lot(api.settings, plant.tenant_id)
    for code, address in (
        (lot.codes[0], f"https://t.example.com/t/{lot.codes[0]}"),
        (lot.codes[1], f"https://t.example.com/t/milk/{lot.codes[1]}"),
        (lot.codes[2], f"https://id.example.com/01/06901234567892/21/{lot.codes[2]}"),
    ):
        q = quote(address, safe="")  # as it stands in the options of the page
        for given in (address, q):
            answer = await api.anonymous.get(
                "/api/v1/public/codes", params={"url": given}, headers={"User-Agent": "MicroMessenger/8.0 miniProgram"}
            )
            assert (answer.status_code, answer.json()["kind"]) == (200, "item"), (code, given)
