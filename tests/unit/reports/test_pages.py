"""Promise: on paper a limit stands in one line, a heading never stands alone at the foot of a page, who made a lot signs with the
day, and the signatures that end a sheet do not stand on a page without anything."""

import io
from datetime import UTC, datetime

import pytest
from pypdf import PdfReader

from server.domains.reports import facts
from server.domains.reports.blocks import Block, Heading, Note, Sheet, Signatures, Table
from server.domains.reports.pdf import sheet_pdf
from server.domains.reports.record_parts import RESULTS_SHARE, record_blocks, round_blocks
from server.domains.reports.words import Words

WORDS = Words("zh_CN")
STAMP = facts.Stamp(
    title="记录", number="XJ2026-00001", version="1", issued="2026-03-02 10:00", issuer="甲", check_url="https://x/d/1",
    open_url="", facts_digest="0" * 64,
)  # fmt: skip


def pages(blocks: list[Block]) -> list[str]:
    pdf = sheet_pdf(Sheet("记录", "云岭", "批号 A", blocks), STAMP, datetime(2026, 3, 2, tzinfo=UTC), "zh_CN")
    texts = (page.extract_text() for page in PdfReader(io.BytesIO(pdf)).pages)
    return [text.replace("\0", "").replace("\N{NO-BREAK SPACE}", " ") for text in texts]


def item(name: str, requirement: str, unit: str) -> facts.Item:
    return facts.Item(no="1", name=name, unit=unit, requirement=requirement, result="1", method="", verdict="合格")


def record(*items: facts.Item) -> facts.Record:
    return facts.Record(
        form="巡检记录", document_no="QR-1", version="1", kept="2 年", subject="", asked="", due="", counted="", at="2026-03-02 08:00",
        operator="王", checker="", source="手工", verdict="合格", notes="", items=list(items), entries=[],
    )  # fmt: skip


@pytest.mark.parametrize(
    "asked",
    [
        [("灌装净含量（每盒）", "950.0–965.0", "mL"), ("封口温度", "180.0 ± 5.0", "℃"), ("酸度", "12.00–18.00", "°T")],
        [("铅", "国标 ≤ 0.0500\n内控 ≤ 0.0300", "mg/kg")],
        [(f"尺寸{n}", "25.000 ± 0.050", "mm") for n in range(8)],  # too many for one table
    ],
)
def test_a_limit_stands_in_one_line(asked: list[tuple[str, str, str]]) -> None:
    items = [item(*each) for each in asked]
    (text,) = pages(round_blocks([record(*items), record(*items)], WORDS))
    for _, requirement, _ in asked:
        for line in requirement.split("\n"):
            assert any(line in printed for printed in text.split("\n")), (line, text)
    tables = [each for each in round_blocks([record(*items), record(*items)], WORDS) if isinstance(each, Table)]
    assert all(sum(column.width for column in table.columns) == pytest.approx(1) for table in tables)
    assert RESULTS_SHARE < 1


@pytest.mark.parametrize("lines", range(30, 42, 2))
def test_a_heading_goes_where_its_content_goes(lines: int) -> None:
    filler: list[Block] = [Note("填充") for _ in range(lines)]
    heads = [Heading("D　记录"), *record_blocks([record(item("铅", "≤ 0.05", "mg/kg"))], WORDS)]
    (page,) = [text for text in pages([*filler, *heads]) if "D　记录" in text]
    assert "QR-1" in page


@pytest.mark.parametrize("lines", range(30, 44, 2))
def test_signatures_stand_with_the_notes_above_them(lines: int) -> None:
    filler: list[Block] = [Heading("x"), *(Heading(f"行{n}", 8) for n in range(lines // 2))]
    end: list[Block] = [Note("统一社会信用代码"), Signatures([("检验", "王", "2026-03-02")])]
    (page,) = [text for text in pages([*filler, *end]) if "检验" in text]
    assert "统一社会信用代码" in page
