"""Promise: a quality manager arranges the page of a product by a form, sees the draft on a real lot in both languages, puts it
in use, and is told in words what cannot be; the label's changes are there to be read."""

from typing import Any

import pytest

from tests.api.test_page_content import coded, picture, png
from tests.api.test_publication import Dairy
from tests.fixtures.api import Api

BLOCKS = ("label", "origin", "inspections", "materials", "logistics", "producer", "documents", "story", "corrections")


@pytest.fixture
async def dairy(api: Api) -> Dairy:
    made = await Dairy(api, await api.plant()).make(label=[{"name": "配料", "value": "生牛乳"}])
    await made.record("0.01")
    await made.release(made.lot)
    return made


def filled(**more: str) -> dict[str, str]:
    shown = {f"show.{block}": "1" for block in BLOCKS}
    return {f"place.{block}": str(place) for place, block in enumerate(BLOCKS)} | shown | {"layout": "standard"} | more


async def send(dairy: Dairy, fields: dict[str, str], files: dict[str, Any] | None = None, **query: str) -> Any:
    path = f"/admin/products/{dairy.product}/page"
    return await dairy.client.post(path, data=fields, files=files or {"none": ("", b"")}, params=query)


async def test_from_the_form_to_the_frame_to_the_consumer(api: Api, dairy: Dairy) -> None:
    story = {"story_title": "山里的奶", "story_text": "二十六年。", "story_text_en": "Twenty-six years."}
    fields = filled(layout="digital_label", pack_code_place="瓶底", origin_alt="牧场地图", note="首次", **story)
    done = await send(dairy, fields, {"origin_file": ("map.png", png(40, 30), "image/png")})
    assert done.status_code == 303, done.text
    page = await dairy.client.get(f"/admin/products/{dairy.product}/page")
    assert page.status_code == 200
    for words in ("第 1 版", "草稿", "首次", dairy.actor.name, "山里的奶", "数字标签还缺", "净含量", "<iframe"):
        assert words in page.text, words
    version = (await dairy.client.get(f"/api/v1/products/{dairy.product}/page-contents")).json()["items"][0]
    frame = f"/admin/preview/lots/{dairy.lot}"
    shown = await dairy.client.get(frame, params={"page": version["id"]})
    assert "瓶底" in shown.text
    assert "?report" not in shown.text
    assert "/admin/preview/files/" in shown.text
    (image,) = {part.partition('"')[0] for part in shown.text.split('src="')[1:]}
    assert (await dairy.client.get(image)).content == png(40, 30)
    english = await dairy.client.get(f"{frame}/story", params={"page": version["id"], "language": "en"})
    assert "Twenty-six years." in english.text
    assert (await dairy.client.get(f"{frame}/nothing", params={"page": version["id"]})).status_code == 404
    used = await dairy.client.post(f"/admin/products/{dairy.product}/page/{version['id']}/use")
    assert used.status_code == 303
    assert (await dairy.publish()).status_code == 201
    scanned = (await api.anonymous.get(f"/t/{await dairy.code()}")).text
    assert "瓶底" in scanned
    assert "二十六年" not in scanned
    assert "二十六年" in (await api.anonymous.get(f"/lots/{dairy.lot}/story")).text


async def test_order_and_choice_of_blocks_are_those_of_the_form(dairy: Dairy) -> None:
    fields = filled() | {"place.producer": "0", "place.label": "50"}
    del fields["show.materials"]
    assert (await send(dairy, fields)).status_code == 303
    (page,) = (await dairy.client.get(f"/api/v1/products/{dairy.product}/page-contents")).json()["items"]
    shown = page["content"]["blocks"]
    assert (shown[0], shown[-1]) == ("producer", "label")
    assert "materials" not in shown


async def test_pictures_stay_until_they_are_taken_away(dairy: Dairy) -> None:
    kept = await picture(dairy)
    first = filled(pack_kept=kept, pack_alt="背标", note="一")
    assert (await send(dairy, first)).status_code == 303
    page = (await dairy.client.get(f"/admin/products/{dairy.product}/page")).text
    assert f'name="pack_kept" value="{kept}"' in page
    assert (await send(dairy, filled(pack_kept=kept, pack_alt="背标", pack_drop="1"))).status_code == 303
    newest = (await dairy.client.get(f"/api/v1/products/{dairy.product}/page-contents")).json()["items"][0]
    assert newest["content"]["pack"] is None


async def test_what_cannot_be_is_said_beside_what_was_typed(dairy: Dairy) -> None:
    fields = filled(story_title="山里的奶", pack_alt="背标")
    refused = await send(dairy, fields, {"pack_file": ("a.pdf", b"%PDF-1.7", "application/pdf")})
    assert refused.status_code == 422
    assert "JPEG" in refused.text
    assert "山里的奶" in refused.text
    unnamed = await send(dairy, filled(pack_kept=await picture(dairy)))
    assert unnamed.status_code == 422
    hidden = filled(layout="digital_label")
    del hidden["show.label"]
    assert "数字标签必须显示" in (await send(dairy, hidden)).text


async def test_words_for_receivers_are_a_series_of_their_own(dairy: Dairy) -> None:
    done = await send(dairy, {"handling": "2–6 ℃ 卸货", "note": "首次"}, audience="receiver")
    assert done.status_code == 303
    for audience, count in (("receiver", 1), ("consumer", 0)):
        path = f"/api/v1/products/{dairy.product}/page-contents"
        assert len((await dairy.client.get(path, params={"audience": audience})).json()["items"]) == count


async def test_the_reason_for_refusing_stands_where_one_publishes(dairy: Dairy) -> None:
    await coded(dairy, {"lot_no": "ANOTHER"})
    page = await dairy.client.get(f"/admin/lots/{dairy.lot}/publication")
    assert "追溯码是为批次 ANOTHER 印制的" in page.text
    await send(dairy, filled(note="一"))
    assert "追溯码是为批次 ANOTHER 印制的" in (await dairy.client.get(f"/admin/products/{dairy.product}/page")).text


async def test_the_preview_before_publishing_speaks_both_languages(dairy: Dairy) -> None:
    path = f"/admin/lots/{dairy.lot}/publication"
    for language, words in (("zh_CN", "产品标签"), ("en", "Product label")):
        page = (await dairy.client.get(path, params={"language": language})).text
        (frame,) = (part.partition('"')[0] for part in page.split('<iframe class="phone" src="')[1:])
        assert words in (await dairy.client.get(frame.replace("&amp;", "&"))).text


async def test_changes_of_the_label_are_there_to_be_read(dairy: Dairy) -> None:
    body = {"label": [{"name": "配料", "value": "生牛乳、食用盐"}]}
    assert (await dairy.client.patch(f"/api/v1/products/{dairy.product}", json=body)).status_code < 300
    page = (await dairy.client.get(f"/admin/products/{dairy.product}/label")).text
    assert "<del>生牛乳</del>" in page
    assert "生牛乳、食用盐" in page
    assert dairy.actor.name in page
