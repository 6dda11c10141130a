"""Promise: every screen of the inspector's page fits 320 px in both languages, light and dark; what is tapped is 48 px high at least;
nothing keeps anybody from using it (axe-core); no policy is broken and no key of a text shows."""

import pytest
from playwright.async_api import Page

from server.core import db
from server.core.scope import Scope
from tests.fixtures.api import Api
from tests.fixtures.axe import RUN, SOURCE, grave
from tests.fixtures.inspections import Line, make_line
from tests.fixtures.phone_page import CHROMIUM, Screen, measured_form, phone

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(not CHROMIUM.exists(), reason=f"no Chromium at {CHROMIUM}; set CHROMIUM"),
    pytest.mark.skipif(not SOURCE.exists(), reason="axe-core is not installed: npm ci"),
]
SMALL = """() => [...document.querySelectorAll("button, a, input:not([type=file]), select, textarea, summary")]
  .filter((each) => each.offsetParent && each.getBoundingClientRect().height < 47.5 && !each.closest("figure a"))
  .map((each) => `${each.outerHTML.slice(0, 90)} ${Math.round(each.getBoundingClientRect().height)}`)"""
KEYS = r"() => document.body.innerText.match(/\b(?:[a-z]+_)*[a-z]+\.[a-z_]+\b/g) || []"


async def dressed(api: Api, mark: str) -> Line:
    """A plant with plain names and a day of several tasks."""
    line = await make_line(api)
    measured = await measured_form(line)
    await line.plan("receipt", measured, name="来料理化检验")
    await line.plan("end_of_lot", await line.form("F2"), name="成品外观", sampling={"aql": "2.5", "level": "II"})
    await line.plan("daily", await line.form("F3", "working_day"), name="每日风险检查")
    admin = line.plant.client("enterprise_admin")
    site = await line.post("sites", {"name": "二厂", "division_code": "330106"}, client=admin)
    store = await line.post("places", {"site_id": site["id"], "kind": "cold_store", "name": "冷库 2"}, client=admin)
    milk = (await line.post("products", {"kind": "material", "sku": "RM", "name": "生牛乳", "unit": "kg"}))["id"]
    for number in ("RM261103-01", "RM261103-02"):
        body = {
            "kind": "material",
            "product_id": milk,
            "lot_no": number,
            "quantity": "1200",
            "place_id": store["id"],
        }
        await line.post("lots", body)
    async with db.transaction(Scope.system()):
        await db.execute(
            "UPDATE user_account SET display_name = '王检' WHERE id = $1", line.plant.person("inspector").user_id
        )
        await db.execute("UPDATE tenant SET name = $2 WHERE id = $1", line.plant.tenant_id, f"云岭乳业有限公司 {mark}")
    return line


async def judged(screen: Screen, name: str) -> None:
    """The screen that is open now."""
    page: Page = screen.page
    await screen.picture(name)
    assert await page.evaluate("document.documentElement.scrollWidth") <= screen.width, name
    assert await page.evaluate(SMALL) == [], name
    assert await page.evaluate(KEYS) == [], name
    await page.evaluate(SOURCE.read_text("utf-8"))
    assert grave(await page.evaluate(RUN)) == [], name


@pytest.mark.parametrize(
    ("width", "locale", "scheme"), [(390, "zh-CN", "light"), (320, "zh-CN", "dark"), (320, "en-US", "light"), (390, "en-US", "dark")]
)  # fmt: skip
async def test_every_screen_fits_and_can_be_used(api: Api, width: int, locale: str, scheme: str) -> None:
    line = await dressed(api, f"{width}{locale[:2]}")
    async with phone(api, width=width, locale=locale, scheme=scheme) as screen:
        page = screen.page
        await page.wait_for_selector("#sign-in")
        await judged(screen, "sign-in")
        await screen.sign_in(line.plant.person("inspector").username)
        await page.wait_for_selector(".row[data-task]")
        await judged(screen, "today")
        await page.click("#scan")
        await page.wait_for_selector(".scanner.blind")
        await judged(screen, "scanner")
        await page.keyboard.press("Escape")
        await screen.wedge("RM261103-01")
        await page.wait_for_selector("#all-pass")
        await judged(screen, "glance")
        await page.click("#grid")
        await page.wait_for_selector(".grid-cell")
        await page.keyboard.type("3.5\n-19\n3.3\n-20\n")
        await judged(screen, "grid")
        await page.goto(f"{api.base_url}/phone/#/")
        await page.wait_for_selector("#scan")
        await screen.wedge("RM261103-02")
        await page.click("#exception")
        await page.fill("#field-fat", "3.9")
        await page.keyboard.press("Enter")
        await page.wait_for_selector(".second")
        await page.evaluate("document.getElementById('said').replaceChildren()")
        await judged(screen, "form")
        await page.click(".second .yes")
        await page.click(".choice.add >> nth=0")
        await page.locator("#save").scroll_into_view_if_needed()
        await page.click("#save")
        await page.wait_for_selector("#over .ask", timeout=3000)
        await judged(screen, "missing")
        await page.keyboard.press("Escape")
        await page.goto(f"{api.base_url}/phone/#/")
        await page.wait_for_selector("#scan")
        await screen.context.set_offline(True)
        await screen.wedge("RM261103-01")
        await page.click("#exception")
        await page.click("[data-field=look] button >> nth=0")
        await page.fill("#field-fat", "3.5")
        await page.fill("#field-temp", "-19")
        await page.evaluate("document.activeElement.blur()")
        await judged(screen, "form-good")
        await page.click("#save")
        await page.wait_for_selector("#saved")
        await judged(screen, "saved")
        for screen_hash in ("queue", "history", "me", ""):
            await page.goto(f"{api.base_url}/phone/#/{screen_hash}")
            await page.wait_for_selector(".tabs a[aria-current=page]")
            await judged(screen, screen_hash or "today-offline")
