"""Promise: goods leave only after what has to be looked at before a shipment was looked at and passed, whichever way they
leave; the refusal names the inspection; what was inspected again counts by its last result."""

from typing import Any
from uuid import UUID

import asyncpg
import pytest

from server.core import db
from server.core.clock import now
from server.core.ids import new_id
from server.domains import chain
from tests.api.test_deliveries import PNG
from tests.fixtures.api import Api
from tests.fixtures.inspections import FAIL, Line, make_line


@pytest.fixture
async def line(api: Api) -> Line:
    line = await make_line(api)
    line.ids["customer"] = (await line.post("customers", {"code": "C1", "name": "城西超市"}))["id"]
    return line


async def released(line: Line) -> str:
    lot = await line.lot("finished")
    actor = line.plant.actor("quality_manager")
    async with db.transaction(actor.scope()):
        await chain.mark_released(actor, [UUID(lot)])
    return lot


async def shipment(line: Line, *lots: str, expect: int = 201, **more: Any) -> dict[str, Any]:
    lines = [{"lot_id": lot, "quantity": "5", "unit": "kg"} for lot in lots]
    body = {"shipment_no": new_id().hex, "customer_id": line.ids["customer"], "lines": lines} | more
    answer = await line.post("shipments", body, expect=expect)
    return (await line.get(f"shipments/{answer['id']}")) if expect == 201 else answer


async def depart(line: Line, made: dict[str, Any], expect: int = 409) -> str:
    answer = await line.post(f"shipments/{made['id']}/depart", {}, expect=expect)
    return "" if expect == 200 else str(answer["code"])


async def due(line: Line) -> str:
    (row,) = await line.open("due", trigger="before_shipment")
    return str(row["id"])


async def test_a_missing_or_failed_inspection_stops_every_way_out_until_one_passes(line: Line) -> None:
    plan = await line.plan("before_shipment", await line.form(), product_id=line.ids["finished"], name="出货检验")
    lot = await released(line)
    made = await shipment(line, lot)
    first = await due(line)
    assert await depart(line, made) == "shipment_inspection_missing"
    refused = await line.post(f"shipments/{made['id']}/receipt", {"receiver": "王敏"}, expect=409)
    assert refused["code"] == "shipment_inspection_missing"
    assert "出货检验" in refused["title"]
    upload = await line.client.post("/api/v1/attachments", files={"file": ("s.png", PNG)})
    handed = {"stage": "loading", "vehicle": "浙A", "counterpart_name": "李", "signature_id": upload.json()["id"]}
    refused = await line.post(f"shipments/{made['id']}/handover", handed, expect=409)
    assert refused["code"] == "shipment_inspection_missing"

    await line.record(values=FAIL, lot_id=lot, inspection_id=first)
    assert await depart(line, made) == "shipment_inspection_failed"
    again = {"plan_id": plan, "lot_id": lot, "reason": "again", "reinspects": first}
    second = (await line.post("inspections", again))["id"]
    assert await depart(line, made) == "shipment_inspection_failed"  # the last result is still the bad one
    await line.record(values=FAIL, lot_id=lot, inspection_id=second)
    third = (await line.post("inspections", again | {"reinspects": second}))["id"]
    await line.record(lot_id=lot, inspection_id=third)
    assert await depart(line, made, 200) == ""


async def test_goods_entered_as_already_gone_are_asked_as_well(line: Line) -> None:
    await line.plan("before_shipment", await line.form(), product_id=line.ids["finished"])
    gone = {"departed_at": now().isoformat()}
    refused = await shipment(line, await released(line), expect=409, **gone)
    assert refused["code"] == "shipment_inspection_missing"
    assert (await line.get("shipments"))["items"] == []


async def test_a_failed_one_stops_also_where_it_was_not_demanded_and_a_missing_one_then_does_not(line: Line) -> None:
    await line.plan("before_shipment", await line.form(), product_id=line.ids["finished"], mandatory=False)
    good, bad = await released(line), await released(line)
    assert await depart(line, await shipment(line, good), 200) == ""
    made = await shipment(line, good, bad)
    open_ones = await line.open("due", trigger="before_shipment")
    wanted = next(row["id"] for row in open_ones if row["lot_id"] == bad)
    await line.record(values=FAIL, lot_id=bad, inspection_id=wanted)
    assert await depart(line, made) == "shipment_inspection_failed"
    taken_off = next(row["id"] for row in made["lines"] if row["lot_id"] == bad)
    await line.post(f"shipments/{made['id']}/lines/{taken_off}/cancel", {"reason": "检验不合格"}, expect=200)
    assert await depart(line, made, 200) == ""  # the bad lot stays here


async def test_an_inspection_of_the_shipment_itself(line: Line) -> None:
    plan = await line.plan("before_shipment", await line.form("SHIP", "shipment"))
    made = await shipment(line, await released(line))
    first = await due(line)
    await line.record("SHIP", FAIL, shipment_id=made["id"], inspection_id=first)
    assert await depart(line, made) == "shipment_inspection_failed"
    again = {"plan_id": plan, "reason": "again", "reinspects": first}
    second = (await line.post("inspections", again))["id"]
    await line.record("SHIP", shipment_id=made["id"], inspection_id=second)
    assert await depart(line, made, 200) == ""


async def test_goods_on_a_pallet_of_another_product_are_asked_themselves(line: Line) -> None:
    await line.plan("before_shipment", await line.form(), product_id=line.ids["finished"])
    pallet_product = {"kind": "packaging", "sku": "PAL", "name": "托盘", "unit": "pallet"}
    product = (await line.post("products", pallet_product))["id"]
    lot = await released(line)
    pack = {"lot_no": "C1", "contents": [{"lot_id": lot, "quantity": "5"}], "unit": "case", "product_id": product}
    case = (await line.post("packages", pack))["id"]
    pallet = (await line.post("packages", pack | {"lot_no": "P1", "contents": [{"lot_id": case}], "unit": "pallet"}))[
        "id"
    ]
    body = {"shipment_no": "S1", "customer_id": line.ids["customer"], "lines": [{"lot_id": pallet}]}
    made = await line.post("shipments", body)
    (row,) = await line.open("due", trigger="before_shipment")
    assert row["lot_id"] == lot
    assert await depart(line, made) == "shipment_inspection_missing"
    await line.record(lot_id=lot, inspection_id=row["id"])
    assert await depart(line, made, 200) == ""


async def test_what_was_shipped_before_the_plan_is_not_asked(line: Line) -> None:
    made = await shipment(line, await released(line))
    await line.plan("before_shipment", await line.form())
    assert await depart(line, made, 200) == ""


async def test_the_database_has_the_last_word(line: Line) -> None:
    await line.plan("before_shipment", await line.form())
    made = await shipment(line, await released(line))
    for column in ("departed_at", "received_at"):
        with pytest.raises(asyncpg.CheckViolationError, match="not inspected"):
            async with db.transaction(line.plant.actor("operator").scope()):
                await db.execute(
                    f"UPDATE shipment SET {column} = now() WHERE tenant_id = $1 AND id = $2",
                    line.plant.tenant_id, made["id"],
                )  # fmt: skip
