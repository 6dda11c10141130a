"""Promise: a ledger has one header row that filters, numbers and dates that sort, the rows of its days and no others, and no
text in it is ever a formula."""

import io
from datetime import datetime
from typing import Any

from openpyxl import load_workbook
from openpyxl.worksheet.worksheet import Worksheet

from tests.fixtures.api import Api
from tests.fixtures.sheets import Desk, desk

__all__ = ["desk"]


async def ledger(
    desk: Desk, kind: str, start: str = "2000-01-01", end: str = "2000-12-31", **headers: str
) -> Worksheet:
    answer = await desk.plant.client("viewer", **headers).get(
        f"/api/v1/ledgers/{kind}", params={"from": start, "to": end}
    )
    assert answer.status_code == 200, answer.text
    sheet = load_workbook(io.BytesIO(answer.content)).active
    assert isinstance(sheet, Worksheet)
    return sheet


def rows_of(sheet: Worksheet) -> list[dict[str, Any]]:
    head, *rows = sheet.iter_rows(values_only=True)
    return [dict(zip(map(str, head), row, strict=True)) for row in rows]


async def test_receipts_of_the_days_asked_for(desk: Desk) -> None:
    evil = '=HYPERLINK("http://evil","x")'
    supplier = await desk.made("/api/v1/suppliers", {"code": "S", "name": evil, "address": "+1", "contact": "@SUM(A1)"})
    material = await desk.made("/api/v1/products", {"kind": "material", "sku": "R", "name": "-2+3", "unit": "kg"})
    for lot_no, day, quantity in (("A", "2026-03-01T23:59:00+08:00", "9.5"), ("00123", "2026-03-02T00:00:00+08:00", "1000"),
                                  ("C", "2026-03-31T23:59:59+08:00", "20"), ("D", "2026-04-01T00:00:00+08:00", "1")):  # fmt: skip
        body = {"kind": "material", "product_id": material, "lot_no": lot_no, "quantity": quantity, "supplier_id": supplier,
                "supplier_lot_no": f"=1+{lot_no}", "received_at": day}  # fmt: skip
        lot = await desk.made("/api/v1/lots", body)
        if lot_no == "00123":  # its parts came in with it
            await desk.made(f"/api/v1/lots/{lot}/split", {"lot_no": "PART", "quantity": "100"})
    sheet = await ledger(desk, "receipts", "2026-03-02", "2026-03-31")
    rows = rows_of(sheet)
    assert [row["批号"] for row in rows] == ["00123", "C"]
    assert [row["数量"] for row in rows] == [1000, 20]
    assert [f"{row['进货/收货时间']}" for row in rows] == ["2026-03-02 00:00:00", "2026-03-31 00:00:00"]
    assert (rows[0]["供应商名称"], rows[0]["名称"], rows[0]["供方批号"]) == (evil, "-2+3", "=1+00123")
    assert str(rows[0]["记录至少保存至"]) == "2028-03-02 00:00:00"  # two years, as no shelf life is known
    assert {cell.data_type for row in sheet.iter_rows() for cell in row} <= {"s", "n", "d"}
    assert (sheet.freeze_panes, sheet.auto_filter.ref) == ("A2", f"A1:{sheet.cell(3, sheet.max_column).coordinate}")


async def test_tests_and_sales_name_certificate_buyer_and_date(desk: Desk) -> None:
    lot = await desk.released("TZ-1")
    document = await desk.issue("test_report", lot)
    await desk.shipment(lot, departed_at="2026-03-05T10:00:00+08:00")
    sold = rows_of(await ledger(desk, "sales", "2026-03-05", "2026-03-05"))
    assert [(row["批号"], row["数量"], row["单位"], row["购货者名称"]) for row in sold] == [
        ("TZ-1", 5, "kg", "城西超市")
    ]
    assert (str(sold[0]["生产日期"]), str(sold[0]["保质期至"])) == ("2026-03-01 00:00:00", "2027-03-01 00:00:00")
    today = datetime.now().astimezone()
    tested = rows_of(await ledger(desk, "tests", f"{today.year}-01-01", f"{today.year}-12-31"))
    assert [(row["批号"], row["检验报告编号"], row["购货者"], row["检验结果"]) for row in tested] == [
        ("TZ-1", document["number"], "城西超市", "合格")
    ]
    assert isinstance(tested[0]["放行时间"], datetime)
    whole = await desk.lot("TZ-W")
    part = await desk.made(f"/api/v1/lots/{whole}/split", {"lot_no": "TZ-P", "quantity": "10"})
    await desk.release(whole)
    await desk.release(part)
    signed = rows_of(await ledger(desk, "tests", f"{today.year}-01-01", f"{today.year}-12-31"))
    assert [row["数量"] for row in signed if row["批号"] in ("TZ-W", "TZ-P")] == [90, 10]
    assert (tested[0]["购货者地址"], str(tested[0]["记录至少保存至"])) == ("文岚路 1 号", "2027-09-02 00:00:00")
    assert str(sold[0]["记录至少保存至"]) == "2027-09-02 00:00:00"  # six months after the shelf life
    english = rows_of(await ledger(desk, "sales", "2026-03-05", "2026-03-05", accept_language="en"))
    assert english[0]["Buyer"] == "城西超市"


async def test_what_left_in_a_case_is_sold_under_its_own_lot(desk: Desk) -> None:
    lot = await desk.released("TZ-2")
    contents = [{"lot_id": lot, "quantity": "4", "unit": "kg"}]
    case = await desk.made("/api/v1/packages", {"lot_no": "X-1", "unit": "case", "contents": contents})
    pallet = await desk.made(
        "/api/v1/packages",
        {"lot_no": "P-1", "unit": "pallet", "contents": [{"lot_id": case, "quantity": "1", "unit": "case"}]},
    )
    await desk.shipment(pallet, quantity="1", departed_at="2026-03-05T10:00:00+08:00")
    (sold,) = rows_of(await ledger(desk, "sales", "2026-03-05", "2026-03-05"))
    assert [sold[name] for name in ("批号", "所在箱/托盘", "数量", "单位", "购货者名称")] == [
        "TZ-2",
        "P-1",
        4,
        "kg",
        "城西超市",
    ]
    assert sold["检验合格证号"]
    assert str(sold["生产日期"]) == "2026-03-01 00:00:00"
    today = datetime.now().astimezone()
    (tested,) = rows_of(await ledger(desk, "tests", f"{today.year}-01-01", f"{today.year}-12-31"))
    assert (tested["批号"], tested["购货者"]) == ("TZ-2", "城西超市")


async def test_impossible_periods_are_refused_by_name(desk: Desk) -> None:
    for days, code in (
        (("2026-02-02", "2026-02-01"), "period_backwards"),
        (("2024-01-01", "2026-01-01"), "period_too_long"),
    ):
        answer = await desk.manager.get("/api/v1/ledgers/sales", params={"from": days[0], "to": days[1]})
        assert (answer.status_code, answer.json()["errors"][0]["code"]) == (422, code)
    assert (
        await desk.manager.get("/api/v1/ledgers/other", params={"from": "2026-01-01", "to": "2026-01-02"})
    ).status_code == 404


async def test_another_enterprise_is_in_no_row(desk: Desk, api: Api) -> None:
    lot = await desk.released("MINE")
    await desk.shipment(lot, departed_at="2026-03-05T10:00:00+08:00")
    other = Desk(await api.plant())
    assert rows_of(await ledger(other, "sales", "2026-03-01", "2026-03-31")) == []
