"""The scan page in a real browser: verdict on the first screen, nothing overflows, contrast AA, no policy broken, nothing that
keeps anybody from using it (axe-core), the label of a food readable from the first line at twice the size."""

import os
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from miniprogram_api.consumer.lot_pages import render_tab
from miniprogram_api.consumer.page import PAGES, STATIC, render_page
from server.http.pages import READ_ONLY_HEADERS
from tests.fixtures.axe import RUN, SOURCE, grave
from tests.fixtures.publication import food, publication, recall

CHROMIUM = Path(os.environ.get("CHROMIUM", "/usr/bin/chromium"))
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
PICTURE = b'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 4 4"><rect width="4" height="4" fill="#cde"/></svg>'
STATUSES = [
    "genuine",
    "expired",
    "under_investigation",
    "recalled",
    "lot_released",
    "inactive",
    "voided",
    "unknown",
    "typing_slip",
]
MORE = ["food", "food_recalled", "food_lot", "label", "story", "genuine_page", "no_code", "too_many", "internal"]
# Every text against the ground behind it; a gradient is taken at its worse end.
LOW_CONTRAST = """() => {
  const rgb = (s) => (s.match(/[\\d.]+/g) || []).map(Number);
  const light = ([r, g, b]) => [r, g, b].map((v) => (v /= 255) <= .04045 ? v / 12.92 : ((v + .055) / 1.055) ** 2.4)
    .reduce((sum, v, i) => sum + v * [.2126, .7152, .0722][i], 0);
  const ratio = (a, b) => { const [x, y] = [light(a), light(b)].sort((p, q) => q - p); return (x + .05) / (y + .05); };
  const grounds = (e) => {
    for (; e; e = e.parentElement) {
      const style = getComputedStyle(e);
      if (style.backgroundImage.includes("gradient")) return style.backgroundImage.match(/rgb\\([^)]*\\)/g).map(rgb);
      const color = rgb(style.backgroundColor);
      if (color.length === 3 || color[3] === 1) return [color];
    }
    return [[255, 255, 255]];
  };
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  const low = [];
  for (let node = walker.nextNode(); node; node = walker.nextNode()) {
    const element = node.parentElement;
    if (!node.data.trim()) continue;
    const worst = Math.min(...grounds(element).map((g) => ratio(rgb(getComputedStyle(element).color), g)));
    if (worst < 4.5) low.push(`${node.data.trim()} ${worst.toFixed(2)}`);
  }
  return low;
}"""

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(not CHROMIUM.exists(), reason=f"no Chromium at {CHROMIUM}; set CHROMIUM"),
]


def scan_page(status: str, language: str) -> bytes:
    if status in ("label", "story", "genuine_page"):
        tab: Any = status.partition("_")[0]
        return render_tab(tab, language, food(), host="trace.example.com", lot_page="/lots/1") or b""
    if status in ("no_code", "too_many"):
        return PAGES.render("wait.html", language, reason=status).encode()
    if status == "internal":
        return PAGES.render("internal.html", language, owner="青禾乳业", path="/admin/scan/1").encode()
    if status.startswith("food"):
        said: Any = {"food": "genuine", "food_recalled": "recalled", "food_lot": "lot_released"}[status]
        of: Any = "lot" if status == "food_lot" else "item"
        page = render_page(said, language, kind=of, snapshot=food(), recall=recall(), lot_page="/lots/1")
        return page.fill(3, "2026-11-02 09:15", "K7QX", 1)
    kind: Any = "lot" if status == "lot_released" else "item"
    chosen: Any = status
    segments = render_page(chosen, language, kind=kind, snapshot=publication(), recall=recall())
    return segments.fill(3, "2026-11-02 09:15", "K7QX")


class Handler(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        path = self.path.partition("?")[0]
        file = STATIC.get(path.removeprefix("/static/consumer/"))
        if file:
            self.answer(file.body, file.content_type)
        elif path.startswith("/files/"):
            self.answer(PICTURE, "image/svg+xml")
        else:
            _, status, language = path.split("/")
            self.answer(scan_page(status, language), "text/html; charset=utf-8")

    def answer(self, body: bytes, content_type: str) -> None:
        self.send_response(200)
        for name, value in {**READ_ONLY_HEADERS, "Content-Type": content_type}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        """Keep the test's output to the test."""


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=str(CHROMIUM), args=FLAGS)
        yield chromium
        chromium.close()


@pytest.fixture
def phone(browser: Browser, request: pytest.FixtureRequest) -> Iterator[Page]:
    """A page 320 px wide that fails the test on any console message: a broken policy is one."""
    scheme: Any = getattr(request, "param", "light")
    context = browser.new_context(viewport={"width": 320, "height": 640}, color_scheme=scheme)
    page = context.new_page()
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text))
    yield page
    context.close()
    assert said == []


@pytest.mark.parametrize("language", ["zh_CN", "en"])
def test_all_that_decides_is_on_the_first_screen(phone: Page, address: str, language: str) -> None:
    phone.goto(f"{address}/genuine/{language}")
    for selector in ("h1", ".product img", ".check dl", ".tail dd", ".compare", ".scans p"):
        box = phone.locator(selector).first.bounding_box()
        assert box is not None
        assert box["y"] + box["height"] <= 568, selector


@pytest.mark.parametrize("status", [*STATUSES, *MORE])
@pytest.mark.parametrize("phone", ["light", "dark"], indirect=True)
def test_contrast_is_aa_and_nothing_overflows(phone: Page, address: str, status: str) -> None:
    for language in ("zh_CN", "en"):
        phone.goto(f"{address}/{status}/{language}")
        assert phone.evaluate(LOW_CONTRAST) == []
        assert phone.evaluate("document.documentElement.scrollWidth") <= 320


def test_text_at_200_percent_still_fits(phone: Page, address: str) -> None:
    for status in [*STATUSES, *MORE]:
        phone.goto(f"{address}/{status}/zh_CN")
        phone.evaluate("document.documentElement.style.fontSize = '200%'")
        assert phone.evaluate("document.documentElement.scrollWidth") <= 320


@pytest.mark.skipif(not SOURCE.exists(), reason="axe-core is not installed: npm ci")
# Contrast is measured in both schemes and languages above: here each scheme has one of the languages.
@pytest.mark.parametrize(("phone", "language"), [("light", "zh_CN"), ("dark", "en")], indirect=["phone"])
def test_nothing_grave_keeps_anybody_from_using_it(phone: Page, address: str, language: str) -> None:
    source = SOURCE.read_text("utf-8")
    for status in [*STATUSES, *MORE]:
        phone.goto(f"{address}/{status}/{language}")
        phone.evaluate(source)
        assert grave(phone.evaluate(RUN)) == [], (status, language)


def test_the_label_of_a_food_begins_on_the_first_screen(phone: Page, address: str) -> None:
    phone.goto(f"{address}/food/zh_CN")
    for line in phone.locator(".food .rows > div").all()[:8]:
        box = line.bounding_box()
        assert box is not None
        assert box["y"] + box["height"] <= 640


def test_pictures_are_there_when_they_are_scrolled_to(phone: Page, address: str) -> None:
    phone.goto(f"{address}/food/zh_CN")
    phone.evaluate("document.querySelector('#origin').scrollIntoView()")
    phone.wait_for_function("() => [...document.images].every((image) => image.complete && image.naturalWidth)")


def test_a_printed_page_holds_the_label_and_no_colours(phone: Page, address: str) -> None:
    phone.goto(f"{address}/food/zh_CN")
    phone.emulate_media(media="print")
    assert phone.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    assert phone.locator(".food").is_visible()


def test_a_desk_sees_two_columns(phone: Page, address: str) -> None:
    phone.set_viewport_size({"width": 1440, "height": 900})
    phone.goto(f"{address}/genuine/zh_CN")
    left, right = phone.locator(".answer").bounding_box(), phone.locator(".rest").bounding_box()
    assert left is not None
    assert right is not None
    assert left["x"] + left["width"] < right["x"]
    assert abs(left["y"] - right["y"]) < 2
