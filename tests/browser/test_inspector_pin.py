"""Promise: one changes one's PIN on the phone, by the old one or the password; wrong PINs typed at a terminal without a network are told
when it is reached, and a terminal set up anew gives no new tries."""

from typing import Any

import pytest

from tests.browser.test_inspector_page import line_with_lots
from tests.fixtures.api import PASSWORD, Api
from tests.fixtures.inspections import Line
from tests.fixtures.phone_page import CHROMIUM, Screen, phone

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(not CHROMIUM.exists(), reason=f"no Chromium at {CHROMIUM}; set CHROMIUM"),
]
PIN, NEW, NEWER = "405918", "802714", "731905"


async def badge_of(line: Line, role: str = "inspector") -> dict[str, Any]:
    user_id = str(line.plant.person(role).user_id)
    found: dict[str, Any] = await line.post(
        "badges", {"user_id": user_id, "pin": PIN}, client=line.plant.client("enterprise_admin")
    )
    return found


async def fill(screen: Screen, proof: str, fresh: str, again: str | None = None) -> None:
    page = screen.page
    await page.fill("form.pin input >> nth=0", proof)
    await page.fill("#new-pin", fresh)
    await page.fill("#new-pin-again", again or fresh)
    await page.click("#set-pin")


async def test_ones_own_pin_is_changed_on_ones_phone(api: Api) -> None:
    line, _ = await line_with_lots(api, 1)
    async with phone(api) as screen:
        await screen.sign_in(line.plant.person("inspector").username)
        page = screen.page
        await page.goto(f"{api.base_url}/phone/#/pin")
        await page.wait_for_selector(".empty")  # no badge yet
        badge = await badge_of(line)
        await page.reload()
        await page.wait_for_selector("#old-pin")
        await screen.picture("pin")
        await fill(screen, PIN, NEW, NEWER)
        assert "不一致" in await page.inner_text("form.pin .wrong")
        await fill(screen, PIN, "123456")
        await page.wait_for_selector("form.pin .wrong:has-text('容易')")
        await fill(screen, "111222", NEW)
        await page.wait_for_selector("form.pin .wrong:has-text('原 PIN')")
        await fill(screen, PIN, NEW)
        await page.wait_for_selector("#sign-out")
        await page.click("#pin")
        await page.click("form.pin .link")
        await fill(screen, PASSWORD, NEWER)
        await page.wait_for_selector("#sign-out")
        screen.said.clear()  # the browser itself writes down what was refused
    (kept,) = (await line.plant.client("enterprise_admin").get("/api/v1/badges")).json()["items"]
    assert (kept["id"], kept["wrong_tries"]) == (badge["id"], 0)


async def set_up(screen: Screen, code: str) -> None:
    page = screen.page
    await page.click(".foot-links .link >> nth=0")
    await page.fill("#over input", code)
    await page.click("#over [data-answer=yes]")
    await page.wait_for_selector(".row[data-task]")


async def sign(screen: Screen, badge: dict[str, Any], *pins: str) -> None:
    """Scan the badge and type these PINs one after the other; the last is answered for good or ill."""
    page = screen.page
    await page.wait_for_selector(".scanner.blind")
    await page.fill(".scanner input.weui-input", badge["text"])
    await page.press(".scanner input.weui-input", "Enter")
    for pin in pins:
        await page.fill("#over input[type=password]", pin)
        await page.evaluate("document.getElementById('said').replaceChildren()")
        await page.press("#over input[type=password]", "Enter")
        await page.wait_for_selector("#said .bad, #saved")


async def test_wrong_pins_of_a_terminal_are_told_and_outlive_it(api: Api) -> None:
    line, (number,) = await line_with_lots(api, 1)
    admin, badge = line.plant.client("enterprise_admin"), await badge_of(line)
    offered = await line.post("terminals", {"name": "灌装线终端", "place_id": line.ids["line"]}, client=admin)
    async with phone(api) as screen:
        await set_up(screen, offered["code"])
        await screen.context.set_offline(True)
        await screen.wedge(number)
        await screen.page.click("#all-pass")
        await sign(screen, badge, *["000001"] * 5)
        await screen.page.wait_for_selector("#said:has-text('请等')")
        await screen.context.set_offline(False)
        for _ in range(60):
            (kept,) = (await admin.get("/api/v1/badges")).json()["items"]
            if kept["wrong_tries"] == 5:
                break
            await screen.page.wait_for_timeout(250)
        assert kept["wrong_tries"] == 5
    again = await line.post(f"terminals/{offered['id']}/code", {}, client=admin)
    async with phone(api) as screen:
        await set_up(screen, again["code"])
        await screen.context.set_offline(True)
        await screen.wedge(number)
        await screen.page.click("#all-pass")
        await sign(screen, badge, *["000002"] * 5)
        await screen.page.wait_for_selector("#said:has-text('锁定')")
        await screen.page.evaluate("document.getElementById('said').replaceChildren()")
        await screen.page.click("#all-pass")
        await sign(screen, badge)
        await screen.page.wait_for_selector("#said:has-text('锁定')")
        assert await screen.page.locator("#over input[type=password]").count() == 0
        await screen.picture("badge-locked")
