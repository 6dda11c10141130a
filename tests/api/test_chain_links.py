"""Promise: over HTTP, only released, unexpired, unheld stock that is there is used; every refusal names lot and remedy."""

from datetime import UTC, date, datetime, timedelta

import httpx

from server.core.ids import new_id
from tests.fixtures.api import Api
from tests.fixtures.floor import Floor


async def test_a_lot_answers_with_all_that_was_said(floor: Floor) -> None:
    supplier = (await floor.post("/api/v1/suppliers", {"code": "S1", "name": "一号牧场"}))["id"]
    lot = await floor.lot(
        lot_no="RM-1", supplier_id=supplier, supplier_lot_no="SUP-77", produced_on="2026-01-02", received_at="2026-01-03",
        expires_at="2099-12-31", purchase_order="PO-1", delivery_note="DN-1", released=False,
    )  # fmt: skip
    shown = await floor.get(f"/api/v1/lots/{lot}")
    assert shown["supplier_lot_no"] == "SUP-77"
    assert shown["produced_on"] == "2026-01-02"
    assert shown["expires_on"] == "2099-12-31"
    assert shown["expires_at"] == "2099-12-31T16:00:00Z"
    assert shown["references"]["purchase_order"] == "PO-1"
    assert (shown["unit"], shown["left"], shown["state"]) == ("kg", "100", "pending")
    assert [entry["state_to"] for entry in shown["history"]] == ["pending"]
    found = await floor.get("/api/v1/lots", supplier_lot_no="SUP-77")
    assert [item["id"] for item in found["items"]] == [lot]


async def test_a_quantity_may_be_unknown_and_is_then_not_checked(floor: Floor) -> None:
    source, target = await floor.lot(quantity=None), await floor.lot("finished", released=False)
    await floor.link(source, target, quantity="5000", unit="kg")
    shown = await floor.get(f"/api/v1/lots/{source}")
    assert shown["quantity"] is None
    assert shown["left"] is None
    assert shown["balance"]["consumed"] == "5000"


async def test_expiry_follows_from_the_shelf_life(floor: Floor) -> None:
    body = {"kind": "finished", "sku": "milk", "name": "鲜牛奶", "unit": "L", "shelf_life_days": 7}
    product = (await floor.post("/api/v1/products", body))["id"]
    lot = await floor.post(
        "/api/v1/lots", {"kind": "finished", "product_id": product, "lot_no": "M1", "produced_on": "2026-03-01"}
    )
    assert (await floor.get(f"/api/v1/lots/{lot['id']}"))["expires_on"] == "2026-03-08"


async def test_consumption_draws_and_converts(floor: Floor) -> None:
    source, target = await floor.lot(quantity="1", unit="t"), await floor.lot("finished", released=False)
    await floor.link(source, target, quantity="250", unit="kg")
    assert (await floor.get(f"/api/v1/lots/{source}"))["left"] == "0.75"
    refused = await floor.link(source, target, quantity="800", unit="kg", status=409)
    assert refused["code"] == "not_enough_left"
    assert "0.75" in refused["title"]
    refused = await floor.link(source, target, quantity="3", unit="pcs", status=422)
    assert refused["code"] == "units_differ"
    assert "pcs" in refused["title"]


async def test_what_may_not_be_used_is_refused_by_name(floor: Floor) -> None:
    target = await floor.lot("finished", released=False)
    pending = await floor.lot(released=False, lot_no="PENDING")
    refused = await floor.link(pending, target, quantity="1", status=409)
    assert refused["code"] == "lot_not_released"
    assert "PENDING" in refused["title"]
    yesterday = str(date.today() - timedelta(days=2))  # noqa: DTZ011 - two days are enough in any zone
    expired = await floor.lot(expires_at=yesterday, produced_on="2020-01-01")
    assert (await floor.link(expired, target, quantity="1", status=409))["code"] == "lot_expired"
    stranger = await floor.link(str(new_id()), target, quantity="1", status=404)
    assert stranger["code"] == "not_found"


async def test_a_lot_is_never_its_own_ancestor(floor: Floor) -> None:
    first, second, third = [await floor.lot("intermediate", lot_no=number) for number in "ABC"]
    await floor.link(first, second, quantity="1")
    await floor.link(second, third, quantity="1")
    refused = await floor.link(third, first, quantity="1", status=409)
    assert refused["code"] == "links_form_cycle"
    assert "C → A → B → C" in refused["title"]
    assert (await floor.link(first, first, quantity="1", status=422))["code"] == "link_to_itself"


async def test_a_wrong_link_is_reversed_once_and_gives_back(floor: Floor) -> None:
    source, target = await floor.lot(), await floor.lot("finished")
    link = (await floor.link(source, target, quantity="40"))["id"]
    await floor.post(f"/api/v1/links/{link}/reverse", {"reason": "扫错批次"}, 201)
    shown = await floor.get(f"/api/v1/lots/{source}")
    assert (shown["left"], shown["balance"]["consumed"]) == ("100", "0")
    again = await floor.post(f"/api/v1/links/{link}/reverse", {"reason": "扫错批次"}, 409)
    assert again["code"] == "link_already_reversed"
    rows = (await floor.get(f"/api/v1/lots/{source}/links"))["items"]
    assert [(row["reversed"], row["reverses"]) for row in rows] == [(True, None), (False, link)]
    await floor.link(target, source, quantity="1")  # no cycle with a link that was struck out


async def test_a_split_part_is_no_freer_than_the_whole(floor: Floor) -> None:
    whole = await floor.lot("finished", expires_at="2099-01-31")
    part = (await floor.post(f"/api/v1/lots/{whole}/split", {"lot_no": "P1", "quantity": "30"}))["id"]
    shown = await floor.get(f"/api/v1/lots/{part}")
    assert (shown["state"], shown["quantity"], shown["expires_on"]) == ("released", "30", "2099-01-31")
    assert (await floor.get(f"/api/v1/lots/{whole}"))["balance"]["split_off"] == "30"
    await floor.post(f"/api/v1/lots/{whole}/split", {"lot_no": "P2", "quantity": "71"}, 409)
    pending = await floor.lot("finished", released=False)
    part = (await floor.post(f"/api/v1/lots/{pending}/split", {"lot_no": "P3", "quantity": "30"}))["id"]
    assert (await floor.get(f"/api/v1/lots/{part}"))["state"] == "pending"


async def test_reversing_a_split_takes_the_goods_out_of_the_part(floor: Floor) -> None:
    whole, target = await floor.lot("intermediate"), await floor.lot("finished", released=False)
    part = (await floor.post(f"/api/v1/lots/{whole}/split", {"lot_no": "P1", "quantity": "30"}))["id"]
    link = (await floor.get(f"/api/v1/lots/{part}/links"))["items"][0]["id"]
    used = (await floor.link(part, target, quantity="10"))["id"]
    assert (await floor.post(f"/api/v1/links/{link}/reverse", {"reason": "x"}, 409))["code"] == "target_in_use"
    await floor.post(f"/api/v1/links/{used}/reverse", {"reason": "x"}, 201)
    await floor.post(f"/api/v1/links/{link}/reverse", {"reason": "x"}, 201)
    assert (await floor.get(f"/api/v1/lots/{part}"))["left"] == "0"
    assert (await floor.get(f"/api/v1/lots/{whole}"))["left"] == "100"


async def test_a_merge_is_as_free_as_its_least_free_part(floor: Floor) -> None:
    first = await floor.lot("intermediate", expires_at="2099-05-01")
    second = await floor.lot("intermediate", expires_at="2099-03-01", released=False)
    body = {"lot_no": "MIX", "parts": [{"lot_id": first, "quantity": "500", "unit": "g"}, {"lot_id": second}]}
    merged = await floor.get(f"/api/v1/lots/{(await floor.post('/api/v1/merges', body))['id']}")
    assert (merged["quantity"], merged["state"], merged["expires_on"]) == ("100.5", "pending", "2099-03-01")
    other = await floor.lot("finished")
    body = {"lot_no": "MIX2", "parts": [{"lot_id": first}, {"lot_id": other}]}
    assert (await floor.post("/api/v1/merges", body, 422))["code"] == "products_differ"


async def test_unreleased_goods_do_not_slip_into_a_released_lot(floor: Floor) -> None:
    pending, released = await floor.lot("intermediate", released=False), await floor.lot("intermediate")
    for kind in ("split", "merged", "reworked", "repaired"):
        refused = await floor.link(pending, released, kind, quantity="1", status=409)
        assert refused["code"] == "target_already_released"


async def test_rework_makes_a_lot_that_waits_for_its_own_release(floor: Floor) -> None:
    lot = await floor.lot("finished")
    body = {"lot_no": "RW", "quantity": "20", "quantity_out": "18"}
    reworked = await floor.get(f"/api/v1/lots/{(await floor.post(f'/api/v1/lots/{lot}/rework', body))['id']}")
    assert (reworked["state"], reworked["quantity"]) == ("pending", "18")
    assert (await floor.get(f"/api/v1/lots/{lot}"))["left"] == "80"


async def test_no_move_is_a_use_under_another_name(floor: Floor) -> None:
    material, target = await floor.lot(), await floor.lot("finished", released=False)
    pending = await floor.lot(released=False, expires_at="2020-01-01")
    for kind in ("split", "merged", "reworked", "repaired"):
        for source in (material, pending):
            refused = await floor.link(source, target, kind, quantity="1", status=409)
            assert refused["code"] == "move_changes_product"
    assert (await floor.get(f"/api/v1/lots/{target}/links"))["items"] == []


async def test_rework_goes_into_a_pending_lot_with_no_other_inputs(floor: Floor) -> None:
    goods, released = await floor.lot("finished"), await floor.lot("finished")
    empty, fed = await floor.lot("finished", released=False), await floor.lot("finished", released=False)
    await floor.link(await floor.lot(), fed, quantity="1")
    assert (await floor.link(goods, released, "reworked", quantity="1", status=409))["code"] == "target_not_pending"
    assert (await floor.link(goods, fed, "repaired", quantity="1", status=409))["code"] == "target_has_inputs"
    await floor.link(goods, empty, "reworked", quantity="1")
    await floor.link(goods, empty, "repaired", quantity="1")


async def test_what_stops_goods_stops_them_after_rework(floor: Floor) -> None:
    lot = await floor.lot("finished", expires_at="2020-01-31")
    later = {"lot_no": "RW", "quantity": "20", "expires_at": "2099-01-01"}
    refused = await floor.post(f"/api/v1/lots/{lot}/rework", later, 409)
    assert (refused["code"], refused["errors"][0]["field"]) == ("expiry_extended", "expires_at")
    used = {"lot_no": "RW", "quantity": "20", "product_id": floor.products["intermediate"]}
    assert (await floor.post(f"/api/v1/lots/{lot}/rework", used, 409))["code"] == "lot_expired"
    made = (await floor.post(f"/api/v1/lots/{lot}/rework", {"lot_no": "RW", "quantity": "20"}))["id"]
    shown = await floor.get(f"/api/v1/lots/{made}")
    assert (shown["state"], shown["expires_on"]) == ("pending", "2020-01-31")
    held, empty = await floor.lot("finished"), await floor.lot("finished", released=False)
    await floor.post("/api/v1/holds", {"lot_ids": [held], "reason": "x"}, 201)
    await floor.link(held, empty, "reworked", quantity="1")
    made = (await floor.post(f"/api/v1/lots/{held}/rework", {"lot_no": "RW-H", "quantity": "20"}))["id"]
    for lot_id in (made, empty):
        assert [each["cause"] for each in (await floor.get(f"/api/v1/lots/{lot_id}"))["holds"]]


async def test_packed_goods_leave_with_their_package_or_after_it_is_opened(floor: Floor) -> None:
    lot, target = await floor.lot("finished"), await floor.lot("intermediate", released=False)
    body = {"lot_no": "CASE-1", "contents": [{"lot_id": lot, "quantity": "60"}]}
    case = (await floor.post("/api/v1/packages", body))["id"]
    refused = await floor.link(lot, target, quantity="50", status=409)
    assert refused["code"] == "not_enough_left"
    pallet = (
        await floor.post("/api/v1/packages", {"lot_no": "PAL", "unit": "pallet", "contents": [{"lot_id": case}]})
    )["id"]
    assert (await floor.post(f"/api/v1/lots/{case}/open", {"reason": "抽检"}, 409))["code"] == "package_in_use"
    await floor.post(f"/api/v1/lots/{pallet}/open", {"reason": "拆托"}, 200)
    await floor.post(f"/api/v1/lots/{case}/open", {"reason": "抽检"}, 200)
    assert (await floor.post(f"/api/v1/lots/{case}/open", {"reason": "抽检"}, 409))["code"] == "nothing_inside"
    assert (await floor.get(f"/api/v1/lots/{lot}"))["left"] == "100"
    assert (await floor.link(case, target, status=409))["code"] == "package_empty"


async def test_a_package_is_as_good_as_what_is_in_it(floor: Floor) -> None:
    good, pending = await floor.lot("finished"), await floor.lot("finished", released=False, lot_no="NEW")
    target = await floor.lot("intermediate", released=False)
    contents = [{"lot_id": good, "quantity": "1"}, {"lot_id": pending, "quantity": "1"}]
    case = (await floor.post("/api/v1/packages", {"lot_no": "CASE", "contents": contents}))["id"]
    refused = await floor.link(case, target, status=409)
    assert refused["code"] == "content_not_released"
    assert "NEW" in refused["title"]
    await floor.release(pending)
    await floor.link(case, target)
    assert (await floor.link(case, target, status=409))["code"] == "not_enough_left"


async def test_a_removed_component_stays_away_unless_it_returns(floor: Floor) -> None:
    component, unit = await floor.lot(quantity="5", unit="pcs"), await floor.lot("finished", released=False)
    first = (await floor.link(component, unit, "installed", quantity="1"))["id"]
    second = (await floor.link(component, unit, "installed", quantity="1"))["id"]
    await floor.post(f"/api/v1/links/{first}/end", {"reason": "损坏"}, 204)
    assert (await floor.get(f"/api/v1/lots/{component}"))["left"] == "3"
    await floor.post(f"/api/v1/links/{second}/end", {"reason": "换型", "returns_to_stock": True}, 204)
    assert (await floor.get(f"/api/v1/lots/{component}"))["left"] == "4"
    assert (await floor.post(f"/api/v1/links/{first}/end", {"reason": "x"}, 409))["code"] == "link_already_ended"


async def test_lots_are_changed_only_where_they_may(floor: Floor) -> None:
    lot = await floor.lot(quantity=None)
    changed = await floor.manager.patch(f"/api/v1/lots/{lot}", json={"quantity": "7", "production_order": "MO-9"})
    assert changed.status_code == 200, changed.text
    assert (changed.json()["left"], changed.json()["references"]["production_order"]) == ("7", "MO-9")
    again = await floor.manager.patch(f"/api/v1/lots/{lot}", json={"quantity": "8"})
    assert (again.status_code, again.json()["code"]) == (409, "quantity_already_known")


async def test_midnight_said_as_a_moment_is_not_the_end_of_that_day(floor: Floor) -> None:
    moment = await floor.lot(expires_at="2099-11-22T00:00:00+08:00")
    day = await floor.lot(expires_at="2099-11-22")
    assert (await floor.get(f"/api/v1/lots/{moment}"))["expires_at"] == "2099-11-21T16:00:00Z"
    assert (await floor.get(f"/api/v1/lots/{day}"))["expires_at"] == "2099-11-22T16:00:00Z"


async def test_another_enterprise_finds_nothing(floor: Floor, api: Api) -> None:
    lot = await floor.lot()
    other: httpx.AsyncClient = (await api.plant()).client("quality_manager")
    assert (await other.get(f"/api/v1/lots/{lot}")).status_code == 404
    assert (await other.post(f"/api/v1/lots/{lot}/split", json={"lot_no": "x", "quantity": "1"})).status_code == 404
    assert (await other.get("/api/v1/lots")).json()["items"] == []


async def test_pages_of_lots_do_not_move(floor: Floor) -> None:
    made = [await floor.lot(released=False) for _ in range(5)]
    first = await floor.get("/api/v1/lots", limit=2)
    await floor.lot(released=False)
    second = await floor.get("/api/v1/lots", limit=2, after=first["next"])
    assert [item["id"] for item in (*first["items"], *second["items"])] == made[:0:-1]


async def test_neither_a_link_nor_its_end_lies_in_the_future(floor: Floor) -> None:
    source, target = await floor.lot("material"), await floor.lot("finished")
    ahead = {"at": (datetime.now(UTC) + timedelta(hours=2)).isoformat()}
    link = {"from_lot": source, "to_lot": target, "kind": "installed", "quantity": "1"}
    refused = await floor.post("/api/v1/links", link | ahead, 422)
    assert [(each["field"], each["code"]) for each in refused["errors"]] == [("at", "happens_in_future")]
    made = (await floor.post("/api/v1/links", link, 201))["id"]
    refused = await floor.post(f"/api/v1/links/{made}/end", {"reason": "拆下"} | ahead, 422)
    assert [each["code"] for each in refused["errors"]] == ["happens_in_future"]
