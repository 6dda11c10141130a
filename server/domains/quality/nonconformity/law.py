"""What no signature allows: goods outside a legal limit, and goods that were worked on again and not inspected again."""

from collections.abc import Collection
from typing import Any, NamedTuple
from uuid import UUID

from i18n import text
from server.core import db
from server.core.actor import Actor
from server.domains import chain
from server.domains.access import audit

CAUSE = "legal_limit:"
"""How the cause of a hold begins that stops goods outside a legal limit; behind it stands the record."""
# Goods followed back through splits and merges (one level) to what they were reworked or repaired from (the next).
_GOODS = """
WITH RECURSIVE goods(root, lot, level) AS (
    SELECT l, l, 0 FROM unnest($2::uuid[]) AS l
  UNION
    SELECT g.root, k.from_lot, g.level + (k.kind IN ('reworked', 'repaired'))::int
    FROM goods g JOIN link k ON k.tenant_id = $1 AND k.to_lot = g.lot
    WHERE k.kind IN ('split', 'merged', 'reworked', 'repaired') AND k.reverses IS NULL
      AND NOT EXISTS (SELECT FROM link r WHERE r.tenant_id = $1 AND r.reverses = k.id)
)
"""
_REWORKED = "{goods} SELECT DISTINCT root FROM goods WHERE level > 0".replace("{goods}", _GOODS)
_BARRED_OR_REWORKED = """
SELECT lot, false AS reworked FROM legally_barred($1, $2::uuid[]) AS barred(lot) UNION ALL SELECT root, true FROM ({reworked}) r
""".replace("{reworked}", _REWORKED)
# On every way from what was worked on to the lot something passed after the work, and of what had failed before it every
# characteristic did: in a look at these goods, when they had come into that lot.
_AFTER = """
p.tenant_id = $1 AND p.lot_id = k.to_lot AND p.verdict = 'pass' AND p.{record} > k.id
AND NOT EXISTS (SELECT FROM record c WHERE c.tenant_id = $1 AND c.corrects = p.{record})"""
_MISSING = f"""
{_GOODS}, hops AS MATERIALIZED (
    SELECT DISTINCT g.root, k.id, k.from_lot, k.to_lot, k.kind IN ('reworked', 'repaired') AS work
    FROM (SELECT DISTINCT root, lot FROM goods WHERE root = ANY($3::uuid[])) g JOIN link k ON k.tenant_id = $1 AND k.to_lot = g.lot
    WHERE k.kind IN ('split', 'merged', 'reworked', 'repaired') AND k.reverses IS NULL
      AND NOT EXISTS (SELECT FROM link r WHERE r.tenant_id = $1 AND r.reverses = k.id)
), looked(root, lot, passed) AS (
    SELECT k.root, k.to_lot, EXISTS (SELECT FROM record p WHERE {_AFTER.format(record="id")}) FROM hops k WHERE k.work
  UNION
    SELECT w.root, k.to_lot, w.passed OR EXISTS (SELECT FROM record p WHERE {_AFTER.format(record="id")})
    FROM looked w JOIN hops k ON k.root = w.root AND k.from_lot = w.lot AND NOT k.work
), failed AS MATERIALIZED (
    SELECT DISTINCT g.root, g.lot, m.characteristic_id FROM goods g
    JOIN measurement m ON m.tenant_id = $1 AND m.lot_id = g.lot AND m.verdict = 'fail'
    WHERE g.root = ANY($3::uuid[]) AND g.level > 0 AND NOT EXISTS (SELECT FROM record c WHERE c.tenant_id = $1 AND c.corrects = m.record_id)
), way(root, lot, characteristic_id, worked, passed) AS (
    SELECT root, lot, characteristic_id, false, false FROM failed
  UNION
    SELECT w.root, k.to_lot, w.characteristic_id, w.worked OR k.work, w.passed OR (w.worked OR k.work) AND EXISTS (
        SELECT FROM measurement p WHERE {_AFTER.format(record="record_id")} AND p.characteristic_id = w.characteristic_id)
    FROM way w JOIN hops k ON k.root = w.root AND k.from_lot = w.lot
)
SELECT DISTINCT root, NULL::text AS name FROM looked WHERE lot = root AND NOT passed
UNION
SELECT w.root, c.name FROM way w JOIN characteristic c ON c.tenant_id = $1 AND c.id = w.characteristic_id
WHERE w.lot = w.root AND w.worked AND NOT w.passed
ORDER BY root, name NULLS FIRST
"""  # noqa: S608 - constants
# The record and those it corrected in its turn, as far as a legal limit failed in them.
_EARLIER = """
WITH RECURSIVE earlier(id) AS (
    SELECT $2::uuid
  UNION
    SELECT r.corrects FROM earlier e JOIN record r ON r.tenant_id = $1 AND r.id = e.id WHERE r.corrects IS NOT NULL
)
SELECT r.id, r.entered_by, r.operator_id FROM earlier e JOIN record r ON r.tenant_id = $1 AND r.id = e.id
WHERE 'legal' = ANY (r.failed_sets) ORDER BY r.id
"""
_STANDING = """
SELECT m.record_id, bool_or(legal_failure_stands($1, m.record_id, m.characteristic_id)) AS stands FROM measurement m
WHERE m.tenant_id = $1 AND m.record_id = ANY($2::uuid[]) AND 'legal' = ANY (m.failed_sets) GROUP BY m.record_id ORDER BY m.record_id
"""
_PASSED = """
SELECT EXISTS (SELECT FROM record r WHERE r.tenant_id = $1 AND r.lot_id = $2 AND r.verdict = 'pass'
               AND NOT EXISTS (SELECT FROM record c WHERE c.tenant_id = $1 AND c.corrects = r.id))
"""
_FAILED_THERE = """
{goods}SELECT DISTINCT c.name FROM goods g
JOIN measurement m ON m.tenant_id = $1 AND m.lot_id = g.lot AND m.verdict = 'fail'
JOIN characteristic c ON c.tenant_id = $1 AND c.id = m.characteristic_id
WHERE g.level = 0 AND NOT EXISTS (SELECT FROM record x WHERE x.tenant_id = $1 AND x.corrects = m.record_id)
  AND NOT EXISTS (
    SELECT FROM measurement p WHERE p.tenant_id = $1 AND p.lot_id = $3 AND p.characteristic_id = m.characteristic_id
      AND p.verdict = 'pass' AND NOT EXISTS (SELECT FROM record x WHERE x.tenant_id = $1 AND x.corrects = p.record_id))
ORDER BY c.name
""".replace("{goods}", _GOODS)
# The lot and all that the same goods became.
_GOODS_BELOW = """
WITH RECURSIVE below(root, lot) AS (
    SELECT l, l FROM unnest($2::uuid[]) AS l
  UNION
    SELECT b.root, k.to_lot FROM below b JOIN link k ON k.tenant_id = $1 AND k.from_lot = b.lot
    WHERE k.kind IN ('split', 'merged', 'reworked', 'repaired') AND k.reverses IS NULL
      AND NOT EXISTS (SELECT FROM link r WHERE r.tenant_id = $1 AND r.reverses = k.id)
)
"""
# As far as it is released, or a package, which needs no release, and now outside a legal limit.
_BELOW = f"""{_GOODS_BELOW}, released AS MATERIALIZED (
    SELECT b.root, b.lot FROM below b JOIN lot l ON l.tenant_id = $1 AND l.id = b.lot WHERE l.state = 'released' OR l.kind = 'package'
)
SELECT r.root, r.lot FROM released r
JOIN legally_barred($1, (SELECT array_agg(DISTINCT lot) FROM released)) AS barred(lot) ON barred.lot = r.lot
"""  # noqa: S608 - constants
_HELD = f"""{_GOODS_BELOW}, held AS MATERIALIZED (
    SELECT DISTINCT b.lot, h.cause FROM below b JOIN hold h ON h.tenant_id = $1 AND h.lot_id = b.lot
    WHERE h.closed_at IS NULL AND h.cause LIKE '{CAUSE}%'
)
"""  # noqa: S608 - constants
_STOPPED = f"{_HELD}SELECT lot FROM held LIMIT 1"  # noqa: S608 - constants
_FREED = f"""{_HELD}SELECT lot, cause FROM held
WHERE lot NOT IN (SELECT barred.lot FROM legally_barred($1, (SELECT array_agg(DISTINCT lot) FROM held)) AS barred(lot))
ORDER BY lot, cause
"""  # noqa: S608 - constants


class ReleaseBar(NamedTuple):
    """Why a lot may not be released: `error.<code>` with `params`."""

    code: str
    params: dict[str, Any]


async def legally_barred(tenant_id: UUID, lot_ids: Collection[UUID]) -> set[UUID]:
    """Which of these lots stand outside a legal limit, by themselves or by the goods they were made of."""
    rows = await db.fetch("SELECT lot FROM legally_barred($1, $2::uuid[]) AS barred(lot)", tenant_id, list(lot_ids))
    return {row["lot"] for row in rows}


async def not_reinspected(tenant_id: UUID, lot_ids: Collection[UUID]) -> dict[UUID, list[str]]:
    """Of these lots the reworked and repaired ones whose inspection afterwards is wanting: the characteristics that had
    failed and have not passed since; none named where nothing passed at all."""
    return await _failing_since(tenant_id, [row["root"] for row in await db.fetch(_REWORKED, tenant_id, list(lot_ids))])


async def _failing_since(tenant_id: UUID, reworked: list[UUID]) -> dict[UUID, list[str]]:
    found: dict[UUID, list[str]] = {}
    if reworked:
        for row in await db.fetch(_MISSING, tenant_id, reworked, reworked):
            found.setdefault(row["root"], []).extend([row["name"]] if row["name"] else [])
    return found


async def reworked_and_passed(tenant_id: UUID, lot_id: UUID) -> bool:
    """Whether this lot was reworked or repaired, and its inspection afterwards lacks nothing."""
    worked = await db.fetch(_REWORKED, tenant_id, [lot_id])
    return bool(worked) and not await not_reinspected(tenant_id, [lot_id])


async def sorted_without_inspection(tenant_id: UUID, good: UUID, source: UUID) -> list[str] | None:
    """What a lot sorted out of `source` still lacks: the characteristics that failed there and have not passed in a
    record of its own; an empty list where it has no passing record at all, None where nothing is missing."""
    if not await db.fetchval(_PASSED, tenant_id, good):
        return []
    rows = await db.fetch(_FAILED_THERE, tenant_id, [source], good)
    return [row["name"] for row in rows] or None


async def release_bars(tenant_id: UUID, lot_ids: Collection[UUID]) -> dict[UUID, list[ReleaseBar]]:
    """What bars these lots from release besides holds: a legal limit, or an inspection missing after rework."""
    bars: dict[UUID, list[ReleaseBar]] = {}
    reworked = []
    for row in await db.fetch(_BARRED_OR_REWORKED, tenant_id, list(lot_ids)):
        if row["reworked"]:
            reworked.append(row["lot"])
        else:
            bars[row["lot"]] = [ReleaseBar("release_legal_limit_failed", {})]
    for lot, names in (await _failing_since(tenant_id, reworked)).items():
        code = "release_reinspection_failing" if names else "release_reinspection_missing"
        bars.setdefault(lot, []).append(ReleaseBar(code, {"names": "、".join(names)} if names else {}))
    return bars


async def stop_outside_law(actor: Actor, record_lots: dict[UUID, UUID]) -> None:
    """A legal limit failed after all (record -> lot): what of these goods is released already is stopped at once.

    Takes the graph's lock first, so that no release made meanwhile is missed.
    """
    if not record_lots:
        return
    await chain.lock_graph(actor.tenant)
    freed: dict[UUID, list[UUID]] = {}
    for row in await db.fetch(_BELOW, actor.tenant, list(set(record_lots.values()))):
        freed.setdefault(row["root"], []).append(row["lot"])
    for record_id, lot_id in record_lots.items():
        if lots := freed.get(lot_id):
            reason = text("nonconformity.legal_hold", actor.language)
            cause = f"{CAUSE}{record_id}"
            await chain.open_holds(actor, lots, kind="quarantined", cause=cause, reason=reason)


async def outside_law_before(actor: Actor, corrects: UUID | None) -> list[UUID]:
    """The records outside a legal limit that a correction of this one would answer for, however many corrections lie between."""
    if corrects is None:
        return []
    return [row["id"] for row in await db.fetch(_EARLIER, actor.tenant, corrects)]


async def keep_law(
    actor: Actor, record_id: UUID, lot_id: UUID | None, failed_sets: Collection[str], corrected: Collection[UUID]
) -> None:
    """What a record just stored means for goods that are released: a legal failure stops them. Of those that it
    corrects (`corrected`) what was measured again lets go, and what was not goes on stopping them."""
    if lot_id is None:
        return
    stands = {record_id: lot_id} if "legal" in failed_sets else {}
    for row in await db.fetch(_STANDING, actor.tenant, list(corrected)):
        if row["stands"]:
            stands[row["record_id"]] = lot_id
        else:
            reason = text("nonconformity.record_corrected", actor.language)
            await chain.close_holds(actor, f"{CAUSE}{row['record_id']}", reason)
        after = {"corrected_by": record_id, "still_stands": row["stands"]}
        await audit.record(actor, "record.legal_failure_corrected", "record", row["record_id"], after=after)
    await stop_outside_law(actor, stands)
    if record_id not in stands:
        await end_outside_law(actor, [lot_id])


async def legally_stopped(tenant_id: UUID, lot_id: UUID) -> bool:
    """Whether a legal limit stops these goods, or what they became: a result may then end it, under the graph's lock."""
    return bool(await db.fetch(_STOPPED, tenant_id, [lot_id]))


async def any_legally_stopped(tenant_id: UUID) -> bool:
    """Whether a legal limit stops anything of this enterprise."""
    return bool(
        await db.fetchval(
            "SELECT EXISTS (SELECT FROM hold WHERE tenant_id = $1 AND closed_at IS NULL AND starts_with(cause, $2))",
            tenant_id,
            CAUSE,
        )
    )


async def end_outside_law(actor: Actor, lot_ids: Collection[UUID]) -> list[UUID]:
    """Of these goods and what they became the lots that a legal limit stops no longer, such as a reworked lot that
    passed what had failed: their holds end. The lots."""
    freed = await db.fetch(_FREED, actor.tenant, list(lot_ids))
    reason = text("nonconformity.within_law_again", actor.language)
    for row in freed:
        await chain.close_holds(actor, row["cause"], reason, only=row["lot"])
    return [row["lot"] for row in freed]
