"""What a scan says before anything else: that goods are recalled, or under investigation."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal
from uuid import UUID

from server.core import db
from server.core.actor import Actor
from server.domains.chain.holds.coded_pieces import NoticeRange, coded_pieces

_LOTS = """
INSERT INTO public_notice (tenant_id, kind, lot_id, level, reason, advice, reason_en, advice_en, cause)
SELECT $1, $2, lot_id, $4, $5, $6, $7, $8, $9 FROM unnest($3::uuid[]) AS lot_id
"""
_RANGES = """
INSERT INTO public_notice (tenant_id, kind, lot_id, order_id, serials, level, reason, advice, reason_en, advice_en, cause)
SELECT $1, $2, r.lot_id, r.order_id, int4range(r.first, r.last + 1), $7, $8, $9, $10, $11, $12
FROM unnest($3::uuid[], $4::uuid[], $5::int[], $6::int[]) AS r(lot_id, order_id, first, last)
"""
# Shipped itself, or inside something that was, at any depth.
_SHIPPED = """
WITH RECURSIVE around(lot, outside) AS (
    SELECT lot, lot FROM unnest($2::uuid[]) AS lot
  UNION
    SELECT a.lot, l.to_lot FROM around a JOIN link l ON l.tenant_id = $1 AND l.from_lot = a.outside
    WHERE l.kind IN ('packed', 'installed') AND l.until IS NULL AND l.reverses IS NULL
      AND NOT EXISTS (SELECT FROM link r WHERE r.tenant_id = $1 AND r.reverses = l.id)
)
SELECT DISTINCT a.lot FROM around a
JOIN lot ON lot.tenant_id = $1 AND lot.id = a.lot
JOIN product p ON p.tenant_id = $1 AND p.id = lot.product_id AND p.show_investigation
WHERE EXISTS (SELECT FROM shipment_line s WHERE s.tenant_id = $1 AND s.lot_id = a.outside AND s.returned_at IS NULL)
"""
_INVESTIGATIONS = """
INSERT INTO public_notice (tenant_id, kind, lot_id, order_id, serials, cause)
SELECT $1, 'investigation', r.lot_id, r.order_id, CASE WHEN r.order_id IS NULL THEN NULL ELSE int4range(r.first, r.last + 1) END, r.cause
FROM unnest($2::uuid[], $3::uuid[], $4::int[], $5::int[], $6::text[]) AS r(lot_id, order_id, first, last, cause)
"""
_UNITS = "SELECT id FROM lot WHERE tenant_id = $1 AND id = ANY($2::uuid[]) AND kind = 'unit'"


@dataclass(frozen=True, slots=True)
class NoticeText:
    """What people are told. A recall has a level (1 the gravest), a reason and what to do."""

    kind: Literal["recall", "investigation"]
    level: int | None = None
    reason: str | None = None
    advice: str | None = None
    reason_en: str | None = None
    advice_en: str | None = None


async def open_notices(
    actor: Actor, text: NoticeText, cause: str, *, lots: Sequence[UUID] = (), ranges: Sequence[NoticeRange] = ()
) -> None:
    """Tell the public, for whole lots, for the codes of pieces among them, and for ranges of codes. What lies in a package
    is told of where its codes are given as ranges. Called in the transaction of what gives cause."""
    words = (text.level, text.reason, text.advice, text.reason_en, text.advice_en, cause)
    if lots:
        await db.execute(_LOTS, actor.tenant, text.kind, list(lots), *words)
        ranges = [*ranges, *(piece for _, piece in await coded_pieces(actor.tenant, await _pieces(actor.tenant, lots)))]
    if ranges:
        await db.execute(
            _RANGES, actor.tenant, text.kind, [r.lot_id for r in ranges], [r.order_id for r in ranges],
            [r.first for r in ranges], [r.last for r in ranges], *words,
        )  # fmt: skip


async def close_notices(actor: Actor, causes: Sequence[str]) -> int:
    """The cause has ended; how many notices are no longer shown."""
    return await db.execute(
        "UPDATE public_notice SET closed_at = now() WHERE tenant_id = $1 AND cause = ANY($2::text[]) AND closed_at IS NULL",
        actor.tenant, list(causes),
    )  # fmt: skip


async def open_investigations(actor: Actor, opened: Mapping[UUID, UUID]) -> int:
    """Of these held lots (lot -> hold), say of those that were shipped that they are under investigation, where the
    enterprise chose to show it; how many."""
    if not opened:
        return 0
    shipped = [row["lot"] for row in await db.fetch(_SHIPPED, actor.tenant, list(opened))]
    pieces = await coded_pieces(actor.tenant, list(opened), shown_alone=True)
    told = [(f"hold:{opened[lot]}", lot, None) for lot in shipped]
    return await _investigate(actor.tenant, [*told, *((f"hold:{opened[lot]}", lot, piece) for lot, piece in pieces)])


async def open_rejections(actor: Actor, lot_ids: Sequence[UUID]) -> None:
    """Of rejected goods nobody is told that all is well, wherever their codes turn up."""
    pieces = await coded_pieces(actor.tenant, await _pieces(actor.tenant, lot_ids))
    told = [(f"rejected:{lot}", lot, None) for lot in lot_ids]
    await _investigate(actor.tenant, [*told, *((f"rejected:{lot}", lot, piece) for lot, piece in pieces)])


async def _pieces(tenant_id: UUID, lot_ids: Sequence[UUID]) -> list[UUID]:
    return [row["id"] for row in await db.fetch(_UNITS, tenant_id, list(lot_ids))]


async def _investigate(tenant_id: UUID, told: Sequence[tuple[str, UUID, NoticeRange | None]]) -> int:
    """One notice for each (cause, lot, range of codes or None for the whole lot)."""
    if not told:
        return 0
    return await db.execute(
        _INVESTIGATIONS, tenant_id, [piece.lot_id if piece else lot for _, lot, piece in told],
        [piece and piece.order_id for *_, piece in told], [piece and piece.first for *_, piece in told],
        [piece and piece.last for *_, piece in told], [cause for cause, *_ in told],
    )  # fmt: skip


async def close_rejections(actor: Actor, lot_ids: Sequence[UUID]) -> None:
    """They were released after all."""
    await close_notices(actor, [f"rejected:{lot_id}" for lot_id in lot_ids])
