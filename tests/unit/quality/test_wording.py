"""Promise: results and limits are shown the way a label or a report shows them, in both languages."""

from decimal import Decimal

import pytest

from server.domains.quality.limits import LimitSet
from server.domains.quality.wording import limit_text, result_text


@pytest.mark.parametrize(
    ("limit", "unit", "zh", "en"),
    [
        (LimitSet(high=Decimal("0.05")), "mg/kg", "≤ 0.05 mg/kg", "≤ 0.05 mg/kg"),
        (LimitSet(low=Decimal("2.9")), "g/100g", "≥ 2.9 g/100g", "≥ 2.9 g/100g"),
        (LimitSet(low=Decimal(12), high=Decimal(18)), "°T", "12～18 °T", "12 to 18 °T"),
        (LimitSet(high=Decimal(3), high_inclusive=False), "%", "＜ 3%", "< 3%"),
        (LimitSet(absent=True), "CFU/g", "不得检出", "must be absent"),
        (LimitSet(at_least="一级"), None, "不低于一级", "at least 一级"),
        (LimitSet(allowed=("是",)), None, "是", "是"),
        (
            LimitSet(n=5, c=2, m=Decimal(100), M=Decimal(1000)),
            "CFU/g",
            "n=5，c=2，m=100，M=1000 CFU/g",
            "n=5, c=2, m=100, M=1000 CFU/g",
        ),
    ],
)
def test_limits(limit: LimitSet, unit: str | None, zh: str, en: str) -> None:
    assert (limit_text(limit, unit, "zh_CN"), limit_text(limit, unit, "en")) == (zh, en)


@pytest.mark.parametrize(
    ("result", "unit", "zh"),
    [
        ("0.01", "mg/kg", "0.01 mg/kg"),
        ("<0.01", "mg/kg", "<0.01 mg/kg"),
        ("ND", "mg/kg", "未检出"),
        ("ND(<0.01)", "mg/kg", "未检出（检出限 0.01 mg/kg）"),
        ("detected", "CFU/g", "检出"),
        ("特级", None, "特级"),
        ("7.0", "pH", "7.0"),
    ],
)
def test_results(result: str, unit: str | None, zh: str) -> None:
    assert result_text(result, unit, "zh_CN") == zh
