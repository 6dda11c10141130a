"""What changed between two versions of a publication, value by value: a correction stays visible."""

from collections.abc import Iterator
from typing import Any, NamedTuple

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
    """The values that differ, in the order of the newer version; addresses and readings of curves are left out."""
    before, after = dict(_leaves(old)), dict(_leaves(new))
    paths = [*after, *(path for path in before if path not in after)]
    return [Change(path, before.get(path), after.get(path)) for path in paths if before.get(path) != after.get(path)]


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
