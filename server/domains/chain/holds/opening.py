"""What stops a lot, and what lifts it again: each hold by its own cause."""

from collections.abc import Sequence
from uuid import UUID

from server.core import db
from server.core.actor import Actor
from server.core.errors import NotFound
from server.core.ids import new_id
from server.domains.access import audit
from server.domains.chain import problems
from server.domains.chain.holds.commands import CloseHold, NewHold
from server.domains.chain.holds.notices import NoticeText, close_notices, open_investigations, open_notices
from server.domains.chain.stock.chunks import plan_for_many
from server.domains.chain.stock.locking import lock_graph

_OPEN = """
WITH locked AS (SELECT id FROM lot WHERE tenant_id = $1 AND id = ANY($2::uuid[]) ORDER BY id FOR NO KEY UPDATE),
opened AS (
    INSERT INTO hold (tenant_id, id, lot_id, kind, cause, reason, opened_by)
    SELECT $1, made.id, locked.id, $3, $4, $5, $6 FROM locked JOIN unnest($2::uuid[], $7::uuid[]) AS made (lot_id, id) ON made.lot_id = locked.id
    WHERE NOT EXISTS (SELECT FROM hold h WHERE h.tenant_id = $1 AND h.lot_id = locked.id AND h.cause = $4 AND h.closed_at IS NULL)
    ON CONFLICT DO NOTHING
    RETURNING id, lot_id
)
SELECT (SELECT count(*) FROM locked) AS found,
       (SELECT array_agg(lot_id ORDER BY lot_id) FROM opened) AS lots, (SELECT array_agg(id ORDER BY lot_id) FROM opened) AS ids
"""
_CLOSE = """
UPDATE hold SET closed_by = $3, closed_at = now(), close_reason = $4
WHERE tenant_id = $1 AND id = ANY($2::uuid[]) AND closed_at IS NULL RETURNING id, lot_id
"""
Opened = dict[UUID, UUID]  # lot -> the hold opened on it


async def open_holds(
    actor: Actor, lot_ids: Sequence[UUID], *, kind: str, cause: str, reason: str, notice: NoticeText | None = None
) -> Opened:
    """Stop many lots in one statement; lots that this cause stops already are left as they are. Raises NotFound.

    `notice` is what the public reads (a recall); without one, shipped lots whose product says so are shown to be under
    investigation. Both are written with the holds or not at all.
    """
    wanted = set(lot_ids)
    await lock_graph(actor.tenant)
    await plan_for_many(len(wanted))
    ids = [new_id() for _ in wanted]
    row = await db.fetchrow(_OPEN, actor.tenant, sorted(wanted), kind, cause, reason, actor.id, ids)
    if row is None or row["found"] != len(wanted):
        raise NotFound(field="lot_ids")
    opened: Opened = dict(zip(row["lots"] or [], row["ids"] or [], strict=True))
    if notice is not None:
        await open_notices(actor, notice, cause, lots=list(opened))
    else:
        await open_investigations(actor, opened)
    if opened:
        after = {"kind": kind, "cause": cause, "reason": reason, "lots": len(opened), "ids": list(opened)[:1000]}
        await audit.record(actor, "hold.opened", "lot", next(iter(opened)), after=after)
    return opened


async def open_hold(actor: Actor, command: NewHold) -> Opened:
    """The same for a person. A single lot that this cause stops already is a HoldAlreadyOpen."""
    opened = await open_holds(
        actor, command.lot_ids, kind=command.kind, cause=command.cause, reason=command.reason
    )  # fmt: skip
    if not opened:
        raise problems.HoldAlreadyOpen(field="cause")
    return opened


async def close_hold(actor: Actor, hold_id: UUID, command: CloseHold) -> None:
    """Lift one hold that a person opened. Raises HoldHasOtherCause for one that a recall or the like opened."""
    hold = await db.fetchrow("SELECT * FROM hold WHERE tenant_id = $1 AND id = $2", actor.tenant, hold_id)
    if hold is None:
        raise NotFound
    if ":" in hold["cause"]:
        raise problems.HoldHasOtherCause(cause=hold["cause"].partition(":")[0])
    if not await _close(actor, [hold_id], hold["cause"], command.reason):
        raise problems.HoldAlreadyClosed


async def close_holds(actor: Actor, cause: str, reason: str, *, only: UUID | None = None) -> list[UUID]:
    """The cause has ended: lift every hold it opened, with what the public was told; the lots it stopped. `only`: it
    has ended for this lot."""
    rows = await db.fetch(
        "SELECT id FROM hold WHERE tenant_id = $1 AND cause = $2 AND closed_at IS NULL AND ($3::uuid IS NULL OR lot_id = $3)",
        actor.tenant, cause, only,
    )  # fmt: skip
    if only is None:
        await close_notices(actor, [cause])
    return await _close(actor, [row["id"] for row in rows], cause, reason)


async def _close(actor: Actor, hold_ids: Sequence[UUID], cause: str, reason: str) -> list[UUID]:
    await lock_graph(actor.tenant)
    rows = await db.fetch(_CLOSE, actor.tenant, sorted(hold_ids), actor.id, reason)
    lots = [row["lot_id"] for row in rows]
    if lots:
        await close_notices(actor, [f"hold:{row['id']}" for row in rows])
        after = {"cause": cause, "reason": reason, "lots": len(lots), "ids": lots[:1000]}
        await audit.record(actor, "hold.closed", "lot", lots[0], after=after)
    return lots
