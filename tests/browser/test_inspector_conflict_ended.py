"""Promise: who recorded what came twice differently reads on the phone who decided, which version stands and why: where the entry waits,
and in the history of the day."""

import pytest

from tests.browser.test_inspector_page import line_with_lots
from tests.fixtures.api import Api
from tests.fixtures.inspector import Phone
from tests.fixtures.phone_page import CHROMIUM, phone

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(not CHROMIUM.exists(), reason=f"no Chromium at {CHROMIUM}; set CHROMIUM"),
]
REASON = "操作工看的是另一批"


async def test_the_end_of_a_conflict_is_told_where_it_waits_and_in_the_history(api: Api) -> None:
    line, (number,) = await line_with_lots(api, 1)
    manager = line.plant.client("quality_manager")
    async with phone(api) as screen:
        await screen.sign_in(line.plant.person("inspector").username)
        page = screen.page
        await screen.context.set_offline(True)
        await screen.wedge(number)
        await page.click("#all-pass")
        await screen.unsent(1)
        entry = await page.evaluate(
            "() => new Promise((done) => { const open = indexedDB.open('quality-phone'); open.onsuccess = () => {"
            " const all = open.result.transaction('entries').objectStore('entries').getAll();"
            " all.onsuccess = () => { open.result.close(); done(all.result[0].entry); }; }; })"
        )
        await Phone(line.plant.client("operator")).answers({**entry, "values": {"look": "坏"}})
        await screen.context.set_offline(False)
        await page.goto(f"{api.base_url}/phone/#/queue")
        await page.wait_for_selector(".queued.conflict:has-text('正在核对')")
        (conflict,) = (await manager.get("/api/v1/phone/conflicts")).json()["items"]
        body = {"resolution": "correct", "reason": REASON}
        await line.post(f"phone/conflicts/{conflict['id']}/resolution", body, expect=200, client=manager)
        await page.reload()
        told = await page.inner_text(".queued.conflict:has-text('后到的有效')")
        assert line.plant.person("quality_manager").username in told
        assert REASON in told
        assert "你的这份有效" in told
        await screen.picture("conflict-ended-queue")
        await page.click(".queued.conflict button")
        await screen.unsent(0)
        await page.click(".tabs a >> nth=2")
        card = page.locator(".row.ended")
        assert REASON in await card.inner_text()
        await screen.picture("conflict-ended-history")
        await card.click()
        await page.wait_for_selector("dl.values:has-text('好')")
