"""Promise: a tap on the phone is never lost because the page redrew itself between the finger's going down and up."""

import pytest

from tests.browser.test_inspector_page import line_with_lots
from tests.fixtures.api import Api
from tests.fixtures.inspections import Line
from tests.fixtures.phone_page import CHROMIUM, Screen, phone

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(not CHROMIUM.exists(), reason=f"no Chromium at {CHROMIUM}; set CHROMIUM"),
]
CHANGED = (
    "() => { const channel = new BroadcastChannel('phone-queue'); channel.postMessage('changed'); channel.close(); }"
)
REDREW = (
    "() => { window.redrawn = new Promise((done) =>"
    " new MutationObserver(done).observe(document.getElementById('app'), { childList: true })); }"
)
RACE = (
    "() => Promise.race([window.redrawn.then(() => true), new Promise((done) => setTimeout(() => done(false), 500))])"
)


async def _waits(screen: Screen, line: Line, number: str) -> None:
    """An entry on the phone without a network, and the list of what waits."""
    await screen.sign_in(line.plant.person("inspector").username)
    await screen.context.set_offline(True)
    await screen.wedge(number)
    await screen.page.click("#all-pass")
    await screen.unsent(1)
    await screen.page.evaluate("location.hash = '#/queue'")
    await screen.page.wait_for_selector(".queued.waiting")


async def test_the_list_waits_for_the_finger_and_is_drawn_anew_when_it_is_up(api: Api) -> None:
    line, (number,) = await line_with_lots(api, 1)
    async with phone(api) as screen:
        await _waits(screen, line, number)
        page = screen.page
        await page.locator(".tabs a >> nth=2").hover()
        await page.mouse.down()
        await page.evaluate(REDREW)
        await page.evaluate(CHANGED)  # as another page of this phone, or the background, says it
        assert not await page.evaluate(RACE)
        await page.mouse.up()
        await page.wait_for_url("**/#/history")


async def test_a_list_that_nobody_touches_is_drawn_anew_at_once(api: Api) -> None:
    """The control: the same news does redraw."""
    line, (number,) = await line_with_lots(api, 1)
    async with phone(api) as screen:
        await _waits(screen, line, number)
        await screen.page.evaluate(REDREW)
        await screen.page.evaluate(CHANGED)
        assert await screen.page.evaluate(RACE)
