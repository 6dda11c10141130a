"""Placeholders and what they may say: names of facts, looked up in a table. No expressions, no attributes, no code.

`{{lot.lot_no}}` is one fact; a row that begins a list with `{{#items}}` and ends it with `{{/items}}` is repeated for each
of its entries, whose fields stand in it by their own name (`{{result}}`), those of an entry around it as `{{parent.form}}`.
A quantity ("8,420.5 kg") can be had apart too, to calculate with: `{{quantity_number}}` and `{{quantity_unit}}`.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Final, NamedTuple, get_args, get_origin

from pydantic import BaseModel

from server.core.errors import FieldError
from server.domains.reports.facts import Stamp
from server.domains.reports.problems import TemplateRefused, refused

PLACEHOLDER: Final = re.compile(r"\{\{\s*([#/]?)\s*([A-Za-z_][A-Za-z0-9_.]{0,80})\s*\}\}")
Row = Mapping[str, str]
NUMBER: Final = "_number"
_APART: Final = re.compile(r"(-?[\d,]+(?:\.\d+)?) ?(.*)")


class Allowed(NamedTuple):
    """What a kind's templates may name: single facts, and lists with the fields of their entries."""

    single: frozenset[str]
    lists: Mapping[str, frozenset[str]]


class View(NamedTuple):
    """The facts of one document under these names."""

    single: Row
    lists: Mapping[str, Sequence[Row]]


def allowed_by(model: type[BaseModel]) -> Allowed:
    """From the facts model of a kind."""
    single, lists = _names(model)
    return Allowed(frozenset(single | {f"document.{name}" for name in Stamp.model_fields}), lists)


def _names(model: type[BaseModel]) -> tuple[set[str], dict[str, frozenset[str]]]:
    single: set[str] = set()
    lists: dict[str, frozenset[str]] = {}
    for name, field in model.model_fields.items():
        kind = field.annotation
        entry = get_args(kind)[0] if get_origin(kind) is list else None
        if isinstance(entry, type) and issubclass(entry, BaseModel):
            own, nested = _names(entry)
            lists[name] = frozenset(own)
            for inner, fields in nested.items():
                lists[f"{name}.{inner}"] = fields | {f"parent.{each}" for each in own}
        elif isinstance(kind, type) and issubclass(kind, BaseModel):
            single |= {f"{name}.{each}" for each in _names(kind)[0]}
        else:
            single |= _apart(name, "").keys()
    return single, lists


def _apart(name: str, said: str) -> dict[str, str]:
    """The fact by its name, and a quantity's number and unit by theirs; what is not known as a number stands in neither."""
    if not name.startswith("quantity"):
        return {name: said}
    match = _APART.fullmatch(said)
    number, unit = (match[1].replace(",", ""), match[2]) if match else ("", "")
    return {name: said, f"{name}{NUMBER}": number, f"{name}_unit": unit}


def view_of(facts: BaseModel, stamp: Stamp) -> View:
    """The same names with their values."""
    single, lists = _values(facts.model_dump())
    return View(single | {f"document.{name}": value for name, value in stamp.model_dump().items()}, lists)


def _values(data: Mapping[str, object]) -> tuple[dict[str, str], dict[str, list[Row]]]:
    single: dict[str, str] = {}
    lists: dict[str, list[Row]] = {}
    for name, value in data.items():
        if isinstance(value, str):
            single |= _apart(name, value)
        elif isinstance(value, Mapping):
            single |= {f"{name}.{inner}": each for inner, each in _values(value)[0].items()}
        elif isinstance(value, list) and value and isinstance(value[0], Mapping):
            lists[name] = []
            for entry in value:
                own, nested = _values(entry)
                lists[name].append(own)
                around = {f"parent.{inner}": each for inner, each in own.items()}
                for inner, rows in nested.items():
                    lists.setdefault(f"{name}.{inner}", []).extend({**row, **around} for row in rows)
        elif isinstance(value, list):
            single[name] = "\n".join(map(str, value))
    return single, lists


class Found(NamedTuple):
    """A placeholder and where it stands (`Sheet1!B5`, `document`). `inside`: the list whose row it is in."""

    mark: str
    name: str
    where: str
    inside: str | None


def check(found: Sequence[Found], allowed: Allowed) -> None:
    """Raises TemplateRefused that names every placeholder nobody knows, and where it stands."""
    reasons = []
    for each in found:
        if each.mark:
            known = each.name in allowed.lists
        else:
            known = each.name in allowed.single or (
                each.inside is not None and each.name in allowed.lists.get(each.inside, ())
            )
        if not known:
            params = {"name": f"{each.mark}{each.name}", "where": each.where}
            reasons.append(FieldError("file", "template_placeholder_unknown", params))
    if reasons:
        raise TemplateRefused(reasons[:50])


def check_lists(found: Sequence[Found], rows: Iterable[tuple[str, str]]) -> None:
    """A list begins and ends in one row, and a row holds one at most. `rows`: texts, and where they stand. Raises
    TemplateRefused that names the list."""
    for each in found:
        if each.mark and each.inside is None:
            raise refused("template_list_not_of_one_row", name=each.name, where=each.where)
    for text, where in rows:
        marks = [(mark, name) for mark, name in PLACEHOLDER.findall(text) if mark]
        if marks and marks != [("#", marks[0][1]), ("/", marks[0][1])]:
            raise refused("template_list_not_of_one_row", name=marks[0][1], where=where)


def fill_text(text: str, view: View, row: Row | None) -> str:
    """`text` with its placeholders replaced once: what a fact says is never read again. A list's marks vanish."""

    def value(match: re.Match[str]) -> str:
        mark, name = match.groups()
        if mark:
            return ""
        if row is not None and name in row:
            return row[name]
        return view.single.get(name, "")

    return PLACEHOLDER.sub(value, text)


def printable(value: str) -> str:
    """Without control characters, which have no place in XML; line breaks stay."""
    return "".join(each if each.isprintable() or each == "\n" else " " for each in value)


def list_of(text: str) -> str | None:
    """The list whose row this text begins."""
    return next((name for mark, name in PLACEHOLDER.findall(text) if mark == "#"), None)
