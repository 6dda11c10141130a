"""The longest names that the API takes break inside their page: no page of the back office scrolls sideways, on a phone or a
desk; a long result of a test is read in full on a phone."""

from datetime import UTC, datetime
from typing import Any

import pytest

from tests.browser.test_admin_pages import manager, opened, pytestmark, too_wide
from tests.fixtures.api import Api
from tests.fixtures.back_office import ALL_PARTS, Dairy, make_dairy, record

__all__ = ["pytestmark"]

NAME = "x" * 200
LOT_NO = "L" * 80
CUT = """() => [...document.querySelectorAll("main :is(td, dd, li, h1, .value)")].filter((e) => e.checkVisibility()
  && e.getBoundingClientRect().right > innerWidth && !e.closest(".tabs, .graph-scroll")).map((e) => e.textContent.trim())"""


async def long_names(dairy: Dairy) -> list[str]:
    """Pages of goods, lots and orders whose names are one word as long as it may be."""
    body: dict[str, Any] = {
        "kind": "finished",
        "sku": "S" * 60,
        "name": NAME,
        "name_en": NAME,
        "unit": "box",
        "category": NAME[:80],
    }
    product = (await dairy.post("/api/v1/products", body | {"publish_allow": ALL_PARTS}))["id"]
    now = datetime.now(UTC).isoformat()
    lots = [
        (await dairy.post("/api/v1/lots", {"kind": "finished", "product_id": product, "lot_no": number, "quantity": "9", "produced_at": now}))["id"]
        for number in (LOT_NO, "M" * 80)
    ]  # fmt: skip
    dairy.lots |= {"long": lots[0], "twin": lots[1]}
    await dairy.release("long")
    await dairy.post(
        "/api/v1/links", {"from_lot": dairy.lots["R1"], "to_lot": lots[0], "kind": "consumed", "quantity": "1"}
    )
    await dairy.post("/api/v1/holds", {"lot_ids": [lots[1]], "reason": NAME})
    supplier = (await dairy.post("/api/v1/suppliers", {"code": "C" * 60, "name": "y" * 200}))["id"]
    order = await dairy.post("/api/v1/code-orders", {"lot_id": lots[0], "rule_id": dairy.rule, "count": 2})
    customer = (await dairy.post("/api/v1/customers", {"code": "K" * 60, "name": NAME}))["id"]
    line = {"lot_id": lots[0], "quantity": "1"}
    shipped = {"shipment_no": "N" * 80, "customer_id": customer, "lines": [line]}
    shipment = (await dairy.post("/api/v1/shipments", shipped))["id"]
    return [
        "", f"/customers/{customer}", "/shipments", f"/shipments/{shipment}", f"/shipments/{shipment}/handover", f"/search?q={'x' * 200}", "/search?q=LLLLLL", "/lots", *(f"/lots/{lot}{tab}" for lot in lots for tab in ("", "/records", "/charging", "/samples", "/trace")),
        f"/lots/{lots[0]}/publication", "/products", f"/products/{product}", f"/products/{product}/edit", "/suppliers", f"/suppliers/{supplier}",
        "/codes", f"/codes/{order['id']}", f"/recalls?lot={lots[0]}", "/releases", "/audit", "/nonconformities",
    ]  # fmt: skip


@pytest.mark.parametrize("locale", ["zh-CN", "en-US"])
async def test_the_longest_names_break_inside_their_page(api: Api, locale: str) -> None:
    dairy = await make_dairy(api)
    paths = await long_names(dairy)
    wide: dict[str, dict[int, int]] = {}
    async with opened(api, manager(dairy), locale=locale) as page:
        for path in paths:
            answer = await page.goto(f"{api.base_url}/admin{path}")
            assert answer is not None
            assert answer.status == 200, path
            if found := await too_wide(page):
                wide[path] = found
    assert wide == {}


@pytest.mark.parametrize("locale", ["zh-CN", "en-US"])
async def test_what_a_test_gave_is_read_in_full_on_a_phone(api: Api, locale: str) -> None:
    dairy = await make_dairy(api)
    await record(dairy, "milk", "P2", lead="0.0123456789012345", protein="3.1234567890123456789")
    paths = [f"/lots/{dairy.lots[name]}/records" for name in ("P2", "A1")]
    async with opened(api, manager(dairy), width=320, locale=locale) as page:
        for path in paths:
            await page.goto(f"{api.base_url}/admin{path}")
            assert await page.evaluate(CUT) == [], path
