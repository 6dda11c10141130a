"""Promise: the page does what its surroundings allow and says what they do not: the scanner of the app around it, a web-view that cannot
open anything offline, a clock that is wrong, 72 hours without contact, the language somebody chose."""

import pytest

from tests.browser.test_inspector_page import line_with_lots
from tests.fixtures.api import Api
from tests.fixtures.inspector import records
from tests.fixtures.phone_page import CHROMIUM, phone

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(not CHROMIUM.exists(), reason=f"no Chromium at {CHROMIUM}; set CHROMIUM"),
]
ALIPAY = "Mozilla/5.0 (Linux; Android 14) AppleWebKit/537.36 Chrome/120.0 Mobile Safari/537.36 AlipayClient/10.5.60"
WITHOUT_WORKER = "delete Navigator.prototype.serviceWorker"


async def test_inside_alipay_its_own_scanner_is_used(api: Api) -> None:
    line, (number,) = await line_with_lots(api, 1)
    bridge = f"window.AlipayJSBridge = {{ call: (name, options, then) => then({{ codeContent: '{number}' }}) }}"
    async with phone(api, user_agent=ALIPAY, script=bridge) as screen:
        await screen.sign_in(line.plant.person("inspector").username)
        await screen.page.click("#scan")
        await screen.page.click("#all-pass")
        await screen.page.wait_for_selector("#saved")
        await screen.unsent(0)
    assert len(await records(line)) == 1


async def test_a_web_view_without_workers_says_so_and_keeps_working(api: Api) -> None:
    line, (number,) = await line_with_lots(api, 1)
    async with phone(api, script=WITHOUT_WORKER) as screen:
        page = screen.page
        await page.fill("#username", line.plant.person("inspector").username)
        await page.fill("#password", "correct horse battery staple")
        await page.click("#sign-in")
        await page.wait_for_selector("#scan")
        assert "不能离线打开" in await page.inner_text(".notices")
        await screen.context.set_offline(True)
        await screen.wedge(number)
        await page.click("#all-pass")
        await page.wait_for_selector("#saved")
        await screen.unsent(1)
        await screen.context.set_offline(False)
        await screen.unsent(0)
    assert len(await records(line)) == 1


async def test_after_three_days_without_contact_one_signs_in_again_and_nothing_is_lost(api: Api) -> None:
    line, (number,) = await line_with_lots(api, 1)
    async with phone(api) as screen:
        page = screen.page
        await screen.sign_in(line.plant.person("inspector").username)
        await screen.context.set_offline(True)
        await screen.wedge(number)
        await page.click("#all-pass")
        await screen.unsent(1)
        now = await page.evaluate("Date.now()")
        await screen.keep("contact", now - 73 * 3600 * 1000)
        await page.goto(f"{api.base_url}/phone/")
        await page.reload()
        await page.wait_for_selector("#sign-in")
        assert "72" in await page.inner_text(".notice.warn")
        await screen.context.set_offline(False)
        await screen.sign_in(line.plant.person("inspector").username)
        await screen.unsent(0)
    assert len(await records(line)) == 1


async def test_a_wrong_clock_is_told_and_the_last_six_characters_find_a_lot(api: Api) -> None:
    line, (number,) = await line_with_lots(api, 1)
    async with phone(api) as screen:
        page = screen.page
        await screen.sign_in(line.plant.person("inspector").username)
        await screen.keep("ahead", 1800)
        await page.click(".tabs a >> nth=3")
        assert "30" in await page.inner_text(".notice.warn")
        await page.click("#language")
        await page.wait_for_selector("text=Sign out")
        await page.click(".tabs a >> nth=0")
        await page.wait_for_selector("#last-six")
        await page.reload()
        await page.fill("#last-six", number[-6:])
        await page.click("#found .row")
        await page.wait_for_selector("#all-pass")
        assert await page.inner_text("#all-pass") == "All pass"
