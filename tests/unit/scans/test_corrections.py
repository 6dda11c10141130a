"""Promise: what was published and is put right stays visible in words that readers know; what the page merely stopped showing
is no correction."""

from datetime import UTC, datetime
from typing import Any

import pytest

from i18n import has_key
from server.domains.scans.corrections import changes, in_words
from server.domains.scans.publishing import as_next_version

CONTENT: dict[str, Any] = {
    "product": {"name": "酸奶", "name_en": "Yogurt", "spec": "100 g", "brand": "牧", "gtin": "1", "standard": "GB", "standard_edition": "2",
                "category": "乳", "category_en": "Milk", "images": [], "label": [{"name": "配料", "value": "乳"}]},
    "producer": {"name": "厂", "credit_code": "9", "address": "路", "licence_no": "SC1"},
    "lot": {"lot_no": "L1", "produced_at": "2026-11-01", "expires_at": "2026-12-01", "quantity": "5", "unit": "kg"},
    "materials": [{"name": "瓶", "name_en": "Bottle", "supplier": "东山", "origin": "青岛", "lot_no": "M1",
                   "received_at": "2026-11-19T21:40:00+00:00", "verdict": "pass"},
                  {"name": "糖", "name_en": "Sugar", "supplier": None, "origin": "南宁", "lot_no": "M2", "received_at": None, "verdict": "pass"}],
    "inspections": [{"name": "出厂检验", "name_en": "Test", "method": "GB 1", "report_no": "R1", "inspected_at": "2026-11-02T01:00:00+00:00",
                     "items": [{"name": "铅", "name_en": "Lead", "value": "0.02", "value_en": "0.02", "unit": "mg/kg", "limit": "≤ 0.05",
                                "limit_en": "≤ 0.05", "limit_set": "legal", "standard": "GB 2762", "verdict": "pass"}]}],
    "reports": [{"title": "报告", "digest": "ab", "url": "/files/x"}],
    "certificates": [{"kind": "生产许可证", "kind_en": "Licence", "number": "SC1", "valid_to": "2027-01-01"}],
    "logistics": [{"from": "厂", "to": "店", "departed_at": "2026-11-03T00:00:00+00:00", "arrived_at": None,
                   "temperature": {"unit": "℃", "limit_low": "2", "limit_high": "6", "points": []}}],
}  # fmt: skip
AT = datetime(2026, 11, 23, tzinfo=UTC)


def corrections(new: dict[str, Any]) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = as_next_version(new, {"version": 1, "content": CONTENT}, AT)["corrections"]
    return found


@pytest.mark.parametrize("block", ["materials", "inspections", "logistics", "certificates", "producer"])
def test_a_block_that_is_taken_off_corrects_nothing(block: str) -> None:
    assert corrections({name: part for name, part in CONTENT.items() if name != block}) == []


def test_a_field_that_is_no_longer_published_corrects_nothing() -> None:
    fewer = [{name: value for name, value in each.items() if name != "supplier"} for each in CONTENT["materials"]]
    assert corrections(CONTENT | {"materials": fewer}) == []


def test_a_value_that_is_gone_though_its_place_is_shown_is_a_correction() -> None:
    (told,) = corrections(CONTENT | {"product": CONTENT["product"] | {"standard": None}})
    assert (told["field"], told["old"], told["new"]) == ("执行标准", "GB", None)


def test_of_an_entry_that_is_gone_one_line_speaks() -> None:
    (told,) = corrections(CONTENT | {"materials": CONTENT["materials"][:1]})
    assert (told["name"], told["old"], told["new"]) == ("materials.lot_no", "M2", None)


def test_verdicts_units_and_moments_are_in_words() -> None:
    bottle = CONTENT["materials"][0] | {"verdict": "fail", "received_at": "2026-11-20T21:40:00+00:00"}
    lot = CONTENT["lot"] | {"unit": "pcs", "expires_at": "2026-12-05"}
    told = {
        each["name"]: each
        for each in corrections(CONTENT | {"materials": [bottle, CONTENT["materials"][1]], "lot": lot})
    }
    verdict = told["materials.verdict"]
    assert (verdict["field"], verdict["old"], verdict["new"]) == ("瓶 检验结论", "合格", "不合格")
    assert (verdict["field_en"].split(" ")[0], verdict["old_en"], verdict["new_en"]) == ("Bottle", "Pass", "Fail")
    assert (told["materials.received_at"]["old"], told["materials.received_at"]["new"]) == (
        "2026-11-20 05:40",
        "2026-11-21 05:40",
    )
    assert (told["lot.expires_at"]["old"], told["lot.unit"]["new"]) == ("2026-12-01", "件")


@pytest.mark.parametrize("language", ["zh_CN", "en"])
def test_every_value_that_can_be_published_has_a_name(language: str) -> None:
    names = {each.name for each in changes({name: {} for name in CONTENT}, CONTENT)}
    assert [name for name in sorted(names) if not has_key(f"published.{name}", language)] == []
    assert all(in_words(each, each.new, language) for each in changes({}, CONTENT))
