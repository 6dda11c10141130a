"""Promise: a supplier's page works at 320 px without a script, in both languages, light and dark: nothing scrolls sideways, every field has
its name, what is wrong is told at its field, and the delivery number stands on the page at the end."""

import os
from pathlib import Path

import pytest
from playwright.async_api import async_playwright

from tests.api.test_deliveries import PNG, expected, link_of
from tests.fixtures.api import Api
from tests.fixtures.floor import Floor

CHROMIUM = Path(os.environ.get("CHROMIUM", "/usr/bin/chromium"))
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"]
UNNAMED = (
    "[...document.querySelectorAll('input:not([type=hidden]), select')].filter(e => !e.labels.length).map(e => e.name)"
)
WIDE = "document.documentElement.scrollWidth > 320"

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(not CHROMIUM.exists(), reason=f"no Chromium at {CHROMIUM}; set CHROMIUM"),
]


@pytest.mark.parametrize(("locale", "scheme"), [("zh-CN", "light"), ("en", "dark")])
async def test_a_lot_is_entered_on_a_small_phone(floor: Floor, api: Api, locale: str, scheme: str) -> None:
    delivery, (sugar, _) = await expected(floor, 2)
    number = (await floor.get(f"/api/v1/deliveries/{delivery}"))["delivery_no"]
    path = await link_of(floor, delivery)
    complaints: list[str] = []
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=str(CHROMIUM), args=FLAGS)
        context = await browser.new_context(
            viewport={"width": 320, "height": 640},
            locale=locale,
            color_scheme=scheme,
            java_script_enabled=True,  # type: ignore[arg-type]
        )
        page = await context.new_page()
        page.on(
            "console", lambda message: complaints.append(message.text) if "Security Policy" in message.text else None
        )
        await page.goto(api.base_url + path)
        assert not await page.evaluate(WIDE)
        assert await page.evaluate(UNNAMED) == []
        await page.select_option("#product_id", sugar)
        await page.fill("#supplier_lot_no", "20260310-P2")
        await page.fill("#quantity", "viel")
        await page.click("button")
        assert await page.get_attribute("#quantity", "aria-invalid") == "true"
        assert await page.input_value("#supplier_lot_no") == "20260310-P2"
        assert not await page.evaluate(WIDE)
        await page.fill("#quantity", "500")
        await page.set_input_files("#report", {"name": "r.png", "mimeType": "image/png", "buffer": PNG})
        await page.click("button")
        assert number in await page.inner_text("main")
        assert not await page.evaluate(WIDE)
        await browser.close()
    assert complaints == []
