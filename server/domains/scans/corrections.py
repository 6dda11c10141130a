"""What changed between two versions of a publication, value by value: a correction stays visible."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any, Final, NamedTuple

from i18n import format_datetime, has_key, text

_SAYS_IT: Final = ("value", "number", "title", "lot_no", "name")
"""Of an entry that is gone as a whole, the one value by which readers know what stood there."""

_NAMES = ("name", "number", "title", "lot_no", "report_no", "shipment_no")
# The English words of a value change with the value: one correction tells of both. What the page shows beside the facts
# has versions of its own.
_NOT_FACTS = frozenset(
    {
        "version",
        "published_at",
        "corrections",
        "files",
        "page",
        "points",
        "url",
        "images",
        "name_en",
        "kind_en",
        "category_en",
        "value_en",
        "limit_en",
    }
)


class Change(NamedTuple):
    """One value: its path with list entries by name (`inspections/铅/value`), before and after (None: absent)."""

    path: tuple[str, ...]
    old: str | None
    new: str | None

    @property
    def name(self) -> str:
        """The same in every language and for every entry: `lot.expires_at`, `inspections.value`."""
        *parents, field = self.path
        return f"{parents[0]}.{field}" if parents else field


def changes(old: dict[str, Any], new: dict[str, Any]) -> list[Change]:
    """The values that differ, in the order of the newer version; addresses and readings of curves are left out, and so is what
    the page does not show any more: taking a block off corrects nothing. Of an entry that is gone one value speaks."""
    before, after = dict(_leaves(old)), dict(_leaves(new))
    standing = {path[:-1] for path in after}
    gone = [path for path in before if path not in after and _shown(path, new)]
    whole = {path[:-1] for path in gone if len(path) > 2 and path[:-1] not in standing}
    gone = [path for path in gone if path[:-1] not in whole or path == _speaker(path[:-1], before)]
    changed = [path for path in after if before.get(path) != after[path]]
    return [Change(path, before.get(path), after.get(path)) for path in (*changed, *gone)]


def _speaker(entry: tuple[str, ...], values: Mapping[tuple[str, ...], str]) -> tuple[str, ...]:
    return next(((*entry, field) for field in _SAYS_IT if (*entry, field) in values), ())


def _shown(path: tuple[str, ...], content: dict[str, Any]) -> bool:
    """Whether the page still has a place for the value: its part, and the field in the part or in any entry of it."""
    part = content.get(path[0])
    return part == [] or _has_field(part, path[-1])


def _has_field(value: Any, field: str) -> bool:
    if isinstance(value, dict):
        return field in value or any(_has_field(each, field) for each in value.values())
    return isinstance(value, list) and any(_has_field(each, field) for each in value)


def in_words(change: Change, value: str | None, language: str) -> str | None:
    """A value as a reader's page says it elsewhere: verdicts and units in words, moments by the clock of the edge."""
    field = change.path[-1]
    if value is None:
        return None
    group = {"verdict": "quality.verdict", "unit": "unit"}.get(field)
    if group and has_key(f"{group}.{value}", language):
        return text(f"{group}.{value}", language)
    if field.endswith(("_at", "_to")):
        return value if len(value) == len("2026-01-01") else format_datetime(datetime.fromisoformat(value))
    return value


def _leaves(value: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], str]]:
    if isinstance(value, dict):
        for key, each in value.items():
            if key not in _NOT_FACTS:
                yield from _leaves(each, (*path, key))
    elif isinstance(value, list):
        seen: dict[str, int] = {}
        for each in value:
            name = _name_of(each)
            seen[name] = seen.get(name, 0) + 1
            yield from _leaves(each, (*path, name if seen[name] == 1 else f"{name} ({seen[name]})"))
    elif value is not None:
        yield path, str(value)


def _name_of(each: Any) -> str:
    if not isinstance(each, dict):
        return ""
    return next((str(each[key]) for key in _NAMES if each.get(key)), "")


def english_names(value: Any) -> dict[str, str]:
    """The English names of what is in a publication, by the Chinese ones."""
    below = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    found = {name: english for each in below for name, english in english_names(each).items()}
    if isinstance(value, dict) and value.get("name") and value.get("name_en"):
        found[str(value["name"])] = str(value["name_en"])
    return found
