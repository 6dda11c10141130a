"""Results and limits as people read them, in a language: "0.01 mg/kg", "≤ 0.05 mg/kg", "未检出"."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Final

from i18n import text
from server.domains.quality.limits import LimitSet

_ABSENT = "ND"
_NONE: Final[Mapping[str, str]] = {}


def result_text(result: str, unit: str | None, language: str, choices_en: Mapping[str, str] = _NONE) -> str:
    """A language-free result ("0.01", "<0.01", "ND(<0.01)", an option) for readers, with its unit where it has one;
    `choices_en`: the enterprise's English words for options and grades."""
    if language == "en" and result in choices_en:
        return choices_en[result]
    if result == _ABSENT:
        return text("quality.not_detected", language)
    if result.startswith(f"{_ABSENT}(<"):
        limit = _with_unit(result.removeprefix(f"{_ABSENT}(<").removesuffix(")"), unit)
        return text("quality.not_detected_below", language, limit=limit)
    if result == "detected":
        return text("quality.detected", language)
    return _with_unit(result, unit) if any(each.isdigit() for each in result) else result


def limit_text(limit: LimitSet, unit: str | None, language: str, choices_en: Mapping[str, str] = _NONE) -> str:
    """One limit set for readers."""
    said = choices_en if language == "en" else _NONE
    if limit.form == "absent":
        return text("quality.limit.absent", language)
    if limit.form == "plan":
        return _with_unit(_plan(limit, language), unit)
    if limit.at_least is not None:
        return text("quality.limit.at_least", language, grade=said.get(limit.at_least, limit.at_least))
    if limit.allowed:
        choices = [said.get(each, each) for each in limit.allowed]
        return text("quality.limit.allowed", language, choices=("、" if language == "zh_CN" else ", ").join(choices))
    return _with_unit(_range(limit, language), unit)


def _range(limit: LimitSet, language: str) -> str:
    low, high = limit.low, limit.high
    if low is not None and high is not None and limit.low_inclusive and limit.high_inclusive:
        return text("quality.limit.between", language, low=_plain(low), high=_plain(high))
    parts = []
    if low is not None:
        parts.append(
            text("quality.limit.low" + ("" if limit.low_inclusive else "_exclusive"), language, low=_plain(low))
        )
    if high is not None:
        parts.append(
            text("quality.limit.high" + ("" if limit.high_inclusive else "_exclusive"), language, high=_plain(high))
        )
    return ("，" if language == "zh_CN" else ", ").join(parts)


def _plan(limit: LimitSet, language: str) -> str:
    assert limit.m is not None
    if limit.M is None:
        return text("quality.limit.plan_two_class", language, n=limit.n, c=limit.c, m=_plain(limit.m))
    return text("quality.limit.plan", language, n=limit.n, c=limit.c, m=_plain(limit.m), M=_plain(limit.M))


def _plain(value: Decimal) -> str:
    return f"{value:f}"


def _with_unit(shown: str, unit: str | None) -> str:
    return shown if unit in (None, "", "1", "pH") else f"{shown}{'' if unit == '%' else ' '}{unit}"
