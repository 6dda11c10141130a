"""Judging: one result against the limit sets of its characteristic, and a record from its judgements.

A result is the interval of values it admits ("<0.01" is everything below 0.01). It passes a limit when the
whole interval lies inside, fails when none of it does, and is not judged in between: no guess passes.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_EVEN, Context, Decimal
from functools import cache
from typing import Literal, NamedTuple

from server.core.units import convert
from server.domains.quality.limits import Comparison, Limits, LimitSet, LimitSetName, ResultKind
from server.domains.quality.results import Result, parse_choice, parse_counts, parse_number

Verdict = Literal["pass", "fail", "not_judged"]
_ROUNDING = Context(prec=100, rounding=ROUND_HALF_EVEN)


@dataclass(frozen=True, slots=True)
class Basis:
    """What a characteristic says about its results; `choices`: options, or grades from best to worst."""

    kind: ResultKind
    unit: str | None = None
    decimals: int | None = None
    comparison: Comparison = "full_value"
    choices: tuple[str, ...] = ()


Test = Callable[[tuple[Result, ...]], Verdict]


class Judgement(NamedTuple):
    """Verdict over all sets; `by_set` the verdict of each set that exists; `warning`: met, but outside the
    warning range."""

    verdict: Verdict
    failed: tuple[LimitSetName, ...] = ()
    by_set: tuple[tuple[LimitSetName, Verdict], ...] = ()
    warning: bool = False

    def of_sets(self, *names: LimitSetName) -> Verdict:
        """The verdict when only these sets are looked at; `not_judged` where none of them exists."""
        return worst([verdict for name, verdict in self.by_set if name in names])


class Judged(NamedTuple):
    """The results as parsed (several for a count plan, none for a blank) in the characteristic's unit."""

    results: tuple[Result, ...]
    judgement: Judgement


BLANK = Judged((), Judgement("not_judged"))


def worst(verdicts: Sequence[Verdict]) -> Verdict:
    """fail before not_judged before pass; nothing judged is not a pass."""
    if "fail" in verdicts:
        return "fail"
    return "pass" if verdicts and "not_judged" not in verdicts else "not_judged"


def record_verdict(judged: Iterable[Judgement], *, has_missing: bool = False) -> Verdict:
    """Of the characteristics that have limits; a required blank keeps a record from passing."""
    verdict = worst([judgement.verdict for judgement in judged])
    return "not_judged" if has_missing and verdict == "pass" else verdict


def compile_judge(basis: Basis, limits: Limits) -> Callable[[object, str | None], Judged]:
    """A function (raw result, its unit or None for the own one) → Judged; raises ImpossibleValue.

    What depends on the limits alone is worked out here, once, since imports judge many rows by one version.
    """
    parse = _parser(basis)
    tests = [_test_of(basis, limit) for _, limit in limits.sets()]
    conclude = _conclusions([name for name, _ in limits.sets()])
    warns = _warning_test(limits)
    own_unit = basis.unit
    step = Decimal(1).scaleb(-basis.decimals) if basis.comparison == "rounded" and basis.decimals is not None else None

    def judge(raw: object, unit: str | None = None) -> Judged:
        results = parse(raw)
        if unit is not None and unit != own_unit:
            results = tuple(_in_unit(result, unit, own_unit) for result in results)
        if not results:
            return BLANK
        compared = results if step is None else tuple([_rounded(result, step) for result in results])
        judgement = conclude(tuple([test(compared) for test in tests]))
        if warns is not None and judgement.verdict != "fail" and warns(compared):
            judgement = judgement._replace(warning=True)
        return Judged(results, judgement)

    return judge


def _parser(basis: Basis) -> Callable[[object], tuple[Result, ...]]:
    if basis.kind == "count":
        return parse_counts
    if basis.kind == "number":
        return lambda raw: _single(parse_number(raw))
    code = "option_unknown" if basis.kind == "option" else "grade_unknown"
    return lambda raw: _single(parse_choice(raw, basis.choices, code))


def _single(result: Result | None) -> tuple[Result, ...]:
    return () if result is None else (result,)


def _in_unit(result: Result, unit: str, own_unit: str | None) -> Result:
    converted = convert(result.value or Decimal(0), unit, own_unit or "1")
    return result if result.value is None else result._replace(value=converted)


def _rounded(result: Result, step: Decimal) -> Result:
    # The bound of "<0.05" is stated, not measured: only measured values are rounded.
    if result.qualifier or result.value is None:
        return result
    return Result("", result.value.quantize(step, context=_ROUNDING))


def _conclusions(names: Sequence[LimitSetName]) -> Callable[[tuple[Verdict, ...]], Judgement]:
    @cache
    def conclude(verdicts: tuple[Verdict, ...]) -> Judgement:
        by_set = tuple(zip(names, verdicts, strict=True))
        failed = tuple(name for name, verdict in by_set if verdict == "fail")
        return Judgement(worst(verdicts), failed, by_set)

    return conclude


def _test_of(basis: Basis, limit: LimitSet) -> Test:
    if basis.kind in ("grade", "option"):
        return _choice_test(basis, limit)
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


def _choice_test(basis: Basis, limit: LimitSet) -> Test:
    passing = set(limit.allowed)
    if limit.at_least is not None:
        passing = set(basis.choices[: basis.choices.index(limit.at_least) + 1])
    return lambda results: "pass" if results[0].choice in passing else "fail"


def _warning_test(limits: Limits) -> Callable[[tuple[Result, ...]], bool] | None:
    if limits.warning is None:
        return None
    within = LimitSet(low=limits.warning.low, high=limits.warning.high)
    return lambda results: any(compare(result, within) == "fail" for result in results)
