"""How far a lot is charged, which lot to take next (the one that expires first), and what release must see of it."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import ROUND_DOWN, Decimal
from typing import Any, NamedTuple
from uuid import UUID

from server.core import db
from server.core.errors import NotFound
from server.core.impossible import ImpossibleValue
from server.core.units import convert
from server.domains.chain.recipes.adopting import batch_to_adopt
from server.domains.chain.recipes.charging import Charging, load_charging
from server.domains.chain.recipes.rules import Batch, Material, told
from server.domains.chain.stock.goods import ZERO
from server.domains.chain.stock.quantities import plain

MOST_PROPOSED = 20
# Usable lots of the materials, the first to expire first; of unknown expiry last.
_USABLE = """
SELECT w.product_id, l.id, l.lot_no, l.expires_at, l.unit, l.left_over, l.place_name
FROM unnest($2::uuid[]) AS w(product_id)
CROSS JOIN LATERAL (
    SELECT l.id, l.lot_no, l.expires_at, l.unit, l.quantity + l.counted_difference - l.used_quantity AS left_over, p.name AS place_name
    FROM lot l LEFT JOIN place p ON p.tenant_id = $1 AND p.id = l.place_id
    WHERE l.tenant_id = $1 AND l.product_id = w.product_id AND l.state = 'released' AND l.kind NOT IN ('package', 'unit')
      AND coalesce(l.expires_at > now(), true) AND coalesce(l.quantity + l.counted_difference - l.used_quantity > 0, true) AND l.id <> $3
      AND NOT EXISTS (SELECT FROM hold h WHERE h.tenant_id = $1 AND h.lot_id = l.id AND h.closed_at IS NULL)
    ORDER BY l.expires_at NULLS LAST, l.id LIMIT $4
) l
"""
# Charged though nobody chose a recipe (history that an import took over, goods begun before the recipe was written), or made
# here of nothing at all.
_WITHOUT = """
SELECT id, recipes, charged FROM (
    SELECT l.id, string_agg(r.name, '、' ORDER BY r.name) AS recipes,
           EXISTS (SELECT FROM link k WHERE k.tenant_id = $1 AND k.to_lot = l.id AND k.kind IN ('consumed', 'installed') AND k.reverses IS NULL
                   AND NOT EXISTS (SELECT FROM link b WHERE b.tenant_id = $1 AND b.reverses = k.id)) AS charged,
           l.supplier_id IS NULL AND NOT EXISTS (SELECT FROM link k WHERE k.tenant_id = $1 AND k.to_lot = l.id) AS from_nothing
    FROM lot l JOIN recipe r ON r.tenant_id = $1 AND r.product_id = l.product_id AND r.retired_at IS NULL
    WHERE l.tenant_id = $1 AND l.id = ANY($2::uuid[]) AND l.kind IN ('intermediate', 'finished')
    GROUP BY l.id, l.supplier_id) found
WHERE charged OR from_nothing
"""
_EXCEPTIONS = """
SELECT e.lot_id, e.link_id, e.kind, e.detail::text AS detail, e.at
FROM charge_exception e
WHERE e.tenant_id = $1 AND e.lot_id = ANY($2::uuid[])
  AND NOT EXISTS (SELECT FROM link r WHERE r.tenant_id = $1 AND r.reverses = e.link_id)
ORDER BY e.lot_id, e.id
"""


@dataclass(frozen=True, slots=True)
class Proposed:
    """A lot to take next, and how much of it, in the unit of the recipe's line; `left` in the lot's own unit."""

    lot_id: UUID
    lot_no: str
    expires_at: Any
    place_name: str | None
    left: Decimal | None
    lot_unit: str | None
    take: Decimal | None


@dataclass(frozen=True, slots=True)
class ChargeLine:
    """One material of the batch: what the recipe asks, what is in, and what to take."""

    material: Material
    target: Decimal
    low: Decimal | None
    high: Decimal | None
    charged: Decimal
    verdict: str
    proposed: Sequence[Proposed]


class ChargeFinding(NamedTuple):
    """What a release must see. kind: below_tolerance | above_tolerance | not_charged | not_first_expiring | quantity_unknown |
    without_recipe | nothing_charged; `params` fill the text `charge.finding.<kind>`. `mandatory`: the recipe refuses it, so the release may not pass it."""

    kind: str
    mandatory: bool
    params: dict[str, Any]


class ChargeState(NamedTuple):
    """`chosen`: the lot is made under this recipe; else the first charge would put it there."""

    batch: Batch
    lines: list[ChargeLine]
    findings: list[ChargeFinding]
    chosen: bool = True


async def charge_state(tenant_id: UUID, lot_id: UUID, *, proposing: bool = False) -> ChargeState:
    """How the charging of a lot stands. NotFound where the lot has no recipe; `proposing`: and will get none by itself."""
    batch = (await load_charging(tenant_id, [lot_id])).own.get(lot_id)
    chosen = batch is not None
    if batch is None and proposing:
        batch = await batch_to_adopt(tenant_id, lot_id)
    if batch is None:
        raise NotFound
    rows = await db.fetch(_USABLE, tenant_id, list(batch.materials), lot_id, MOST_PROPOSED)
    lines = [
        _line(batch, material, [row for row in rows if row["product_id"] == material.product_id])
        for material in batch.materials.values()
    ]
    return ChargeState(
        replace(batch, planned=told(batch.planned)),
        lines,
        (await charge_findings(tenant_id, [lot_id])).get(lot_id, []),
        chosen,
    )


def _line(batch: Batch, material: Material, rows: Sequence[Any]) -> ChargeLine:
    low, high = batch.limits(material)
    charged = batch.charged.get(material.product_id, ZERO)
    missing = max(batch.target(material) - charged, ZERO)
    proposed = []
    for row in rows:
        if missing <= 0:
            break
        take = _at_hand(row, material)
        take = None if take is None else told(min(take, missing), ROUND_DOWN)
        proposed.append(
            Proposed(
                row["id"], row["lot_no"], row["expires_at"], row["place_name"], row["left_over"], row["unit"], take
            )
        )
        missing = told(missing - (take or ZERO))
    verdict = batch.judged(material)
    least, most = (None if each is None else told(each) for each in (low, high))
    return ChargeLine(material, told(batch.target(material)), least, most, told(charged), verdict, proposed)


def _at_hand(row: Any, material: Material) -> Decimal | None:
    if row["left_over"] is None:
        return None
    try:
        return convert(row["left_over"], row["unit"] or material.unit, material.unit)
    except ImpossibleValue:
        return None


async def charge_findings(
    tenant_id: UUID, lot_ids: Sequence[UUID], charging: Charging | None = None
) -> dict[UUID, list[ChargeFinding]]:
    """What of the charging of these lots a release must see; lots about which nothing is are missing in the answer."""
    charging = charging or await load_charging(tenant_id, lot_ids)
    others = [lot_id for lot_id in lot_ids if lot_id not in charging.own and lot_id not in charging.known_only]
    without = {
        row["id"]: [
            ChargeFinding("without_recipe" if row["charged"] else "nothing_charged", False, {"recipes": row["recipes"]})
        ]
        for row in (await db.fetch(_WITHOUT, tenant_id, others) if charging.are_made else ())
    }
    if not charging.own:
        return without
    found = {lot_id: _amount_findings(batch) for lot_id, batch in charging.own.items()}
    noted: dict[UUID, list[ChargeFinding]] = {}
    asked = set(charging.own).union(*charging.origins.values())
    for row in await db.fetch(_EXCEPTIONS, tenant_id, sorted(asked)):
        if row["kind"] != "above_tolerance":  # that is judged by what stands charged now
            noted.setdefault(row["lot_id"], []).append(ChargeFinding(row["kind"], False, db.loads(row["detail"])))
    for lot_id, findings in found.items():
        for origin in (lot_id, *charging.origins.get(lot_id, ())):
            findings += noted.get(origin, [])
    return found | without


def _amount_findings(batch: Batch) -> list[ChargeFinding]:
    found = []
    for material in batch.materials.values():
        verdict = batch.judged(material)
        if verdict == "within" or (verdict == "none" and material.below_percent is None):
            continue
        kind = {"none": "not_charged", "below": "below_tolerance", "above": "above_tolerance"}[verdict]
        low, high = batch.limits(material)
        limit = high if verdict == "above" else low
        params = {
            "material": material.name, "unit": material.unit, "limit": "" if limit is None else plain(told(limit)),
            "charged": plain(told(batch.charged.get(material.product_id, ZERO))),
        }  # fmt: skip
        found.append(ChargeFinding(kind, batch.outside == "refuse", params))
    return found


async def charge_warnings(tenant_id: UUID, link_id: UUID) -> list[ChargeFinding]:
    """What was noted about one charge when it was written."""
    rows = await db.fetch(
        "SELECT kind, detail::text AS detail FROM charge_exception WHERE tenant_id = $1 AND link_id = $2 ORDER BY id",
        tenant_id, link_id,
    )  # fmt: skip
    return [ChargeFinding(row["kind"], False, db.loads(row["detail"])) for row in rows]
