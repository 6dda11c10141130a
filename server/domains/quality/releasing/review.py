"""What a signer should see of a lot before signing."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from server.core import db
from server.core.actor import Actor
from server.core.clock import now
from server.core.errors import NotFound
from server.domains import chain
from server.domains.quality.chronology import Chronology, check_chronology
from server.domains.quality.releasing.gathering import Facts, gather
from server.domains.quality.releasing.points import Point
from server.domains.quality.rollup import LotQuality, goods_of

# A dozen small statements: planning each of them anew took longer than running them for a few lots. For many, a plan that
# does not know how many would be a bad one. Asked for along with the first of them.
_PLANNED_ONCE = "set_config('plan_cache_mode', 'force_generic_plan', true)"
_FEW = 50
# An urgent release stays open until an ordinary one follows it.
_LOTS = f"""
SELECT l.id, l.lot_no, l.state, r.kind = 'urgent' AS urgent, l.concession_id IS NOT NULL AS conceded,
       EXISTS (SELECT FROM hold h WHERE h.tenant_id = l.tenant_id AND h.lot_id = l.id AND h.closed_at IS NULL) AS held,
       EXISTS (SELECT FROM link k WHERE k.tenant_id = l.tenant_id AND k.to_lot = l.id)
       OR EXISTS (SELECT FROM operation_lot o WHERE o.tenant_id = l.tenant_id AND o.lot_id = l.id AND o.role = 'out') AS made,
       EXISTS (SELECT FROM lot_correction c WHERE c.tenant_id = l.tenant_id AND c.lot_id = l.id) AS corrected,
       EXISTS (SELECT FROM link k WHERE k.tenant_id = l.tenant_id AND k.to_lot = l.id AND k.kind IN ('split', 'merged', 'reworked', 'repaired')) AS moved,
       (SELECT EXISTS (SELECT FROM retained_observation o WHERE o.tenant_id = $1 AND o.result = 'abnormal')) AS looks_abnormal,
       (SELECT {_PLANNED_ONCE} WHERE cardinality($2::uuid[]) <= {_FEW})
FROM lot l
LEFT JOIN LATERAL (
    SELECT kind FROM release WHERE tenant_id = l.tenant_id AND lot_id = l.id ORDER BY id DESC LIMIT 1
) r ON l.state = 'released'
WHERE l.tenant_id = $1 AND l.id = ANY($2::uuid[])
"""  # noqa: S608 - constants
# Whether the signer measured, typed (with a key of his own too) or confirmed anything of a lot: each by an index that knows people.
# Whether he ever confirmed anything is asked once: asking it of each record takes as long as all the rest.
_RECORD_OF = "EXISTS (SELECT FROM record r WHERE r.tenant_id = $1 AND r.lot_id = {lot}"
_HAD_TO_DO = f"""({_RECORD_OF} AND r.operator_id = $3)
    OR {_RECORD_OF} AND r.operator_id IS NULL AND r.operator_name = $4)
    OR {_RECORD_OF}
         AND (r.entered_by IS DISTINCT FROM r.operator_id OR r.key_owner_id IS NOT NULL OR r.checker_id IS NOT NULL OR r.checker_name IS NOT NULL)
         AND (r.entered_by = $3 OR r.key_owner_id = $3 OR r.checker_id = $3 OR r.checker_name = $4))
    OR (SELECT EXISTS (SELECT FROM record_check WHERE tenant_id = $1 AND checker_id = $3))
       AND {_RECORD_OF} AND EXISTS (SELECT FROM record_check k WHERE k.tenant_id = $1 AND k.record_id = r.id AND k.checker_id = $3)))"""  # noqa: S608 - constants
# Of each lot and the goods it was split off or merged from, however far back: whether the signer had to do with an inspection;
# whether any record fails; whether anything was parted from them; and whether they came out of operations.
_WITH_GOODS = """
WITH RECURSIVE goods(root, lot) AS (
    SELECT id, id FROM unnest($2::uuid[]) AS id
  UNION
    SELECT g.root, k.from_lot FROM goods g
    JOIN link k ON k.tenant_id = $1 AND k.to_lot = g.lot AND k.kind IN ('split', 'merged') AND k.reverses IS NULL
    WHERE NOT EXISTS (SELECT FROM link b WHERE b.tenant_id = $1 AND b.reverses = k.id)
)
"""
_GOODS = f"""{_WITH_GOODS}
SELECT g.root,
    bool_or({_HAD_TO_DO.format(lot="g.lot")}) AS inspected,
    bool_or(coalesce((SELECT q.fails > 0 FROM lot_quality q WHERE q.tenant_id = $1 AND q.lot_id = g.lot LIMIT 1), false)) AS failing,
    bool_or(EXISTS (SELECT FROM link p WHERE p.tenant_id = $1 AND p.from_lot = g.lot AND p.kind = 'split')) AS parted,
    bool_or(EXISTS (SELECT FROM operation_lot o WHERE o.tenant_id = $1 AND o.lot_id = g.lot AND o.role = 'out')) AS operated
FROM goods g GROUP BY g.root
"""  # noqa: S608 - constants
# Of their single pieces: whether the signer inspected one, and how many fail or wait for a second person.
_PIECES = f"""{_WITH_GOODS}
SELECT g.root, bool_or({_HAD_TO_DO.format(lot="u.id")}) AS inspected,
    count(*) FILTER (WHERE EXISTS (SELECT FROM lot_quality q WHERE q.tenant_id = $1 AND q.lot_id = u.id AND (q.fails > 0 OR EXISTS (
        SELECT FROM record r WHERE r.tenant_id = $1 AND r.lot_id = u.id AND r.second_demanded
        AND NOT EXISTS (SELECT FROM record_check k WHERE k.tenant_id = $1 AND k.record_id = r.id)))))::int AS failing
FROM goods g
JOIN link p ON p.tenant_id = $1 AND p.from_lot = g.lot AND p.kind = 'split'
JOIN lot u ON u.tenant_id = $1 AND u.id = p.to_lot AND u.kind = 'unit' AND u.code_text IS NOT NULL
GROUP BY g.root
"""  # noqa: S608 - constants


class Review(NamedTuple):
    """Everything a signer should see about one lot, as it stands."""

    lot_id: UUID
    lot_no: str
    state: str
    is_urgent: bool
    quality: LotQuality
    holds: list[dict[str, Any]]
    chronology: Chronology
    missing: list[Point]
    unusual: list[Point]
    signer_inspected: bool

    @property
    def in_order(self) -> int:
        """How many of the lot's records say nothing that a signer must look at."""
        noted = {p.refers_to for p in (*self.missing, *self.unusual) if p.refers_to}
        return max(0, self.quality.records - self.quality.fails - self.quality.not_judged - len(noted))

    @property
    def waits_for(self) -> list[Point]:
        """What must be done before an ordinary release; before one that confirms an urgent one, all that was awaited."""
        return [point for point in self.missing if point.mandatory or (self.is_urgent and self._awaits(point))]

    def _awaits(self, point: Point) -> bool:
        """Whether a result is awaited still. Once one is there, an entry that nothing judges is not."""
        judged = self.quality.records > self.quality.not_judged
        return point.awaited and not (judged and point.code == "release_not_judged")

    def checklist(self) -> dict[str, Any]:
        """What is kept with the signature."""
        return {
            "state": self.state,
            "quality": {"verdict": self.quality.verdict, **self.quality._asdict()},
            "holds": self.holds,
            "chronology": [violation._asdict() for violation in self.chronology.violations],
            "unknown_dates": list(self.chronology.unknown),
            "missing": [point.kept() for point in self.missing],
            "unusual": [point.kept() for point in self.unusual],
            "in_order": self.in_order,
            "signer_inspected": self.signer_inspected,
        }


async def review_lots(
    actor: Actor,
    lot_ids: Sequence[UUID],
    releasing_at: datetime | None = None,
    states: Mapping[UUID, str] | None = None,
) -> dict[UUID, Review]:
    """What a signer should see of each lot. Raises NotFound if one of them does not exist."""
    tenant_id, ids = actor.tenant, list(lot_ids)
    rows = {row["id"]: row for row in await db.fetch(_LOTS, tenant_id, ids)}
    if len(rows) != len(set(ids)):
        raise NotFound
    goods = {row["root"]: row for row in await db.fetch(_GOODS, tenant_id, ids, actor.id, actor.name)}
    parted = [lot_id for lot_id, row in goods.items() if row["parted"]]
    pieces = (
        {row["root"]: row for row in await db.fetch(_PIECES, tenant_id, parted, actor.id, actor.name)} if parted else {}
    )
    speaking = await goods_of(tenant_id, ids)
    quality = {lot_id: each.quality for lot_id, each in speaking.items()}
    chronology = await check_chronology(tenant_id, ids, releasing_at, ahead_at=now())
    holds: dict[UUID, list[dict[str, Any]]] = {}
    held = [lot_id for lot_id, row in rows.items() if row["held"]]
    for hold in await chain.queries.holds(tenant_id, held, open_only=True) if held else ():
        holds.setdefault(hold["lot_id"], []).append({key: hold[key] for key in ("id", "kind", "cause", "reason")})
    missing, unusual = await gather(
        tenant_id,
        Facts(
            ids,
            {lot_id: each.lots for lot_id, each in speaking.items()},
            quality,
            holds,
            chronology,
            conceded=[lot_id for lot_id, row in rows.items() if row["conceded"]],
            failing=[lot_id for lot_id, row in goods.items() if row["failing"]],
            made=[lot_id for lot_id, row in rows.items() if row["made"]],
            moved=[lot_id for lot_id, row in rows.items() if row["moved"]],
            corrected=[lot_id for lot_id, row in rows.items() if row["corrected"]],
            parted=parted,
            operated=[lot_id for lot_id, row in goods.items() if row["operated"]],
            looked_at=[lot_id for lot_id, row in rows.items() if row["looks_abnormal"]],
            rejected=[lot_id for lot_id, row in rows.items() if (states or {}).get(lot_id, row["state"]) == "rejected"],
            failing_pieces={lot_id: row["failing"] for lot_id, row in pieces.items() if row["failing"]},
        ),
    )
    return {
        lot_id: Review(
            lot_id, row["lot_no"], (states or {}).get(lot_id, row["state"]), bool(row["urgent"]), quality[lot_id],
            holds.get(lot_id, []), chronology[lot_id], missing[lot_id], unusual[lot_id], goods[lot_id]["inspected"] or (lot_id in pieces and pieces[lot_id]["inspected"]),
        )
        for lot_id, row in rows.items()
    }  # fmt: skip
