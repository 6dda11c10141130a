"""Promise: a shipment's page shows its lines, packages and conditions; publishing it is seen before it is done, refused
in words where it cannot be, and prices are shown to the authority as present only."""

import re
from datetime import UTC, datetime, timedelta
from html import unescape

import pytest

from tests.fixtures.api import Api
from tests.fixtures.back_office import Dairy, make_dairy


def shown(html: str) -> str:
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", html.split("<main")[1])).split())


@pytest.fixture
async def dairy(api: Api) -> Dairy:
    return await make_dairy(api)


async def cold_shipment(dairy: Dairy, **more: object) -> str:
    """Two lots to one customer, between 2 and 6 °C."""
    customer = (await dairy.plant.client("viewer").get("/api/v1/customers")).json()["items"][0]["id"]
    lines = [
        {"lot_id": dairy.lots["P1"], "quantity": "100", "packages": 5, "price": "48.5"},
        {"lot_id": dairy.lots["P2"], "quantity": "200"},
    ]
    body = {"shipment_no": "FH-COLD", "customer_id": customer, "delivery_note": "SH-9", "carrier": "冷运", "vehicle": "浙A12345",
            "temperature_low": "2", "temperature_high": "6", "conditions": "冷藏", "lines": lines}  # fmt: skip
    return str((await dairy.post("/api/v1/shipments", body | more))["id"])


async def test_a_shipment_is_found_and_read(dairy: Dairy) -> None:
    shipment = await cold_shipment(dairy)
    client = dairy.plant.client("viewer")
    assert "FH-COLD" in shown((await client.get("/admin/shipments?text=SH-9&state=waiting")).text)
    assert "FH-COLD" not in shown((await client.get("/admin/shipments?state=received")).text)
    html = (await client.get(f"/admin/shipments/{shipment}")).text
    text = shown(html)
    for part in (
        "城西生活超市",
        "冷运",
        "浙A12345",
        "2 – 6 °C",
        "冷藏",
        "100 盒 5",
        "48.5",
        "没有温度记录",
        "尚未发出",
    ):
        assert part in text, part
    assert f'href="/admin/lots/{dairy.lots["P1"]}"' in html
    found = (await client.get("/admin/search?q=FH-COLD")).text
    assert f'href="/admin/shipments/{shipment}"' in found


async def test_a_price_that_is_a_secret_is_present_to_the_authority(dairy: Dairy) -> None:
    client = dairy.plant.client("quality_manager")
    await client.patch(f"/api/v1/products/{dairy.products['milk']}", json={"trade_secrets": ["prices"]})
    shipment = await cold_shipment(dairy)
    text = shown((await client.get(f"/admin/shipments/{shipment}?as=authority")).text)
    assert "48.5" not in text
    assert "商业秘密" in text


async def test_what_has_not_left_is_not_published_and_the_page_says_why(dairy: Dairy) -> None:
    shipment = await cold_shipment(dairy)
    client = dairy.plant.client("quality_manager")
    page = f"/admin/shipments/{shipment}/publication"
    before = await client.get(page)
    assert before.status_code == 200
    assert "<iframe" not in before.text
    refused = await client.post(page)
    assert "FH-COLD" in shown(refused.text)
    assert "第 1 版" not in refused.text


async def test_the_order_of_events_is_said_without_row_ids(dairy: Dairy) -> None:
    early = (datetime.now(UTC) - timedelta(days=30)).isoformat()
    shipment = await cold_shipment(dairy, departed_at=early)
    text = shown((await dairy.plant.client("quality_manager").get(f"/admin/shipments/{shipment}/publication")).text)
    assert "CN261102-01" in text
    assert "CN261102-02" in text
    assert "shipment:" not in text


async def test_the_way_is_previewed_and_then_published(dairy: Dairy) -> None:
    shipment = await cold_shipment(dairy)
    client = dairy.plant.client("quality_manager")
    await dairy.post(f"/api/v1/shipments/{shipment}/depart", {})
    page = f"/admin/shipments/{shipment}/publication"
    before = (await client.get(page)).text
    assert f'src="/admin/preview/shipments/{shipment}"' in before
    assert f'href="/admin/lots/{dairy.lots["P1"]}/publication"' in before, "lots that are not published are named"
    preview = await client.get(f"/admin/preview/shipments/{shipment}")
    assert "frame-ancestors 'self'" in preview.headers["content-security-policy"]
    assert "城西生活超市" in preview.text
    assert (await client.post(page)).headers["location"] == f"{page}?done=published"
    assert "第 1 版" in shown((await client.get(page)).text)
    assert "第 1 版" in shown((await client.get("/admin/shipments")).text)
