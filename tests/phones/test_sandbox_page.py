"""Promise: in a demo, and only there, /sandbox shows what a phone would have received, and that nothing is sent; it stays a page
when nobody plays the vendors."""

import os
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from playwright.async_api import async_playwright

from server.wiring import open_vendors
from tests.fixtures.api import Api, Server
from tests.fixtures.cluster import Cluster, Database
from tests.fixtures.phones import Phones, new_number
from tests.vendors.sandboxed import accounts
from workers.sandbox import Received, Sandbox

HTML = {"Accept": "text/html"}
CHROMIUM = Path(os.environ.get("CHROMIUM", "/usr/bin/chromium"))
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"]


@pytest.fixture
def demo(sandbox: Sandbox, cluster: Cluster, database: Database, valkey_url: str) -> Iterator[Server]:
    told = sandbox.accounts.environment(sandbox.base_url)
    with Server(cluster.settings(database, valkey_url, TRACE_MODE="demo", **told)) as running:
        yield running


def page(demo: Server, language: str) -> str:
    answer = httpx.get(f"{demo.base_url}/sandbox", headers=HTML | {"Accept-Language": language}, trust_env=False)
    assert answer.status_code == 200
    assert answer.headers["cache-control"] == "no-store"
    return answer.text


async def test_it_shows_what_a_phone_would_have_received(api: Api, phones: Phones, demo: Server) -> None:
    number, invitation = new_number(), await phones.invitation(await api.plant())
    code = await phones.bring(await phones.ask(number, invitation=invitation))
    phones.sandbox.inbox.put(Received("wechat", "o-<li>", "T", {"thing1": "牛奶"}, 1.7e9))
    for language, words in (("zh-CN", "您的登录验证码是"), ("en", "Your sign-in code is")):
        shown = page(demo, language)
        assert words in shown
        assert number in shown
        assert str(code) in shown
        assert "o-&lt;li&gt;" in shown
        assert shown.index("o-&lt;li&gt;") < shown.index(number)


async def test_elsewhere_it_is_not_there(api: Api, phones: Phones) -> None:
    assert phones.vendors.inbox is None
    assert (await api.anonymous.get("/sandbox", headers=HTML)).status_code == 404


async def test_nobody_plays_the_vendors(cluster: Cluster, database: Database, valkey_url: str) -> None:
    told = accounts().environment("http://127.0.0.1:1")
    vendors = open_vendors(cluster.settings(database, valkey_url, TRACE_MODE="demo", **told))
    assert vendors.inbox is not None
    with pytest.raises(OSError, match="refused"):
        await vendors.inbox.received()
    vendors.close()


@pytest.mark.browser
@pytest.mark.skipif(not CHROMIUM.exists(), reason=f"no Chromium at {CHROMIUM}; set CHROMIUM")
@pytest.mark.parametrize(
    ("locale", "scheme", "width"), [("zh-CN", "light", 320), ("en", "dark", 320), ("zh-CN", "light", 1440)]
)
async def test_it_fits_a_small_phone(
    phones: Phones, demo: Server, tmp_path: Path, locale: str, scheme: str, width: int
) -> None:
    phones.sandbox.inbox.put(Received("wechat", "o" * 60, "T", {"thing1": "牛奶" * 40}, 1.7e9))
    phones.sandbox.inbox.put(Received("sms", "13900000001", "T", {"code": "480216"}, 1.7e9, "质量追溯演示"))
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=str(CHROMIUM), args=FLAGS)
        context = await browser.new_context(
            viewport={"width": width, "height": 640}, locale=locale, color_scheme=scheme
        )  # type: ignore[arg-type]
        page = await context.new_page()
        await page.goto(f"{demo.base_url}/sandbox")
        assert not await page.evaluate(f"document.documentElement.scrollWidth > {width}")
        assert "480216" in await page.inner_text("main")
        await page.screenshot(path=tmp_path / "page.png")
        await browser.close()
