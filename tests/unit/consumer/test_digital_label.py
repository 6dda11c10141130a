"""Promise: for a food the first screen is its printed label as plain text, in the order of GB 7718, with nothing that sells;
the story stands on a page of its own, and an arranged page shows its blocks in its own order."""

import re
from typing import Any

import pytest

from i18n import LANGUAGES
from miniprogram_api.consumer.label import items_of, nutrition_of
from miniprogram_api.consumer.lot_pages import render_tab
from miniprogram_api.consumer.page import render_page
from miniprogram_api.consumer.segments import Hints, PageSegments
from miniprogram_api.consumer.snapshot import Snapshot
from server.domains.scans.content import items_missing
from tests.fixtures.publication import food, publication, recall

ORDER = [
    "食品名称", "配料", "致敏物质提示", "净含量", "生产日期", "保质期到期日", "保质期", "贮存条件", "生产者", "地址", "服务电话",
    "食品生产许可证编号", "产品标准代号", "产品类别", "饮用提示", "营养成分（每 100 mL）",
]  # fmt: skip


def page(status: Any = "genuine", language: str = "zh_CN", content: dict[str, Any] | None = None) -> str:
    segments = render_page(status, language, snapshot=content or food(), recall=recall(), lot_page="/lots/1")
    return segments.fill(3, "2026-11-02 09:15", "K7QX").decode()


def plain(html: str) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", html).split())


def tab(name: Any, language: str = "zh_CN", **more: Any) -> str | None:
    body = render_tab(name, language, more.pop("content", food()), host="trace.example.com", lot_page="/lots/1", **more)
    return None if body is None else body.decode()


def test_the_label_comes_first_and_in_order() -> None:
    words = plain(page())
    places = [words.index(f" {name} ") for name in ["正品·在保质期内", "数字标签", *ORDER, "批号", "编码末四位"]]
    assert places == sorted(places)


def test_it_says_what_the_pack_says() -> None:
    html = page()
    for line in food()["product"]["label"]:
        for part in re.split(" · ", line["value"]):
            assert all(word in plain(html) for word in part.split()), part
    items = items_of(Snapshot.model_validate(food()))
    assert [item.value for item in items if item.key == "expires_at"] == ["2027-04-26"]
    assert len({(item.key, item.name, item.value) for item in items}) == len(items)


def test_nothing_on_it_sells_or_moves() -> None:
    html = page()
    first = html[: html.index('<div class="rest">')]
    assert "<img" not in first
    assert "草原上的一瓶奶" not in html
    assert "二十六年" not in html
    assert not re.search(r"<script|<dialog|position:\s*fixed|popover", html)


def test_the_story_has_an_address_without_a_code() -> None:
    html = page()
    assert 'href="/lots/1/story"' in html
    story = tab("story")
    assert story is not None
    assert "草原上的一瓶奶" in story
    assert "K7QX" not in story
    for status in ("recalled", "under_investigation"):
        assert "/story" not in page(status)
    assert "草原上的一瓶奶" not in (tab("story", recalled=True) or "")
    assert tab("story", content=publication()) is None


def test_an_english_reader_hears_chinese_as_chinese() -> None:
    html = page(language="en")
    assert '<dt>Ingredients</dt><dd><span lang="zh-CN">生牛乳</span>' in html
    assert '<span lang="zh-CN">' not in page()


def test_the_nutrition_table_is_a_table() -> None:
    found = nutrition_of(Snapshot.model_validate(food()))
    assert found is not None
    assert [(row.name, row.amount, row.share) for row in found.rows] == [
        ("能量", "276 kJ", "3%"), ("蛋白质", "3.2 g", "5%"), ("糖", "4.8 g", None), ("维生素 B12", "0.5 μg", "20%"),
    ]  # fmt: skip
    assert '<th scope="row">蛋白质</th><td>3.2 g</td><td>5%</td>' in page()


@pytest.mark.parametrize("value", ["见瓶身", "能量 276 kJ · 见瓶身", "能量", "· ·"])
def test_a_text_that_is_no_table_stays_the_text_that_was_printed(value: str) -> None:
    content = food()
    content["product"]["label"] = [{"name": "营养成分", "value": value}]
    found = nutrition_of(Snapshot.model_validate(content))
    assert found is not None
    assert found.rows == []
    assert value in page(content=content)


def test_blocks_stand_in_the_order_of_the_arrangement() -> None:
    html = page()
    places = [html.index(f'id="{name}"') for name in ("label", "logistics", "origin", "inspections", "corrections")]
    assert places == sorted(places)
    assert 'id="materials"' not in html
    content = food() | {"page": food()["page"] | {"digital_label": False, "blocks": ["story", "label", "bogus"]}}
    html = page(content=content)
    assert html.index("草原上的一瓶奶") < html.index("产品标签")
    assert 'id="inspections"' not in html


def test_every_picture_is_lazy_and_said_in_words() -> None:
    for html in (page(), tab("story"), tab("genuine"), page(language="en")):
        assert html is not None
        for image in re.findall("<img[^>]*>", html):
            assert 'loading="lazy"' in image
            assert re.search(r'alt="[^"]+"', image)
            assert re.search(r'width="\d+" height="\d+"', image)


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_was_checked_is_told_for_every_lot(language: str) -> None:
    html = tab("genuine", language)
    assert html is not None
    assert html.count("<li>") == 8
    assert "trace.example.com" in html
    assert "q.example.com" in html
    assert "瓶身背标左下角" in html
    bare = tab("genuine", language, content=None)
    assert bare is not None
    assert bare.count("<li>") == 8
    assert "/lots/1" not in bare.replace('href="/lots/1/genuine"', "")


def test_a_device_that_was_here_before_is_not_alarmed() -> None:
    segments = PageSegments("\x00hint\x00", Hints(b"others?", b"%d of them", b"all yours"))
    assert segments.fill(9, "", "") == b"others?"
    assert segments.fill(9, "", "", 3) == b"3 of them"
    assert segments.fill(9, "", "", 8) == b"all yours"
    assert segments.fill(9, "", "", 99) == b"all yours"
    own = render_page("genuine", "zh_CN", snapshot=publication()).fill(2, "2026-11-02 09:15", "K7QX", 1).decode()
    assert "以前的查询都来自这台设备" in own
    assert "如果首次查询不是您本人" not in own


def test_what_a_label_lacks_is_named() -> None:
    assert items_missing(food()) == []
    content = food()
    content["product"]["label"] = [{"name": "配料", "value": "生牛乳"}]
    content["lot"] = {"lot_no": "1"}
    assert items_missing(content) == ["produced_at", "expires_at", "storage", "contact", "nutrition", "allergens"]
