"""What a form's JSON Schema may say.

A tenant writes schemas and everybody's processes run them, so the profile is an allow-list: no references,
flat enough to read, patterns that match in linear time, annotations that are plain text.
"""

from collections.abc import Mapping
from typing import Any

import jsonschema_rs
import orjson

from server.core.impossible import ImpossibleValue

MOST_BYTES = 65_536
MOST_DEPTH = 6
MOST_FIELDS = 300
MOST_CHOICES = 500
PATTERNS = jsonschema_rs.RegexOptions(size_limit=1_000_000, dfa_size_limit=1_000_000)

_TYPES = frozenset({"string", "number", "integer", "boolean", "array", "object", "null"})
_FORMATS = frozenset({"date", "time", "date-time", "email", "uri", "uuid"})
_ANNOTATIONS = frozenset({"title", "description", "$comment"})
_NUMBERS = frozenset({"minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"})
_SIZES = frozenset({"minLength", "maxLength", "minItems", "maxItems"})
_OTHERS = frozenset({"type", "enum", "format", "pattern", "properties", "required", "items", "uniqueItems"})
_KEYWORDS = _ANNOTATIONS | _NUMBERS | _SIZES | _OTHERS | {"additionalProperties"}


def check_schema(schema: Mapping[str, Any]) -> None:
    """Raises ImpossibleValue `schema_refused` (params: at, why) where the schema leaves the profile."""
    if len(orjson.dumps(schema)) > MOST_BYTES:
        _refuse("", "too_large")
    if schema.get("$schema", "").rstrip("#") not in ("", "https://json-schema.org/draft/2020-12/schema"):
        _refuse("$schema", "other_draft")
    body = {key: value for key, value in schema.items() if key != "$schema"}
    if body.get("type") != "object" or not isinstance(body.get("properties"), dict):
        _refuse("", "not_an_object")
    if _check_node(body, "", 1) > MOST_FIELDS:
        _refuse("", "too_many_fields")
    try:
        jsonschema_rs.Draft202012Validator(body, validate_formats=True, pattern_options=PATTERNS)
    except ValueError as error:
        raise ImpossibleValue("schema_refused", at="", why=str(error)[:200]) from None


def _check_node(node: Any, at: str, depth: int) -> int:
    """The number of fields below; raises on the first thing outside the profile."""
    if not isinstance(node, dict):
        _refuse(at, "not_a_schema")
    if depth > MOST_DEPTH:
        _refuse(at, "too_deep")
    unknown = sorted(set(node) - _KEYWORDS)
    if unknown:
        _refuse(at, f"keyword {unknown[0][:40]}")
    _check_plain_keywords(node, at)
    fields = node.get("properties", {})
    if not isinstance(fields, dict) or not all(1 <= len(name) <= 80 for name in fields):
        _refuse(at, "field_name")
    below = sum(_check_node(child, f"{at}/{name}", depth + 1) for name, child in fields.items())
    if "items" in node:
        below += _check_node(node["items"], f"{at}/*", depth + 1)
    return below + len(fields)


def _check_plain_keywords(node: dict[str, Any], at: str) -> None:
    types = node.get("type", "string")
    for one in types if isinstance(types, list) else [types]:
        if one not in _TYPES:
            _refuse(at, "type")
    if node.get("format", "date") not in _FORMATS:
        _refuse(at, "format")
    if not isinstance(node.get("additionalProperties", False), bool):
        _refuse(at, "keyword additionalProperties")
    choices = node.get("enum", [])
    if not isinstance(choices, list) or len(choices) > MOST_CHOICES:
        _refuse(at, "enum")
    if len(str(node.get("pattern", ""))) > 200:
        _refuse(at, "pattern")
    for key in _ANNOTATIONS & node.keys():
        if not isinstance(node[key], str) or len(node[key]) > 500:
            _refuse(at, f"keyword {key}")


def _refuse(at: str, why: str) -> None:
    raise ImpossibleValue("schema_refused", at=at or "/", why=why)
