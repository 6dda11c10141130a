"""Promise: what failed is numbered and stopped at once, with whose it is and what shows it; each disposition drives the
chain and takes effect by the signatures the enterprise wants; nothing closes before every piece is accounted for."""

from datetime import UTC, datetime, timedelta

import pytest

from tests.fixtures.api import PASSWORD, Api
from tests.fixtures.failing import Floor
from tests.fixtures.sheets import text_of

SOON = (datetime.now(UTC) + timedelta(days=30)).isoformat()


@pytest.fixture
async def floor(api: Api) -> Floor:
    return await Floor(await api.plant()).setup()


async def test_opening_from_a_failing_record_numbers_stops_and_keeps_the_evidence(floor: Floor) -> None:
    lot, file = await floor.lot(supplier_id=None), await floor.file()
    record = await floor.record(lot, "0.035")
    opened = await floor.open(
        lot, record_id=record, party="supplier", supplier_id=floor.supplier, party_reason="来料即超内控", attachment_ids=[file],
        record_ids=[record],
    )  # fmt: skip
    assert opened["lot_id"] == lot
    assert opened["number"].startswith("NC2")
    assert opened["number"].endswith("-001")
    seen = await floor.seen(opened["id"])
    assert (seen["quantity"], seen["unit"], seen["supplier_name"], seen["state"]) == ("100", "kg", "南山牧场", "open")
    assert {(each["record_id"], each["attachment_id"]) for each in seen["evidence"]} == {(record, None), (None, file)}
    (hold,) = (await floor.call("viewer", "GET", f"lots/{lot}/holds"))["items"]
    assert (hold["kind"], opened["number"] in hold["reason"]) == ("quarantined", True)
    assert await floor.refused("inspector", "nonconformities", {"lot_id": lot, "defect": "x", "defect_class": "A", "stage": "testing"}) == "nonconformity_already_open"  # fmt: skip
    assert (
        await floor.refused("quality_manager", f"holds/{hold['id']}/close", {"reason": "x"}) == "hold_has_other_cause"
    )


async def test_a_part_is_split_off_and_stopped_and_the_rest_goes_on(floor: Floor) -> None:
    lot = await floor.lot("0.01", release=True)
    opened = await floor.open(lot, quantity="30")
    part = opened["lot_id"]
    assert part != lot
    assert await floor.ship_code(part, "1") == "lot_on_hold"
    assert await floor.ship_code(lot, "70") == "ok"
    for path, body in (
        (f"lots/{part}/scrap", {"quantity": "1", "reason": "x"}),
        (f"lots/{part}/rework", {"lot_no": "R", "quantity": "1"}),
        (f"lots/{part}/split", {"lot_no": "T", "quantity": "1"}),
        ("packages", {"lot_no": "P", "contents": [{"lot_id": part, "quantity": "1"}]}),
        ("links", {"from_lot": part, "to_lot": lot, "kind": "split", "quantity": "1"}),
    ):
        assert await floor.refused("operator", path, body) == "awaits_disposition", path
    (link,) = [
        each for each in (await floor.call("viewer", "GET", f"lots/{part}/links"))["items"] if each["kind"] == "split"
    ]
    assert await floor.refused("operator", f"links/{link['id']}/reverse", {"reason": "x"}) == "lot_on_hold"


async def test_a_party_must_be_named_as_its_kind(floor: Floor) -> None:
    lot = await floor.lot()
    body = {"lot_id": lot, "defect": "x", "defect_class": "A", "stage": "logistics", "party": "carrier"}
    answer = await floor.call("inspector", "POST", "nonconformities", body, status=422)
    assert answer["errors"][0]["field"] == "carrier"
    await floor.open(lot, party="carrier", carrier="云岭冷链", stage="logistics")


async def test_reworked_goods_are_inspected_again_before_release_and_closing(floor: Floor) -> None:
    lot = await floor.lot("0.035", release=True)
    opened = await floor.open(lot)
    disposition = await floor.decide(opened["id"], "rework")
    made = await floor.carry_out(disposition, lot_no="RW-1")
    assert made is not None
    assert (await floor.call("viewer", "GET", f"lots/{made}"))["state"] == "pending"
    assert await floor.release(made, status=409) == ["release_reinspection_failing"]
    assert (
        await floor.refused("quality_manager", f"nonconformities/{opened['id']}/close", {})
        == "disposition_not_reinspected"
    )
    await floor.record(made, "0.035")  # above the internal limit still
    assert await floor.release(made, status=409) == ["release_reinspection_failing"]
    again = await floor.open(made)
    better = await floor.carry_out(await floor.decide(again["id"], "repair"))
    assert better is not None
    await floor.record(better, "0.02")
    await floor.release(better)
    await floor.call("quality_manager", "POST", f"nonconformities/{again['id']}/close", {})
    assert await floor.ship_code(better, "100") == "ok"
    assert await floor.ship_code(lot, "1") == "lot_on_hold"


async def test_any_reworked_lot_is_inspected_before_its_release(floor: Floor) -> None:
    lot = await floor.lot(release=True)
    made = (await floor.call("operator", "POST", f"lots/{lot}/rework", {"lot_no": "RW-2", "quantity": "5"}))["id"]
    assert await floor.release(made, status=409) == ["release_reinspection_missing"]
    await floor.record(made, "0.01")
    await floor.release(made)


async def test_sorting_frees_the_good_after_its_own_inspection_and_the_rest_is_scrapped_with_evidence(
    floor: Floor,
) -> None:
    lot = await floor.lot("0.035", release=True)
    opened = await floor.open(lot)
    sorting = await floor.decide(opened["id"], "sort")
    assert await floor.refused("operator", f"dispositions/{sorting}/carry-out", {}, status=422) == "sort_good_quantity"
    good = await floor.carry_out(sorting, good_quantity="80")
    assert good is not None
    assert await floor.ship_code(good, "1") == "lot_on_hold"
    assert await floor.refused("inspector", f"dispositions/{sorting}/verify") == "disposition_not_reinspected"
    await floor.record(good, "0.01")
    await floor.call("inspector", "POST", f"dispositions/{sorting}/verify")
    assert await floor.ship_code(good, "80") == "ok"
    close = f"nonconformities/{opened['id']}/close"
    assert await floor.refused("quality_manager", close, {}) == "nonconformity_not_accounted_for"
    scrapping = await floor.decide(opened["id"], "destroy")
    assert await floor.refused("quality_manager", close, {}) == "nonconformity_disposition_open"
    assert (
        await floor.refused("operator", f"dispositions/{scrapping}/carry-out", {}, status=422)
        == "disposition_evidence_needed"
    )
    await floor.carry_out(scrapping, attachment_ids=[await floor.file()])
    await floor.call("quality_manager", "POST", close, {"remark": "数量已核对"})
    seen = await floor.seen(opened["id"])
    assert (seen["state"], seen["accounted"]) == ("closed", "100")
    fate = await floor.value("SELECT fate || ':' || quantity FROM scrap WHERE tenant_id = $1")
    assert fate == "destroyed:20"


async def test_a_downgrade_is_another_product_and_waits_for_its_release(floor: Floor) -> None:
    opened = await floor.open(await floor.lot("0.035"))
    made = await floor.carry_out(await floor.decide(opened["id"], "downgrade", product_id=floor.feed))
    shown = await floor.call("viewer", "GET", f"lots/{made}")
    assert (shown["product_id"], shown["state"]) == (floor.feed, "pending")
    refusal = {"kind": "downgrade", "reason": "x", "product_id": floor.product}
    other = await floor.open(await floor.lot("0.035"))
    assert await floor.refused("inspector", f"nonconformities/{other['id']}/dispositions", refusal, status=422) == "downgrade_same_product"  # fmt: skip


async def test_a_return_needs_a_supplier_and_takes_the_goods_off_the_books(floor: Floor) -> None:
    body = {"kind": "return", "reason": "退货"}
    nobodys = await floor.open(await floor.lot())
    assert (
        await floor.refused("inspector", f"nonconformities/{nobodys['id']}/dispositions", body)
        == "return_needs_supplier"
    )
    lot = await floor.lot(supplier_id=floor.supplier)
    opened = await floor.open(lot, quantity="40")
    await floor.carry_out(await floor.decide(opened["id"], "return"), detail="退货单 TH-01")
    await floor.call("quality_manager", "POST", f"nonconformities/{opened['id']}/close", {})
    assert (await floor.call("viewer", "GET", f"lots/{opened['lot_id']}/balance"))["left"] == "0"
    assert (await floor.call("viewer", "GET", f"lots/{lot}/balance"))["left"] == "60"


async def test_a_count_meanwhile_changes_what_is_to_account_for(floor: Floor) -> None:
    lot = await floor.lot()
    opened = await floor.open(lot)
    await floor.call("operator", "POST", f"lots/{lot}/count", {"quantity": "95"})
    scrapping = await floor.decide(opened["id"], "scrap")
    assert (await floor.seen(opened["id"]))["dispositions"][0]["quantity"] == "95"
    await floor.carry_out(scrapping, attachment_ids=[await floor.file()])
    await floor.call("quality_manager", "POST", f"nonconformities/{opened['id']}/close", {})
    await floor.call("operator", "POST", f"lots/{lot}/count", {"quantity": "5"})
    assert await floor.ship_code(lot, "5") == "lot_on_hold"  # what turns up later is stopped as well
    again = await floor.open(lot)
    assert (await floor.seen(again["id"]))["quantity"] == "5"


async def test_review_signatures_are_those_the_rule_wants(api: Api, floor: Floor) -> None:
    rule = {"product_id": floor.product, "roles": ["quality_manager", "operator"], "people": 3}
    await floor.call("quality_manager", "PUT", "review-rules", rule)
    opened = await floor.open(await floor.lot("0.035"))
    disposition = await floor.propose(opened["id"], "scrap", role="quality_manager")
    path = f"dispositions/{disposition}/signatures"
    assert await floor.refused("operator", path, {"password": "guess"}, status=403) == "wrong_password"
    assert (
        await floor.refused("inspector", path, {"password": PASSWORD}, status=403) == "disposition_signer_has_no_part"
    )
    assert await floor.sign(disposition, "quality_manager") == {
        "people": 2, "roles": ["operator"], "another": True, "approver": False, "complete": False,
    }  # fmt: skip
    assert await floor.refused("quality_manager", path, {"password": PASSWORD}) == "disposition_signed_already"
    assert (await floor.sign(disposition, "releaser"))["roles"] == ["operator"]
    assert await floor.refused("operator", f"dispositions/{disposition}/carry-out", {}) == "disposition_not_approved"
    assert (await floor.sign(disposition, "operator"))["complete"]
    (seen,) = (await floor.seen(opened["id"]))["dispositions"]
    assert (seen["state"], len(seen["signatures"])) == ("approved", 3)


async def test_the_proposer_alone_approves_nothing(floor: Floor) -> None:
    opened = await floor.open(await floor.lot("0.035"))
    disposition = await floor.propose(opened["id"], "scrap", role="quality_manager")
    assert (await floor.sign(disposition, "quality_manager"))["another"]
    assert (await floor.seen(opened["id"]))["dispositions"][0]["state"] == "proposed"


async def test_one_refusal_ends_a_proposal_and_the_quantity_is_free_again(floor: Floor) -> None:
    opened = await floor.open(await floor.lot("0.035"))
    path = f"nonconformities/{opened['id']}/dispositions"
    first = await floor.propose(opened["id"], "scrap", quantity="60")
    assert await floor.refused("inspector", path, {"kind": "scrap", "reason": "x", "quantity": "41"}) == "disposition_more_than_left"  # fmt: skip
    await floor.sign(first, decision="refuse", remark="先试返工")
    second = await floor.propose(opened["id"], "rework")
    await floor.call("inspector", "POST", f"dispositions/{second}/withdraw", {"reason": "x"})
    states = [each["state"] for each in (await floor.seen(opened["id"]))["dispositions"]]
    assert states == ["refused", "withdrawn"]


async def test_a_concession_holds_for_its_quantity_and_until_its_end(floor: Floor) -> None:
    lot = await floor.lot("0.035", release=True)
    opened = await floor.open(lot)
    disposition = await floor.decide(opened["id"], "concession", quantity="30", expires_at=SOON)
    (seen,) = (await floor.seen(opened["id"]))["dispositions"]
    conceded = seen["result_lot_id"]
    assert (seen["state"], seen["approver_name"] is not None, conceded != lot) == ("carried_out", True, True)
    await floor.call("operator", "POST", f"lots/{conceded}/count", {"quantity": "35"})
    assert await floor.ship_code(conceded, "31") == "concession_exceeded"
    part = (await floor.call("operator", "POST", f"lots/{conceded}/split", {"lot_no": "TC-2", "quantity": "10"}))["id"]
    assert await floor.ship_code(part, "10") == "ok"
    assert await floor.ship_code(conceded, "20") == "ok"
    assert await floor.ship_code(conceded, "1") == "concession_exceeded"
    await floor.call("operator", "POST", f"lots/{conceded}/scrap", {"quantity": "5", "reason": "x"})
    assert await floor.ship_code(lot, "1") == "lot_on_hold"
    expired = await floor.lot("0.035", release=True)
    again = await floor.open(expired)
    disposition = await floor.decide(again["id"], "concession", expires_at=SOON)
    other = await floor.lot("0.01", release=True)
    merge = {"lot_no": "HB", "parts": [{"lot_id": expired, "quantity": "5"}, {"lot_id": other, "quantity": "5"}]}
    assert await floor.refused("operator", "merges", merge) == "lot_conceded"
    case = {"lot_no": "X1", "contents": [{"lot_id": expired, "quantity": "10"}]}
    case_id = (await floor.call("operator", "POST", "packages", case))["id"]
    assert await floor.ship_code(expired, "1") == "ok"
    past = "UPDATE lot SET conceded_until = now() - interval '1 second' WHERE tenant_id = $1 AND concession_id = $2"
    await floor.database(past, disposition)
    assert await floor.ship_code(expired, "1") == "concession_over"
    assert await floor.ship_code(case_id, "1") == "content_concession_over"


async def test_a_concession_needs_an_end_to_come_and_the_customer_where_the_product_demands(floor: Floor) -> None:
    await floor.call("quality_manager", "PUT", "review-rules", {"product_id": floor.product, "customer_consent": True})
    opened = await floor.open(await floor.lot("0.035"))
    path = f"nonconformities/{opened['id']}/dispositions"
    body = {"kind": "concession", "reason": "x", "expires_at": SOON}
    assert (
        await floor.refused("inspector", path, {"kind": "concession", "reason": "x"}, status=422) == "disposition_unfit"
    )
    assert await floor.refused("inspector", path, body, status=422) == "concession_consent_needed"
    consent = {"customer_id": floor.customer, "consent_attachment_id": await floor.file()}
    assert await floor.refused("inspector", path, body | consent | {"expires_at": "2020-01-01"}, status=422) == "concession_in_the_past"  # fmt: skip
    await floor.propose(opened["id"], "concession", expires_at=SOON, **consent)


async def test_a_stranger_s_files_records_and_rules_are_not_there(api: Api, floor: Floor) -> None:
    other = await Floor(await api.plant()).setup()
    lot = await floor.lot()
    for more in (
        {"attachment_ids": [await other.file()]},
        {"record_ids": [await other.record(await other.lot(), "0.01")]},
    ):
        body = {"lot_id": lot, "defect": "x", "defect_class": "A", "stage": "testing"} | more
        assert await floor.refused("inspector", "nonconformities", body, status=404) == "not_found"
    assert await floor.refused("inspector", "nonconformities", {"lot_id": await other.lot(), "defect": "x", "defect_class": "A", "stage": "testing"}, status=404) == "not_found"  # fmt: skip


async def test_what_goes_back_to_its_supplier_leaves_the_stock_under_a_number_with_a_sheet(floor: Floor) -> None:
    lot = await floor.lot(
        "0.035", supplier_id=floor.supplier, supplier_lot_no="T-9", received_at="2026-03-01T08:00:00+08:00"
    )
    opened = await floor.open(lot, quantity="40")
    disposition = await floor.decide(opened["id"], "return", reason="铅偏高，双方同意退货")
    body = {"vehicle": "浙A·77777", "carrier": "德邦", "receiver": "南山牧场 周林"}
    made = await floor.call("operator", "POST", f"dispositions/{disposition}/carry-out", body)
    back = await floor.call("viewer", "GET", f"supplier-returns/{made['return_id']}")
    assert back["number"].startswith("TH")
    said = {
        "supplier_name": "南山牧场",
        "quantity": "40",
        "unit": "kg",
        "vehicle": "浙A·77777",
        "receiver": "南山牧场 周林",
    }
    assert said.items() <= back.items()
    assert back["left_at"]
    balance = await floor.call("viewer", "GET", f"lots/{back['lot_id']}/balance")
    assert (balance["returned"], balance["scrapped"], balance["left"]) == ("40", "0", "0")
    for query in (f"supplier_id={floor.supplier}", f"lot_id={back['lot_id']}"):
        listed = await floor.call("viewer", "GET", f"supplier-returns?{query}")
        assert [each["id"] for each in listed["items"]] == [back["id"]]
    assert await floor.refused("operator", f"dispositions/{disposition}/carry-out", {}) == "disposition_not_approved"
    await floor.call("quality_manager", "POST", f"nonconformities/{opened['id']}/close", {})

    sheet = await floor.call(
        "quality_manager", "POST", "documents", {"kind": "supplier_return", "subject_id": back["id"]}
    )
    answer = await floor.plant.client("viewer").get(f"/api/v1/documents/{sheet['id']}/content.pdf")
    shown = text_of(answer.content)
    for word in (
        back["number"],
        "南山牧场",
        "T-9",
        "40kg",
        "浙A·77777",
        "南山牧场周林",
        "铅偏高，双方同意退货",
        "退货单",
    ):
        assert word in shown, word
    case = await floor.call(
        "quality_manager", "POST", "documents", {"kind": "nonconformity", "subject_id": opened["id"]}
    )
    answer = await floor.plant.client("viewer").get(f"/api/v1/documents/{case['id']}/content.pdf")
    assert back["number"] in text_of(answer.content)


async def test_the_sheet_of_a_return_says_why_it_goes_back_whatever_was_said_as_it_left(floor: Floor) -> None:
    opened = await floor.open(await floor.lot("0.035", supplier_id=floor.supplier), defect="外箱淋湿")
    disposition = await floor.decide(opened["id"], "return", reason="要求换货")
    made = await floor.call("operator", "POST", f"dispositions/{disposition}/carry-out", {"detail": "对方已清点"})
    body = {"kind": "supplier_return", "subject_id": made["return_id"]}
    sheet = await floor.call("quality_manager", "POST", "documents", body)
    answer = await floor.plant.client("viewer").get(f"/api/v1/documents/{sheet['id']}/content.pdf")
    shown = text_of(answer.content)
    assert "退货原因外箱淋湿；要求换货" in shown
    assert "交接说明：对方已清点" in shown


async def test_goods_of_nobody_do_not_go_back(floor: Floor) -> None:
    opened = await floor.open(await floor.lot("0.035"))
    body = {"kind": "return", "reason": "退货"}
    refused = await floor.refused("inspector", f"nonconformities/{opened['id']}/dispositions", body)
    assert refused == "return_needs_supplier"
