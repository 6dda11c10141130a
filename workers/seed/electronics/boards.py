"""Assembled boards: each a serialised unit with its controller, one of which was replaced in repair."""

from decimal import Decimal
from uuid import UUID

from server.domains import chain
from server.domains.quality import nonconformity
from workers.seed.house import House
from workers.seed.plant import INSPECTOR, MANAGER, OPERATOR

_BOARDS = 4
_BAD = 3  # the board that did not start


async def make_boards(works: House) -> None:
    """Four boards of last week's bare boards, the day's connectors and controllers of one reel; five controllers."""
    chips = [await _chip(works, number) for number in range(1, _BOARDS + 2)]
    await works.sign(works.at(1, "13:05"), *chips)
    boards, links = [], []
    for number in range(1, _BOARDS + 1):
        board, link = await _board(works, number, chips[number - 1])
        boards.append(board)
        links.append(link)
    for number, board in enumerate(boards, 1):
        values = {"CURR": "0.92", "FCT": "不通过"} if number == _BAD else {"CURR": f"0.2{number}", "FCT": "通过"}
        await works.record("FT-06", works.at(1, f"14:{10 + number}"), values, lot_id=board)
    good = [board for number, board in enumerate(boards, 1) if number != _BAD]
    await works.sign(works.at(1, "14:40"), *good)
    await _repair(works, boards[_BAD - 1], links[_BAD - 1], chips[-1])


async def _unit(works: House, sku: str, lot_no: str, clock: str, sources: list[tuple[UUID, str]]) -> list[UUID]:
    """A serialised unit made of one piece of each source, (lot, kind of link); its id, then those of the links."""
    at = works.at(1, clock)
    works.plant.tell(at)
    command = chain.NewLot(
        kind="unit", product_id=works.products[sku], lot_no=lot_no, quantity=Decimal(1), produced_at=at
    )
    unit = await works.plant.do(OPERATOR, chain.create_lot, command)
    links = [
        chain.NewLink.model_validate({"from_lot": source, "to_lot": unit, "kind": kind, "quantity": 1, "at": at})
        for source, kind in sources
    ]
    made = await works.plant.do(OPERATOR, chain.create_links, links, all_or_nothing=True)
    return [unit, *(link for link in made.ids if link is not None)]


async def _chip(works: House, number: int) -> UUID:
    made = await _unit(
        works, "MCU", f"HX32-{works.day(13):%y%m%d}-{number:04d}", "13:00", [(works.lots["reel"], "consumed")]
    )
    return made[0]


async def _board(works: House, number: int, chip: UUID) -> tuple[UUID, UUID]:
    sources = [(works.lots["boards"], "consumed"), (works.lots["connectors"], "consumed"), (chip, "installed")]
    unit, *links = await _unit(
        works, "BOARD", f"CB210-{works.day(1):%y%m%d}-{number:04d}", f"13:{10 + number}", sources
    )
    return unit, links[-1]


async def _repair(works: House, board: UUID, link: UUID, spare: UUID) -> None:
    """It drew too much current: the controller is taken out, another put in; inspected again and released."""
    plant = works.plant
    plant.tell(works.at(1, "14:25"))
    command = nonconformity.NewNonconformity(
        lot_id=board, defect="上电电流 0.92 A，功能测试不通过", defect_class="B", stage="testing", party="supplier",
        supplier_id=works.suppliers["CHIP"], party_reason="换芯片后恢复正常，原芯片电源脚短路",
    )  # fmt: skip
    opened = await plant.do(INSPECTOR, nonconformity.open_nonconformity, command)
    proposed = nonconformity.NewDisposition(kind="repair", reason="更换主控芯片后重新测试")
    disposition = await plant.do(INSPECTOR, nonconformity.propose_disposition, opened.id, proposed)
    plant.tell(works.at(1, "15:00"))
    await plant.do(MANAGER, nonconformity.add_signature, disposition, "approve", "同意返修")
    plant.tell(works.at(1, "15:20"))
    await plant.do(
        OPERATOR, chain.end_link, link, chain.EndLink(at=works.at(1, "15:20"), reason="测试不通过，电源脚短路")
    )
    installed = chain.NewLink(
        from_lot=spare, to_lot=board, kind="installed", quantity=Decimal(1), unit="pcs", at=works.at(1, "15:35")
    )
    plant.tell(works.at(1, "15:35"))
    await plant.do(OPERATOR, chain.create_links, [installed], all_or_nothing=True)
    done = nonconformity.CarryOut(lot_no=f"CB210-{works.day(1):%y%m%d}-{_BAD:04d}R", detail="换 HX32，重新回流并清洗")
    mended = await plant.do(OPERATOR, nonconformity.carry_out, disposition, done)
    assert mended is not None
    await works.record("FT-06", works.at(1, "16:10"), {"CURR": "0.23", "FCT": "通过"}, lot_id=mended)
    await works.sign(works.at(1, "16:30"), mended)
    plant.tell(works.at(1, "16:45"))
    await plant.do(
        MANAGER, nonconformity.close_nonconformity, opened.id, nonconformity.CloseNonconformity(remark="返修后测试合格")
    )
