"""The back office in a real browser: signed in, searched, traced, released and published by hand, on a phone and on a
desk, in both languages, with nothing the policy forbids and no foreign script run."""

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from playwright.async_api import Page, async_playwright

from server.core import db
from server.core.scope import Scope
from tests.fixtures.api import PASSWORD, Api
from tests.fixtures.back_office import Dairy, make_dairy

CHROMIUM = Path(os.environ.get("CHROMIUM", "/usr/bin/chromium"))
PICTURES = os.environ.get("ADMIN_PICTURES")  # a folder: keep the picture of the trace for the README
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
         "--disable-component-update", "--disable-sync"]  # fmt: skip
PAINTED = """() => {
  const canvas = document.querySelector("#trace-graph canvas");
  const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
  const seen = new Set();
  for (let i = 0; i < data.length; i += 4) if (data[i + 3]) seen.add(`${data[i]},${data[i + 1]},${data[i + 2]}`);
  return seen.size;
}"""
XSS = ["<script>window.ran=1</script>", "<img src=x onerror=window.ran=1>", '"><svg onload=window.ran=1>', "{{7*7}}",
       "javascript:window.ran=1", "</title><script>window.ran=1</script>", "' autofocus onfocus=window.ran=1 x='"]  # fmt: skip

REFUSED = "status of 422"  # a form shown again: the browser's own line about it is no fault of a page

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(not CHROMIUM.exists(), reason=f"no Chromium at {CHROMIUM}; set CHROMIUM"),
]


@asynccontextmanager
async def opened(api: Api, username: str, *, width: int = 1440, locale: str = "zh-CN") -> AsyncIterator[Page]:
    """Somebody signed in. Fails on every error and warning of the console: a broken policy is one."""
    said: list[str] = []
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=str(CHROMIUM), args=FLAGS)
        context = await browser.new_context(viewport={"width": width, "height": 900}, locale=locale)
        page = await context.new_page()
        page.on(
            "console",
            lambda m: said.append(m.text) if m.type in ("error", "warning") and REFUSED not in m.text else None,
        )
        page.on("pageerror", lambda error: said.append(str(error)))
        await page.goto(f"{api.base_url}/admin/sign-in")
        await page.fill("[name=username]", username)
        await page.fill("[name=password]", PASSWORD)
        await page.click("main button")
        await page.wait_for_url("**/admin")
        yield page
        await browser.close()
    assert said == []


async def too_wide(page: Page, widths: tuple[int, ...] = (1440, 320)) -> dict[int, int]:
    """By the width of the screen, how wide a page is that does not fit. A page is fetched once for all screens."""
    found = {}
    for width in widths:
        await page.set_viewport_size({"width": width, "height": 900})
        wide = await page.evaluate("document.documentElement.scrollWidth")
        if wide > width:
            found[width] = wide
    return found


def manager(dairy: Dairy) -> str:
    return dairy.plant.person("quality_manager").username


async def dress_for_the_picture(dairy: Dairy) -> None:
    """A person and a plant with plain names; tests by themselves need unique ones."""
    async with db.transaction(Scope.system()):
        person = dairy.plant.person("quality_manager").user_id
        await db.execute("UPDATE user_account SET display_name = '陈静' WHERE id = $1", person)
        await db.execute("UPDATE tenant SET name = '云岭乳业有限公司' WHERE id = $1", dairy.plant.tenant_id)


async def test_from_the_search_box_to_a_graph_that_is_drawn(api: Api) -> None:
    dairy = await make_dairy(api)
    if PICTURES:
        await dress_for_the_picture(dairy)
    async with opened(api, manager(dairy)) as page:
        await page.fill("#q", "PL1102-2")
        await page.press("#q", "Enter")
        await page.click("main a.code >> text=PL1102-2")
        assert "PL1102-2" in await page.inner_text("h1")
        await page.click(".tabs >> text=追溯")
        await page.wait_for_selector("#trace-graph[data-drawn='7']")
        assert await page.evaluate(PAINTED) > 20
        headline = " ".join((await page.inner_text(".headline")).split())
        assert headline == "涉及 3 批原料 → 本批 → 1 批半成品 · 2 批成品 → 1 家客户"
        assert await page.locator("main table").first.locator("tbody tr").count() == 7
        if PICTURES:
            await page.screenshot(path=Path(PICTURES) / "trace.png")


async def test_a_lot_is_released_with_a_password_and_published_after_a_look(api: Api) -> None:
    dairy = await make_dairy(api)
    made = {"produced_at": "2026-11-01T08:00:00+08:00", "production_ended_at": "2026-11-01T10:00:00+08:00"}
    body = {
        "kind": "finished",
        "product_id": dairy.products["sweet"],
        "lot_no": "TN261101-09",
        "quantity": "900",
        **made,
    }
    lot_id = (await dairy.post("/api/v1/lots", body))["id"]
    await dairy.post("/api/v1/holds", {"lot_ids": [lot_id], "reason": "等待复检"})
    async with opened(api, manager(dairy)) as page:
        await page.goto(f"{api.base_url}/admin/lots/{lot_id}")
        assert await page.is_disabled("#review button:has-text('放行')")
        await page.fill("[name=hold_id] ~ [name=reason]", "复检合格")
        await page.click("button:has-text('解除冻结')")
        await page.fill("[action$='/release'] [name=password]", PASSWORD)
        await page.click("text=签名放行")
        assert "已签名放行" in await page.inner_text(".flashes")
        assert "可以使用和发货" in await page.inner_text(".bar")
        await page.click(".tabs >> text=公示")
        frame = page.frame_locator("iframe.phone")
        assert "云岭甜牛奶" in await frame.locator("body").inner_text()
        if PICTURES:
            await page.screenshot(path=Path(PICTURES) / "publish.png")
        await page.click("main form button:has-text('公示')")
        assert "已公示" in await page.inner_text(".flashes")
        assert "第 1 版" in await page.inner_text(".history")


async def test_a_wrong_password_signs_nothing(api: Api) -> None:
    dairy = await make_dairy(api)
    client = dairy.plant.client("quality_manager")
    answer = await client.post(f"/admin/lots/{dairy.lots['P4']}/reject", data={"password": "not it"})
    assert answer.status_code == 403
    assert (await client.get(f"/api/v1/lots/{dairy.lots['P4']}")).json()["state"] == "pending"


@pytest.mark.parametrize("locale", ["zh-CN", "en-US"])
async def test_no_page_is_wider_than_the_screen(api: Api, locale: str) -> None:
    dairy = await make_dairy(api)
    lots, client = dairy.lots, dairy.plant.client("quality_manager")
    shipment, supplier, licence = [
        (await client.get(f"/api/v1/{name}")).json()["items"][0] for name in ("shipments", "suppliers", "certificates")
    ]
    pages = ["", "/releases", "/inspections", "/nonconformities", "/lots", f"/lots/{lots['P4']}", f"/lots/{lots['A1']}/records", f"/lots/{lots['M2']}/trace",
             f"/lots/{lots['P2']}/publication", "/search?q=CN26", "/products", f"/products/{dairy.products['milk']}", "/codes",
             f"/codes/{dairy.products['order']}", "/code-rules", f"/recalls?lot={lots['A1']}", "/users",
             f"/users/{dairy.plant.person('viewer').user_id}", "/audit", "/reads", "/password",
             "/products/new", f"/products/{dairy.products['milk']}/edit", "/suppliers", "/customers", "/certificates", "/shipments",
             f"/shipments/{shipment['id']}", f"/shipments/{shipment['id']}/publication", f"/customers/{shipment['customer_id']}",
             f"/suppliers/{supplier['id']}", f"/certificates/{licence['id']}", "/forms", f"/forms/{dairy.products['form:milk']}",
             "/profile"]  # fmt: skip
    async with opened(api, manager(dairy), locale=locale) as page:
        for path in pages:
            answer = await page.goto(f"{api.base_url}/admin{path}")
            assert answer is not None
            assert answer.status == 200, path
            assert await too_wide(page) == {}, path
            assert await page.get_attribute("html", "lang") == ("en" if locale == "en-US" else "zh-CN")


async def test_stored_texts_are_shown_and_never_run(api: Api) -> None:
    dairy = await make_dairy(api)
    bad = " ".join(XSS)
    product = await dairy.post(
        "/api/v1/products", {"kind": "material", "sku": "XSS", "name": bad, "unit": "kg", "spec": bad}
    )
    body = {"kind": "material", "product_id": product["id"], "lot_no": XSS[1], "quantity": "9", "remark": bad}
    lot = (await dairy.post("/api/v1/lots", body))["id"]
    await dairy.release("R1")
    other = {"kind": "material", "product_id": product["id"], "lot_no": XSS[0], "quantity": "9"}
    twin = (await dairy.post("/api/v1/lots", other))["id"]
    await dairy.post(
        "/api/v1/links",
        {"from_lot": dairy.lots["R1"], "to_lot": twin, "kind": "consumed", "quantity": "1", "unit": "kg"},
    )
    await dairy.post("/api/v1/holds", {"lot_ids": [lot], "reason": bad})
    async with opened(api, manager(dairy)) as page:
        for path in ("/lots", f"/lots/{lot}", f"/lots/{twin}/trace", "/products", f"/products/{product['id']}", "/audit",
                     f"/recalls?lot={lot}", "/search?q=" + "%3Cscript%3Ewindow.ran%3D1%3C/script%3E"):  # fmt: skip
            await page.goto(f"{api.base_url}/admin{path}")
            if path.endswith("trace"):
                await page.wait_for_selector("#trace-graph[data-drawn]")
            assert await page.evaluate("window.ran") is None, path
        await page.goto(f"{api.base_url}/admin/lots/{lot}")
        assert XSS[1] in await page.inner_text("h1")
        assert "{{7*7}}" in await page.inner_text("main")


UNTOLD = """() => [...document.querySelectorAll("main input:not([type=hidden]), main select, main textarea, main button, main a")]
  .filter((e) => e.checkVisibility() && !(e.labels?.length || e.textContent.trim() || e.ariaLabel)).map((e) => e.outerHTML)"""
BARE_TABLES = (
    "() => [...document.querySelectorAll('main table')].filter((t) => !t.caption || !t.querySelector('th')).length"
)


async def test_pages_are_told_to_who_cannot_see_them(api: Api) -> None:
    """Every control has a name, every table a caption and headings, every page one main heading; the skip link comes first."""
    dairy = await make_dairy(api)
    pages = ["", "/releases", "/inspections", "/nonconformities", "/lots", f"/lots/{dairy.lots['P4']}", f"/lots/{dairy.lots['A1']}/records", "/products", "/products/new",
             f"/products/{dairy.products['milk']}", "/suppliers", "/customers", "/certificates", "/shipments", "/forms",
             f"/forms/{dairy.products['form:milk']}", "/codes", f"/codes/{dairy.products['order']}", "/code-rules", "/recalls",
             "/users", "/audit", "/reads", "/profile"]  # fmt: skip
    async with opened(api, manager(dairy)) as page:
        for path in pages:
            await page.goto(f"{api.base_url}/admin{path}")
            assert await page.evaluate(UNTOLD) == [], path
            assert await page.evaluate(BARE_TABLES) == 0, path
            assert await page.locator("h1").count() == 1, path
            await page.keyboard.press("Tab")
            assert await page.evaluate("document.activeElement.className") == "skip", path


async def test_what_was_refused_is_read_first_and_leads_to_its_field(api: Api) -> None:
    dairy = await make_dairy(api)
    async with opened(api, manager(dairy), width=320) as page:
        await page.goto(f"{api.base_url}/admin/products/new")
        await page.fill("#f-name", "好牛奶")
        await page.fill("#f-sku", "MILK2")
        await page.fill("#f-unit", "box")
        await page.fill("#f-label", "贮存条件")
        await page.click("main form button")
        assert (
            await page.evaluate("document.activeElement.role || document.activeElement.getAttribute('role')") == "alert"
        )
        await page.click(".flash.error a")
        assert await page.evaluate("document.activeElement.id") == "f-label"
        assert await page.input_value("#f-name") == "好牛奶"
