"""Promise: inside Alipay, a page that Alipay itself signs in: by an invitation once, from then on by one tap; to nobody else."""

import pytest

from tests.fixtures.api import Api
from tests.fixtures.phone_page import CHROMIUM, phone
from tests.fixtures.phones import Phones, clock, phones, sandbox, server

__all__ = ["clock", "phones", "sandbox", "server"]
pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(not CHROMIUM.exists(), reason=f"no Chromium at {CHROMIUM}; set CHROMIUM"),
]
ALIPAY = "Mozilla/5.0 (Linux; Android 14) AppleWebKit/537.36 Chrome/120.0 Mobile Safari/537.36 AlipayClient/10.5.60"


async def test_an_invitation_and_a_tap_then_a_tap_alone(api: Api, phones: Phones) -> None:
    plant = await api.plant()
    invitation = await phones.invitation(plant)
    async with phone(api, user_agent=ALIPAY) as screen:
        page = screen.page
        await page.click("#alipay_page")
        await page.wait_for_selector(".sign-in .wrong:visible")
        assert "state" not in page.url
        screen.said.clear()  # the browser itself writes down that it was refused
        await page.goto(f"{api.base_url}/phone/#invitation={invitation}")
        await page.reload()
        await page.wait_for_selector("#alipay_page")
        await screen.picture("alipay-invited")
        await page.click("#alipay_page")
        await page.wait_for_selector("#scan")
        await page.goto(f"{api.base_url}/phone/#/me")
        await page.click("#sign-out")
        await page.click("#alipay_page")
        await page.wait_for_selector("#scan")


async def test_outside_of_alipay_it_is_not_offered(api: Api, phones: Phones) -> None:
    async with phone(api) as screen:
        await screen.page.wait_for_selector(".more-ways button")  # by short message
        assert await screen.page.locator("#alipay_page").count() == 0
