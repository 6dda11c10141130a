"""Promise: the page behind the symbol of any sheet tells by itself what became of the goods on it: of a delivery note those in cases on
pallets too, single recalled numbers as such, in both languages; and tells nothing of goods that are not on it, or went back."""

from typing import Any

import pytest

from tests.api.test_chain_stock import hold
from tests.api.test_packed_codes import pack, pieces, serials
from tests.api.test_pieces_and_packages_are_told import unit
from tests.fixtures.api import Api
from tests.fixtures.floor import Floor
from tests.fixtures.works import Works, make_works

RECALLED, STOPPED, NUMBERS = "正在召回：请停止销售", "已暂停或拒收", "部分编号的产品正在召回"


@pytest.fixture
async def works(api: Api) -> Works:
    works = await make_works(api)
    works.goods["奶"] = works.product
    for lot_no in ("L", "OTHER"):
        await works.add(lot_no, "奶", "finished", "100")
        await works.record(works.lots[lot_no], "0.01")
        await works.release(works.lots[lot_no])
    return works


async def note(works: Works, *lots: str) -> tuple[str, str]:
    """A shipment of one of each, and where its delivery note is confirmed."""
    shipment = await works.send("S" + "-".join(lots), works.customer, *[(each, "1") for each in lots])
    return shipment, await issued(works, "delivery_note", shipment)


async def issued(works: Works, kind: str, subject: str) -> str:
    body = {"kind": kind, "subject_id": subject}
    return str((await works.call("quality_manager", "POST", "documents", body))["check_url"])


async def said(api: Api, url: str) -> list[str]:
    text = (await api.anonymous.get(url)).text
    return [each for each in (RECALLED, STOPPED, NUMBERS) if each in text]


async def recall(works: Works, **scope: Any) -> None:
    await works.call(
        "quality_manager", "POST", "recalls", {"level": 1, "reason": "铅超标", "advice": "停止食用"} | scope
    )


async def test_a_delivery_note_tells_of_a_recall_and_of_a_stop_also_inside_a_case_on_a_pallet(
    works: Works, api: Api
) -> None:
    await works.pack("C", ("L", "10"))
    await works.pack("PALLET", ("C", None), unit="pallet")
    (_, loose), (_, packed), (_, other) = (
        await note(works, "L"),
        await note(works, "PALLET"),
        await note(works, "OTHER"),
    )
    assert [await said(api, url) for url in (loose, packed, other)] == [[], [], []]
    (hold,) = (await works.hold("复核", works.lots["L"])).values()
    assert [await said(api, url) for url in (loose, packed, other)] == [[STOPPED], [STOPPED], []]
    await works.lift(hold, "无问题")
    await recall(works, lots=[works.lots["L"]])
    assert [await said(api, url) for url in (loose, packed, other)] == [[RECALLED], [RECALLED], []]
    english = await api.client(accept_language="en").get(packed)
    assert "goods on it are being recalled" in english.text


async def test_goods_that_went_back_are_on_it_no_more(works: Works, api: Api) -> None:
    shipment, url = await note(works, "L", "OTHER")
    lines = (await works.get(f"shipments/{shipment}"))["lines"]
    back = next(each["id"] for each in lines if each["lot_id"] == works.lots["L"])
    refused = {"receiver": "王", "accepted": True, "lines": [{"line_id": back, "accepted": False, "remark": "破"}]}
    await works.call("operator", "POST", f"shipments/{shipment}/receipt", refused)
    await recall(works, lots=[works.lots["L"]])
    assert RECALLED not in await said(api, url)


async def test_a_nonconformity_sheet_tells_of_a_recall_and_not_that_it_stops_goods(works: Works, api: Api) -> None:
    opened = await works.open(works.lots["L"])
    url = await issued(works, "nonconformity", opened["id"])
    assert await said(api, url) == []
    await recall(works, lots=[works.lots["L"]])
    assert await said(api, url) == [RECALLED]


async def test_single_recalled_numbers_are_told_where_they_went(floor: Floor, api: Api) -> None:
    lot, order, _ = await pieces(floor, 10)
    sent = [(await floor.ship({"lot_id": lot, "serials": serials(order, *each)}))["id"] for each in ((1, 5), (6, 8))]
    urls = []
    for shipment in sent:
        document = {"kind": "delivery_note", "subject_id": shipment}
        urls.append((await floor.post("/api/v1/documents", document))["check_url"])
    ranges = [{"order_id": order, "first": 3, "last": 3}]
    await floor.post("/api/v1/recalls", {"level": 1, "reason": "漏装", "advice": "停用", "ranges": ranges})
    assert [await said(api, url) for url in urls] == [[NUMBERS], []]


async def test_a_single_piece_on_hold_is_told_in_its_case_and_its_run_of_numbers(floor: Floor, api: Api) -> None:
    lot, order, texts = await pieces(floor, 10)
    piece = [await unit(floor, text) for text in (texts[1], texts[6])]
    case = (await pack(floor, "C1", serials=[serials(order, 1, 3)]))["id"]
    lines = ({"lot_id": case}, {"lot_id": lot, "serials": serials(order, 6, 8)})
    urls = []
    for line in lines:
        document = {"kind": "delivery_note", "subject_id": (await floor.ship(line))["id"]}
        urls.append((await floor.post("/api/v1/documents", document))["check_url"])
    assert [await said(api, url) for url in urls] == [[], []]
    await hold(floor, piece[0])
    assert [await said(api, url) for url in urls] == [[STOPPED], []]
    await hold(floor, piece[1])
    assert [await said(api, url) for url in urls] == [[STOPPED], [STOPPED]]
