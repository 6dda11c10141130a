"""Promise: a number or a name that people compare by eye holds nothing that the eye does not see."""

import pytest
from pydantic import BaseModel, ValidationError

from server.core.impossible import ImpossibleValue
from server.core.text import lines, one_line
from server.domains.chain.values import Name
from server.http.problems import of_validation


class Lot(BaseModel):
    lot_no: Name


@pytest.mark.parametrize("text", ["A\nB", "A\tB", "\u202eA", "A\u200bB", "A\x00B", "\ufeffA", "A\x7f"])
def test_hidden_characters_are_refused_in_a_line(text: str) -> None:
    with pytest.raises(ImpossibleValue):
        one_line(text)


@pytest.mark.parametrize("text", ["M20261119A1", "第 3 批（复检）", "Ø 10 ±0.05 °C", "é", "𠮷野"])
def test_visible_text_stays(text: str) -> None:
    assert one_line(text) == text


def test_a_remark_may_have_lines_but_nothing_hidden() -> None:
    assert lines("first\n\tsecond") == "first\n\tsecond"
    with pytest.raises(ImpossibleValue):
        lines("first\n\u202esecond")


def test_the_field_is_named() -> None:
    with pytest.raises(ValidationError) as refused:
        Lot(lot_no="A\x00B")
    (error,) = of_validation(refused.value).errors
    assert (error.field, error.code) == ("lot_no", "input_hidden_characters")
