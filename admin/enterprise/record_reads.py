"""A record as a page shows it: measured values beside their limits, then whatever else was filled in, then what is missing."""

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple
from uuid import UUID

from admin import wording
from i18n import text
from server.domains import quality

_DEEPER = " › "
_MOST_WHOLE = 10**15  # beyond, a number is shown with its exponent


class Filled(NamedTuple):
    """One value of a form. `red`: beyond `limit`, the form's own range as text. `hidden`: a secret the reader may not read."""

    title: str
    value: str
    limit: str
    red: bool
    hidden: bool


async def read_records(
    tenant_id: UUID, record_ids: list[UUID], language: str, *, masks_secrets: bool
) -> list[dict[str, Any]]:
    """The records with `filled`, `missing_titles` and `files`, in the order asked for."""
    files = await quality.record_files(tenant_id, record_ids)
    versions: dict[UUID, quality.FormVersion] = {}
    records = []
    for record_id in record_ids:
        record = await quality.get_record(tenant_id, record_id)
        version_id = record["form_version_id"]
        if version_id not in versions:
            versions[version_id] = await quality.version_by_id(tenant_id, version_id)
        readable = _readable(record, versions[version_id], language, masks_secrets)
        records.append(readable | {"files": files.get(record_id, [])})
    return records


def _readable(record: dict[str, Any], version: quality.FormVersion, language: str, masks: bool) -> dict[str, Any]:
    hidden = set(record["secret_characteristics"]) if masks else set()
    return record | {
        "measurements": [{**m, "hidden": m["characteristic_id"] in hidden} for m in record["measurements"]],
        "filled": list(_filled(record, version, language, masks)),
        "missing_titles": [_label(version, field, language) for field in record["missing"]],
    }


def _filled(record: Mapping[str, Any], version: quality.FormVersion, language: str, masks: bool) -> Iterator[Filled]:
    """What no measurement shows: unmeasured fields, and measured ones that are beyond the range of the form itself."""
    red = {note["field"] for note in record["notes"] if note["code"] == "out_of_range"}
    measured = {m["code"] for m in record["measurements"]} if record["source"] == "import" else set()
    for name in sorted(record["values"].keys() - measured, key=version.form.position):
        secret = masks and name in version.secret_fields
        leaves = [(name, None)] if secret else _leaves(name, record["values"][name])
        for field, value in leaves:
            if name in version.bound and field not in red:
                continue
            limit = "" if secret else wording.form_range(version.form.range(field))
            shown = "" if secret else _shown(value, _unit(version, name), language)
            yield Filled(_label(version, field, language), shown, limit, field in red, secret)


def _leaves(field: str, value: Any) -> Iterator[tuple[str, Any]]:
    """Every single value below a field, by its path with slashes."""
    inside = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else None
    if inside is None:
        yield field, value
        return
    for step, each in inside:
        yield from _leaves(f"{field}/{step}", each)


def _label(version: quality.FormVersion, field: str, language: str) -> str:
    """What a person calls the field, with what it stands in; items of a list are counted from 1."""
    titles, steps, label = version.titles(language), field.split("/"), ""
    for depth, step in enumerate(steps, 1):
        if step.isdigit() and label:
            label += f" #{int(step) + 1}"
        else:
            title = version.form.title("/".join(steps[:depth]), titles)
            label = f"{label}{_DEEPER}{title}" if label else title
    return label


def _unit(version: quality.FormVersion, name: str) -> str | None:
    hints = version.ui.fields.get(name)
    return hints.unit if hints else None


def _shown(value: Any, unit: str | None, language: str) -> str:
    if isinstance(value, bool):
        return text("value.yes" if value else "value.no", language)
    if isinstance(value, int | float):
        number = str(int(value)) if float(value).is_integer() and abs(value) < _MOST_WHOLE else str(value)
        return f"{number} {unit}" if unit else number
    return str(value)
