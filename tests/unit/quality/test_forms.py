"""Promise: a field is missing, red or impossible and named by its title; hostile schemas are refused."""

from typing import Any

import pytest

from server.core.impossible import ImpossibleValue
from server.domains.quality.form_profile import check_schema
from server.domains.quality.forms import Form

SCHEMA: dict[str, Any] = {
    "type": "object",
    "required": ["ph", "clean", "checked_on"],
    "properties": {
        "ph": {"type": "number", "title": "酸碱度", "minimum": 4, "maximum": 9},
        "clean": {"enum": ["yes", "no"], "title": "清场"},
        "checked_on": {"type": "string", "format": "date", "title": "检查日期"},
        "lines": {
            "type": "array",
            "items": {"type": "object", "properties": {"n": {"type": "integer", "title": "数量"}}},
        },
    },
}
GOOD = {"ph": 7, "clean": "yes", "checked_on": "2026-03-01"}


def test_a_good_entry_has_no_problem_and_one_spelling_per_option() -> None:
    checked = Form(SCHEMA).check({**GOOD, "clean": "YES "})
    assert checked.values == GOOD
    assert checked[1:] == ((), (), ())


@pytest.mark.parametrize("blank", ["", "   ", None])
def test_a_blank_required_field_is_missing_and_named(blank: object) -> None:
    checked = Form(SCHEMA).check({**GOOD, "clean": blank})
    assert [(each.field, each.title, each.code) for each in checked.missing] == [("clean", "清场", "field_missing")]


def test_an_empty_form_names_all_in_order() -> None:
    assert [each.title for each in Form(SCHEMA).check({}).missing] == ["酸碱度", "清场", "检查日期"]


def test_another_language_has_other_titles() -> None:
    assert Form(SCHEMA).check({}, {"ph": "pH value"}).missing[0].title == "pH value"


def test_out_of_range_is_red_not_refused() -> None:
    checked = Form(SCHEMA).check({**GOOD, "ph": 12})
    assert [each.field for each in checked.red] == ["ph"]
    assert not checked.impossible


@pytest.mark.parametrize(
    ("field", "value", "code"),
    [
        ("ph", "seven", "type_wrong"),
        ("checked_on", "2026-02-30", "date_impossible"),
        ("checked_on", "9999-12-31", "date_impossible"),
        ("checked_on", "0001-01-01", "date_impossible"),
        ("clean", "maybe", "option_unknown"),
        ("stranger", 1, "field_unknown"),
        ("lines", [{"n": 1.5}], "type_wrong"),
    ],
)
def test_the_impossible_is_refused(field: str, value: object, code: str) -> None:
    assert [each.code for each in Form(SCHEMA).check({**GOOD, field: value}).impossible] == [code]


def test_a_measured_field_is_read_by_its_characteristic_not_by_its_type() -> None:
    assert not Form(SCHEMA, ["ph"]).check({**GOOD, "ph": "<4"}).impossible


def nested(depth: int) -> dict[str, Any]:
    return {"type": "array", "items": nested(depth - 1)} if depth else {"type": "string"}


@pytest.mark.parametrize(
    "field",
    [
        {"$ref": "https://example.invalid/a.json"},
        {"$ref": "#"},
        {"anyOf": [{"type": "string"}]},
        {"type": "string", "pattern": "(a+)+\\1"},
        {"type": "string", "pattern": "("},
        {"type": "string", "pattern": "a" * 300},
        {"type": "string", "format": "regex"},
        {"type": "whatever"},
        {"enum": ["x"] * 501},
        {"type": "string", "title": "x" * 501},
        nested(20),
        True,
    ],
)
def test_a_schema_outside_the_profile_is_refused(field: object) -> None:
    with pytest.raises(ImpossibleValue, match="schema_refused"):
        check_schema({"type": "object", "properties": {"a": field}})


@pytest.mark.parametrize(
    "schema",
    [
        {},
        {"type": "array"},
        {"$schema": "http://json-schema.org/draft-07/schema#", "type": "object", "properties": {}},
        {"type": "object", "properties": {f"f{i}": {"type": "string"} for i in range(301)}},
        {"type": "object", "properties": {"a": {"description": "x" * 70_000}}},
    ],
)
def test_a_schema_of_another_shape_is_refused(schema: dict[str, Any]) -> None:
    with pytest.raises(ImpossibleValue, match="schema_refused"):
        check_schema(schema)


def test_a_pattern_that_would_explode_elsewhere_is_linear_here() -> None:
    schema = {"type": "object", "properties": {"a": {"type": "string", "pattern": "^(a+)+$"}}}
    check_schema(schema)
    assert Form(schema).check({"a": "a" * 10_000 + "b"}).impossible


def test_a_deeply_nested_entry_is_refused_quietly() -> None:
    deep: Any = 1
    for _ in range(900):
        deep = [deep]
    assert Form(SCHEMA).check({**GOOD, "lines": deep}).impossible
