"""Promise: each kind of limit judges each kind of result as standards write it; failed sets are named."""

from decimal import Decimal

import pytest
from pydantic import ValidationError

from server.core.impossible import ImpossibleValue
from server.domains.quality.limits import Limits, LimitSet, WarningRange, check_fit
from server.domains.quality.verdicts import Basis, compile_judge

HIGH = LimitSet(high=Decimal("0.05"))
ABSENT = LimitSet(absent=True)


@pytest.mark.parametrize(
    ("raw", "limit", "verdict"),
    [
        ("<0.01", HIGH, "pass"),
        ("<0.05", HIGH, "pass"),
        ("<0.1", HIGH, "not_judged"),
        (">0.05", HIGH, "fail"),
        (">0.01", HIGH, "not_judged"),
        ("ND", HIGH, "pass"),
        ("ND(<0.1)", HIGH, "not_judged"),
        ("检出", HIGH, "not_judged"),
        ("未检出", ABSENT, "pass"),
        ("检出", ABSENT, "fail"),
        ("0", ABSENT, "pass"),
        ("0.001", ABSENT, "fail"),
        ("<0.01", ABSENT, "not_judged"),
        ("ND", LimitSet(low=Decimal("2.9")), "not_judged"),
        ("2.9", LimitSet(low=Decimal("2.9")), "pass"),
        ("2.9", LimitSet(low=Decimal("2.9"), low_inclusive=False), "fail"),
    ],
)
def test_numbers(raw: str, limit: LimitSet, verdict: str) -> None:
    assert compile_judge(Basis("number", "mg/kg"), Limits(legal=limit))(raw, None).judgement.verdict == verdict


@pytest.mark.parametrize(("comparison", "verdict"), [("full_value", "fail"), ("rounded", "pass")])
def test_the_comparison_rule_belongs_to_the_characteristic(comparison: str, verdict: str) -> None:
    basis = Basis("number", decimals=1, comparison=comparison)  # type: ignore[arg-type]
    judged = compile_judge(basis, Limits(legal=LimitSet(high=Decimal("12.4"))))("12.45", None)
    assert judged.judgement.verdict == verdict


def test_the_failing_sets_are_named_and_a_warning_is_flagged() -> None:
    limits = Limits(
        legal=LimitSet(high=Decimal(10)),
        customer=LimitSet(high=Decimal(8)),
        internal=LimitSet(high=Decimal(6)),
        warning=WarningRange(high=Decimal(5)),
    )
    judge = compile_judge(Basis("number"), limits)
    assert judge("9", None).judgement.failed == ("customer", "internal")
    assert dict(judge("9", None).judgement.by_set)["legal"] == "pass"
    assert judge("5.5", None).judgement.warning
    assert not judge("5", None).judgement.warning
    assert limits.published() == Limits(legal=limits.legal, customer=limits.customer)


@pytest.mark.parametrize(
    ("raw", "verdict"),
    [
        ("10,20,30,40,50", "pass"),
        ("10,20,30,400,500", "pass"),
        ("10,20,300,400,500", "fail"),
        ("10,20,30,40,1001", "fail"),
        ("10,20,30,40", "not_judged"),
        ("300,400,500", "fail"),
        ("<10,<10,<10,<10,<10", "pass"),
        ("<200,<200,<200,10,10", "not_judged"),
        ("", "not_judged"),
    ],
)
def test_count_plan(raw: str, verdict: str) -> None:
    plan = LimitSet(n=5, c=2, m=Decimal(100), M=Decimal(1000))
    assert compile_judge(Basis("count", "CFU/g"), Limits(legal=plan))(raw, None).judgement.verdict == verdict


def test_grades_are_ordered_and_options_are_listed() -> None:
    grades = Basis("grade", choices=("特级", "一级", "二级"))
    judge = compile_judge(grades, Limits(customer=LimitSet(at_least="一级")))
    assert [judge(each, None).judgement.verdict for each in grades.choices] == ["pass", "pass", "fail"]
    option = compile_judge(Basis("option", choices=("yes", "no")), Limits(internal=LimitSet(allowed=("yes",))))
    assert option("YES ", None).judgement.verdict == "pass"
    assert option("No", None).judgement.failed == ("internal",)


def test_no_limits_means_not_judged() -> None:
    assert compile_judge(Basis("number"), Limits())("1", None).judgement.verdict == "not_judged"


@pytest.mark.parametrize(
    "wrong",
    [
        {},
        {"low": "2", "high": "1"},
        {"low": "1", "high": "1", "low_inclusive": False},
        {"absent": True, "high": "1"},
        {"n": 5, "c": 5, "m": "1"},
        {"n": 5, "c": 1, "m": "10", "M": "1"},
        {"high": "NaN"},
        {"typo": 1},
    ],
)
def test_senseless_limits_are_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        LimitSet.model_validate(wrong)


def test_limits_fit_their_kind() -> None:
    assert check_fit("number", (), Limits(legal=HIGH)) is None
    assert check_fit("option", ("yes",), Limits(legal=HIGH)) == "limit_not_of_this_kind"
    assert check_fit("option", ("yes",), Limits(legal=LimitSet(allowed=("no",)))) == "limit_choice_unknown"


def test_stored_limits_keep_their_digits() -> None:
    limits = Limits(legal=LimitSet(high=Decimal("0.10")))
    assert "0.10" in limits.to_json()
    assert Limits.model_validate_json(limits.to_json()) == limits


@pytest.mark.parametrize("unit", ["mg/kg", "g/100g", "ug/L", "CFU/g", "MPN/100mL", "%"])
@pytest.mark.parametrize("raw", ["-1", "<-1", "-0.001"])
def test_less_than_nothing_is_impossible(unit: str, raw: str) -> None:
    with pytest.raises(ImpossibleValue) as refused:
        compile_judge(Basis("count" if unit == "CFU/g" else "number", unit), Limits(legal=HIGH))(raw, None)
    assert refused.value.code == "value_negative"


def test_what_may_be_negative_stays_so() -> None:
    deviation = Limits(legal=LimitSet(low=Decimal(-5), high=Decimal(5)))
    for unit, limits in (
        ("°C", Limits()),
        ("mm", Limits()),
        ("1", Limits()),
        (None, Limits()),
        ("%", deviation),
        ("%", Limits()),
    ):
        assert compile_judge(Basis("number", unit), limits)("-1", None).results[0].value == -1
    assert compile_judge(Basis("number", "mg/kg"), Limits())("0", None).results[0].value == 0
