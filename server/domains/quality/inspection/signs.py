"""Signs of invented data in what phones delivered: of a day for the quality manager, of lots for whoever releases them."""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from datetime import date, datetime, timedelta
from typing import Any, NamedTuple
from uuid import UUID

from server.core import db
from server.core.clock import EDGE, start_of_day
from server.domains.quality.inspection.sign_rules import Made, signs_of
from server.domains.quality.piling import piled_at_limit

FLAGS = (
    "after_revocation", "clock_skewed", "clock_jumped", "old_signing_key", "photo_used_before", "photo_from_album",
    "typed_later", "inspection_done_already",
)  # fmt: skip
SAID_AS = {"photo_used_before": "photo_alike"}
_ENTRY = """
SELECT r.id, r.lot_id, e.check_id, e.user_id, e.user_name, e.flags, e.received_at, f.name AS form_name,
       coalesce(r.captured_at, r.received_at) AS at,
       ARRAY(SELECT m.value FROM measurement m WHERE m.tenant_id = $1 AND m.record_id = r.id AND m.value IS NOT NULL
             ORDER BY m.position) AS numbers
FROM phone_entry e JOIN record r ON r.tenant_id = e.tenant_id AND r.entry_id = e.entry_id
JOIN form_version v ON v.tenant_id = r.tenant_id AND v.id = r.form_version_id
JOIN form f ON f.tenant_id = v.tenant_id AND f.id = v.form_id
WHERE e.tenant_id = $1
"""
_DAYS = f"{_ENTRY} AND e.received_at >= $2 AND e.received_at < $3 AND ($4::uuid[] IS NULL OR e.user_id = ANY($4)) ORDER BY e.received_at LIMIT 20000"
_LOTS = f"{_ENTRY} AND r.lot_id = ANY($2::uuid[]) ORDER BY r.id LIMIT 20000"
_VALUES = """
SELECT m.record_id, c.name, m.value, m.limits::text AS limits FROM measurement m
JOIN characteristic c ON c.tenant_id = m.tenant_id AND c.id = m.characteristic_id
WHERE m.tenant_id = $1 AND m.record_id = ANY($2::uuid[]) AND m.value IS NOT NULL AND m.qualifier IS NULL AND m.limits IS NOT NULL
  AND m.verdict = 'pass'
"""


class PersonSign(NamedTuple):
    """`kind` keys `inspection.unusual.<kind>` with `params`; `records` are those it is about."""

    kind: str
    operator_name: str
    records: tuple[UUID, ...]
    params: Mapping[str, Any]


async def signs_of_day(tenant_id: UUID, day: date) -> list[PersonSign]:
    """What was unusual about the entries that phones delivered on this day, person by person."""
    rows = await db.fetch(_DAYS, tenant_id, start_of_day(day), start_of_day(day + timedelta(days=1)), None)
    found = [*_flagged(rows), *_patterns(rows), *await _piled(tenant_id, rows)]
    return sorted(found, key=lambda each: (each.operator_name, each.kind))


async def signs_of_lots(tenant_id: UUID, lot_ids: Collection[UUID]) -> dict[UUID, list[PersonSign]]:
    """The same for the records of some lots, each person's whole day beside them; `records` are the lot's. Lots that no
    phone recorded anything about are absent."""
    rows = await db.fetch(_LOTS, tenant_id, list(lot_ids))
    if not rows:
        return {}
    lot_of = {row["id"]: row["lot_id"] for row in rows}
    patterns = _patterns(await _around(tenant_id, rows))
    found: dict[UUID, list[PersonSign]] = {}
    for sign in (*_flagged(rows), *patterns):
        by_lot: dict[UUID, list[UUID]] = {}
        for record_id in sign.records:
            if record_id in lot_of:
                by_lot.setdefault(lot_of[record_id], []).append(record_id)
        for lot_id, records in by_lot.items():
            found.setdefault(lot_id, []).append(sign._replace(records=tuple(records)))
    return found


async def _around(tenant_id: UUID, rows: Collection[Any]) -> list[Any]:
    """All that the same people delivered on the same days."""
    people = {row["user_id"] for row in rows if row["user_id"]}
    found: list[Any] = []
    for day in sorted({_day(row["received_at"]) for row in rows}):
        found += await db.fetch(
            _DAYS, tenant_id, start_of_day(day), start_of_day(day + timedelta(days=1)), list(people)
        )
    return found


def _day(at: datetime) -> date:
    return at.astimezone(EDGE).date()


def _flagged(rows: Iterable[Any]) -> list[PersonSign]:
    """What was flagged on receipt, once for each person, form and flag."""
    found: dict[tuple[str, str, str], list[UUID]] = {}
    for row in rows:
        for flag in FLAGS:
            if flag in row["flags"]:
                found.setdefault((flag, row["user_name"], row["form_name"]), []).append(row["id"])
    return [
        PersonSign(
            SAID_AS.get(flag, flag), name, tuple(records), {"operator": name, "form": form, "count": len(records)}
        )
        for (flag, name, form), records in found.items()
    ]


def _patterns(rows: Iterable[Any]) -> list[PersonSign]:
    people: dict[tuple[Any, ...], list[Any]] = {}
    for row in rows:
        people.setdefault((row["user_id"], row["user_name"], _day(row["received_at"])), []).append(row)
    found = []
    for (_, name, _), own in people.items():
        made = [Made(row["id"], row["check_id"], row["form_name"], row["at"], tuple(row["numbers"])) for row in own]
        for sign in signs_of(made):
            params = {"operator": name, "form": sign.form, "count": sign.times, "of": sign.among}
            found.append(PersonSign(sign.kind, name, sign.records, params))
    return found


async def _piled(tenant_id: UUID, rows: Collection[Any]) -> list[PersonSign]:
    """Values of one person and characteristic that lie just inside a limit."""
    names = {row["id"]: row["user_name"] for row in rows}
    groups: dict[tuple[str, str, str], list[Any]] = {}
    for row in await db.fetch(_VALUES, tenant_id, list(names)):
        groups.setdefault((names[row["record_id"]], row["name"], row["limits"]), []).append(row)
    found = []
    for (operator, name, limits), own in groups.items():
        counted = Counter(row["value"] for row in own)
        if (piled := piled_at_limit(counted, limits)) is not None:
            params = {"operator": operator, "name": name, "count": piled, "of": len(own)}
            found.append(PersonSign("piled_values", operator, tuple(row["record_id"] for row in own), params))
    return found
