"""Recalls: one call freezes the scope, stops the stock and tells the public, in one transaction."""

from collections.abc import Iterable, Sequence
from typing import NamedTuple
from uuid import UUID

from server.core import db
from server.core.actor import Actor
from server.core.errors import Conflict, NotFound, Problem
from server.core.ids import new_id
from server.domains import chain, trace
from server.domains.access import audit
from server.domains.response.commands import CloseRecall, OpenRecall, RecallRange

_RECALL = """
INSERT INTO recall (tenant_id, id, level, reason, advice, reason_en, advice_en, opened_by)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
"""
_LOTS = """
INSERT INTO recall_scope (tenant_id, recall_id, lot_id) SELECT $1, $2, lot_id FROM unnest($3::uuid[]) AS lot_id
"""
_SERIALS = """
INSERT INTO recall_scope (tenant_id, recall_id, lot_id, order_id, serials)
SELECT $1, $2, s.lot_id, s.order_id, int4range(s.first, s.last + 1)
FROM unnest($3::uuid[], $4::uuid[], $5::int[], $6::int[]) AS s(lot_id, order_id, first, last)
"""
# A range of an order may stand for several lots, since parts were split off.
_OF_RANGES = """
SELECT w.number, c.lot_id, c.order_id, lower(c.serials * w.serials) AS first, upper(c.serials * w.serials) - 1 AS last
FROM (SELECT number, order_id, int4range(first, last + 1) AS serials
      FROM unnest($2::uuid[], $3::int[], $4::int[]) WITH ORDINALITY AS w(order_id, first, last, number)) w
JOIN code_range c ON c.tenant_id = $1 AND c.order_id = w.order_id AND c.serials && w.serials
"""


class RecallSerialsUnknown(Problem):
    """Serials that the order does not have."""

    status = 422
    code = "recall_serials_unknown"


class RecallClosed(Conflict):
    code = "recall_closed"


class Opened(NamedTuple):
    """`included`: lots in the scope that hold goods of the named ones; `left_out`: those that do and are not in it;
    `uncoded`: lots of which goods lie in a named package without codes of their own, `unnamed`: parts of coded lots of whose
    pieces nobody said which they are; no scan tells of the recall of either."""

    id: UUID
    lots: int
    ranges: int
    included: Sequence[trace.SameGoods] = ()
    left_out: Sequence[trace.SameGoods] = ()
    uncoded: Sequence[str] = ()
    unnamed: Sequence[str] = ()


async def open_recall(actor: Actor, command: OpenRecall) -> Opened:
    """Freeze the scope, stop every lot in it and write the public notices.

    A range stops the whole lot's stock for review (which pieces are left is not known by serial), but the public is
    told of the recalled serials alone. A named package is recalled with what lies in it by its codes. Raises NotFound, RecallSerialsUnknown, TraceIncomplete.
    """
    await chain.lock_graph(actor.tenant)  # nothing may be made of the lots while their products are looked for
    await chain.plan_for_many(len(command.lots))
    lots, same_goods = set(command.lots), await trace.same_goods(actor, command.lots)
    if not command.exactly:
        lots |= {each.lot_id for each in same_goods}
    if command.from_lot is not None:
        lots |= (await trace.affected(actor, [command.from_lot])).lots
    await chain.plan_for_many(len(lots))
    await _known(actor.tenant, lots)
    serials = [part for part in await _parts(actor.tenant, command.ranges) if part.lot_id not in lots]
    inside = await chain.coded_pieces(actor.tenant, list(command.lots))
    packed = [piece for _, piece in inside if piece.lot_id not in lots]
    uncoded = await chain.uncoded_contents(actor.tenant, list(command.lots))
    recall_id = new_id()
    await db.execute(
        _RECALL, actor.tenant, recall_id, command.level, command.reason, command.advice, command.reason_en,
        command.advice_en, actor.id,
    )  # fmt: skip
    await _freeze(actor.tenant, recall_id, lots, [*serials, *packed])
    await _stop_and_tell(actor, command, f"recall:{recall_id}", lots, serials, packed)
    included = [each for each in same_goods if each.lot_id in lots]
    after = {
        **command.model_dump(mode="json", exclude={"lots"}), "lots": len(lots), "serial_ranges": len(serials) + len(packed),
        "included_lots": len(included),
    }  # fmt: skip
    await audit.record(actor, "recall.opened", "recall", recall_id, after=after)
    left_out = [each for each in same_goods if each.lot_id not in lots]
    unmarked = [lot_no for lot_id, lot_no in uncoded.items() if lot_id not in lots]
    unnamed = sorted((await chain.parted_unnamed(actor.tenant, list(lots))).values())
    return Opened(recall_id, len(lots), len(serials) + len(packed), included, left_out, unmarked, unnamed)


async def close_recall(actor: Actor, recall_id: UUID, command: CloseRecall) -> None:
    """End a recall. Raises NotFound, RecallClosed."""
    closed = await db.fetchval(
        "SELECT closed_at IS NOT NULL FROM recall WHERE tenant_id = $1 AND id = $2 FOR UPDATE", actor.tenant, recall_id
    )
    if closed is None:
        raise NotFound
    if closed:
        raise RecallClosed
    await db.execute(
        "UPDATE recall SET closed_at = now(), closed_by = $3, outcome = $4, close_reason = $5 WHERE tenant_id = $1 AND id = $2",
        actor.tenant, recall_id, actor.id, command.outcome, command.reason,
    )  # fmt: skip
    if command.outcome == "withdrawn":
        await chain.close_holds(actor, f"recall:{recall_id}", command.reason)
    await audit.record(actor, "recall.closed", "recall", recall_id, after=command.model_dump())


async def _known(tenant_id: UUID, lots: set[UUID]) -> None:
    found = await db.fetchval(
        "SELECT count(*) FROM lot WHERE tenant_id = $1 AND id = ANY($2::uuid[])", tenant_id, list(lots)
    )
    if found != len(lots):
        raise NotFound(field="lots")


async def _parts(tenant_id: UUID, ranges: Sequence[RecallRange]) -> list[chain.NoticeRange]:
    """The ranges, cut where their serials stand for different lots; every serial must stand for one."""
    rows = await db.fetch(
        _OF_RANGES, tenant_id, [r.order_id for r in ranges], [r.first for r in ranges], [r.last for r in ranges]
    )
    for number, wanted in enumerate(ranges, 1):
        covered = sum(row["last"] - row["first"] + 1 for row in rows if row["number"] == number)
        if covered != wanted.last - wanted.first + 1:
            raise RecallSerialsUnknown(field=f"ranges.{number - 1}", first=wanted.first, last=wanted.last)
    return [chain.NoticeRange(row["lot_id"], row["order_id"], row["first"], row["last"]) for row in rows]


async def _freeze(tenant_id: UUID, recall_id: UUID, lots: Iterable[UUID], serials: Sequence[chain.NoticeRange]) -> None:
    await db.execute(_LOTS, tenant_id, recall_id, sorted(lots))
    await db.execute(
        _SERIALS, tenant_id, recall_id, [s.lot_id for s in serials], [s.order_id for s in serials],
        [s.first for s in serials], [s.last for s in serials],
    )  # fmt: skip


async def _stop_and_tell(
    actor: Actor, command: OpenRecall, cause: str, lots: set[UUID], serials: Sequence[chain.NoticeRange],
    packed: Sequence[chain.NoticeRange],
) -> None:  # fmt: skip
    notice = chain.NoticeText(
        "recall", command.level, command.reason, command.advice, command.reason_en, command.advice_en
    )
    if lots:
        await chain.open_holds(
            actor, sorted(lots), kind="recalled", cause=cause, reason=command.reason, notice=notice
        )  # fmt: skip
    if packed:  # the package that was named stops them
        await chain.open_notices(actor, notice, cause, ranges=packed)
    if serials:
        parts = sorted({part.lot_id for part in serials})
        held = await chain.open_holds(actor, parts, kind="under_review", cause=cause, reason=command.reason)
        # The other serials of these lots are not under suspicion: the public hears of the recalled ones alone.
        await chain.close_notices(actor, [f"hold:{hold_id}" for hold_id in held.values()])
        await chain.open_notices(actor, notice, cause, ranges=serials)
