"""Checking what was filled in against a form version: what is missing, out of range, or refused.

Three outcomes per field, never mixed: a required blank is *missing*; a value beyond the schema's own range is
kept and *red*; a value that cannot be (type, date, pattern, option) is *impossible*.
"""

from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from typing import Any, NamedTuple

import jsonschema_rs
import orjson

from server.core.days import FIRST_DAY, LAST_DAY
from server.domains.quality.form_profile import MOST_DEPTH, PATTERNS
from server.domains.quality.results import fold_choice

_RANGE = frozenset({"minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"})
_CODES = {
    "type": "type_wrong",
    "enum": "option_unknown",
    "pattern": "format_wrong",
    "minLength": "length_wrong",
    "maxLength": "length_wrong",
}


class FieldProblem(NamedTuple):
    """`field` is the path with slashes, `title` what a person calls it, `code` keys `error.<code>`."""

    field: str
    title: str
    code: str


class Checked(NamedTuple):
    """`values` without blanks, options in their listed spelling; the three lists in the form's order."""

    values: dict[str, Any]
    missing: tuple[FieldProblem, ...]
    red: tuple[FieldProblem, ...]
    impossible: tuple[FieldProblem, ...]


class Form:
    """A compiled form version. `schema` has passed `check_schema`.

    Of `measured` fields (bound to a characteristic) the schema's type says nothing: "<0.01" is a result of a
    number, and reading it is the characteristic's business.
    """

    def __init__(self, schema: Mapping[str, Any], measured: Iterable[str] = (), order: Iterable[str] = ()) -> None:
        fields = dict(schema["properties"])
        for name in measured:
            own = fields.get(name, {})
            fields[name] = {key: own[key] for key in own if key in _RANGE or key == "title"}
        self._schema = {key: value for key, value in schema.items() if key != "$schema"} | {"properties": fields}
        self._order = {name: position for position, name in enumerate(order or fields)}
        self._validator = jsonschema_rs.Draft202012Validator(
            {"additionalProperties": False, **self._schema}, validate_formats=True, pattern_options=PATTERNS
        )

    @property
    def schema(self) -> Mapping[str, Any]:
        """What entries are checked by: of measured fields their title and range alone."""
        return self._schema

    def check(self, values: Mapping[str, Any], titles: Mapping[str, str] | None = None) -> Checked:
        """Never raises on content: what is wrong is in the answer; `titles` name fields before the schema."""
        kept = _tidy(dict(values), self._schema)
        filled: dict[str, Any] = kept if isinstance(kept, dict) else {}
        missing, red, impossible = [], [], []
        try:
            errors = list(self._validator.iter_errors(filled))
        except ValueError:  # nested beyond what the validator walks
            return Checked(filled, (), (), (FieldProblem("", "", "value_impossible"),))
        for error in errors:
            path = [str(step) for step in error.instance_path]
            keyword = error.kind.name
            if keyword == "required":
                path.append(error.kind.as_dict()["property"])
                missing.append(self._problem(path, "field_missing", titles))
            elif keyword == "additionalProperties":
                unknown = error.kind.as_dict()["unexpected"]
                impossible += [FieldProblem("/".join([*path, name]), name, "field_unknown") for name in unknown]
            elif keyword in _RANGE:
                red.append(self._problem(path, "value_out_of_range", titles))
            else:
                impossible.append(self._problem(path, _code_of(error.kind), titles))
        beyond = _beyond_calendar(filled, self._schema)
        impossible += [self._problem(path, "date_impossible", titles) for path in beyond]
        return Checked(filled, self._sorted(missing), self._sorted(red), self._sorted(impossible))

    def title(self, field: str, titles: Mapping[str, str] | None = None) -> str:
        """What a person calls the field; the last step of its path where nothing names it."""
        steps = field.split("/")
        return (titles or {}).get(field) or _title_in(self._schema, steps) or steps[-1]

    def range(self, field: str) -> dict[str, Any]:
        """The range keywords of a field, by its path; empty where its schema states none."""
        node = _node_at(self._schema, field.split("/"))
        return {key: node[key] for key in node if key in _RANGE}

    def position(self, field: str) -> int:
        """Where a field stands in the form; behind all others where the form does not say."""
        return self._order.get(field.split("/")[0], len(self._order))

    def _problem(self, path: list[str], code: str, titles: Mapping[str, str] | None) -> FieldProblem:
        field = "/".join(path)
        return FieldProblem(field, self.title(field, titles), code)

    def _sorted(self, problems: list[FieldProblem]) -> tuple[FieldProblem, ...]:
        return tuple(sorted(problems, key=lambda each: self.position(each.field)))


@lru_cache(maxsize=512)
def compile_form(schema_json: str, measured: tuple[str, ...] = (), order: tuple[str, ...] = ()) -> Form:
    """The compiled form of a version's stored schema; cached, since versions never change."""
    return Form(orjson.loads(schema_json), measured, order)


def _tidy(value: Any, schema: Mapping[str, Any], depth: int = 0) -> Any:
    """The value without blanks, None where nothing is left; a listed option in its listed spelling."""
    if depth > MOST_DEPTH:
        return value
    if isinstance(value, str):
        return _listed(value, schema) if value.strip() else None
    if isinstance(value, dict):
        fields = schema.get("properties", {})
        kept = {name: _tidy(each, fields.get(name, {}), depth + 1) for name, each in value.items()}
        return {name: each for name, each in kept.items() if each is not None} or None
    if isinstance(value, list):
        items = [_tidy(each, schema.get("items", {}), depth + 1) for each in value]
        return [each for each in items if each is not None] or None
    return value


def _beyond_calendar(value: Any, schema: Mapping[str, Any], path: tuple[str, ...] = ()) -> Iterator[list[str]]:
    """Where days and moments stand that no other day can be counted from."""
    if isinstance(value, dict):
        fields = schema.get("properties", {})
        for name, each in value.items():
            yield from _beyond_calendar(each, fields.get(name, {}), (*path, name))
    elif isinstance(value, list):
        for number, each in enumerate(value):
            yield from _beyond_calendar(each, schema.get("items", {}), (*path, str(number)))
    elif (
        isinstance(value, str)
        and schema.get("format") in ("date", "date-time")
        and value[:4].isdecimal()
        and not FIRST_DAY.year <= int(value[:4]) <= LAST_DAY.year
    ):
        yield list(path)


def _listed(value: str, schema: Mapping[str, Any]) -> str:
    for choice in schema.get("enum", ()):
        if isinstance(choice, str) and fold_choice(choice) == fold_choice(value):
            return choice
    return value


def _node_at(schema: Mapping[str, Any], steps: list[str]) -> Mapping[str, Any]:
    node: Mapping[str, Any] = schema
    for step in steps:
        in_list = step.isdigit() and "items" in node
        node = node["items"] if in_list else node.get("properties", {}).get(step, {})
    return node


def _title_in(schema: Mapping[str, Any], steps: list[str]) -> str | None:
    title = _node_at(schema, steps).get("title")
    return title if isinstance(title, str) else None


def _code_of(kind: Any) -> str:
    if kind.name == "format":
        return "date_impossible" if kind.format in ("date", "date-time", "time") else "format_wrong"
    return _CODES.get(kind.name, "value_impossible")
