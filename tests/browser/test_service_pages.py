"""Promise: on a small phone a consumer asks for recalls and reports a problem with scripts off, in both languages, light and dark, and nothing
scrolls sideways, and axe-core finds nothing grave; where he stands becomes a city on his own phone, and coordinates are sent to nobody."""

import io
from typing import Any

import pytest
from PIL import Image
from playwright.async_api import async_playwright, expect

from tests.browser.test_partner_page import CHROMIUM, FLAGS, UNNAMED, WIDE
from tests.fixtures.api import Api
from tests.fixtures.axe import RUN, SOURCE, grave
from tests.fixtures.scans import coded_lot

HANGZHOU = {"latitude": 30.2592, "longitude": 120.1693}
PAGES = (
    "/recall",
    "/recall?lot=X1",
    "/recall?produced_on=2026-03-10",
    "/report",
    "/ticket",
    "/ticket/ABCD-EFGH-JKMN-PQRS",
)

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(not CHROMIUM.exists(), reason=f"no Chromium at {CHROMIUM}; set CHROMIUM"),
]


def photo() -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (80, 60), "red").save(out, "JPEG")
    return out.getvalue()


@pytest.mark.parametrize(("locale", "scheme"), [("zh-CN", "light"), ("en", "dark")])
async def test_a_report_without_a_script(api: Api, locale: str, scheme: str) -> None:
    plant = await api.plant()
    lot = await coded_lot(api.settings, plant.tenant_id)
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=str(CHROMIUM), args=FLAGS)
        options: dict[str, Any] = {"viewport": {"width": 320, "height": 640}, "locale": locale, "color_scheme": scheme}
        context = await browser.new_context(java_script_enabled=False, **options)
        page = await context.new_page()
        await page.goto(f"{api.base_url}/t/{lot.codes[0]}")
        await page.click("a[href='?report']")
        assert await page.is_hidden("#locate")
        await page.click("input[value=package]")
        await page.set_input_files("#photos", {"name": "a.jpg", "mimeType": "image/jpeg", "buffer": photo()})
        await page.fill("#words", "鼓包 bulging")
        await page.click("main form > button")
        assert "/ticket/" in page.url
        assert "鼓包 bulging" in await page.inner_text("main")
        assert plant.name in await page.inner_text("main")
        await context.close()
        context = await browser.new_context(**options)
        page = await context.new_page()
        said: list[str] = []
        page.on("console", lambda message: said.append(message.text) if "Security Policy" in message.text else None)
        for path in PAGES:
            await page.goto(api.base_url + path)
            assert not await page.evaluate(WIDE), path
            assert await page.evaluate(UNNAMED) == [], path
            if SOURCE.exists():
                await page.evaluate(SOURCE.read_text("utf-8"))
                assert grave(await page.evaluate(RUN)) == [], path
        await browser.close()
    assert said == []


async def test_where_he_stands_becomes_a_city_and_goes_nowhere(api: Api) -> None:
    sent: list[str] = []
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=str(CHROMIUM), args=FLAGS)
        context = await browser.new_context(locale="zh-CN", geolocation=HANGZHOU, permissions=["geolocation"])  # type: ignore[arg-type]
        page = await context.new_page()
        page.on("request", lambda request: sent.append(f"{request.url} {request.post_data or ''}"))
        await page.goto(f"{api.base_url}/report")
        await page.click("summary")
        await page.click("#locate")
        await expect(page.locator("#located")).to_have_text("杭州市")
        assert await page.input_value("#city") == "330100"
        await page.fill("#words", "测试")
        await page.click("main form > button")
        await page.wait_for_url("**/ticket/**")
        await browser.close()
    assert len(sent) > 4
    assert not any("30.25" in each or "120.16" in each for each in sent)
