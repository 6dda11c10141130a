"""Promise: a new version of the page waits until the person takes it, disturbs nobody who is typing, opens offline meanwhile as the old
one, and loses neither what is unsent nor what is unfinished."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.async_api import Route

from miniprogram_api.inspector import page_files
from tests.browser.test_inspector_page import line_with_lots
from tests.fixtures.api import Api
from tests.fixtures.inspector import records
from tests.fixtures.phone_page import CHROMIUM, phone

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(not CHROMIUM.exists(), reason=f"no Chromium at {CHROMIUM}; set CHROMIUM"),
]


@pytest.fixture
def edition(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A file that is part of the page's version: writing it, and forgetting the old version, publishes a new one."""
    file = tmp_path / "edition.html"
    file.write_text("1", "utf-8")
    monkeypatch.setattr(page_files, "_TEMPLATES", [*page_files._TEMPLATES, file])
    page_files.version.cache_clear()
    yield file
    page_files.version.cache_clear()


def publish(edition: Path) -> str:
    """A new version of the page; which."""
    edition.write_text("2", "utf-8")
    page_files.version.cache_clear()
    return page_files.version()


async def test_a_new_version_waits_offers_itself_and_loses_nothing(api: Api, edition: Path) -> None:
    line, numbers = await line_with_lots(api, 2)

    async def away(route: Route) -> None:
        await route.abort()

    async with phone(api, script="delete ServiceWorkerRegistration.prototype.sync") as screen:
        await screen.sign_in(line.plant.person("inspector").username)
        page = screen.page
        await page.reload()  # from now on by its worker
        await page.wait_for_selector("#scan")
        old = await page.get_attribute("body", "data-version")
        await screen.context.route("**/api/v1/phone/sync", away)
        await screen.wedge(numbers[0])
        await page.click("#all-pass")
        await screen.unsent(1)
        await page.click(".actions a")
        await page.wait_for_selector("#scan")
        await screen.wedge(numbers[1])
        await page.click("#exception")
        await page.click("[data-field=look] [data-value='坏']")
        new = publish(edition)
        await page.evaluate(
            "async () => { const worker = await navigator.serviceWorker.getRegistration('/phone/'); await worker.update();"
            " while (!worker.waiting) await new Promise((done) => setTimeout(done, 50)); }"
        )
        assert await page.get_attribute("[data-field=look] [data-value='坏']", "aria-pressed") == "true"
        assert await page.get_attribute("body", "data-version") == old
        await screen.context.set_offline(True)
        await page.reload()
        await page.wait_for_selector("[data-field=look]")
        assert await page.get_attribute("body", "data-version") == old
        await screen.context.set_offline(False)
        await page.click(".head .round")
        await page.wait_for_selector(".notice:has-text('新版本')")
        await screen.picture("update-offered")
        await page.click(".notice:has-text('新版本') button")
        await page.wait_for_selector(f"body[data-version='{new}']", state="attached")
        await screen.unsent(1)
        await page.click("a.row[href^='#/entry/']")
        assert await page.get_attribute("[data-field=look] [data-value='坏']", "aria-pressed") == "true"
        await screen.context.unroute("**/api/v1/phone/sync")
        await page.click("#save")
        await page.wait_for_selector("#saved")
        await screen.unsent(0)
    assert sorted(each["verdict"] for each in await records(line)) == ["fail", "pass"]
