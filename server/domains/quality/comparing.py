"""One result against one limit set: pass, fail, or not judged where the interval lies on both sides of the limit."""

from collections.abc import Callable, Sequence
from decimal import Decimal
from typing import Literal

from server.domains.quality.limits import Limits, LimitSet
from server.domains.quality.results import Result

Verdict = Literal["pass", "fail", "not_judged"]
Test = Callable[[tuple[Result, ...]], Verdict]


def worst(verdicts: Sequence[Verdict]) -> Verdict:
    """fail before not_judged before pass; nothing judged is not a pass."""
    if "fail" in verdicts:
        return "fail"
    return "pass" if verdicts and "not_judged" not in verdicts else "not_judged"


def test_of(choices: tuple[str, ...], limit: LimitSet) -> Test:
    """The test of one limit set; `choices`: the options, or the grades from best to worst, of a characteristic."""
    if limit.form == "choice":
        return _choice_test(choices, limit)
    if limit.n is not None:
        return _plan_test(limit)
    if limit.absent:
        return lambda results: worst([_compare_absent(result) for result in results])
    return _range_test(limit)


def _range_test(limit: LimitSet) -> Test:
    low, low_inclusive, high, high_inclusive = (
        limit.low,
        limit.low_inclusive,
        limit.high,
        limit.high_inclusive,
    )

    def test(results: tuple[Result, ...]) -> Verdict:
        qualifier, value, _ = results[0]
        if qualifier or len(results) > 1 or value is None:
            return worst([compare(result, limit) for result in results])
        # Most results are one plain number, and imports bring many: no interval is needed for it.
        if low is not None and (value < low or (value == low and not low_inclusive)):
            return "fail"
        if high is not None and (value > high or (value == high and not high_inclusive)):
            return "fail"
        return "pass"

    return test


def compare(result: Result, limit: LimitSet) -> Verdict:
    """One number against a range."""
    if result.qualifier == "detected":
        return "not_judged"
    if result.qualifier == "not_detected" and result.value is None:
        return "pass" if limit.low is None else "not_judged"
    low = _side(result, limit.low, limit.low_inclusive, upper=False)
    high = _side(result, limit.high, limit.high_inclusive, upper=True)
    return worst([low, high])


def _side(result: Result, bound: Decimal | None, inclusive: bool, *, upper: bool) -> Verdict:
    if bound is None:
        return "pass"
    value, qualifier = result.value, result.qualifier
    assert value is not None
    # `beyond` > 0: past the bound; the result lies on, below or above `value` as its qualifier says.
    beyond = value.compare(bound) if upper else bound.compare(value)
    if not qualifier:
        return "pass" if beyond < 0 or (beyond == 0 and inclusive) else "fail"
    if (qualifier != ">") == upper:
        return "pass" if beyond <= 0 else "not_judged"
    return "fail" if beyond >= 0 else "not_judged"


def _compare_absent(result: Result) -> Verdict:
    if result.qualifier == "not_detected":
        return "pass"
    if result.qualifier == "detected":
        return "fail"
    assert result.value is not None
    if not result.qualifier:
        return "pass" if result.value == 0 else "fail"
    return "fail" if result.qualifier == ">" and result.value >= 0 else "not_judged"


def _plan_test(plan: LimitSet) -> Test:
    n, c = plan.n or 0, plan.c or 0
    marginal = LimitSet(high=plan.m)
    largest = None if plan.M is None else LimitSet(high=plan.M)

    def test(results: tuple[Result, ...]) -> Verdict:
        acceptable = [compare(result, marginal) for result in results]
        bearable = [] if largest is None else [compare(result, largest) for result in results]
        extra = max(0, len(results) - n)
        if "fail" in bearable or acceptable.count("fail") - extra > c:
            return "fail"
        clear = len(results) >= n and "not_judged" not in bearable
        return "pass" if clear and len(results) - acceptable.count("pass") <= c else "not_judged"

    return test


def _choice_test(choices: tuple[str, ...], limit: LimitSet) -> Test:
    passing = set(limit.allowed)
    if limit.at_least is not None:
        passing = set(choices[: choices.index(limit.at_least) + 1])
    return lambda results: "pass" if results[0].choice in passing else "fail"


def warning_test(limits: Limits) -> Callable[[tuple[Result, ...]], bool] | None:
    """Whether results lie outside the warning range; None where there is none."""
    if limits.warning is None:
        return None
    within = LimitSet(low=limits.warning.low, high=limits.warning.high)
    return lambda results: any(compare(result, within) == "fail" for result in results)
