"""Promise: what is on the phone goes up by parts and in the background: an upload that a dead battery interrupted goes on where it
stopped, and where the platform has Background Sync the queue is delivered with no page open."""

import asyncio
import io
import os
from typing import Any

import pytest
from PIL import Image
from playwright.async_api import Request, Route

from tests.browser.test_inspector_page import line_with_lots, photos_of
from tests.fixtures.api import Api
from tests.fixtures.inspections import Line
from tests.fixtures.inspector import records
from tests.fixtures.phone_page import CHROMIUM, phone

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(not CHROMIUM.exists(), reason=f"no Chromium at {CHROMIUM}; set CHROMIUM"),
]
PART = 262144
WITHOUT_SYNC = "delete ServiceWorkerRegistration.prototype.sync"  # so that the page alone delivers
WATCHED_SYNC = """
window.tags = [];
const { register } = SyncManager.prototype;
SyncManager.prototype.register = function (tag) { window.tags.push(tag); return register.call(this, tag); };
"""


def noise() -> dict[str, Any]:
    """A picture that stays larger than two parts however well it is compressed."""
    file = io.BytesIO()
    Image.frombytes("RGB", (1200, 900), os.urandom(1200 * 900 * 3)).save(file, "JPEG", quality=95)
    return {"name": "n.jpg", "mimeType": "image/jpeg", "buffer": file.getvalue()}


async def away(route: Route) -> None:
    await route.abort()


async def arrived(line: Line, count: int) -> None:
    for _ in range(240):
        if len(await records(line)) == count:
            return
        await asyncio.sleep(0.25)
    pytest.fail(f"{len(await records(line))} of {count} arrived")


async def test_an_interrupted_upload_goes_on_by_parts(api: Api) -> None:
    line, (number,) = await line_with_lots(api, 1)
    stopped = asyncio.Event()

    async def first_part_alone(route: Route) -> None:
        if route.request.method == "PATCH" and route.request.headers["upload-offset"] != "0":
            stopped.set()
            await route.abort()
        else:
            await route.continue_()

    async with phone(api, script=WITHOUT_SYNC) as screen:
        await screen.sign_in(line.plant.person("inspector").username)
        await screen.context.route("**/api/v1/phone/photos/*", first_part_alone)
        page = screen.page
        await screen.wedge(number)
        await page.click("#exception")
        await page.click("[data-field=look] [data-value='好']")
        await page.set_input_files("#camera-entry", noise())
        await page.wait_for_selector(".photos[data-count='1']")
        await page.click("#save")
        await asyncio.wait_for(stopped.wait(), 30)
        await screen.kill()
        offsets: list[int] = []

        def watch(request: Request) -> None:
            if request.method == "PATCH":
                offsets.append(int(request.headers["upload-offset"]))

        await screen.open("/sandbox-of-nobody")  # a page that delivers nothing, while the watch is set
        screen.said.clear()
        screen.page.on("request", watch)
        await screen.page.goto(f"{api.base_url}/phone/#/queue")
        await screen.unsent(0)
    assert offsets[0] == PART
    assert offsets == sorted(set(offsets))
    assert [each["attachment_id"] is not None for each in await photos_of(line)] == [True]


async def test_the_queue_goes_up_in_the_background_with_no_page_open(api: Api) -> None:
    line, (number,) = await line_with_lots(api, 1)
    async with phone(api, script=WATCHED_SYNC) as screen:
        await screen.sign_in(line.plant.person("inspector").username)
        page = screen.page
        beside = await screen.context.new_page()
        session = await screen.context.new_cdp_session(beside)
        registered: asyncio.Future[str] = asyncio.get_running_loop().create_future()

        def known(told: dict[str, Any]) -> None:
            for each in told["registrations"]:
                if each["scopeURL"].endswith("/phone/") and not registered.done():
                    registered.set_result(each["registrationId"])

        session.on("ServiceWorker.workerRegistrationUpdated", known)
        await session.send("ServiceWorker.enable")
        await page.bring_to_front()
        await screen.context.route("**/api/v1/phone/sync", away)  # the page itself brings nothing
        await screen.wedge(number)
        await page.click("#all-pass")
        await screen.unsent(1)
        assert set(await page.evaluate("window.tags")) == {"deliver"}
        await page.close()
        await screen.context.unroute("**/api/v1/phone/sync")
        id = await asyncio.wait_for(registered, 20)
        told = {"origin": api.base_url, "registrationId": id, "tag": "deliver", "lastChance": False}
        await session.send("ServiceWorker.dispatchSyncEvent", told)
        await arrived(line, 1)
        screen.page = beside
        await beside.goto(f"{api.base_url}/phone/#/queue")
        await screen.unsent(0)
    assert len(await records(line)) == 1
