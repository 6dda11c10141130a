"""What a signer should look at before releasing: late and corrected entries, missing second persons, photos seen before,
values piled just inside a limit, what was left blank, and signs of invented data in what phones delivered."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any, NamedTuple
from uuid import UUID

from server.core import db
from server.domains.quality.inspection.checks import WAITS
from server.domains.quality.inspection.signs import signs_of_lots
from server.domains.quality.piling import PILED_LEAST, PILED_SHARE, piled_at_limit
from server.domains.quality.queries import CORRECTED, CURRENT, MISSING_TITLES


class Unusual(NamedTuple):
    """`kind` keys `inspection.unusual.<kind>` with `params`; `blocking`: the record is not complete for release."""

    kind: str
    record_id: UUID | None
    params: Mapping[str, Any]
    blocking: bool = False


BLOCKING = frozenset({"paper_unchecked", "second_check_missing", "legal_correction_unconfirmed"})

_TOLD = """tenant_id, id, lot_id, form_version_id, operator_name, captured_at, received_at, late_reason, source, correction_reason,
           late_entry, corrects, second_demanded, missing"""
# The record that speaks for one that was corrected: the last of those that correct it.
_LAST = """(WITH RECURSIVE n(id) AS (SELECT r.id UNION SELECT c.id FROM n JOIN record c ON c.tenant_id = $1 AND c.corrects = n.id)
            SELECT id FROM n ORDER BY id DESC LIMIT 1)"""
_RECORDS = f"""
SELECT r.id, r.lot_id, f.name AS form_name, r.operator_name, r.captured_at, r.received_at, r.late_reason, r.source,
       r.correction_reason, coalesce(r.late_entry, false) AS late, r.corrects IS NOT NULL AS corrected, {WAITS} AS waits,
       CASE WHEN {CURRENT} THEN r.id ELSE {_LAST} END AS speaks, r.second_demanded,
       CASE WHEN r.corrects IS NOT NULL THEN outside_law_by($1, r.corrects) END AS outside_law_by,
       (SELECT k.checker_name FROM record_check k WHERE k.tenant_id = $1 AND k.record_id = r.id) AS checked_by,
       {MISSING_TITLES} AS missing
FROM ( -- few of many, found by their own index; and those of forms that demand a second person, where there are such forms
    SELECT {_TOLD} FROM record WHERE tenant_id = $1 AND lot_id = ANY($2::uuid[])
      AND (late_entry OR corrects IS NOT NULL OR missing <> '{{}}' OR source IN ('phone', 'paper') OR second_demanded)
    UNION
    SELECT {_TOLD} FROM record WHERE tenant_id = $1 AND lot_id = ANY($2::uuid[])
      AND (SELECT EXISTS (SELECT FROM form WHERE tenant_id = $1 AND second_check)) AND form_version_id IN (
          SELECT v.id FROM form_version v JOIN form f ON f.tenant_id = $1 AND f.id = v.form_id WHERE v.tenant_id = $1 AND f.second_check)) r
JOIN form_version v ON v.tenant_id = r.tenant_id AND v.id = r.form_version_id
JOIN form f ON f.tenant_id = v.tenant_id AND f.id = v.form_id
WHERE r.late_entry OR {CURRENT} AND (r.corrects IS NOT NULL OR r.missing <> '{{}}' OR r.source = 'phone' OR ({WAITS}))
ORDER BY r.id
"""  # noqa: S608 - constants
# The same file on an earlier record of other goods; the records that one correction leads to share theirs.
_PHOTOS = f"""
SELECT r.lot_id, r.id, a.file_name, o.id AS before_id, l.lot_no AS before_lot_no
FROM record r
JOIN record_attachment ra ON ra.tenant_id = r.tenant_id AND ra.record_id = r.id
JOIN attachment a ON a.tenant_id = ra.tenant_id AND a.id = ra.attachment_id AND a.media_type LIKE 'image/%'
CROSS JOIN LATERAL (
    SELECT e.id, e.lot_id FROM attachment b
    JOIN record_attachment rb ON rb.tenant_id = b.tenant_id AND rb.attachment_id = b.id
    JOIN record e ON e.tenant_id = rb.tenant_id AND e.id = rb.record_id
    WHERE b.tenant_id = a.tenant_id AND b.digest = a.digest AND e.id < r.id AND e.id IS DISTINCT FROM r.corrects
      AND (e.lot_id IS DISTINCT FROM r.lot_id OR r.corrects IS NULL)
    ORDER BY e.id LIMIT 1) o
LEFT JOIN lot l ON l.tenant_id = r.tenant_id AND l.id = o.lot_id
WHERE r.tenant_id = $1 AND r.lot_id = ANY($2::uuid[]) AND {CURRENT}
ORDER BY r.id
"""  # noqa: S608 - constants
# Limits are told apart by their hash: sorting by them took as long as reading the values.
_JUDGED = f"""m.tenant_id = $1 AND m.value IS NOT NULL AND m.qualifier IS NULL AND m.limits IS NOT NULL AND m.verdict = 'pass'
          AND m.record_id NOT IN ({CORRECTED})"""
_SAME = "jsonb_hash_extended(m.limits, 0)"
# Where values may be piled: enough lie near some limit, and of those that lie far from all, no more are looked for than may be there.
_PERHAPS_PILED = f"""
SELECT DISTINCT n.lot_id, n.characteristic_id FROM (
    SELECT m.lot_id, m.characteristic_id, {_SAME} AS same, count(*) AS near FROM measurement m
    WHERE {_JUDGED} AND m.lot_id = ANY($2::uuid[]) AND m.near_limit
    GROUP BY 1, 2, 3 HAVING count(*) >= {PILED_SHARE} * {PILED_LEAST}
) n WHERE (SELECT count(*) FROM (
    SELECT FROM measurement m
    WHERE {_JUDGED} AND m.lot_id = n.lot_id AND NOT m.near_limit AND m.characteristic_id = n.characteristic_id AND {_SAME} = n.same
    LIMIT n.near) far) <= (1 - {PILED_SHARE}) / {PILED_SHARE} * n.near
"""  # noqa: S608 - constants
_VALUES = f"""
SELECT g.lot_id, g.characteristic_id, c.name, g.limits::text AS limits, g.values, g.counts, g.id FROM (
    SELECT v.lot_id, v.characteristic_id, (array_agg(v.limits))[1] AS limits, array_agg(v.value) AS values, array_agg(v.n) AS counts,
           (array_agg(v.id))[1] AS id
    FROM (
        SELECT {_SAME} AS same, m.value, m.characteristic_id, m.lot_id, count(*) AS n,
               (array_agg(m.limits))[1] AS limits, (array_agg(m.record_id))[1] AS id
        FROM measurement m
        WHERE {_JUDGED} AND m.lot_id = ANY($2::uuid[]) AND (m.lot_id, m.characteristic_id) IN (SELECT * FROM unnest($3::uuid[], $4::uuid[]))
        GROUP BY 1, 2, 3, 4) v
    GROUP BY v.same, 1, 2 HAVING sum(v.n) >= {PILED_LEAST}
) g JOIN characteristic c ON c.tenant_id = $1 AND c.id = g.characteristic_id
"""  # noqa: S608 - constants


async def entries_unusual(
    tenant_id: UUID, speaking: Mapping[UUID, Collection[UUID]], documented: Collection[UUID]
) -> dict[UUID, list[Unusual]]:
    """What is unusual about the records that speak for each lot (`speaking_lots`); lots about which nothing is are absent.
    `documented`: of the lots those whose records hold files at all."""
    lots = list({lot for lots in speaking.values() for lot in lots})
    found, phoned = await _of_lots(tenant_id, lots)
    if documented:
        await _add_photos(tenant_id, lots, found)
    if phoned:
        await _add_signs(tenant_id, phoned, found)
    joined = {root: [each for lot in lots for each in found.get(lot, ())] for root, lots in speaking.items()}
    return {root: unusual for root, unusual in joined.items() if unusual}


async def _of_lots(tenant_id: UUID, lots: list[UUID]) -> tuple[dict[UUID, list[Unusual]], set[UUID]]:
    """What each lot's records say by themselves, and the lots that phones recorded something about."""
    found: dict[UUID, list[Unusual]] = {}
    phoned: set[UUID] = set()
    for row in await db.fetch(_RECORDS, tenant_id, lots):
        found.setdefault(row["lot_id"], []).extend(_of_record(dict(row)))
        if row["source"] == "phone":
            phoned.add(row["lot_id"])
    if perhaps := await db.fetch(_PERHAPS_PILED, tenant_id, lots):
        await _add_piled(tenant_id, lots, perhaps, found)
    return found, phoned


async def _add_piled(
    tenant_id: UUID, lots: list[UUID], perhaps: Sequence[Any], found: dict[UUID, list[Unusual]]
) -> None:
    """Of those lots' characteristics where values may be piled."""
    for row in await db.fetch(_VALUES, tenant_id, lots, *(list(column) for column in zip(*perhaps, strict=True))):
        counted = dict(zip(row["values"], row["counts"], strict=True))
        if (piled := piled_at_limit(counted, row["limits"])) is not None:
            params = {"name": row["name"], "count": piled, "of": sum(counted.values())}
            found.setdefault(row["lot_id"], []).append(Unusual("piled_at_limit", row["id"], params))


async def _add_photos(tenant_id: UUID, lots: list[UUID], found: dict[UUID, list[Unusual]]) -> None:
    for row in await db.fetch(_PHOTOS, tenant_id, lots):
        params = {"file_name": row["file_name"], "lot_no": row["before_lot_no"] or "", "record_id": row["before_id"]}
        found.setdefault(row["lot_id"], []).append(Unusual("photo_used_before", row["id"], params))


async def _add_signs(tenant_id: UUID, lots: Collection[UUID], found: dict[UUID, list[Unusual]]) -> None:
    """Of what phones delivered; a photo that is named already is not named again."""
    for lot_id, signs in (await signs_of_lots(tenant_id, lots)).items():
        own = found.setdefault(lot_id, [])
        named = {each.record_id for each in own if each.kind == "photo_used_before"}
        own += [
            Unusual(sign.kind, sign.records[0], sign.params) for sign in signs
            if sign.kind != "photo_alike" or named.isdisjoint(sign.records)
        ]  # fmt: skip


def _of_record(row: Mapping[str, Any]) -> list[Unusual]:
    who = {"form": row["form_name"], "operator": row["operator_name"]}
    legal, awaited = row["outside_law_by"] is not None, row["waits"] and row["second_demanded"]
    reason = {"reason": row["correction_reason"] or ""}
    facts = {
        "late_entry": (row["late"], {"captured_at": row["captured_at"], "received_at": row["received_at"],
                                     "reason": row["late_reason"] or ""}),
        "correction": (row["corrected"] and not legal, reason),
        "legal_correction": (legal, reason | {"first": row["outside_law_by"], "checker": row["checked_by"] or "—"}),
        "legal_correction_unconfirmed": (awaited, reason),
        "gap": (bool(row["missing"]), {"fields": "、".join(row["missing"])}),
        "paper_unchecked": (row["waits"] and not awaited and row["source"] == "paper", {}),
        "second_check_missing": (row["waits"] and not awaited and row["source"] != "paper", {}),
    }  # fmt: skip
    told = facts if row["speaks"] == row["id"] else ("late_entry",)  # that it came late is true whatever corrected it
    return [Unusual(kind, row["speaks"], who | facts[kind][1], kind in BLOCKING) for kind in told if facts[kind][0]]
