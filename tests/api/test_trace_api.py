"""Promise: over HTTP a trace starts from whatever is in hand, is complete or says where it was cut, and shows each reader
what he may see: quantities, verdicts, holds, customers; formulas as present only; a stranger's lot as missing."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest

from server.core import db
from server.core.ids import new_id
from server.domains import trace as tracing
from server.open_api.trace_views import TraceOut
from tests.fixtures.api import Api, Plant
from tests.fixtures.graph import Graph

DAY = datetime(2026, 3, 1, 20, tzinfo=UTC)  # already the second of March in Shanghai


@pytest.fixture
async def plant(api: Api) -> Plant:
    return await api.plant()


@pytest.fixture
async def milk(plant: Plant) -> dict[str, UUID]:
    """raw + culture → mixed → yoghurt → case → pallet (shipped); a pump installed and removed; one serial has its own record."""
    async with db.transaction(plant.actor("operator").scope()):
        graph = await Graph(plant.tenant_id).open(name="酸奶", trade_secrets=["formula"])
        raw_product = await graph.product(kind="material", name="生牛乳")
        supplier = await graph.insert("supplier", {"code": "F1", "name": "东山牧场"})
        kg = {"unit": "kg"}
        made: dict[str, UUID] = {}
        made["raw"] = await graph.lot(
            "RAW-1", kind="material", product_id=raw_product, supplier_id=supplier, supplier_lot_no="TANK-7",
            quantity=Decimal(1000), used_quantity=Decimal(900), counted_difference=Decimal(-10), **kg,
        )  # fmt: skip
        made["culture"] = await graph.lot("CUL-1", kind="material", product_id=raw_product)
        made["mixed"] = await graph.lot("MIX-1", product_id=raw_product, produced_at=DAY)
        made["yoghurt"] = await graph.lot(
            "YOG-1", kind="finished", quantity=Decimal(800), used_quantity=Decimal(500), **kg
        )
        made["case"] = await graph.lot("CASE-1", kind="package")
        made["pallet"] = await graph.lot("PAL-1", kind="package")
        made["pump"] = await graph.lot("PUMP-1", kind="unit", code_text="PUMPCODE1")
        await graph.link(made["raw"], made["mixed"], quantity=Decimal("900.50"), **kg)
        await graph.link(made["culture"], made["mixed"], quantity=Decimal("0.5"), **kg)
        await graph.link(made["mixed"], made["yoghurt"], quantity=Decimal(850), at=DAY, **kg)
        await graph.link(made["pump"], made["yoghurt"], "installed", at=DAY, until=DAY.replace(hour=22))
        await graph.link(made["yoghurt"], made["case"], "packed", quantity=Decimal(500), **kg)
        await graph.link(made["case"], made["pallet"], "packed")
        made["shipment"] = await graph.shipment(
            {"lot_id": made["pallet"], "quantity": Decimal(500), "unit": "kg"}, delivery_note="DN-9"
        )
        await db.execute(
            "INSERT INTO lot_quality (tenant_id, lot_id, records, fails, documents) VALUES ($1, $2, 2, 1, 3)",
            plant.tenant_id,
            made["raw"],
        )
        await graph.insert("hold", {"lot_id": made["mixed"], "kind": "quarantined", "cause": "manual", "reason": "x"})
        order = await code_order(graph, made["yoghurt"])
        await db.execute(
            "INSERT INTO code (text, tenant_id, order_id, lot_id, serial, kind) VALUES ($1, $2, $3, $4, 1, 1)",
            "C" + made["yoghurt"].hex, plant.tenant_id, order, made["yoghurt"],
        )  # fmt: skip
    return made


async def code_order(graph: Graph, lot: UUID) -> UUID:
    rule = await graph.insert("code_rule", {"name": new_id().hex, "audience": "public", "level": "item"})
    version = await graph.insert(
        "code_rule_version", {"rule_id": rule, "version": 1, "segments": "[]", "unguessable": True}
    )
    return await graph.insert(
        "code_order", {"rule_version_id": version, "lot_id": lot, "audience": "public", "level": "item", "count": 10}
    )


async def traced(plant: Plant, path: str, role: str = "viewer", **query: Any) -> dict[str, Any]:
    answer = await plant.client(role).get(path, params=query)
    assert answer.status_code == 200, answer.text
    TraceOut.model_validate_json(answer.content)
    found: dict[str, Any] = answer.json()
    assert set(found) == set(TraceOut.model_fields)
    return found


def numbers(found: dict[str, Any]) -> dict[str, int]:
    return {node["lot_no"]: node["depth"] for node in found["nodes"]}


async def test_materials_with_quantities_balance_verdict_and_documents(plant: Plant, milk: dict[str, UUID]):
    found = await traced(plant, f"/api/v1/lots/{milk['yoghurt']}/materials")
    assert numbers(found) == {"RAW-1": -2, "CUL-1": -2, "MIX-1": -1, "PUMP-1": -1, "YOG-1": 0}
    raw = next(node for node in found["nodes"] if node["lot_no"] == "RAW-1")
    assert (raw["supplier_name"], raw["supplier_lot_no"]) == ("东山牧场", "TANK-7")
    assert raw["balance"] == {"used": "900", "left": "90", "unexplained": "10"}
    assert raw["quality"] == {
        "verdict": "fail",
        "records": 2,
        "fails": 1,
        "not_judged": 0,
        "warnings": 0,
        "documents": 3,
    }
    assert raw["failed"]
    assert next(n for n in found["nodes"] if n["lot_no"] == "MIX-1")["holds"] == ["quarantined"]
    link = next(link for link in found["links"] if link["from_lot"] == str(milk["raw"]))
    assert (link["to_lot"], link["kind"], link["quantity"], link["unit"]) == (
        str(milk["mixed"]),
        "consumed",
        "900.50",
        "kg",
    )
    assert found["complete"]
    assert found["took_ms"] > 0


async def test_what_was_taken_out_again_is_shown_as_ended(plant: Plant, milk: dict[str, UUID]):
    found = await traced(plant, f"/api/v1/lots/{milk['pump']}/products")
    assert "PAL-1" in numbers(found)
    (link,) = [link for link in found["links"] if link["kind"] == "installed"]
    assert link["ended"]
    assert link["until"] == "2026-03-01T22:00:00Z"


async def test_products_reach_customers_through_cases_and_pallets(plant: Plant, milk: dict[str, UUID]):
    found = await traced(plant, f"/api/v1/lots/{milk['raw']}/products")
    assert numbers(found) == {"RAW-1": 0, "MIX-1": 1, "YOG-1": 2, "CASE-1": 3, "PAL-1": 4}
    (customer,) = found["customers"]
    assert (customer["name"], customer["shipments"], customer["quantities"]) == (
        "城东超市",
        1,
        [{"unit": "kg", "quantity": "500"}],
    )
    assert [line["lot_id"] for line in found["shipments"]] == [str(milk["pallet"])]
    summary = found["summary"]
    assert summary["lots_by_kind"] == {"finished": 1, "intermediate": 1, "material": 1, "package": 2}
    (kg,) = summary["quantities"]
    assert (kg["shipped"], kg["in_transit"], kg["in_stock"]) == ("500", "500", "300")
    assert summary["unknown_quantity"] == 2


@pytest.mark.parametrize(
    ("start", "begins"),
    [
        ({"lot_no": "YOG-1"}, ["YOG-1"]),
        ({"supplier_lot_no": "TANK-7"}, ["RAW-1"]),
        ({"produced_on": "2026-03-02"}, ["MIX-1"]),
        ({"code": "PUMPCODE1"}, ["PUMP-1"]),
    ],
)
async def test_a_trace_starts_from_what_is_in_hand(
    plant: Plant, milk: dict[str, UUID], start: dict[str, str], begins: list[str]
):
    found = await traced(plant, "/api/v1/trace", **start)
    assert [lot["lot_no"] for lot in found["start"]] == begins
    assert found["direction"] == "both"
    assert {"YOG-1", "PAL-1"} <= set(numbers(found))


async def test_a_code_and_its_url_lead_to_the_lot(plant: Plant, milk: dict[str, UUID]):
    code = "C" + milk["yoghurt"].hex
    for text in (code, f"https://example.cn/t/{code}"):
        found = await traced(plant, "/api/v1/trace", code=text, direction="materials")
        assert [lot["lot_no"] for lot in found["start"]] == ["YOG-1"]
        assert "PAL-1" not in numbers(found)


async def test_lots_of_one_number_are_all_traced(plant: Plant, milk: dict[str, UUID]):
    async with db.transaction(plant.actor("operator").scope()):
        graph = await Graph(plant.tenant_id).open()
        await graph.lot("YOG-1")
    found = await traced(plant, "/api/v1/trace", lot_no="YOG-1")
    assert len(found["start"]) == 2
    assert len(found["links"]) == 6


@pytest.mark.parametrize("query", [{}, {"lot_no": "a", "code": "b"}, {"direction": "materials"}])
async def test_exactly_one_start(plant: Plant, query: dict[str, str]):
    answer = await plant.client("viewer").get("/api/v1/trace", params=query)
    assert (answer.status_code, answer.json()["code"]) == (422, "trace_one_start")


async def test_a_start_that_names_nothing_is_not_found(plant: Plant):
    answer = await plant.client("viewer").get("/api/v1/trace", params={"lot_no": "no such lot"})
    assert answer.status_code == 404


async def test_a_cut_trace_says_so(plant: Plant, milk: dict[str, UUID]):
    found = await traced(plant, f"/api/v1/lots/{milk['raw']}/products", limit=2)
    assert (found["complete"], found["cut"]) == (False, {"reason": "lots", "limit": 2})
    assert numbers(found) == {"RAW-1": 0, "MIX-1": 1}


async def test_formulas_are_shown_to_a_regulator_as_present(api: Api, plant: Plant, milk: dict[str, UUID]):
    path = f"/api/v1/lots/{milk['yoghurt']}/materials"
    regulator = await api.regulator()
    answer = await regulator.client().get(path, params={"enterprise": str(plant.tenant_id)})
    seen = {link["from_lot"]: link["quantity"] for link in answer.json()["links"]}
    assert seen[str(milk["mixed"])] == {"present": True}
    assert seen[str(milk["raw"])] == "900.50"
    TraceOut.model_validate_json(answer.content)
    as_authority = await traced(plant, path, **{"as": "authority"})
    assert {link["from_lot"]: link["quantity"] for link in as_authority["links"]} == seen


async def test_a_strangers_lot_is_missing(api: Api, milk: dict[str, UUID]):
    stranger = (await api.plant()).client("viewer")
    for path in (f"/api/v1/lots/{milk['raw']}/products", f"/api/v1/lots/{new_id()}/products"):
        assert (await stranger.get(path)).status_code == 404
    assert (await stranger.get("/api/v1/trace", params={"supplier_lot_no": "TANK-7"})).status_code == 404


async def test_every_node_lists_its_documents(plant: Plant, milk: dict[str, UUID]):
    client = plant.client("inspector")
    attached = await client.post(
        "/api/v1/attachments", files={"file": ("奶农检测.pdf", b"%PDF-1.7\n")}, data={"title": "检测报告"}
    )
    file_id = attached.json()["id"]
    body = {"attachment_id": file_id, "kind": "incoming_report"}
    assert (await client.post(f"/api/v1/lots/{milk['culture']}/attachments", json=body)).status_code == 204
    form = {
        "code": "CHECK", "name": "验收", "stage": "material",
        "schema": {"type": "object", "properties": {"look": {"type": "string"}}},
    }  # fmt: skip
    form_id = (await plant.client("quality_manager").post("/api/v1/forms", json=form)).json()["id"]
    entry: dict[str, Any] = {"form_id": form_id, "lot_id": str(milk["mixed"]), "values": {"look": "正常"}}
    stored = await client.post("/api/v1/records", json={**entry, "attachment_ids": [file_id]})
    found = await traced(plant, f"/api/v1/lots/{milk['yoghurt']}/materials")
    file = {"id": file_id, "title": "检测报告", "file_name": "奶农检测.pdf", "media_type": "application/pdf"}
    listed = {node["lot_no"]: node["documents"] for node in found["nodes"] if node["documents"]}
    assert listed == {"CUL-1": [{**file, "kind": "incoming_report"}], "MIX-1": [{**file, "kind": "record"}]}
    page = await plant.client("viewer").get(f"/admin/lots/{milk['yoghurt']}/trace")
    assert page.text.count(f'href="/admin/attachments/{file_id}"') == 2
    correction = {**entry, "corrects": stored.json()["id"], "correction_reason": "附件传错"}
    assert (await client.post("/api/v1/records", json=correction)).status_code == 201
    found = await traced(plant, f"/api/v1/lots/{milk['mixed']}/materials")
    assert {node["lot_no"] for node in found["nodes"] if node["documents"]} == {"CUL-1"}


async def test_a_trace_without_documents_asks_for_none(plant: Plant, monkeypatch: pytest.MonkeyPatch):
    async with db.transaction(plant.actor("operator").scope()):
        graph = await Graph(plant.tenant_id).open()
        lot = await graph.lot("BARE-1")
        asked: list[str] = []
        fetch = db.fetch

        async def noted(sql: str, *args: Any) -> Any:
            asked.append(sql)
            return await fetch(sql, *args)

        monkeypatch.setattr(db, "fetch", noted)
        await tracing.trace_materials(plant.actor("operator"), [lot])
    assert asked
    assert not any("lot_attachment" in sql for sql in asked)
