"""Promise: a hold stops a lot until its own cause ends it; what leaves may leave, once; counts and scrap keep the books."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from server.core import db
from server.core.ids import new_id
from server.domains import chain
from tests.fixtures.api import Api
from tests.fixtures.floor import Floor


async def hold(floor: Floor, lot: str, **fields: Any) -> str:
    opened = await floor.post("/api/v1/holds", {"lot_ids": [lot], "reason": "异味投诉"} | fields, 201)
    return opened["holds"][lot]


async def notices(floor: Floor, lot: str) -> list[tuple[str, bool]]:
    async with db.transaction(floor.plant.actor("viewer").scope()):
        rows = await db.fetch("SELECT kind, closed_at FROM public_notice WHERE lot_id = $1 ORDER BY id", UUID(lot))
    return [(row["kind"], row["closed_at"] is None) for row in rows]


async def coded(floor: Floor, lot: str, count: int) -> str:
    """An order of so many active codes for the lot, written as minting would leave it."""
    actor, order, rule = floor.plant.actor("quality_manager"), new_id(), new_id()
    async with db.transaction(actor.scope()):
        await db.execute(
            "INSERT INTO code_rule (tenant_id, id, name, audience, level) VALUES ($1, $2, $3, 'public', 'item')",
            actor.tenant, rule, rule.hex,
        )  # fmt: skip
        version = await db.fetchval(
            "INSERT INTO code_rule_version (tenant_id, rule_id, version, segments, unguessable) VALUES ($1, $2, 1, '[]', true) RETURNING id",
            actor.tenant, rule,
        )  # fmt: skip
        await db.execute(
            "INSERT INTO code_order (tenant_id, id, rule_version_id, lot_id, audience, level, count, state)"
            " VALUES ($1, $2, $3, $4, 'public', 'item', $5, 'ready')",
            actor.tenant, order, version, UUID(lot), count,
        )  # fmt: skip
        await db.execute(
            "INSERT INTO code_range (tenant_id, order_id, lot_id, serials) VALUES ($1, $2, $3, int4range(1, $4 + 1))",
            actor.tenant, order, UUID(lot), count,
        )  # fmt: skip
        await db.execute(
            "INSERT INTO code (text, tenant_id, order_id, lot_id, serial, kind, state)"
            " SELECT $2 || n, $1, $3, $4, n, 1, 3 FROM generate_series(1, $5::int) n",
            actor.tenant, order.hex[-12:], order, UUID(lot), count,
        )  # fmt: skip
    return str(order)


async def test_several_holds_each_lifted_by_its_own_cause(floor: Floor) -> None:
    lot, target = await floor.lot(lot_no="HELD"), await floor.lot("finished", released=False)
    first, second = await hold(floor, lot), await hold(floor, lot, cause="客诉 12", kind="under_review")
    again = await floor.post("/api/v1/holds", {"lot_ids": [lot], "reason": "x"}, 409)
    assert again["code"] == "hold_already_open"
    refused = await floor.link(lot, target, quantity="1", status=409)
    assert refused["code"] == "lot_on_hold"
    assert "HELD" in refused["title"]
    assert "异味投诉" in refused["title"]
    await floor.post(f"/api/v1/holds/{first}/close", {"reason": "复检合格"}, 204)
    await floor.link(lot, target, quantity="1", status=409)
    await floor.post(f"/api/v1/holds/{second}/close", {"reason": "复检合格"}, 204)
    await floor.link(lot, target, quantity="1")
    assert (await floor.post(f"/api/v1/holds/{first}/close", {"reason": "x"}, 409))["code"] == "hold_already_closed"


async def test_a_hold_of_a_recall_is_lifted_by_the_recall_alone(floor: Floor) -> None:
    lot = await floor.lot()
    actor = floor.plant.actor("quality_manager")
    text = chain.NoticeText("recall", 1, "沙门氏菌", "停止食用")
    async with db.transaction(actor.scope()):
        opened = await chain.open_holds(
            actor, [UUID(lot)], kind="recalled", cause="recall:1", reason="召回", notice=text
        )
    refused = await floor.post(f"/api/v1/holds/{opened[UUID(lot)]}/close", {"reason": "x"}, 409)
    assert refused["code"] == "hold_has_other_cause"
    assert await notices(floor, lot) == [("recall", True)]
    async with db.transaction(actor.scope()):
        assert await chain.close_holds(actor, "recall:1", "结束") == [UUID(lot)]
    assert await notices(floor, lot) == [("recall", False)]


async def test_many_lots_are_held_in_one_act(floor: Floor) -> None:
    lots = [await floor.lot() for _ in range(3)]
    opened = await floor.post("/api/v1/holds", {"lot_ids": lots, "reason": "金探失效"}, 201)
    assert sorted(opened["holds"]) == sorted(lots)
    assert [item["id"] for item in (await floor.get("/api/v1/lots", held=True))["items"]] == sorted(lots, reverse=True)
    await floor.post("/api/v1/holds", {"lot_ids": [lots[0], str(new_id())], "reason": "x"}, 404)


async def test_holds_go_along_with_a_split_part_and_into_packages(floor: Floor) -> None:
    lot = await floor.lot("finished")
    case = (await floor.post("/api/v1/packages", {"lot_no": "C", "contents": [{"lot_id": lot, "quantity": "10"}]}))[
        "id"
    ]
    pallet = (await floor.post("/api/v1/packages", {"lot_no": "P", "contents": [{"lot_id": case}]}))["id"]
    await hold(floor, lot)
    part = (await floor.post(f"/api/v1/lots/{lot}/split", {"lot_no": "PART", "quantity": "5"}))["id"]
    assert [entry["cause"] for entry in (await floor.get(f"/api/v1/lots/{part}/holds"))["items"]] == ["manual"]
    assert (await floor.ship({"lot_id": part, "quantity": "1"}, status=409))["code"] == "lot_on_hold"
    assert (await floor.ship({"lot_id": pallet}, status=409))["code"] == "content_on_hold"


async def test_a_shipped_lot_on_hold_is_shown_under_investigation(floor: Floor) -> None:
    shipped, inside, kept = [await floor.lot("finished") for _ in range(3)]
    case = (await floor.post("/api/v1/packages", {"lot_no": "C", "contents": [{"lot_id": inside, "quantity": "1"}]}))[
        "id"
    ]
    await floor.ship({"lot_id": shipped, "quantity": "1"}, {"lot_id": case})
    first = await hold(floor, shipped)
    for lot in (inside, kept):
        await hold(floor, lot)
    assert await notices(floor, shipped) == [("investigation", True)]
    assert await notices(floor, inside) == [("investigation", True)]
    assert await notices(floor, kept) == []
    await floor.post(f"/api/v1/holds/{first}/close", {"reason": "无异常"}, 204)
    assert await notices(floor, shipped) == [("investigation", False)]


async def test_what_is_shipped_is_gone_and_a_package_takes_its_contents_along(floor: Floor) -> None:
    lot = await floor.lot("finished", quantity="10")
    case = (await floor.post("/api/v1/packages", {"lot_no": "C", "contents": [{"lot_id": lot, "quantity": "6"}]}))["id"]
    assert (await floor.ship({"lot_id": lot, "quantity": "5"}, status=409))["code"] == "not_enough_left"
    await floor.ship({"lot_id": case}, {"lot_id": lot, "quantity": "4"})
    assert (await floor.ship({"lot_id": case}, status=409))["code"] == "not_enough_left"
    assert (await floor.post(f"/api/v1/lots/{case}/open", {"reason": "x"}, 409))["code"] == "package_in_use"
    balance = await floor.get(f"/api/v1/lots/{lot}/balance")
    assert (balance["packed"], balance["shipped"], balance["left"]) == ("6", "4", "0")


async def test_shipments_need_a_quantity_where_the_stock_is_known(floor: Floor) -> None:
    lot = await floor.lot("finished")
    assert (await floor.ship({"lot_id": lot}, status=422))["code"] == "quantity_required"
    assert (await floor.ship({"lot_id": lot, "quantity": "1"}, customer_id=str(new_id()), status=404))[
        "code"
    ] == "not_found"


async def test_a_serial_ships_once_and_its_code_says_so(floor: Floor) -> None:
    lot = await floor.lot("finished", quantity="100", unit="盒")
    order = await coded(floor, lot, 100)
    serials = {"order_id": order, "first": 1, "last": 40}
    shipment = (await floor.ship({"lot_id": lot, "serials": serials}))["id"]
    assert await floor.left(lot) == "60"
    again = await floor.ship({"lot_id": lot, "serials": serials | {"first": 40, "last": 41}}, status=409)
    assert again["code"] == "serial_shipped_already"
    async with db.transaction(floor.plant.actor("viewer").scope()):
        rows = await db.fetch(
            "SELECT state, shipment_id FROM code WHERE order_id = $1 AND serial IN (40, 41) ORDER BY serial",
            UUID(order),
        )
    assert [(row["state"], row["shipment_id"]) for row in rows] == [(4, UUID(shipment)), (3, None)]
    other = await floor.lot("finished")
    refused = await floor.ship({"lot_id": other, "serials": serials | {"first": 50, "last": 60}}, status=422)
    assert refused["code"] == "serials_not_of_lot"


async def test_a_split_takes_its_codes_along(floor: Floor) -> None:
    lot = await floor.lot("finished", quantity="100", unit="盒")
    order = await coded(floor, lot, 100)
    body = {"lot_no": "PART", "serials": [{"order_id": order, "first": 11, "last": 30}]}
    part = (await floor.post(f"/api/v1/lots/{lot}/split", body))["id"]
    assert (await floor.left(part), await floor.left(lot)) == ("20", "80")
    async with db.transaction(floor.plant.actor("viewer").scope()):
        assert await db.fetchval("SELECT count(*) FROM code WHERE lot_id = $1", UUID(part)) == 20
    serials = {"order_id": order, "first": 11, "last": 30}
    assert (await floor.ship({"lot_id": lot, "serials": serials}, status=422))["code"] == "serials_not_of_lot"
    await floor.ship({"lot_id": part, "serials": serials})


async def test_what_was_stopped_after_loading_stays_here(floor: Floor) -> None:
    lot = await floor.lot("finished", lot_no="LATE")
    shipment = (await floor.ship({"lot_id": lot, "quantity": "30"}))["id"]
    await hold(floor, lot)
    assert (await floor.post(f"/api/v1/shipments/{shipment}/depart", {}, 409))["code"] == "lot_on_hold"
    line = (await floor.get(f"/api/v1/shipments/{shipment}"))["lines"][0]["id"]
    await floor.post(f"/api/v1/shipments/{shipment}/lines/{line}/cancel", {"reason": "冻结"}, 200)
    assert await floor.left(lot) == "100"


async def test_a_receipt_is_no_way_around_the_departure(floor: Floor) -> None:
    lot = await floor.lot("finished")
    shipment = (await floor.ship({"lot_id": lot, "quantity": "30"}))["id"]
    held = await hold(floor, lot)
    path = f"/api/v1/shipments/{shipment}/receipt"
    assert (await floor.post(path, {"receiver": "张三"}, 409))["code"] == "lot_on_hold"
    assert (await floor.get(f"/api/v1/shipments/{shipment}"))["received_at"] is None
    await floor.post(f"/api/v1/holds/{held}/close", {"reason": "复检合格"}, 204)
    await floor.post(path, {"receiver": "张三", "received_at": "2026-03-01T08:00:00"}, 200)
    late = await floor.post(f"/api/v1/shipments/{shipment}/depart", {}, 422)
    assert [(each["field"], each["code"]) for each in late["errors"]] == [("departed_at", "departed_after_receipt")]
    await floor.post(f"/api/v1/shipments/{shipment}/depart", {"departed_at": "2026-02-28T08:00:00"}, 200)


async def test_departure_and_receipt(floor: Floor) -> None:
    lot = await floor.lot("finished")
    shipment = (await floor.ship({"lot_id": lot, "quantity": "30", "price": "9.9"}, delivery_note="DN-9"))["id"]
    await floor.post(
        f"/api/v1/shipments/{shipment}/depart", {"departed_at": "2026-03-01T08:00:00", "vehicle": "浙A12345"}, 200
    )
    path, line = f"/api/v1/shipments/{shipment}/receipt", (await floor.get(f"/api/v1/shipments/{shipment}"))["lines"][0]
    early = await floor.post(path, {"receiver": "张三", "received_at": "2026-02-28T08:00:00"}, 422)
    assert early["code"] == "shipment_not_departed"
    body = {
        "receiver": "张三",
        "temperature": "3.5",
        "lines": [{"line_id": line["id"], "accepted": False, "remark": "破损"}],
    }
    received = await floor.post(path, body, 200)
    assert (received["receipt"]["temperature"], received["receipt"]["lines"][0]["accepted"]) == ("3.5", False)
    assert (await floor.post(path, body, 409))["code"] == "shipment_already_received"
    assert (await floor.get("/api/v1/shipments", delivery_note="DN-9"))["items"][0][
        "departed_at"
    ] == "2026-03-01T00:00:00Z"


async def test_an_authority_sees_that_there_is_a_price(floor: Floor, api: Api) -> None:
    await floor.manager.patch(f"/api/v1/products/{floor.products['finished']}", json={"trade_secrets": ["prices"]})
    shipment = (await floor.ship({"lot_id": await floor.lot("finished"), "quantity": "1", "price": "9.9"}))["id"]
    assert (await floor.get(f"/api/v1/shipments/{shipment}"))["lines"][0]["price"] == "9.9"
    assert (await floor.get(f"/api/v1/shipments/{shipment}", **{"as": "authority"}))["lines"][0]["price"] == {
        "present": True
    }


async def test_counts_and_scrap_keep_the_books(floor: Floor) -> None:
    lot = await floor.lot()
    await floor.post(f"/api/v1/lots/{lot}/scrap", {"quantity": "10", "reason": "破袋"}, 201)
    counted = await floor.post(f"/api/v1/lots/{lot}/count", {"quantity": "88", "at": "2026-03-01T08:00:00"}, 201)
    assert counted["difference"] == "-2"
    balance = await floor.get(f"/api/v1/lots/{lot}/balance")
    assert (balance["left"], balance["scrapped"], balance["unexplained"]) == ("88", "10", "2")
    assert balance["last_counted_at"] == "2026-03-01T00:00:00Z"
    assert (await floor.post(f"/api/v1/lots/{lot}/scrap", {"quantity": "89", "reason": "x"}, 409))[
        "code"
    ] == "not_enough_left"
    unknown = await floor.lot(quantity=None)
    assert (await floor.post(f"/api/v1/lots/{unknown}/count", {"quantity": "1"}, 409))["code"] == "quantity_unknown"


async def test_a_lot_stands_in_one_place_at_a_time(floor: Floor) -> None:
    actor = floor.plant.actor("enterprise_admin")
    async with db.transaction(actor.scope()):
        site = await db.fetchval(
            "INSERT INTO site (tenant_id, name, division_code) VALUES ($1, 'S', '330106') RETURNING id", actor.tenant
        )
        places = [
            str(await db.fetchval("INSERT INTO place (tenant_id, site_id, kind, name) VALUES ($1, $2, 'store', $3) RETURNING id", actor.tenant, site, name))
            for name in ("一号库", "二号库")
        ]  # fmt: skip
    lot = await floor.lot(place_id=places[0], received_at="2026-03-01")
    await floor.post(f"/api/v1/lots/{lot}/move", {"place_id": places[1], "at": "2026-03-02T08:00:00"}, 204)
    stays = (await floor.get(f"/api/v1/lots/{lot}/stays"))["items"]
    assert [(stay["place_name"], stay["to_at"]) for stay in stays] == [
        ("一号库", "2026-03-02T00:00:00Z"),
        ("二号库", None),
    ]
    assert (await floor.get(f"/api/v1/lots/{lot}"))["place_name"] == "二号库"
    early = await floor.post(f"/api/v1/lots/{lot}/move", {"place_id": places[0], "at": "2026-03-01T08:00:00"}, 422)
    assert early["code"] == "stay_before_last"


async def test_a_package_has_a_label(floor: Floor) -> None:
    lot = await floor.lot("finished", lot_no="F-1", expires_at="2099-01-01")
    case = (await floor.post("/api/v1/packages", {"lot_no": "C-1", "contents": [{"lot_id": lot, "quantity": "6"}]}))[
        "id"
    ]
    pallet = (
        await floor.post("/api/v1/packages", {"lot_no": "P-1", "unit": "pallet", "contents": [{"lot_id": case}]})
    )["id"]
    await floor.ship({"lot_id": pallet}, delivery_note="DN-1")
    label = await floor.get(f"/api/v1/lots/{case}/shipping-label")
    assert (label["customer_name"], label["delivery_note"]) == ("城西超市", "DN-1")
    assert [(row["lot_no"], row["quantity"], row["expires_on"]) for row in label["contents"]] == [
        ("F-1", "6", "2099-01-01")
    ]


async def test_dates_out_of_order_only_warn(floor: Floor) -> None:
    source = await floor.lot(received_at="2026-03-05")
    target = await floor.lot("finished", released=False, production_ended_at="2026-03-01T12:00:00")
    link = await floor.link(source, target, quantity="1", at="2026-03-02T08:00:00")
    assert len(link["warnings"]) == 3  # before receipt, before release, after the end of production
    assert link["warnings"][0] == "收货（2026-03-05 00:00）晚于首次使用（2026-03-02 08:00）。"


async def test_nothing_happens_to_goods_in_the_future(floor: Floor) -> None:
    lot, other = await floor.lot(quantity="100"), await floor.lot(quantity="100")
    ahead = (datetime.now(UTC) + timedelta(hours=2)).isoformat()
    tries = {
        f"/api/v1/lots/{lot}/split": {"lot_no": "P", "quantity": "1"},
        "/api/v1/merges": {"lot_no": "M", "parts": [{"lot_id": lot}, {"lot_id": other}]},
        f"/api/v1/lots/{lot}/rework": {"lot_no": "R", "quantity": "1"},
        "/api/v1/packages": {"lot_no": "C", "contents": [{"lot_id": lot, "quantity": "1"}]},
        f"/api/v1/lots/{lot}/count": {"quantity": "88"},
        f"/api/v1/lots/{lot}/scrap": {"quantity": "1", "reason": "破袋"},
        f"/api/v1/lots/{lot}/move": {"place_id": str(new_id())},
    }
    for path, body in tries.items():
        refused = await floor.post(path, {**body, "at": ahead}, 422)
        assert [(each["field"], each["code"]) for each in refused["errors"]] == [("at", "happens_in_future")], path
