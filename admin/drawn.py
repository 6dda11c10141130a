"""A form that records are filled in on, drawn as fields of a page; and what was filled in, as a record takes it."""

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, NamedTuple

from admin import wording
from admin.frame import Wrong, posted
from i18n import text
from server.domains import quality
from server.http.routes import Call

VALUES = "values."
ROWS = 3  # of a list of things; what is more is entered on the phone
_NUMBER = re.compile(r"[+-]?\d+(\.\d+)?")
_LONG = 200


class Drawn(NamedTuple):
    """One input. `name` is its path below `values`, with dots; `kind`: text, long, number, whole, result, choice, choices, yes,
    date, time, date-time or lines. `group`: the heading it stands under. `finding`: where "nothing found" may be said."""

    name: str
    title: str
    kind: str
    options: list[tuple[str, str]]
    required: bool
    unit: str
    range: str
    help: str
    group: str
    finding: bool


async def drawn_fields(tenant_id: Any, version: quality.FormVersion, language: str) -> list[Drawn]:
    """The inputs of a form in its order."""
    found = await quality.load_characteristics(tenant_id, set(version.bound.values()))
    options = {name: _same(found[id].basis.choices) for name, id in version.bound.items() if id in found}
    schema = version.form.schema
    names = sorted(schema["properties"], key=version.form.position)
    fields = [field for name in names for field in _fields(name, version, options, language)]
    finding = next((each.name for each in fields if each.kind in ("text", "long") and each.required), None)
    return [each._replace(finding=each.name == finding) for each in fields]


def _fields(
    name: str, version: quality.FormVersion, options: Mapping[str, list[tuple[str, str]]], language: str
) -> Iterator[Drawn]:
    schema, hints = version.form.schema, version.ui.fields.get(name)
    node, title = schema["properties"][name], version.form.title(name, version.titles(language))
    required = name in schema.get("required", ())
    if name in options:
        kind = "choice" if options[name] else "result"
        unit = (hints.unit if hints else None) or ""
        yield Drawn(name, title, kind, options[name], required, unit, wording.form_range(node), "", "", False)
        return
    for path, own, label, must in _leaves(name, node, title, required):
        group = title if path != name else ""
        unit = (hints.unit if hints and path == name else None) or ""
        said = (hints.help if hints and path == name else None) or own.get("description", "")
        wide = bool(hints and hints.widget == "textarea")
        yield Drawn(
            path,
            label,
            _kind(own, wide=wide),
            _options(own, language),
            must,
            unit,
            wording.form_range(own),
            said,
            group,
            False,
        )


def _leaves(path: str, node: dict[str, Any], title: str, required: bool) -> Iterator[tuple[str, Any, str, bool]]:
    """The single inputs below a field: of a group its fields, of a list of groups some rows of them."""
    items = node.get("items", {})
    if node.get("properties"):
        for name, each in node["properties"].items():
            must = required and name in node.get("required", ())
            yield from _leaves(f"{path}.{name}", each, each.get("title", name), must)
    elif items.get("properties"):
        for row in range(ROWS):
            for name, each in items["properties"].items():
                yield from _leaves(f"{path}.{row}.{name}", each, f"{each.get('title', name)} #{row + 1}", False)
    else:
        yield path, node, title, required


def _kind(node: dict[str, Any], *, wide: bool) -> str:
    types = node.get("type", "string")
    kind = next((each for each in (types if isinstance(types, list) else [types]) if each != "null"), "string")
    if "enum" in node:
        return "choice"
    if kind == "array":
        return "choices" if "enum" in node.get("items", {}) else "lines"
    if kind in ("number", "integer", "boolean"):
        return {"number": "number", "integer": "whole", "boolean": "yes"}[kind]
    if node.get("format") in ("date", "time", "date-time"):
        return str(node["format"])
    return "long" if wide or node.get("maxLength", _LONG) > _LONG or "maxLength" not in node else "text"


def _options(node: dict[str, Any], language: str) -> list[tuple[str, str]]:
    if node.get("type") == "boolean":
        return [("true", text("value.yes", language)), ("false", text("value.no", language))]
    return _same(node.get("enum", node.get("items", {}).get("enum", ())))


def _same(options: Iterable[Any]) -> list[tuple[str, str]]:
    return [(str(each), str(each)) for each in options]


def values_of(call: Call, fields: list[Drawn]) -> dict[str, Any]:
    """What was filled in, by the form's own shape; blanks are left out, and what is no number stays the text it is."""
    given = posted(call)
    values: dict[str, Any] = {}
    for field in fields:
        said = [each.strip() for each in given.get(VALUES + field.name, []) if each.strip()]
        if not said and field.finding and given.get("nothing_found"):
            said = [text("admin.days.nothing_found", call.language)]
        if said:
            _put(values, field.name.split("."), _value(field, said))
    return {name: _packed(each) for name, each in values.items()}


def _value(field: Drawn, said: list[str]) -> Any:
    match field.kind:
        case "choices":
            return said
        case "lines":
            return [line.strip() for line in said[0].splitlines() if line.strip()]
        case "yes":
            return {"true": True, "false": False}.get(said[0], said[0])
        case "number" | "whole" if _NUMBER.fullmatch(said[0]):
            return int(said[0]) if field.kind == "whole" and "." not in said[0] else float(said[0])
        case "date-time" | "time":
            return said[0] + (":00" if said[0].count(":") == 1 else "") + "+08:00"
        case _:
            return said[0]


def _put(values: dict[str, Any], path: list[str], value: Any) -> None:
    for step in path[:-1]:
        values = values.setdefault(step, {})
    values[path[-1]] = value


def _packed(value: Any) -> Any:
    """Rows that were numbered on the page as a list, the blank ones gone."""
    if not isinstance(value, dict):
        return value
    inside = {name: _packed(each) for name, each in value.items()}
    return list(inside.values()) if all(name.isdigit() for name in inside) else inside


def contradicts(call: Call, fields: list[Drawn]) -> str | None:
    """The input that says what was found although "nothing found" is ticked."""
    given = posted(call)
    if not given.get("nothing_found"):
        return None
    return next((each.name for each in fields if each.finding and any(v.strip() for v in given.get(VALUES + each.name, []))), None)  # fmt: skip


def told_of(wrong: Wrong | None) -> dict[str, str]:
    """What is wrong, by the path of the input."""
    return {path.removeprefix(VALUES): line for path, line in wrong.paths.items() if path.startswith(VALUES)} if wrong else {}  # fmt: skip
