"""Promise: what was split off a released lot, merged of released lots, or measured by the piece stands under their certificates: its
test report, the receiver's page, the delivery note and the ledgers name them, as theirs; nobody signs again, and a part that was
split off before the release waits for its own."""

import io
import zipfile
from typing import Any
from uuid import UUID

from server.core.clock import now
from tests.api.test_chain_stock import coded
from tests.api.test_ledgers import ledger, rows_of
from tests.fixtures.api import PASSWORD, Api
from tests.fixtures.sheets import Desk, desk, text_of

__all__ = ["desk"]
_YEAR = now().year
THIS_YEAR = (f"{_YEAR}-01-01", f"{_YEAR}-12-31")


async def split(desk: Desk, lot: str, lot_no: str, quantity: str = "5") -> str:
    return await desk.made(f"/api/v1/lots/{lot}/split", {"lot_no": lot_no, "quantity": quantity})


async def merge(desk: Desk, lot_no: str, *lots: str) -> str:
    return await desk.made(
        "/api/v1/merges", {"lot_no": lot_no, "parts": [{"lot_id": lot, "quantity": "5"} for lot in lots]}
    )


async def releases(desk: Desk, lot: str) -> dict[str, Any]:
    answer = await desk.manager.get(f"/api/v1/lots/{lot}/releases")
    assert answer.status_code == 200
    found: dict[str, Any] = answer.json()
    return found


async def certificate(desk: Desk, lot: str) -> str:
    return str((await releases(desk, lot))["items"][0]["certificate_no"])


async def test_a_part_goes_with_the_papers_of_its_lot(desk: Desk, api: Api) -> None:
    lot = await desk.released("WHOLE")
    part = await split(desk, await split(desk, lot, "HALF", "20"), "PART")
    number = await certificate(desk, lot)
    said = await releases(desk, part)
    assert said["items"] == []
    assert [(each["lot_no"], each["certificate_no"]) for each in said["stands_under"]] == [("WHOLE", number)]
    page = (await desk.plant.client("viewer").get(f"/admin/lots/{part}")).text
    assert number in page
    assert "放行依据" in page

    whole = await desk.issue("test_report", lot)
    shipment = await desk.shipment(part)
    link = (await desk.link(shipment))["url"]
    opened = (await api.anonymous.get(link)).text
    for word in (number, whole["number"], "PART", "由该批分出"):
        assert word in opened, word
    archive = zipfile.ZipFile(io.BytesIO((await api.anonymous.get(f"{link}/all.zip")).content))
    assert [archive.read(name) for name in archive.namelist()] == [await desk.pdf(whole)]
    note = text_of(await desk.pdf(await desk.issue("delivery_note", shipment)))
    assert number in note
    assert whole["number"] in note

    own = await desk.issue("test_report", part)
    printed = text_of(await desk.pdf(own))
    for word in (number, "批次WHOLE的一部分", "（批次WHOLE）"):
        assert word in printed, word
    opened = (await api.anonymous.get(link)).text
    assert own["number"] in opened
    assert whole["number"] not in opened

    sold = {row["批号"]: row["检验合格证号"] for row in rows_of(await ledger(desk, "sales", *THIS_YEAR))}
    assert sold == {"PART": number}
    tested = {row["批号"]: row for row in rows_of(await ledger(desk, "tests", *THIS_YEAR))}
    assert tested["WHOLE"]["购货者"] == "城西超市"
    assert tested["WHOLE"]["凭此证出厂的分批"] == "HALF、PART"


async def test_a_mixture_stands_under_each_of_its_certificates(desk: Desk) -> None:
    one, other = await desk.released("ONE"), await desk.released("OTHER")
    merged = await merge(desk, "MIX", one, other)
    numbers = {await certificate(desk, one), await certificate(desk, other)}
    assert {each["certificate_no"] for each in (await releases(desk, merged))["stands_under"]} == numbers
    printed = text_of(await desk.pdf(await desk.issue("test_report", merged)))
    for word in (*numbers, "合并", "批次ONE", "批次OTHER"):
        assert word in printed, word
    await desk.shipment(merged)
    (row,) = rows_of(await ledger(desk, "sales", *THIS_YEAR))
    assert {*row["检验合格证号"].split("、")} == numbers


async def test_a_part_from_before_the_release_waits_for_its_own(desk: Desk) -> None:
    lot = await desk.lot("LATER")
    early = await split(desk, lot, "EARLY")
    await desk.release(lot)
    late = await split(desk, lot, "LATE")
    assert (await releases(desk, early))["stands_under"] == []
    answer = await desk.manager.post("/api/v1/documents", json={"kind": "test_report", "subject_id": early})
    assert answer.json()["code"] == "sheet_lot_not_decided"
    await desk.release(early)
    own = await certificate(desk, early)
    assert own not in {await certificate(desk, lot)}
    assert (await releases(desk, early))["stands_under"] == []
    assert [each["lot_no"] for each in (await releases(desk, late))["stands_under"]] == ["LATER"]
    tested = {row["批号"]: row["凭此证出厂的分批"] for row in rows_of(await ledger(desk, "tests", *THIS_YEAR))}
    assert tested == {"LATER": "LATE", "EARLY": None}


async def test_a_later_decision_about_the_whole_is_not_the_parts(desk: Desk) -> None:
    lot = await desk.released("WHOLE")
    first = await certificate(desk, lot)
    part = await split(desk, lot, "PART")
    body = {"lot_ids": [lot], "password": PASSWORD, "remark": "客户投诉"}
    assert (await desk.plant.client("releaser").post("/api/v1/rejections", json=body)).is_success
    rejected = await split(desk, lot, "BAD")
    assert [each["certificate_no"] for each in (await releases(desk, part))["stands_under"]] == [first]
    (stands,) = (await releases(desk, rejected))["stands_under"]
    assert (stands["decision"], stands["certificate_no"]) == ("rejected", None)
    printed = text_of(await desk.pdf(await desk.issue("test_report", rejected)))
    assert "判为不合格" in printed
    assert first not in printed


async def test_a_single_piece_goes_with_its_lot(desk: Desk) -> None:
    body = {"kind": "finished", "sku": "B", "name": "瓶", "unit": "瓶"}
    bottles = await desk.made("/api/v1/products", body)
    lot = await desk.lot("BOTTLES", product_id=bottles, quantity="3", unit="瓶")
    order = await coded(desk, lot, 3)  # type: ignore[arg-type]
    await desk.release(lot)
    record = {"form_code": "T1", "code": f"{UUID(order).hex[-12:]}1", "values": {"PB": "0.01"}}
    made = await desk.made("/api/v1/records", record, "inspector")
    piece = (await desk.manager.get(f"/api/v1/records/{made}")).json()["lot_id"]
    number = await certificate(desk, lot)
    assert [each["certificate_no"] for each in (await releases(desk, piece))["stands_under"]] == [number]
    assert number in text_of(await desk.pdf(await desk.issue("test_report", piece)))
