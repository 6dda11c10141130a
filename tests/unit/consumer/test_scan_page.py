"""Every answer to a scan is its own page in its own words, light, valid, and shows nothing beyond its allow-list."""

import json
from html.parser import HTMLParser
from itertools import product
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from i18n import LANGUAGES
from miniprogram_api.consumer.page import LONGEST_PAGE, STATIC, answer_page, render_page
from miniprogram_api.consumer.segments import PageSegments
from miniprogram_api.consumer.snapshot import Snapshot
from tests.fixtures.publication import publication, recall

VOID = {"br", "img", "link", "meta", "path", "rect"}
PLAIN = ("genuine", "expired", "under_investigation", "recalled", "inactive", "unknown", "typing_slip")
PAGES: dict[str, dict[str, Any]] = {
    **{status: {"status": status} for status in PLAIN},
    "voided": {"status": "voided"},
    "lost": {"status": "voided", "reason": "lost"},
    "returned": {"status": "voided", "reason": "returned"},
    "lot_released": {"status": "lot_released", "kind": "lot"},
    "lot_recalled": {"status": "recalled", "kind": "lot"},
    "lot_expired": {"status": "expired", "kind": "lot"},
    "lot_held": {"status": "under_investigation", "kind": "lot"},
}
ALL = list(product(PAGES, LANGUAGES))


def page(name: str, language: str, snapshot: dict[str, Any] | None = None) -> str:
    arguments = PAGES[name] | {"snapshot": publication() if snapshot is None else snapshot, "recall": recall()}
    return render_page(language=language, **arguments).fill(3, "2026-11-02 09:15", "K7QX").decode()


class Reader(HTMLParser):
    """Collects what the promises are about; fails on a tag closed in the wrong place."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.words: list[str] = []
        self.feed(html)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.words.append(data)

    def named(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.tags if name == tag]


@pytest.mark.parametrize(("name", "language"), ALL)
def test_the_page_is_valid_and_runs_nothing(name: str, language: str) -> None:
    html = page(name, language)
    reader = Reader(html)
    assert html.startswith("<!doctype html>")
    assert [tag["lang"] for tag in reader.named("html")] == [language.replace("_", "-")]
    assert len(reader.named("h1")) == 1
    assert not {"script", "style", "iframe", "form", "input", "object"} & {tag for tag, _ in reader.tags}
    names = {attribute for _, attributes in reader.tags for attribute in attributes}
    assert not [attribute for attribute in names if attribute == "style" or attribute.startswith("on")]
    ids = [attributes["id"] for _, attributes in reader.tags if "id" in attributes]
    assert len(ids) == len(set(ids))
    for image in reader.named("img"):
        assert image.keys() >= {"src", "alt", "width", "height"}
        assert image["loading"] == "lazy"


@pytest.mark.parametrize(("name", "language"), ALL)
def test_the_page_is_light_and_fetches_from_here_only(name: str, language: str) -> None:
    html = page(name, language)
    assert len(html.encode()) <= 12_000
    sources = [tag.get("src") or tag.get("href") for _, tag in Reader(html).tags if "src" in tag or "href" in tag]
    assert all(source == "?report" or (source and source.startswith("/")) for source in sources)
    assert len(STATIC.get("scan.css").body) < 12_000  # type: ignore[union-attr]


def test_each_answer_has_its_own_verdict_and_words() -> None:
    for language in LANGUAGES:
        heads = {html.partition("</header>")[0].partition("<body")[2] for html in (page(n, language) for n in PAGES)}
        assert len(heads) == len(PAGES) - 3  # a lot code shares recalled, expired, under investigation


def test_a_chinese_verdict_has_eight_characters_at_most() -> None:
    for name in PAGES:
        verdict = page(name, "zh_CN").partition("<h1>")[2].partition("</h1>")[0]
        assert len(verdict.replace("·", "")) <= 8, verdict


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", ["recalled", "lot_recalled"])
def test_a_recall_names_level_reason_and_steps_and_never_calls_it_fake(name: str, language: str) -> None:
    html = page(name, language)
    for word in ("假", "仿冒", "伪", "fake", "counterfeit", "forged"):
        assert word not in html.lower()
    assert recall()["reason"] in html
    assert recall()["what_to_do"] in html
    assert {"zh_CN": "二级召回", "en": "Level 2"}[language] in html


@pytest.mark.parametrize("name", [name for name in PAGES if name.startswith("lot_")])
def test_a_lot_code_speaks_of_the_lot_only(name: str) -> None:
    for language, words in (
        ("zh_CN", ("正品", "首次", "K7QX", "次查询")),
        ("en", ("genuine", "first", "k7qx", "scans:")),
    ):
        html = page(name, language)
        assert not [word for word in words if word in html.lower()]
    assert "所有产品共用此码" in page(name, "zh_CN")
    assert "all pieces of the lot share it" in page(name, "en")


@pytest.mark.parametrize("name", ["inactive", "unknown", "typing_slip", "voided", "lost", "returned"])
def test_a_label_that_proves_nothing_shows_no_product(name: str) -> None:
    for language in LANGUAGES:
        html = page(name, language)
        assert html == page(name, language, snapshot={})
        assert "QH20261028A2" not in html
        assert "K7QX" not in html


def test_unknown_and_slip_pages_are_the_same_bytes_for_every_input() -> None:
    for language in LANGUAGES:
        for status in ("unknown", "typing_slip"):
            assert answer_page(status, language) == answer_page(status, language)
            assert answer_page(status, language).decode() == page(status, language)


def test_first_screen_and_value_beside_limit() -> None:
    html = "".join(Reader(page("genuine", "zh_CN")).words)
    plain = " ".join(html.split())
    order = ["正品·在保质期内", "青禾牧场纯牛奶", "QH20261028A2", "2027-04-26", "K7QX", "请与包装核对", "第 3 次查询"]
    order += ["首次查询 2026-11-02 09:15", "产品标签", "检验结果", "原料来源", "流通与冷链"]
    places = [plain.index(word) for word in order]
    assert places == sorted(places)
    assert "0.01 mg/kg 国标 ≤ 0.05" in plain
    assert "10 月" not in plain


def test_times_are_china_times() -> None:
    html = page("genuine", "zh_CN")
    assert "2026-10-31 06:00 发出" in html  # 22:00 UTC the day before
    assert "公示时间 2026-10-30 16:00" in html


def test_without_a_publication_the_page_says_so() -> None:
    html = render_page("genuine", "zh_CN").fill(1, "2026-11-02 09:15", "K7QX").decode()
    assert "质量数据尚未公示" in html
    assert "<h1>正品</h1>" in html  # nothing is known of its shelf life


def test_blank_is_never_a_pass() -> None:
    snapshot = publication()
    assert "全部合格" in page("genuine", "zh_CN", snapshot)
    snapshot["inspections"][0]["items"][2] |= {"value": None, "verdict": None}
    html = page("genuine", "zh_CN", snapshot)
    assert "全部合格" not in html
    assert "未判定" in html
    snapshot["inspections"][0]["items"] = []
    assert "全部合格" not in page("genuine", "zh_CN", snapshot)


def test_what_is_not_on_the_list_does_not_leave() -> None:
    snapshot = publication() | {"formula": "SECRET-1", "tenant_id": "SECRET-2"}
    snapshot["product"] |= {"cost": "SECRET-3"}
    snapshot["materials"][0] |= {"price": "SECRET-4"}
    items = snapshot["inspections"][0]["items"]
    items[0] |= {"limit": "≥ 3.456", "limit_set": "internal", "operator": "SECRET-5"}
    items[1] |= {"limit": "≥ 4.567", "limit_set": None}
    html = page("genuine", "zh_CN", snapshot)
    assert "SECRET" not in html
    assert "3.456" not in html
    assert "4.567" not in html
    assert "3.8 g/100g" in html


def test_hostile_text_stays_text_and_foreign_addresses_are_dropped() -> None:
    snapshot = publication()
    snapshot["product"] |= {"name": "<script>alert(1)</script>", "brand": '"><img src=x onerror=alert(1)>'}
    snapshot["product"]["images"] = [{"url": "https://elsewhere.example/a.png"}, {"url": "//elsewhere.example"}]
    snapshot["reports"] = [{"title": "<b>报告</b>", "url": "javascript:alert(1)"}]
    html = page("genuine", "zh_CN", snapshot)
    tags = {tag for tag, _ in Reader(html).tags}
    assert not {"script", "img"} & tags
    assert "javascript:" not in html
    assert "elsewhere" not in html
    filled = PageSegments("<p>\x00tail\x00</p>").fill(1, "", "<&>")
    assert filled == b"<p>&lt;&amp;&gt;</p>"


def test_segments_fill_what_changes_per_scan() -> None:
    segments = PageSegments("a\x00count\x00b\x00first\x00c\x00tail\x00d\x00count\x00")
    assert segments.fill(7, "now", "WXYZ") == b"a7bnowcWXYZd7"
    assert segments.fill(8, "then", "1234") == b"a8bthenc1234d8"
    assert PageSegments("plain").fill(1, "", "") == b"plain"


def test_a_publication_too_large_is_cut_and_the_page_says_so() -> None:
    snapshot = publication()
    snapshot["inspections"][0]["items"] = [
        {"name": "检验项目" * 80, "value": "1", "limit": "≤ 2", "limit_set": "legal", "standard": '"' * 400}
    ] * 900
    snapshot["materials"] = [{"name": "原料" * 300, "supplier": "&" * 400, "origin": "产" * 400}] * 500
    html = page("genuine", "zh_CN", snapshot)
    assert len(html.encode()) <= LONGEST_PAGE
    assert "共 900 项" in html
    assert "共 500 项" in html
    Reader(html)


def leave_out(value: Any, chosen: st.DataObject) -> Any:
    """Drop or empty parts of a publication at random."""
    if isinstance(value, dict):
        kept = {key: leave_out(inner, chosen) for key, inner in value.items() if chosen.draw(st.booleans())}
        return kept | {key: None for key in value.keys() - kept.keys() if chosen.draw(st.booleans())}
    if isinstance(value, list) and value and isinstance(value[0], dict):
        return [leave_out(inner, chosen) for inner in value]
    return value


@given(st.data())
@settings(derandomize=True, deadline=None, max_examples=60)
def test_every_part_may_be_missing(data: st.DataObject) -> None:
    snapshot = json.loads(json.dumps(leave_out(publication(), data)))
    Reader(page(data.draw(st.sampled_from(list(PAGES))), data.draw(st.sampled_from(LANGUAGES)), snapshot))


def test_an_unreadable_date_or_reading_costs_the_reader_only_itself() -> None:
    snapshot = publication()
    snapshot["lot"]["expires_at"] = "soon"
    snapshot["logistics"][0]["temperature"]["points"] = [["?", 1], ["2026-10-30T22:00:00Z", None], 5]
    seen = Snapshot.model_validate(snapshot)
    assert seen.lot.expires_at is None
    assert "QH20261028A2" in page("genuine", "zh_CN", snapshot)
