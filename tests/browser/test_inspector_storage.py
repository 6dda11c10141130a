"""Promise: a phone that runs full says so before it loses anything: photos stop first, then nothing new is begun; what is typed stays on
the screen until there is room; what was saved is kept."""

import pytest

from tests.browser.test_inspector_page import line_with_lots, photos_of, picture
from tests.fixtures.api import PASSWORD, Api
from tests.fixtures.inspector import records
from tests.fixtures.phone_page import CHROMIUM, Screen, phone

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(not CHROMIUM.exists(), reason=f"no Chromium at {CHROMIUM}; set CHROMIUM"),
]


# As the platform tells it: `localStorage.left` megabytes are left, plenty where it is not set.
ESTIMATE = (
    "navigator.storage.estimate = async () => ({ usage: 0, quota: Number(localStorage.left ?? 10000) * 1024 * 1024 })"
)


async def leave(screen: Screen, megabytes: float) -> None:
    await screen.page.evaluate("(left) => { localStorage.left = left; }", megabytes)


# As the platform takes it: `left` bytes are left whatever it tells; what is thrown off makes room.
TAKES = """
window.left = Infinity;
const { put, delete: remove } = IDBObjectStore.prototype;
const size = (value) => 2000 + (value.byteLength || value.bytes?.byteLength || 0);
IDBObjectStore.prototype.put = function (value, ...key) {
  if (size(value) > window.left) throw new DOMException("full", "QuotaExceededError");
  window.left -= size(value);
  if (key[0] === "ballast") window.thrown = false;
  return put.call(this, value, ...key);
};
IDBObjectStore.prototype.delete = function (key) {
  if (key === "ballast" && !window.thrown) window.left += 4 * 1024 * 1024;
  if (key === "ballast") window.thrown = true;
  return remove.call(this, key);
};
"""


async def kept(screen: Screen, key: str) -> bool:
    """Whether the page keeps something under this key."""
    return bool(
        await screen.page.evaluate(
            "(key) => new Promise((done) => { const open = indexedDB.open('quality-phone'); open.onsuccess = () => {"
            " const asked = open.result.transaction('kept').objectStore('kept').count(key);"
            " asked.onsuccess = () => { open.result.close(); done(asked.result); }; }; })",
            key,
        )
    )


async def test_it_is_said_while_there_still_is_room(api: Api) -> None:
    line, numbers = await line_with_lots(api, 2)
    async with phone(api, script=ESTIMATE) as screen:
        await screen.sign_in(line.plant.person("inspector").username)
        page = screen.page
        assert await page.locator(".notices").count() == 0
        await leave(screen, 60.5)
        await page.reload()
        assert "60 MB" in await page.inner_text(".notice.warn")
        await leave(screen, 10)
        await page.reload()
        await page.wait_for_selector(".notice.bad:has-text('不能拍照')")
        await screen.picture("storage-entries")
        await screen.wedge(numbers[0])
        await page.click("#exception")
        await page.wait_for_selector(".no-room")
        assert await page.locator("#camera-entry").count() == 0
        await page.click("[data-field=look] [data-value='好']")
        await page.click("#save")
        await page.wait_for_selector("#saved")
        await screen.unsent(0)
        await leave(screen, 1)
        await page.goto(f"{api.base_url}/phone/#/")
        await page.reload()
        await page.wait_for_selector(".notice.bad:has-text('已满')")
        await screen.wedge(numbers[1])
        await page.wait_for_selector("#said:has-text('已满')")
        assert await page.locator("#all-pass").count() == 0
    assert len(await records(line)) == 1


async def test_an_entry_finds_room_where_the_platform_told_of_none(api: Api) -> None:
    """Browsers tell the same estimate however full the phone is: a ballast makes room for what was typed."""
    line, numbers = await line_with_lots(api, 2)
    async with phone(api, script=TAKES) as screen:
        page = screen.page
        await page.fill("#username", line.plant.person("inspector").username)
        await page.fill("#password", PASSWORD)
        await page.click("#sign-in")
        await page.wait_for_selector("#scan")
        while not await kept(screen, "ballast"):
            await page.wait_for_timeout(100)
        await screen.context.set_offline(True)
        await screen.wedge(numbers[0])
        await page.click("#exception")
        await page.set_input_files("#camera-entry", picture(9))
        await page.wait_for_selector(".photos[data-count='1']")
        await page.evaluate("window.left = 100")
        await page.set_input_files("#camera-entry", picture(10))
        await page.wait_for_selector("#said .bad:has-text('照片')")
        await page.click("[data-field=look] [data-value='好']")  # the draft takes the place of the ballast
        for _ in range(50):
            if not await kept(screen, "ballast"):
                break
            await page.wait_for_timeout(100)
        await page.evaluate("window.left = 100")
        await page.click("#save")
        await page.wait_for_selector("#said .bad:has-text('没有存下')")
        assert await page.get_attribute("[data-field=look] [data-value='好']", "aria-pressed") == "true"
        await page.evaluate("window.left = 100000")
        await page.click("#save")
        await page.wait_for_selector("#saved")
        await page.click(".actions a")
        await page.wait_for_selector(".notice.bad:has-text('已满')")
        await screen.picture("storage-full")
        await screen.wedge(numbers[1])
        await page.wait_for_selector("#said:has-text('已满')")
        await page.evaluate("window.left = Infinity")
        await screen.context.set_offline(False)
        await screen.unsent(0)
        await page.wait_for_selector(".notice.bad", state="detached")
        await screen.wedge(numbers[1])
        await page.wait_for_selector("#all-pass")
        screen.said.clear()  # what was refused is written down for whoever looks
    assert len(await records(line)) == 1
    assert [each["attachment_id"] is not None for each in await photos_of(line)] == [True]
