"""Judging: one result against the limit sets of its characteristic, and a record from its judgements.

A result is the interval of values it admits ("<0.01" is everything below 0.01). It passes a limit when the
whole interval lies inside, fails when none of it does, and is not judged in between: no guess passes.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_EVEN, Context, Decimal
from functools import cache
from typing import NamedTuple

from server.core.impossible import ImpossibleValue
from server.core.units import convert, never_negative
from server.domains.quality.comparing import Verdict, test_of, warning_test, worst
from server.domains.quality.limits import Comparison, Limits, LimitSetName, ResultKind
from server.domains.quality.results import Result, parse_choice, parse_counts, parse_number

_ROUNDING = Context(prec=100, rounding=ROUND_HALF_EVEN)


@dataclass(frozen=True, slots=True)
class Basis:
    """What a characteristic says about its results; `choices`: options, or grades from best to worst."""

    kind: ResultKind
    unit: str | None = None
    decimals: int | None = None
    comparison: Comparison = "full_value"
    choices: tuple[str, ...] = ()


class Judgement(NamedTuple):
    """Verdict over all sets; `by_set` the verdict of each set that exists; `warning`: met, but outside the
    warning range."""

    verdict: Verdict
    failed: tuple[LimitSetName, ...] = ()
    by_set: tuple[tuple[LimitSetName, Verdict], ...] = ()
    warning: bool = False


class Judged(NamedTuple):
    """The results as parsed (several for a count plan, none for a blank) in the characteristic's unit."""

    results: tuple[Result, ...]
    judgement: Judgement


BLANK = Judged((), Judgement("not_judged"))


def record_verdict(judged: Iterable[Judgement], *, has_missing: bool = False) -> Verdict:
    """Of the characteristics that have limits; a required blank keeps a record from passing."""
    verdict = worst([judgement.verdict for judgement in judged])
    return "not_judged" if has_missing and verdict == "pass" else verdict


def compile_judge(basis: Basis, limits: Limits, *, stored: bool = False) -> Callable[[object, str | None], Judged]:
    """A function (raw result, its unit or None for the own one) → Judged; raises ImpossibleValue.

    `stored`: what it judges was accepted once, and is not refused now. What depends on the limits alone is worked out here, once, since imports judge many rows by one version.
    """
    parse = _parser(basis)
    tests = [test_of(basis.choices, limit) for _, limit in limits.sets()]
    conclude = _conclusions([name for name, _ in limits.sets()])
    warns = warning_test(limits)
    own_unit = basis.unit
    non_negative = not stored and _is_non_negative(own_unit, limits)
    step = Decimal(1).scaleb(-basis.decimals) if basis.comparison == "rounded" and basis.decimals is not None else None

    def judge(raw: object, unit: str | None = None) -> Judged:
        results = parse(raw)
        if unit is not None and unit != own_unit:
            results = tuple(_in_unit(result, unit, own_unit) for result in results)
        if not results:
            return BLANK
        if non_negative:
            _refuse_negative(results, raw, own_unit)
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


def _is_non_negative(unit: str | None, limits: Limits) -> bool:
    """A percentage is a content where it is limited and no limit allows less than nothing: deviations have such limits."""
    certain = never_negative(unit) if unit is not None else False
    if certain is not None:
        return certain
    sets = [limit for _, limit in limits.sets()]
    bounds = [bound for each in sets for bound in (each.low, each.high) if bound is not None]
    return bool(bounds) and min(bounds) >= 0


def _refuse_negative(results: Sequence[Result], raw: object, unit: str | None) -> None:
    for each in results:
        if each.value is not None and each.value < 0:
            raise ImpossibleValue("value_negative", value=str(raw)[:40], unit=unit)


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
