"""Charging (投料) under a recipe: every writer of links asks here, whatever the route. A lot without one is as before.

A part split off, merged or reworked from lots with a recipe is charged under its share of theirs; single pieces of a lot take
in nothing that its recipe does not know.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from uuid import UUID

import asyncpg

from server.core import db
from server.core.actor import Actor
from server.core.errors import Problem
from server.core.impossible import ImpossibleValue
from server.core.units import convert
from server.domains.chain.commands import NewLink
from server.domains.chain.recipes.handed_on import GOODS_OF, shares_in
from server.domains.chain.recipes.parting import mixture, part_of
from server.domains.chain.recipes.rules import Batch, Charge, Material, NotInRecipe, admit, brings_material
from server.domains.chain.stock.gate import why_unusable
from server.domains.chain.stock.goods import ZERO, Stock
from server.domains.chain.stock.locking import lock_stocks

_ANY = """
SELECT EXISTS (SELECT FROM lot_recipe WHERE tenant_id = $1) AS followed,
       EXISTS (SELECT FROM recipe WHERE tenant_id = $1 AND retired_at IS NULL) AS made
"""
# A lot's own recipe, and those of the lots whose goods it is.
_BATCHES = f"""{GOODS_OF}
SELECT u.target, u.lot, v.id AS version_id, v.outside, r.name || ' V' || v.version AS recipe,
       b.batch_quantity AS planned, v.batch_quantity AS size, v.unit,
       t.kind = 'unit' AND t.code_text IS NOT NULL OR t.product_id <> r.product_id AS known_only
FROM up u
JOIN lot t ON t.tenant_id = $1 AND t.id = u.target
JOIN lot_recipe b ON b.tenant_id = $1 AND b.lot_id = u.lot
JOIN recipe_version v ON v.tenant_id = $1 AND v.id = b.version_id
JOIN recipe r ON r.tenant_id = $1 AND r.id = v.recipe_id
"""  # noqa: S608 - constants
_LINES = """
SELECT l.version_id, l.product_id, p.name, l.quantity, l.unit, l.below_percent, l.above_percent, l.balanced
FROM recipe_line l JOIN product p ON p.tenant_id = $1 AND p.id = l.product_id
WHERE l.tenant_id = $1 AND l.version_id = ANY($2::uuid[]) ORDER BY l.position
"""
_CHARGED = """
SELECT l.to_lot, f.product_id, f.unit, sum(l.drawn_quantity) AS drawn
FROM link l JOIN lot f ON f.tenant_id = $1 AND f.id = l.from_lot JOIN lot t ON t.tenant_id = $1 AND t.id = l.to_lot
WHERE l.tenant_id = $1 AND l.to_lot = ANY($2::uuid[]) AND l.kind <> 'packed'
  AND (l.kind IN ('consumed', 'installed') OR f.product_id <> t.product_id)
GROUP BY l.to_lot, f.product_id, f.unit
"""
_HELD_BEFORE = """
SELECT DISTINCT lot_id FROM hold WHERE tenant_id = $1 AND lot_id = ANY($2::uuid[]) AND closed_at IS NULL AND opened_at <= $3
"""
# A lot of the same material that may be used and expires before the one that was taken.
_EARLIER = """
SELECT w.position, e.id, e.lot_no, e.expires_at
FROM unnest($2::integer[], $3::uuid[], $4::timestamptz[]) AS w(position, product_id, expires_at)
CROSS JOIN LATERAL (
    SELECT l.id, l.lot_no, l.expires_at FROM lot l
    WHERE l.tenant_id = $1 AND l.product_id = w.product_id AND l.state = 'released' AND l.kind <> 'package'
      AND l.expires_at > now() AND l.expires_at < coalesce(w.expires_at, 'infinity') AND l.id <> ALL ($5::uuid[])
      AND l.quantity + l.counted_difference - l.used_quantity > 0
      AND NOT EXISTS (SELECT FROM hold h WHERE h.tenant_id = $1 AND h.lot_id = l.id AND h.closed_at IS NULL)
    ORDER BY l.expires_at, l.id LIMIT 1
) e
"""
_KEEP = """
INSERT INTO charge_exception (tenant_id, lot_id, link_id, kind, detail, created_by)
SELECT $1, e.lot_id, e.link_id, e.kind, e.detail::jsonb, $2
FROM unnest($3::uuid[], $4::uuid[], $5::text[], $6::text[]) AS e(lot_id, link_id, kind, detail)
"""


@dataclass(frozen=True, slots=True)
class Written:
    """A stored link with the charge that it is."""

    id: UUID
    from_lot: UUID
    charge: Charge


@dataclass(slots=True)
class Charging:
    """The recipes that the targets of one command are made under; empty for an enterprise without recipes. `own`: chosen for
    the lot, or its share of those of the lots whose goods it is. `known_only`: of
    single pieces and goods that were made another product, which no amounts are asked of. `origins`: the lots
    whose goods a lot is, where that is not itself alone. `are_made`: whether the enterprise has recipes in use."""

    own: dict[UUID, Batch] = field(default_factory=dict)
    known_only: dict[UUID, list[Batch]] = field(default_factory=dict)
    origins: dict[UUID, list[UUID]] = field(default_factory=dict)
    are_made: bool = False

    def admit(self, link: NewLink, source: Stock, target: Stock) -> Charge | None:
        """The charge that this link is; None where no recipe speaks. Raises what a recipe refuses."""
        if not (self.own or self.known_only) or not brings_material(link.kind, source, target):
            return None
        batch = self.own.get(target.id)
        if batch is not None:
            return admit(batch, link, source, target)
        for other in self.known_only.get(target.id, []):
            if source.product_id not in other.materials:
                raise NotInRecipe(field="from_lot", lot_no=source.lot_no, target=target.lot_no, recipe=other.recipe)
        return None


async def load_charging(tenant_id: UUID, lot_ids: Iterable[UUID]) -> Charging:
    """The recipes of these lots with what is charged now. Under the graph's lock what it says stays true."""
    recipes = await db.fetchrow(_ANY, tenant_id)
    assert recipes is not None
    found = Charging(are_made=recipes["made"])
    if not recipes["followed"]:
        return found
    rows = await db.fetch(_BATCHES, tenant_id, sorted(set(lot_ids)))
    if not rows:
        return found
    materials = await materials_of(tenant_id, {row["version_id"] for row in rows})
    handed_on = sorted({row["target"] for row in rows if row["lot"] != row["target"]})
    shares = await shares_in(tenant_id, handed_on)
    lots = {row["target"] for row in rows} | {lot for target in handed_on for lot in shares.get(target, ())}
    charged = await charged_amounts(tenant_id, sorted(lots))
    batches: dict[UUID, list[tuple[UUID, Batch]]] = {}
    for row in rows:
        known = materials.get(row["version_id"], {})
        batch = Batch(
            row["lot"], row["recipe"], row["version_id"], row["outside"], row["planned"], row["size"], row["unit"],
            known, _in_units_of(known, charged.get(row["lot"], [])),
        )  # fmt: skip
        if row["lot"] == row["target"]:
            found.own[row["target"]] = batch
        elif row["known_only"]:
            found.known_only.setdefault(row["target"], []).append(batch)
        else:
            batches.setdefault(row["target"], []).append((row["lot"], batch))
    for target, passed_on in batches.items():
        mine = shares.get(target, {})
        # Without the graph's lock a link may have been taken back between the two readings.
        passed_on = [(lot, batch) for lot, batch in passed_on if lot in mine]
        if target not in found.own and passed_on:
            found.own[target] = _handed_on(target, passed_on, mine, charged)
            found.origins[target] = [lot for lot in mine if lot != target]
    return found


def _handed_on(
    target: UUID,
    passed_on: Sequence[tuple[UUID, Batch]],
    shares: Mapping[UUID, Decimal],
    charged: Mapping[UUID, Sequence[asyncpg.Record]],
) -> Batch:
    """The batch that goods of other goods are: their shares, and what was charged on the way and into the goods themselves."""
    whole = mixture(target, [part_of(batch, shares[lot]) for lot, batch in passed_on])
    for lot in shares.keys() - {lot for lot, _ in passed_on}:
        for product_id, amount in _in_units_of(whole.materials, charged.get(lot, [])).items():
            whole.charged[product_id] = whole.charged.get(product_id, ZERO) + amount * shares[lot]
    return whole


async def materials_of(tenant_id: UUID, version_ids: Iterable[UUID]) -> dict[UUID, dict[UUID, Material]]:
    """The lines of these versions of recipes, by material."""
    found: dict[UUID, dict[UUID, Material]] = {}
    for row in await db.fetch(_LINES, tenant_id, list(version_ids)):
        version_id, *line = row
        material = Material(*line)
        found.setdefault(version_id, {})[material.product_id] = material
    return found


async def charged_amounts(tenant_id: UUID, lot_ids: Sequence[UUID]) -> dict[UUID, list[asyncpg.Record]]:
    """What stands charged to each lot: product, unit, drawn; taken-back links count nothing."""
    found: dict[UUID, list[asyncpg.Record]] = {}
    for row in await db.fetch(_CHARGED, tenant_id, list(lot_ids)):
        found.setdefault(row["to_lot"], []).append(row)
    return found


def _in_units_of(materials: Mapping[UUID, Material], rows: Sequence[asyncpg.Record]) -> dict[UUID, Decimal]:
    """The sums in the units of the recipe; what does not convert was refused when it was written."""
    sums: dict[UUID, Decimal] = {}
    for row in rows:
        material = materials.get(row["product_id"])
        if material is None or not row["drawn"]:
            continue
        try:
            amount = convert(row["drawn"], row["unit"] or material.unit, material.unit)
        except ImpossibleValue:
            continue
        sums[material.product_id] = sums.get(material.product_id, ZERO) + amount
    return sums


async def keep_exceptions(actor: Actor, written: Sequence[Written], stocks: Mapping[UUID, Stock]) -> None:
    """Store what release must see: another lot would have expired first, more than the tolerance, no quantity."""
    if not written:
        return
    found: list[tuple[UUID, UUID, str, str]] = []
    for item in written:
        charge = item.charge
        if charge.above or charge.amount is None:
            kind = "above_tolerance" if charge.above else "quantity_unknown"
            found.append((charge.batch.lot_id, item.id, kind, db.dumps(charge.detail())))
    found += await _not_first(actor.tenant, written, stocks)
    if found:
        await db.execute(_KEEP, actor.tenant, actor.id, *(list(column) for column in zip(*found, strict=True)))


async def _not_first(
    tenant_id: UUID, written: Sequence[Written], stocks: Mapping[UUID, Stock]
) -> list[tuple[UUID, UUID, str, str]]:
    sources = [stocks[item.from_lot] for item in written]
    rows = await db.fetch(
        _EARLIER, tenant_id, list(range(len(written))), [s.product_id for s in sources], [s.expires_at for s in sources],
        [item.charge.batch.lot_id for item in written],
    )  # fmt: skip
    found = []
    for row in rows:
        item, source = written[row["position"]], sources[row["position"]]
        detail = {
            "material": item.charge.material.name, "taken": source.lot_no, "taken_expires_at": source.expires_at,
            "first": row["lot_no"], "first_lot": row["id"], "first_expires_at": row["expires_at"],
        }  # fmt: skip
        found.append((item.charge.batch.lot_id, item.id, "not_first_expiring", db.dumps(detail)))
    return found


async def charged_by(tenant_id: UUID, lots_in: Sequence[UUID], lots_out: Sequence[UUID]) -> list[UUID]:
    """The outputs of an operation into which goods of another product went."""
    if not (lots_in and lots_out):
        return []
    rows = await db.fetch(
        "SELECT DISTINCT o.id FROM lot o JOIN lot i ON i.tenant_id = $1 AND i.id = ANY($2::uuid[]) AND i.product_id <> o.product_id"
        " WHERE o.tenant_id = $1 AND o.id = ANY($3::uuid[])",
        tenant_id, list(lots_in), list(lots_out),
    )  # fmt: skip
    return [row["id"] for row in rows]


async def check_operation(
    tenant_id: UUID, lots_in: Sequence[UUID], lots_out: Sequence[UUID], began_at: datetime | None = None
) -> None:
    """An operation uses an input for another lot only if it may be used and the recipe of that lot knows it.

    What is linked to the output already was judged then; a lot that comes out as the same lot, or goes into none, is
    handled (moved, cooled, measured) and not used. `began_at`: what it took in was on record then, and is in it by now
    whatever stops it since. Raises NotInRecipe or what stops the lot.
    """
    if not (lots_in and lots_out):
        return
    stocks = await lock_stocks(tenant_id, [*lots_in, *lots_out])
    if began_at is not None:
        await _as_they_were(tenant_id, [stocks[lot_id] for lot_id in lots_in], began_at)
    charging = await load_charging(tenant_id, lots_out)
    linked = await _linked(tenant_id, lots_in, lots_out)
    for target in (stocks[lot_id] for lot_id in lots_out):
        batches = [charging.own[target.id]] if target.id in charging.own else charging.known_only.get(target.id, [])
        for source in (
            stocks[lot_id] for lot_id in lots_in if lot_id != target.id and (lot_id, target.id) not in linked
        ):
            if why := _why_not_in(batches, source, target):
                why.field = "lots_in"
                raise why


async def _as_they_were(tenant_id: UUID, stocks: Sequence[Stock], at: datetime) -> None:
    """Without the holds that were opened since; what expired since had not expired yet."""
    rows = await db.fetch(_HELD_BEFORE, tenant_id, [stock.id for stock in stocks], at)
    held = {row["lot_id"] for row in rows}
    for stock in stocks:
        if stock.id not in held:
            stock.holds.clear()
        if stock.expires_at is not None and stock.expires_at > at:
            stock.expired = False


def _why_not_in(batches: Sequence[Batch], source: Stock, target: Stock) -> Problem | None:
    for batch in batches:
        if source.product_id not in (target.product_id, *batch.materials):
            return NotInRecipe(lot_no=source.lot_no, target=target.lot_no, recipe=batch.recipe)
    return why_unusable(source)


async def _linked(tenant_id: UUID, lots_in: Sequence[UUID], lots_out: Sequence[UUID]) -> set[tuple[UUID, UUID]]:
    rows = await db.fetch(
        "SELECT l.from_lot, l.to_lot FROM link l WHERE l.tenant_id = $1 AND l.from_lot = ANY($2::uuid[])"
        " AND l.to_lot = ANY($3::uuid[]) AND l.reverses IS NULL"
        " AND NOT EXISTS (SELECT FROM link r WHERE r.tenant_id = $1 AND r.reverses = l.id)",
        tenant_id, list(lots_in), list(lots_out),
    )  # fmt: skip
    return {(row["from_lot"], row["to_lot"]) for row in rows}
