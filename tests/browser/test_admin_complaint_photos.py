"""Promise: a photo of a complaint opens by itself in a browser, and nothing in it runs or is forbidden."""

from tests.browser.test_admin_pages import opened, pytestmark
from tests.fixtures.api import Api
from tests.phones.conftest import fresh_limits
from tests.phones.test_complaints import lot_of, photo, send

__all__ = ["fresh_limits", "pytestmark"]


async def test_a_photo_opens_by_itself(api: Api, fresh_limits: None) -> None:
    plant = await api.plant()
    lot = await lot_of(api, plant)
    assert (await send(api, [("photos", ("a.jpg", photo(), "image/jpeg"))], code=lot.codes[0])).status_code == 303
    (found,) = (await plant.client("quality_manager").get("/api/v1/complaints")).json()["items"]
    async with opened(api, plant.person("quality_manager").username) as page:  # fails on anything said in the console
        await page.goto(f"{api.base_url}/admin/complaints/{found['id']}")
        await page.click(".pictures a")
        await page.wait_for_url("**/photos/1")
        assert await page.evaluate("document.images[0].naturalWidth") == 60
