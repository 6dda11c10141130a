"""Promise: results are read as laboratories write them, spellings of an option are one, else refused."""

from decimal import Decimal

import pytest

from server.core.impossible import ImpossibleValue
from server.core.units import convert, find_unit
from server.domains.quality.results import Result, parse_choice, parse_counts, parse_number


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        ("0.05", Result("", Decimal("0.05"))),
        (" ０．０５ ", Result("", Decimal("0.05"))),
        (0.1, Result("", Decimal("0.1"))),
        (7, Result("", Decimal(7))),
        ("1.2×10³", Result("", Decimal("1.2e3"))),
        ("1.2x10^-3", Result("", Decimal("1.2e-3"))),
        ("<0.01", Result("<", Decimal("0.01"))),
        ("＜ 0.01", Result("<", Decimal("0.01"))),
        ("> 300", Result(">", Decimal(300))),
        ("未检出", Result("not_detected")),
        ("ND", Result("not_detected")),
        ("Not Detected", Result("not_detected")),
        ("未检出（＜0.01）", Result("not_detected", Decimal("0.01"))),
        ("检出", Result("detected")),
        ("/", None),
        ("  ", None),
        (None, None),
    ],
)
def test_results_are_read(raw: object, expected: Result | None) -> None:
    assert parse_number(raw) == expected


@pytest.mark.parametrize("raw", ["abc", "10³", "1,234", "NaN", float("inf"), "1e999999", "9" * 60, True, [], "<", "½"])
def test_what_is_no_number_is_refused(raw: object) -> None:
    with pytest.raises(ImpossibleValue):
        parse_number(raw)


def test_counts_come_as_a_list_or_a_text() -> None:
    assert [each.value for each in parse_counts("10, 120，<10")] == [10, 120, 10]
    assert parse_counts([10, "", None]) == (Result("", Decimal(10)),)
    assert parse_counts("not detected") == (Result("not_detected"),)


@pytest.mark.parametrize("raw", ["yes", "Yes ", "YES", "ｙｅｓ"])
def test_spellings_are_one_option(raw: str) -> None:
    assert parse_choice(raw, ["yes", "no"], "option_unknown") == Result("", None, "yes")


def test_an_unlisted_option_is_refused_and_a_blank_is_blank() -> None:
    with pytest.raises(ImpossibleValue, match="option_unknown"):
        parse_choice("maybe", ["yes", "no"], "option_unknown")
    assert parse_choice(" ", ["yes", "no"], "option_unknown") is None


@pytest.mark.parametrize(
    ("value", "source", "target", "expected"),
    [
        ("50", "μg/kg", "mg/kg", "0.05"),
        ("1", "ppm", "mg/kg", "1"),
        ("3.1", "g/100g", "%", "3.1"),
        ("32", "°F", "℃", "0"),
        ("-4", "°F", "°C", "-20"),
        ("2", "吨", "公斤", "2000"),
        ("1", "MPa", "bar", "10"),
    ],
)
def test_units_convert_exactly(value: str, source: str, target: str, expected: str) -> None:
    assert convert(Decimal(value), source, target) == Decimal(expected)


def test_units_never_guess() -> None:
    with pytest.raises(ImpossibleValue, match="unit_unknown"):
        find_unit("furlong")
    with pytest.raises(ImpossibleValue, match="unit_other_dimension"):
        convert(Decimal(1), "kg", "L")
    with pytest.raises(ImpossibleValue, match="unit_other_dimension"):
        convert(Decimal(1), "MPa", "mPa·s")
