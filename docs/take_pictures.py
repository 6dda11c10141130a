"""Makes the pictures of the README anew from a running demo: `python docs/take_pictures.py var/`.

The argument is the data directory of a demo that is up. Needs Chromium (CHROMIUM names another binary) and the
packages of tests/requirements.txt.
"""

import base64
import json
import os
import re
import sys
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, Page, ViewportSize, sync_playwright

IMAGES = Path(__file__).parent / "images"
CHROMIUM = os.environ.get("CHROMIUM", "/usr/bin/chromium")
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--force-color-profile=srgb"]
PHONE = ViewportSize(width=320, height=900)
DESK = ViewportSize(width=1440, height=1080)
SIDE_BY_SIDE = """<!doctype html><body style="margin:0;display:flex;gap:32px;padding:32px;background:#dfe4ea;width:fit-content">
{pictures}</body>"""
PICTURE = (
    '<img alt="" style="width:320px;border-radius:18px;box-shadow:0 6px 28px #0003" src="data:image/png;base64,{}">'
)


def first_code(demo: dict[str, Any], status: str) -> str:
    """The first example code that answers so; StopIteration where the demo has none."""
    return next(str(example["code"]) for example in demo["examples"] if example["status"] == status)


def phone_picture(browser: Browser, address: str) -> bytes:
    """The first screens of one page as a small phone shows them."""
    page = browser.new_page(viewport=PHONE, device_scale_factor=2, locale="zh-CN")
    page.goto(address, wait_until="networkidle")
    picture = page.screenshot()
    page.close()
    return picture


def take_scan(browser: Browser, demo: dict[str, Any]) -> None:
    """A genuine page and a recalled page side by side."""
    addresses = [f"{demo['base_url']}/t/{first_code(demo, status)}" for status in ("genuine", "recalled")]
    shots = [PICTURE.format(base64.b64encode(phone_picture(browser, address)).decode()) for address in addresses]
    page = browser.new_page(viewport={"width": 736, "height": 964}, device_scale_factor=2)
    page.set_content(SIDE_BY_SIDE.format(pictures="".join(shots)))
    page.screenshot(path=IMAGES / "scan.png")
    page.close()


def take_label(browser: Browser, demo: dict[str, Any]) -> None:
    """What a food's scan leads to: the story and what was checked, side by side; neither is a scan."""
    page = browser.new_page(viewport=PHONE, device_scale_factor=2, locale="zh-CN")
    page.goto(f"{demo['base_url']}/t/{first_code(demo, 'lot_released')}")
    links = [str(page.locator(f"a[href$='/{name}']").get_attribute("href")) for name in ("story", "genuine")]
    page.close()
    shots = [
        PICTURE.format(base64.b64encode(phone_picture(browser, demo["base_url"] + link)).decode()) for link in links
    ]
    page = browser.new_page(viewport={"width": 736, "height": 964}, device_scale_factor=2)
    page.set_content(SIDE_BY_SIDE.format(pictures="".join(shots)))
    page.screenshot(path=IMAGES / "label.png")
    page.close()


def take_page_content(browser: Browser, demo: dict[str, Any]) -> None:
    """Where the pages of the fresh milk are arranged, with the draft in a phone's frame."""
    page = browser.new_page(viewport=DESK, locale="zh-CN")
    sign_in(page, demo)
    page.goto(f"{demo['base_url']}/admin/products?text=MILK950")
    page.click("main td a")
    page.click("text=编辑页面内容")
    page.wait_for_load_state("networkidle")
    page.screenshot(path=IMAGES / "page.png")
    page.close()


def sign_in(page: Page, demo: dict[str, Any]) -> None:
    """As the quality manager of the dairy."""
    account = next(a for a in demo["accounts"] if a["username"] == "dairy.quality_manager")
    page.goto(f"{demo['base_url']}/admin/sign-in")
    page.fill("[name=username]", account["username"])
    page.fill("[name=password]", account["password"])
    page.click("main button")
    page.wait_for_url("**/admin")


def open_trace(page: Page) -> None:
    """From a lot's page to its drawn trace."""
    page.click(".tabs >> text=追溯")
    page.wait_for_selector("#trace-graph[data-drawn]")


def take_trace(browser: Browser, demo: dict[str, Any]) -> None:
    """The pasteurised milk that the bottle of the genuine example was filled from, found by the bottle's code."""
    page = browser.new_page(viewport=DESK, locale="zh-CN")
    sign_in(page, demo)
    page.fill("#q", first_code(demo, "genuine"))
    page.press("#q", "Enter")
    page.wait_for_load_state("networkidle")
    if not page.locator(".tabs").count():
        page.locator("main a[href*='/admin/lots/']").first.click()
    open_trace(page)
    page.locator("main table a").get_by_text(re.compile(r"^SJ")).first.click()
    open_trace(page)
    page.wait_for_timeout(1500)  # the drawing settles
    page.screenshot(path=IMAGES / "trace.png")
    page.close()


def main() -> int:
    demo = json.loads((Path(sys.argv[1]) / "demo.json").read_text("utf-8"))
    IMAGES.mkdir(exist_ok=True)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        take_scan(browser, demo)
        take_trace(browser, demo)
        take_label(browser, demo)
        take_page_content(browser, demo)
        browser.close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
