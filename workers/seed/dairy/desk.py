"""What comes and goes at the dairy's desk: a list of new people as a file, the plant's own form of the test report, cups that
went back to their supplier. Before the day, whose reports fill the form in."""

import io
from datetime import timedelta
from decimal import Decimal

import xlsxwriter

from server.domains import integrations, reports
from server.domains.quality import nonconformity
from workers.importer import import_round
from workers.seed.dairy.house import Dairy
from workers.seed.plant import ADMIN, INSPECTOR, MANAGER, OPERATOR

_PEOPLE = """用户名,姓名,角色,手机,车间,班次
yan.qiu,严秋,操作工,13900000021,灌装车间,夜班
xu.feng,徐丰,灌装工,13900000022,灌装车间,夜班
"""
"""The second one has a role that nobody knows: it stays in the list of errors."""

_FORM = (
    ("{{company.name}}", ""),
    ("产品检验合格报告（厂定格式 YQL-JL-08-B）", ""),
    ("报告编号", "{{document.number}}"),
    ("产品", "{{lot.product}} {{lot.spec}}"),
    ("批号", "{{lot.lot_no}}"),
    ("生产日期", "{{lot.produced_on}}"),
    ("检验日期", "{{tested_on}}"),
    ("检验项目", "标准要求", "检验结果", "单项判定"),
    ("{{#items}}{{name}}", "{{requirement}}", "{{result}}", "{{verdict}}{{/items}}"),
    ("结论", "{{conclusion}}"),
)


async def fill_desk(dairy: Dairy) -> None:
    await _people(dairy)
    await _own_form(dairy)
    await _cups_go_back(dairy)


async def _people(dairy: Dairy) -> None:
    """Two people of the night shift: one got an account, its first password waits to be taken."""
    plant = dairy.plant
    plant.told = None
    sent = integrations.SendFile(kind="users", policy="good_rows")
    file = _PEOPLE.encode("utf-8-sig")
    await plant.do(
        ADMIN, integrations.send_file, sent, "夜班新员工.csv", file, plant.keys.files, plant.keys.import_limits
    )
    assert await import_round(plant.keys.files, plant.keys.import_limits)


async def _own_form(dairy: Dairy) -> None:
    plant = dairy.plant
    plant.tell(dairy.at(30, "10:00"))
    await plant.do(
        MANAGER, reports.send_template, plant.keys.files, "test_report", "检验合格报告（厂定格式）.xlsx", _workbook()
    )


def _workbook() -> bytes:
    file = io.BytesIO()
    with xlsxwriter.Workbook(file, {"in_memory": True}) as book:
        sheet = book.add_worksheet("检验报告")
        head, cell = book.add_format({"bold": True, "font_size": 15}), book.add_format({"border": 1, "text_wrap": True})
        for number, row in enumerate(_FORM):
            sheet.write_row(number, 0, row, head if number < 2 else cell)
        sheet.set_column(0, 3, 24)
        sheet.set_landscape()
        sheet.fit_to_pages(1, 0)
    return file.getvalue()


async def _cups_go_back(dairy: Dairy) -> None:
    """Wet cartons, found at the gate: all of it left with the carrier the next morning."""
    plant, found = dairy.plant, dairy.at(3, "14:10")
    lot_id = await dairy.receive(
        "CUP", "PACK", dairy.number("FL", 3, "-P7"), supplier_lot_no=dairy.number("", 8, "-P7"), quantity=Decimal(2400),
        received_at=found, expires_at=dairy.day(-360), place_id=dairy.places["dry"],
    )  # fmt: skip
    record_id = await dairy.record("JL-02", found + timedelta(minutes=25), {"SENSE": "异常"}, lot_id=lot_id)
    opening = nonconformity.NewNonconformity(
        lot_id=lot_id, record_id=record_id, defect="外箱淋湿，内袋渗水", defect_class="B", stage="material", party="supplier",
        supplier_id=dairy.suppliers["PACK"], party_reason="送货车篷布破损，司机已在签收单上注明",
    )  # fmt: skip
    opened = await plant.do(INSPECTOR, nonconformity.open_nonconformity, opening)
    proposed = nonconformity.NewDisposition(kind="return", reason="整批退回，要求换货并改用厢式车")
    disposition_id = await plant.do(INSPECTOR, nonconformity.propose_disposition, opened.id, proposed)
    plant.tell(found + timedelta(hours=2))
    await plant.do(MANAGER, nonconformity.add_signature, disposition_id, "approve", "同意退货")
    leaving = dairy.at(2, "08:40")
    plant.tell(leaving)
    done = nonconformity.CarryOut(
        carrier="越屿物流（演示）",
        vehicle="浙B·演示77",
        receiver="包装厂司机 邵师傅",
        detail="整托退回，对方已清点签收",
    )
    await plant.do(OPERATOR, nonconformity.carry_out, disposition_id, done)
    plant.tell(leaving + timedelta(hours=1))
    closing = nonconformity.CloseNonconformity(remark="已退货，供应商改用厢式车")
    await plant.do(MANAGER, nonconformity.close_nonconformity, opened.id, closing)
