"""Promise: a real plant comes in through the public API as it is: lots, laboratory values, process conditions,
consumption, quality results; every lot traces both ways as the source's own edges say; no date is invented."""

import csv
import os
from collections import defaultdict
from decimal import Decimal
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.fixtures.api import PASSWORD, Api
from tests.fixtures.imports import csv_bytes, errors_of, imported, xlsx

ROOT = Path(__file__).resolve().parents[2]
DATA = (ROOT / os.environ.get("SHARED_DIR", "../shared")).resolve() / "data" / "pharma-lot-genealogy"
pytestmark = pytest.mark.skipif(not DATA.is_dir(), reason=f"no real plant at {DATA} (SHARED_DIR)")
GROUPS = range(1, 6)
LOTS = ["产品编码", "批号", "批次类型", "已放行"]
RESULTS = ["表单编码", "批号", "产品编码", "检验项目", "检验结果", "报告编号"]
CONSUMED = ["投入批号", "投入产品编码", "产出批号", "产出产品编码", "数量", "单位"]
Table = tuple[list[str], list[list[str]]]


def table(name: str) -> Table:
    with (DATA / name).open(newline="", encoding="utf-8-sig") as file:
        header, *rows = csv.reader(file)
    return header, rows


def edges() -> list[list[str]]:
    return table("genealogy_edges.csv")[1]


async def post(client: httpx.AsyncClient, path: str, body: dict[str, Any]) -> Any:
    answer = await client.post(path, json=body)
    assert answer.status_code == 201, answer.text
    return answer.json()


async def define(client: httpx.AsyncClient, form: str, stage: str, names: list[str]) -> None:
    """A form whose fields are the columns of one of the source's tables."""
    fields = {}
    for name in names:
        body = {"code": f"{form}-{name}", "name": f"{form} {name}", "result_kind": "number"}
        fields[name] = {"characteristic_id": (await post(client, "/api/v1/characteristics", body))["id"]}
    schema = {"type": "object", "properties": {name: {} for name in names}}
    await post(
        client,
        "/api/v1/forms",
        {"code": form, "name": form, "stage": stage, "schema": schema, "ui": {"fields": fields}},
    )


def long_rows(form: str, sku: str, source: Table) -> list[list[object]]:
    """A row a lot and characteristic; the source has no report numbers, so none is given."""
    (_, *names), rows = source
    return [
        [form, lot, sku, f"{form}-{name}", value, ""]
        for lot, *values in rows
        for name, value in zip(names, values, strict=True)
    ]


async def everything(api: Api, client: httpx.AsyncClient) -> dict[str, dict[str, Any]]:
    """Import the whole plant; the jobs by what they brought."""
    for group in GROUPS:
        await post(
            client,
            "/api/v1/products",
            {"kind": "material", "sku": f"MAT{group}", "name": f"原辅料 {group}", "unit": "kg"},
        )
    await post(client, "/api/v1/products", {"kind": "finished", "sku": "FP", "name": "片剂", "unit": "kg"})
    tables = {f"G{group}": (f"MAT{group}", "material", table(f"properties_Group{group}.csv")) for group in GROUPS}
    tables["PROC"] = ("FP", "production", table("process_conditions.csv"))
    tables["QC"] = ("FP", "testing", table("quality_indicators.csv"))
    for form, (_, stage, (header, _)) in tables.items():
        await define(client, form, stage, header[1:])
    raw = sorted({(f"MAT{group}", lot) for _, group, lot, _ in edges()})
    made = sorted({product for product, *_ in edges()})
    jobs = {
        "raw": await imported(
            api, client, "material_lots", xlsx(LOTS, [[*each, "原料", "是"] for each in raw]), password=PASSWORD
        ),
        "made": await imported(api, client, "material_lots", xlsx(LOTS, [["FP", lot, "成品", ""] for lot in made])),
    }
    results = [row for form, (sku, _, source) in tables.items() for row in long_rows(form, sku, source)]
    jobs["results"] = await imported(
        api, client, "inspections", csv_bytes(RESULTS, results), name="a.csv", policy="good_rows"
    )
    used = [[lot, f"MAT{group}", product, "FP", float(fraction), "kg"] for product, group, lot, fraction in edges()]
    jobs["used"] = await imported(api, client, "consumption", xlsx(CONSUMED, used))
    return jobs


async def lots_by_number(client: httpx.AsyncClient) -> dict[tuple[str, str], dict[str, Any]]:
    found, after = {}, None
    while True:
        page = (await client.get("/api/v1/lots", params={"limit": 500} | ({"after": after} if after else {}))).json()
        found |= {(lot["sku"], lot["lot_no"]): lot for lot in page["items"]}
        after = page["next"]
        if after is None:
            return found


async def test_a_real_plant_comes_in_whole_and_traces_as_its_source_says(api: Api) -> None:
    plant = await api.plant()
    client = plant.client("quality_manager")
    jobs = await everything(api, client)
    for name, job in jobs.items():
        assert (job["state"], job["rows_failed"]) == ("done", 0), (name, (await errors_of(client, job))[:5])
    assert (jobs["raw"]["rows_stored"], jobs["made"]["rows_stored"], jobs["used"]["rows_stored"]) == (230, 105, 680)
    lots = await lots_by_number(client)
    assert len(lots) == 335
    for lot in lots.values():
        assert {lot[each] for each in ("produced_at", "received_at", "expires_at", "production_ended_at")} == {None}
    await _traces_equal_the_edges(client, lots)
    await _irregularities_are_shown(client, lots)
    await _values_are_those_of_the_source(client, lots)


async def _traces_equal_the_edges(client: httpx.AsyncClient, lots: dict[tuple[str, str], dict[str, Any]]) -> None:
    materials, products = defaultdict(set), defaultdict(set)
    for product, group, lot, fraction in edges():
        source, target = lots[f"MAT{group}", lot]["id"], lots["FP", product]["id"]
        edge = (source, target, round(Decimal(fraction), 12).normalize())
        materials[target].add(edge)
        products[source].add(edge)
    for (sku, _), lot in lots.items():
        direction, expected = ("materials", materials) if sku == "FP" else ("products", products)
        found = (await client.get(f"/api/v1/lots/{lot['id']}/{direction}")).json()
        assert found["complete"] is True
        links = {(each["from_lot"], each["to_lot"], Decimal(each["quantity"]).normalize()) for each in found["links"]}
        assert links == expected[lot["id"]], lot["lot_no"]
        ends = {lot["id"]} | {end for link in links for end in link[:2]}
        assert {node["id"] for node in found["nodes"]} == ends
        assert {each["at"] for each in found["links"]} <= {None}


async def _irregularities_are_shown(client: httpx.AsyncClient, lots: dict[tuple[str, str], dict[str, Any]]) -> None:
    """Fractions of one group that do not add up to 1 stay as they are."""
    sums: dict[tuple[str, str], Decimal] = defaultdict(Decimal)
    for product, group, _, fraction in edges():
        sums[product, group] += Decimal(fraction)
    odd = {key: total for key, total in sums.items() if abs(total - 1) > Decimal("1e-6")}
    assert len(odd) == 4
    for (product, group), total in odd.items():
        found = (await client.get(f"/api/v1/lots/{lots['FP', product]['id']}/materials")).json()
        sku_of = {lot["id"]: sku for (sku, _), lot in lots.items()}
        shown = sum(Decimal(link["quantity"]) for link in found["links"] if sku_of[link["from_lot"]] == f"MAT{group}")
        assert abs(shown - total) < Decimal("1e-9")
        assert shown != 1
    assert max(odd.values()) > Decimal("1.0008")


async def _values_are_those_of_the_source(
    client: httpx.AsyncClient, lots: dict[tuple[str, str], dict[str, Any]]
) -> None:
    """One record a lot and table, with every value; what is blank in the source is not judged, and never a pass."""
    for form, sku, name in (("QC", "FP", "quality_indicators.csv"), ("G4", "MAT4", "properties_Group4.csv")):
        (_, *names), rows = table(name)
        for lot_no, *values in rows:
            query = {"lot_id": lots[sku, lot_no]["id"]}
            records = (await client.get("/api/v1/records", params=query)).json()["items"]
            [record] = (
                [each for each in records if each.get("form_code", form) == form]
                if sku != "FP"
                else [each for each in records if each["stage"] == "testing"]
            )
            shown = (await client.get(f"/api/v1/records/{record['id']}")).json()
            assert shown["captured_at"] is None
            expected = {f"{form}-{each}": float(value) for each, value in zip(names, values, strict=True) if value}
            given = {key: float(value) for key, value in shown["values"].items() if value is not None}
            assert given == expected
