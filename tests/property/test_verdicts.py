"""Promise: a verdict is pass only where all values a result admits meet the limit, fail only where none does.

The rules are compared with a brute-force oracle over points of the interval that a result stands for.
"""

from decimal import Decimal
from fractions import Fraction

from hypothesis import given, settings
from hypothesis import strategies as st

from server.core.units import convert, known_units
from server.domains.quality.comparing import compare, worst
from server.domains.quality.limits import Limits, LimitSet
from server.domains.quality.results import Result, parse_number
from server.domains.quality.verdicts import Basis, compile_judge, record_verdict

settings.register_profile("verdicts", derandomize=True, deadline=None, max_examples=150)
settings.load_profile("verdicts")

numbers = st.decimals(min_value=-50, max_value=50, places=1)
ends = st.one_of(st.none(), numbers)


@st.composite
def ranges(draw: st.DrawFn) -> LimitSet:
    low, high = draw(ends), draw(ends)
    if low is None and high is None:
        high = Decimal(0)
    if low is not None and high is not None and low >= high:
        return LimitSet(low=high, high=low)
    return LimitSet(low=low, high=high, low_inclusive=draw(st.booleans()), high_inclusive=draw(st.booleans()))


def meets(point: Fraction, limit: LimitSet) -> bool:
    over = limit.high is not None and (point > limit.high or (point == limit.high and not limit.high_inclusive))
    under = limit.low is not None and (point < limit.low or (point == limit.low and not limit.low_inclusive))
    return not over and not under


def admitted(result: Result, limit: LimitSet) -> list[Fraction]:
    """Points of every kind the result admits: around its own end and those of the limit, and far away."""
    assert result.value is not None
    step = Fraction(1, 100)
    middles = [Fraction(each) for each in (result.value, limit.low, limit.high) if each is not None]
    points = {middle + step * offset for middle in middles for offset in (-1, 0, 1)} | {
        Fraction(-1000),
        Fraction(1000),
    }
    value = Fraction(result.value)
    if result.qualifier == "<":
        return [point for point in points if point < value]
    if result.qualifier == ">":
        return [point for point in points if point > value]
    return [value]


@given(numbers, st.sampled_from(["", "<", ">"]), ranges())
def test_a_range_is_judged_as_the_interval_says(value: Decimal, qualifier: str, limit: LimitSet) -> None:
    result = parse_number(f"{qualifier}{value}")
    assert result is not None
    met = [meets(point, limit) for point in admitted(result, limit)]
    expected = "pass" if all(met) else "not_judged" if any(met) else "fail"
    assert compare(result, limit) == expected


@given(numbers, st.integers(0, 3), ranges())
def test_rounding_first_is_judging_the_half_even_value(value: Decimal, decimals: int, limit: LimitSet) -> None:
    rounded = compile_judge(Basis("number", decimals=decimals, comparison="rounded"), Limits(legal=limit))
    full = compile_judge(Basis("number"), Limits(legal=limit))
    by_hand = Decimal(round(Fraction(value) * 10**decimals)) / 10**decimals
    assert rounded(value, None).judgement == full(by_hand, None).judgement
    assert rounded(value, None).results == full(value, None).results, "the value kept is the value measured"


@given(
    st.lists(st.integers(0, 30), min_size=1, max_size=6),
    st.integers(0, 2),
    st.integers(1, 10),
    st.integers(0, 10),
)
def test_a_count_plan_counts(counts: list[int], c: int, m: int, above: int) -> None:
    n, largest = 5, m + above
    plan = LimitSet(n=n, c=c, m=Decimal(m), M=Decimal(largest))
    judged = compile_judge(Basis("count"), Limits(legal=plan))(counts, None)
    if max(counts) > largest or sum(each > m for each in counts) - max(0, len(counts) - n) > c:
        assert judged.judgement.verdict == "fail"
    elif len(counts) >= n and sum(each > m for each in counts) <= c:
        assert judged.judgement.verdict == "pass"
    else:
        assert judged.judgement.verdict == "not_judged"


@given(st.lists(st.sampled_from(["pass", "fail", "not_judged"]), max_size=6))
def test_the_worst_verdict_wins_and_nothing_is_not_a_pass(verdicts: list[str]) -> None:
    overall = worst(verdicts)  # type: ignore[arg-type]
    assert (overall == "fail") == ("fail" in verdicts)
    assert (overall == "pass") == (bool(verdicts) and set(verdicts) == {"pass"})


@given(st.sampled_from(["", " ", "\t", "/", "—", "N/A", None]), st.sampled_from(["number", "count"]))
def test_a_blank_never_passes(raw: str | None, kind: str) -> None:
    judge = compile_judge(Basis(kind), Limits(legal=LimitSet(high=Decimal(1))))  # type: ignore[arg-type]
    judgement = judge(raw, None).judgement
    assert judgement.verdict == "not_judged"
    assert record_verdict([judgement]) == "not_judged"
    good = judge("0.5", None).judgement
    assert record_verdict([good, judgement]) == "not_judged"
    assert record_verdict([good], has_missing=True) == "not_judged"


PAIRS = [(a, b) for symbols in known_units().values() for a in symbols for b in symbols]


@given(st.decimals(min_value=-(10**6), max_value=10**6, places=4), st.sampled_from(PAIRS))
def test_conversion_there_and_back_is_the_same_value(value: Decimal, pair: tuple[str, str]) -> None:
    back = convert(convert(value, *pair), pair[1], pair[0])
    assert abs(back - value) <= Decimal("1e-20")
