"""Promise: a task with AQL says how many of how many, counts the nonconforming pieces by large buttons, turns red at the rejection
number, refuses more of them than pieces, and the plan decides."""

import pytest

from tests.fixtures.api import Api
from tests.fixtures.inspections import make_line
from tests.fixtures.phone_page import CHROMIUM, phone

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(not CHROMIUM.exists(), reason=f"no Chromium at {CHROMIUM}; set CHROMIUM"),
]


async def test_n_of_n_by_aql(api: Api) -> None:
    line = await make_line(api)
    await line.plan("receipt", await line.form(), sampling={"aql": "1.0", "level": "II"})
    await line.lot(lot_no="RM-AQL")
    (task,) = await line.open()
    plan = (await line.get(f"inspections/{task['id']}"))["sampling"]
    async with phone(api) as screen:
        await screen.sign_in(line.plant.person("inspector").username)
        page = screen.page
        await screen.wedge("RM-AQL")
        told = await page.inner_text(".sampling")
        assert all(str(plan[name]) in told for name in ("sample_size", "accept", "reject"))
        await screen.picture("sampling-glance")
        await page.click("#exception")
        await page.click("[data-field=look] [data-value='好']")
        assert await page.input_value("input[name=sample_size]") == str(plan["sample_size"])
        more = page.locator(".stepper .chip >> nth=1")
        for _ in range(plan["reject"] - 1):
            await more.click()
        assert await page.locator(".stepper output.bad").count() == 0
        await more.click()
        assert await page.inner_text(".stepper output.bad") == str(plan["reject"])
        await screen.picture("sampling-form")
        await page.fill("input[name=sample_size]", "1")
        await page.click("#save")
        await page.wait_for_selector("#said .bad")
        assert await page.locator("#saved").count() == 0
        await page.fill("input[name=sample_size]", str(plan["sample_size"]))
        await page.click("#save")
        await page.wait_for_selector("#saved")
        await screen.unsent(0)
    done = await line.get(f"inspections/{task['id']}")
    assert (done["state"], done["verdict"]) == ("done", "fail")
