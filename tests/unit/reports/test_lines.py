"""Promise: a line on a sheet is no wider than its room, no word or number is parted where a line could end elsewhere, no line begins
with the mark that ends a clause or ends with an open bracket, and nothing of the text is lost."""

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from server.domains.reports.lines import wrapped


def width(said: str) -> float:
    """A Chinese character is as wide as two Latin ones."""
    return sum(2.0 if ord(each) > 0x2E7F else 1.0 for each in said)


@pytest.mark.parametrize(
    ("said", "room", "lines"),
    [
        ("n=5，c=2，m=50000，M=100000", 24, ["n=5，c=2，m=50000，", "M=100000"]),
        ("双人在场倒液压扁，6 瓶全部销毁", 16, ["双人在场倒液压", "扁，6 瓶全部销毁"]),
        ("包材进货抽样检验（临时加检）", 18, ["包材进货抽样检验", "（临时加检）"]),
        ("样本 125 件，不合格 9 件", 18, ["样本 125 件，不合", "格 9 件"]),
        ("换 HX32，重新回流", 12, ["换 HX32，重", "新回流"]),
        ("letter K: n = 125, Ac = 2, Re = 3", 17, ["letter K:", "n = 125, Ac = 2,", "Re = 3"]),
        ("Nonconforming quantity", 14, ["Nonconforming", "quantity"]),
        ("12.5 mg/kg", 6, ["12.5", "mg/kg"]),
        ("一\n\n二", 10, ["一", "", "二"]),
        ("", 10, [""]),
        ("123456789", 4, ["1234", "5678", "9"]),  # wider than any line: it has to break
    ],
)
def test_where_lines_end(said: str, room: float, lines: list[str]) -> None:
    assert wrapped(said, room, width).split("\n") == lines


@settings(derandomize=True, deadline=None, max_examples=300)
@given(st.text(alphabet="一二三，。（）、；ab1234567890.= 件kg\n", max_size=60), st.integers(min_value=8, max_value=40))
def test_nothing_is_lost_and_no_line_is_too_wide(said: str, room: int) -> None:
    made = wrapped(said, room, width)
    assert re.sub(r"\s", "", made) == re.sub(r"\s", "", said)
    assert all(width(line) <= room for line in made.split("\n"))
