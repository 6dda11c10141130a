"""Who enters from which phone, and what came in from phones, in a real browser: both pages and a person's identities fit a phone
and a desk in both languages, empty and full; what is shown once is read out; controls are named, tables captioned."""

import os
from pathlib import Path

import pytest

from tests.browser.test_admin_pages import UNTOLD, opened, pytestmark, too_wide
from tests.fixtures.api import Api
from tests.fixtures.inspections import FAIL, Line, make_line
from tests.fixtures.inspector import Phone, version_of

__all__ = ["pytestmark"]


async def full(api: Api) -> Line:
    """A plant with a terminal, a badge, a phone, an invitation, a burst of entries and a conflict."""
    line = await make_line(api)
    admin, inspector = line.plant.client("enterprise_admin"), line.plant.person("inspector")
    await line.post("terminals", {"name": "灌装线 1 号终端", "place_id": line.ids["line"]}, client=admin)
    await line.post("badges", {"user_id": str(inspector.user_id), "pin": "802714"}, client=admin)
    await line.post("phone/keys", {"label": "王检的手机"}, client=line.plant.client("inspector"))
    await line.post(f"users/{inspector.user_id}/invitations", {}, client=admin)
    phone = Phone(line.plant.client("inspector"), await version_of(line, await line.form(name_en="Looks")))
    lot = await line.lot()
    entries = [phone.entry(hours_ago=(100 - n) / 3600, lot_id=lot) for n in range(12)]
    await phone.send(*entries)
    await phone.send(entries[0] | {"values": FAIL})
    await phone.send(entries[1] | {"inspected": {"accepted": "8", "rejected": "2"}})
    return line


@pytest.mark.parametrize("locale", ["zh-CN", "en-US"])
async def test_the_pages_of_phones_fit_and_are_told(api: Api, locale: str) -> None:
    empty, line = await make_line(api), await full(api)
    user = line.plant.person("inspector").user_id
    for plant, role, paths in (
        (empty.plant, "enterprise_admin", ["/phones"]),
        (empty.plant, "quality_manager", ["/phone-entries"]),
        (line.plant, "enterprise_admin", ["/phones", f"/users/{user}/identities"]),
        (line.plant, "quality_manager", ["/phone-entries"]),
    ):
        async with opened(api, plant.person(role).username, locale=locale) as page:
            for path in paths:
                answer = await page.goto(f"{api.base_url}/admin{path}")
                assert answer is not None
                assert answer.status == 200, path
                await looked_at(page, f"{path.strip('/').replace('/', '-')}-{plant is line.plant}-{locale}")
                for summary in await page.query_selector_all("main details:not([open]) > summary"):
                    await summary.click()
                assert await too_wide(page) == {}, path
                assert await page.locator("h1").count() == 1, path
                assert await page.evaluate(UNTOLD) == [], path
                if path == "/phone-entries" and plant is line.plant:  # what differs beside the values is shown too
                    told = await page.inner_text("#conflicts")
                    assert ("不合格数量" if locale == "zh-CN" else "Rejected") in told


async def test_what_is_shown_once_has_the_focus(api: Api) -> None:
    line = await make_line(api)
    async with opened(api, line.plant.person("enterprise_admin").username, width=320, locale="zh-CN") as page:
        await page.goto(f"{api.base_url}/admin/phones")
        await page.locator("#terminals summary").first.click()
        await page.fill("#f-name", "包装线终端")
        await page.locator("#terminals form button").first.click()
        await page.wait_for_selector("section.once")
        assert await page.evaluate("document.activeElement.matches('section.once')")
        assert await page.evaluate("document.documentElement.scrollWidth") <= 320
        await looked_at(page, "once-320")


async def looked_at(page: object, name: str) -> None:
    """Kept for whoever wants to look, where `SCREENSHOTS` names a folder."""
    folder = os.environ.get("SCREENSHOTS")
    if folder:
        await page.screenshot(path=Path(folder) / f"{name}.png", full_page=True)  # type: ignore[attr-defined]
