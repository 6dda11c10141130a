"""Promise: a consumer scans in any browser, in WeChat and in Alipay, with scripts off; reads the label, the story and what was
checked, and comes back, without a second scan being counted; the same phone scanning again is told so."""

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Page, async_playwright

from server.core import db
from server.core.scope import Scope
from tests.browser.test_scan_page_looks import FLAGS
from tests.fixtures.api import Api
from tests.fixtures.axe import RUN, SOURCE, grave
from tests.fixtures.publication import food
from tests.fixtures.scans import CodedLot, coded_lot, put_publication, stored

CHROMIUM = Path(os.environ.get("CHROMIUM", "/usr/bin/chromium"))
NEXT_YEAR = datetime.now(UTC) + timedelta(days=365)
_PHONE = "Mozilla/5.0 (Linux; Android 14; V2245A) AppleWebKit/537.36 (KHTML, like Gecko) Version/4.0 Chrome/126.0.6478.188 Mobile Safari/537.36"
AGENTS = {
    1: _PHONE,
    2: f"{_PHONE} XWEB/1260117 MMWEBSDK/20240404 MicroMessenger/8.0.49.2600(0x28003133) WeChat/arm64 Weixin NetType/4G Language/zh_CN",
    3: f"{_PHONE} UCBS/3.22.2.67 NebulaSDK/1.8.100112 Nebula AlipayDefined(nt:4G,ws:320|0|3.0) AliApp(AP/10.6.20.8100) AlipayClient/10.6.20.8100 Language/zh-Hans",
}
pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(not CHROMIUM.exists(), reason=f"no Chromium at {CHROMIUM}; set CHROMIUM"),
]


@asynccontextmanager
async def phone(**more: Any) -> AsyncIterator[Page]:
    """A phone without scripts that fails the test on anything the browser complains of."""
    said: list[str] = []
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=str(CHROMIUM), args=FLAGS)
        options = {"viewport": {"width": 320, "height": 640}, "java_script_enabled": False, "locale": "zh-CN"} | more
        context = await browser.new_context(**options)
        page = await context.new_page()
        page.on("console", lambda message: said.append(message.text))
        yield page
        await browser.close()
    assert said == []


async def a_food(api: Api, *, pictures: bool = False) -> CodedLot:
    plant = await api.plant()
    lot = await coded_lot(api.settings, plant.tenant_id)
    content = food()
    if not pictures:  # none is stored behind these addresses
        content["page"] |= {"origin": None, "pack": content["page"]["pack"] | {"picture": None}}
        content["page"]["story"]["pictures"] = []
        content["product"]["images"] = []
    await put_publication(plant.tenant_id, lot.lot_id, content, expires_at=NEXT_YEAR)
    return lot


@pytest.mark.parametrize("channel", AGENTS)
async def test_one_printed_address_opens_everywhere(api: Api, channel: int) -> None:
    lot = await a_food(api)
    async with phone(user_agent=AGENTS[channel]) as page:
        answer = await page.goto(f"{api.base_url}/t/{lot.codes[0]}")
        assert answer is not None
        assert answer.headers["cache-control"] == "no-store"
        assert await page.inner_text("h1") == "正品·在保质期内"
        assert await page.inner_text("#label") == "数字标签"
    async with db.transaction(Scope.tenant(lot.tenant_id)):
        assert await db.fetchval("SELECT channel FROM scan WHERE code = $1", lot.codes[0]) == channel


async def test_through_all_pages_and_back_with_one_scan(api: Api) -> None:
    lot = await a_food(api)
    async with phone() as page:
        await page.goto(f"{api.base_url}/t/{lot.codes[0]}")
        await page.click("text=品牌故事")
        assert "草原上的一瓶奶" in await page.inner_text("main")
        await page.click("nav >> text=数字标签")
        assert "生牛乳" in await page.inner_text(".food")
        await page.click("text=本页核对了什么")
        assert "没有核对，也无法核对" in await page.inner_text("main")
        assert "瓶身背标左下角" in await page.inner_text("main")
    row = await stored(lot.codes[0], lot.tenant_id)
    assert (row["scan_count"], row["scans"]) == (1, 1)


async def test_the_same_phone_again_is_told_so_and_another_is_not(api: Api) -> None:
    lot = await a_food(api)
    address = f"{api.base_url}/t/{lot.codes[0]}"
    async with phone() as page:
        await page.goto(address)
        assert "如果首次查询不是您本人" in await page.inner_text(".scans")
        await page.goto(address)
        assert "第 2 次查询" in await page.inner_text(".scans")
        assert "以前的查询都来自这台设备" in await page.inner_text(".scans")
        await page.goto(f"{api.base_url}/t/{lot.codes[1]}")
        assert "如果首次查询不是您本人" in await page.inner_text(".scans")
        kept = await page.context.cookies()
        assert {each["path"] for each in kept} == {f"/t/{code}" for code in lot.codes[:2]}
    async with phone() as other:
        await other.goto(address)
        assert "如果首次查询不是您本人" in await other.inner_text(".scans")


@pytest.mark.skipif(not SOURCE.exists(), reason="axe-core is not installed: npm ci")
@pytest.mark.parametrize("locale", ["zh-CN", "en-GB"])
async def test_nothing_grave_on_what_stands_beside_a_scan(api: Api, locale: str) -> None:
    """The pages for asking and telling, as they are served."""
    lot = await a_food(api)
    async with phone(java_script_enabled=True, locale=locale) as page:
        for path in (
            f"/t/{lot.codes[0]}",
            "/recall",
            "/report",
            f"/t/{lot.codes[0]}?report",
            "/ticket",
            f"/lots/{lot.lot_id}/genuine",
        ):
            await page.goto(api.base_url + path)
            await page.evaluate(SOURCE.read_text("utf-8"))
            assert grave(await page.evaluate(RUN)) == [], path
            assert await page.evaluate("document.documentElement.scrollWidth") <= 320, path


async def test_an_english_phone_reads_english(api: Api) -> None:
    lot = await a_food(api)
    async with phone(locale="en-GB") as page:
        await page.goto(f"{api.base_url}/t/{lot.codes[0]}")
        assert await page.inner_text("#label") == "Digital label"
        assert await page.locator(".food [lang=zh-CN]").count() > 5
