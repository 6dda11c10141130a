"""Links, set-wise: judged under lock, checked for cycles, written in three statements whatever their number."""

from collections.abc import Container, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from uuid import UUID

from server.core import db
from server.core.actor import Actor
from server.core.errors import NotFound, Problem
from server.core.ids import new_id
from server.domains.access import audit
from server.domains.chain import problems
from server.domains.chain.commands import NewLink
from server.domains.chain.holds.inheritance import store_inherited
from server.domains.chain.holds.inheritance_rules import carry_over
from server.domains.chain.links.cycles import find_cycles
from server.domains.chain.recipes.adopting import adopt_recipes
from server.domains.chain.recipes.charging import Charging, Written, keep_exceptions, load_charging
from server.domains.chain.recipes.rules import Charge
from server.domains.chain.results import BulkResult, RowError
from server.domains.chain.stock.chunks import chunks, plan_for_many
from server.domains.chain.stock.gate import why_not_linked, why_not_moved, why_not_same_goods
from server.domains.chain.stock.goods import REWORK_KINDS, USE_KINDS, Stock
from server.domains.chain.stock.locking import add_used, lock_stocks, read_stocks
from server.domains.chain.stock.quantities import assert_spares_stopped, draw

_INSERT = """
INSERT INTO link (tenant_id, id, from_lot, to_lot, kind, quantity, unit, drawn_quantity, operation_id, at, created_by)
SELECT $1, r.id, r.from_lot, r.to_lot, r.kind, r.quantity, r.unit, r.drawn, r.operation_id, r.at, $2
FROM unnest($3::uuid[], $4::uuid[], $5::uuid[], $6::text[], $7::numeric[], $8::text[], $9::numeric[], $10::uuid[],
            $11::timestamptz[]) AS r(id, from_lot, to_lot, kind, quantity, unit, drawn, operation_id, at)
"""
# Lots into which something went otherwise than by being worked on again.
_OTHERWISE_FED = """
SELECT DISTINCT l.to_lot FROM link l
WHERE l.tenant_id = $1 AND l.to_lot = ANY($2::uuid[]) AND l.kind NOT IN ('reworked', 'repaired') AND l.reverses IS NULL
  AND NOT EXISTS (SELECT FROM link r WHERE r.tenant_id = $1 AND r.reverses = l.id)
"""


@dataclass(frozen=True, slots=True)
class Accepted:
    """A link that passed the gate, with what it draws in the unit of its source."""

    row: int
    id: UUID
    link: NewLink
    drawn: Decimal
    charge: Charge | None  # where the target is made under a recipe


async def create_links(actor: Actor, rows: Sequence[NewLink], *, all_or_nothing: bool = False) -> BulkResult:
    """Write up to 200,000 links in the given order; refused rows are named and, with `all_or_nothing`, nothing is written."""
    stocks = await lock_stocks(actor.tenant, {lot for row in rows for lot in (row.from_lot, row.to_lot)})
    no_moves = await _why_no_moves(actor.tenant, rows, stocks)
    accepted, errors = await _judge(actor.tenant, rows, stocks, no_moves)
    result = BulkResult([None] * len(rows), errors)
    if errors and all_or_nothing:
        result.written = False
        return result
    await write(actor, accepted, stocks)
    for item in accepted:
        result.ids[item.row] = item.id
    if accepted:
        await _record_many(actor, accepted, refused=len(errors))
    return result


async def create_link(actor: Actor, command: NewLink) -> UUID:
    """Write one link; raises the problem that refuses it. What is charged into goods without a recipe is charged under
    that of their product; RecipeToChoose where it has several."""
    if command.kind in USE_KINDS:
        await adopt_recipes(actor, [command.to_lot], "to_lot")
    stocks = await lock_stocks(actor.tenant, {command.from_lot, command.to_lot})
    for problem in (await _why_no_moves(actor.tenant, [command], stocks)).values():
        raise problem
    return await link_stocks(actor, command, stocks)


async def _why_no_moves(tenant_id: UUID, rows: Sequence[NewLink], stocks: Mapping[UUID, Stock]) -> dict[int, Problem]:
    """What refuses links by hand that say they are moves, by row: no move is a use under another name."""
    reworked = {row.to_lot for row in rows if row.kind in REWORK_KINDS}
    fed = {row["to_lot"] for row in await db.fetch(_OTHERWISE_FED, tenant_id, list(reworked))} if reworked else set()
    found: dict[int, Problem] = {}
    for position, row in enumerate(rows):
        if problem := _why_no_move(row, stocks, fed):
            found[position] = problem
        elif row.kind not in REWORK_KINDS:
            fed.add(row.to_lot)
    return found


def _why_no_move(row: NewLink, stocks: Mapping[UUID, Stock], fed: Container[UUID]) -> Problem | None:
    source, target = stocks.get(row.from_lot), stocks.get(row.to_lot)
    if source is None or target is None or row.kind in USE_KINDS:
        return None
    if found := why_not_moved(source) or why_not_same_goods(row.kind, source, target):
        return found
    if row.kind in REWORK_KINDS and target.state == "pending" and target.id in fed:
        return problems.TargetHasInputs(field="to_lot", lot_no=target.lot_no)
    return None


async def link_stocks(actor: Actor, command: NewLink, stocks: dict[UUID, Stock]) -> UUID:
    """Write one link between lots that are locked already."""
    return (await links_stocks(actor, [command], stocks))[0]


async def links_stocks(actor: Actor, rows: Sequence[NewLink], stocks: dict[UUID, Stock]) -> list[UUID]:
    """Write links between lots that are locked already, all or none; raises what refuses the first of them."""
    accepted, errors = await _judge(actor.tenant, rows, stocks)
    if errors:
        raise errors[0].problem
    await write(actor, accepted, stocks)
    if len(accepted) == 1:
        after = accepted[0].link.model_dump(mode="json") | {"drawn_quantity": accepted[0].drawn}
        await audit.record(actor, "link.created", "link", accepted[0].id, after=after)
    else:
        await _record_many(actor, accepted, refused=0)
    return [item.id for item in accepted]


async def _record_many(actor: Actor, accepted: Sequence[Accepted], refused: int) -> None:
    after = {"links": len(accepted), "refused": refused, "first": accepted[0].id, "last": accepted[-1].id}
    await audit.record(actor, "link.created_many", "link", accepted[0].id, after=after)


async def _judge(
    tenant_id: UUID,
    rows: Sequence[NewLink],
    stocks: dict[UUID, Stock],
    refused_already: Mapping[int, Problem] | None = None,
) -> tuple[list[Accepted], list[RowError]]:
    """Gate, recipes and cycles. What a row refused for its cycle had drawn is free for the others, so they are judged again."""
    refused = dict(refused_already or {})
    while True:
        charging = await load_charging(tenant_id, {row.to_lot for row in rows})
        accepted, errors = _gate(rows, stocks, refused, charging)
        cycles = await find_cycles(tenant_id, [(a.link.from_lot, a.link.to_lot) for a in accepted]) if accepted else {}
        if not cycles:
            return accepted, sorted(errors, key=lambda error: error.row)
        for position, path in cycles.items():
            names = await _names(tenant_id, path)
            refused[accepted[position].row] = problems.LinksFormCycle(field="to_lot", path=" → ".join(names))
        stocks.update(await read_stocks(tenant_id, list(stocks)))


def _gate(
    rows: Sequence[NewLink], stocks: Mapping[UUID, Stock], refused: Mapping[int, Problem], charging: Charging
) -> tuple[list[Accepted], list[RowError]]:
    accepted, errors = [], [RowError(row, problem) for row, problem in refused.items()]
    for position, row in enumerate(rows):
        if position in refused:
            continue
        try:
            accepted.append(_accept(position, row, stocks, charging))
        except Problem as problem:
            errors.append(RowError(position, problem))
    return accepted, errors


def _accept(position: int, row: NewLink, stocks: Mapping[UUID, Stock], charging: Charging) -> Accepted:
    source, target = stocks.get(row.from_lot), stocks.get(row.to_lot)
    if source is None:
        raise NotFound(field="from_lot")
    if target is None:
        raise NotFound(field="to_lot")
    if source is target:
        raise problems.LinkToItself(field="to_lot", lot_no=source.lot_no)
    if problem := why_not_linked(row.kind, source, target):
        raise problem
    charge = charging.admit(row, source, target)
    drawn = draw(source, row.quantity, row.unit)
    assert_spares_stopped(source, drawn, used_up=row.kind in USE_KINDS)
    if charge is not None:
        charge.take()
    carry_over(row.kind, source, target, drawn)
    return Accepted(position, new_id(), row, drawn, charge)


async def _names(tenant_id: UUID, path: Sequence[UUID]) -> list[str]:
    rows = await db.fetch(
        "SELECT id, lot_no FROM lot WHERE tenant_id = $1 AND id = ANY($2::uuid[])", tenant_id, list(path)
    )
    names = {row["id"]: row["lot_no"] for row in rows}
    return [names.get(lot, str(lot)) for lot in path]


async def write(actor: Actor, accepted: Sequence[Accepted], stocks: Mapping[UUID, Stock]) -> None:
    """Store judged links, what they drew, what the goods bring along (holds, expiry, rejection), and
    what a recipe's release must see."""
    await plan_for_many(len(accepted))
    for part in chunks(accepted):
        await _insert(actor, part, stocks)
    drawn: dict[UUID, Decimal] = {}
    for item in accepted:
        drawn[item.link.from_lot] = drawn.get(item.link.from_lot, Decimal(0)) + item.drawn
    await add_used(actor.tenant, drawn)
    await store_inherited(actor, {a.link.to_lot: stocks[a.link.to_lot] for a in accepted}.values())
    charges = [Written(a.id, a.link.from_lot, a.charge) for a in accepted if a.charge is not None]
    await keep_exceptions(actor, charges, stocks)


async def _insert(actor: Actor, accepted: Sequence[Accepted], stocks: Mapping[UUID, Stock]) -> None:
    links = [item.link for item in accepted]
    units = [link.unit or stocks[link.from_lot].unit if link.quantity is not None else None for link in links]
    await db.execute(
        _INSERT, actor.tenant, actor.id, [a.id for a in accepted], [k.from_lot for k in links], [k.to_lot for k in links],
        [k.kind for k in links], [k.quantity for k in links], units, [a.drawn for a in accepted],
        [k.operation_id for k in links], [k.at for k in links],
    )  # fmt: skip
