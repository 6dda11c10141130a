"""Release and rejection: one signed act over one lot or many, with the checklist as it stood."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from server.core import db, outbox
from server.core.actor import Actor
from server.core.clock import now
from server.core.errors import FieldError
from server.core.ids import new_id
from server.core.numbers import take_numbers
from server.domains import chain
from server.domains.access import verify_password
from server.domains.access.tenants import enterprise_settings
from server.domains.quality import events
from server.domains.quality.commands import DecideLots
from server.domains.quality.nonconformity.law import release_bars
from server.domains.quality.problems import ReleaseRefused
from server.domains.quality.releasing.pieces import release_pieces
from server.domains.quality.releasing.points import Point
from server.domains.quality.releasing.review import Review, review_lots

Kind = Literal["ordinary", "urgent", "carried"]


async def release_lots(actor: Actor, command: DecideLots) -> dict[UUID, UUID]:
    """Release lots under one signature; release id by lot. Raises ReleaseRefused with every reason, WrongPassword.

    A lot released urgently before is confirmed by it.
    """
    actor.require("quality.release")
    await verify_password(actor, command.password)
    return await decide_lots(actor, command.lot_ids, "released", command.remark, kind="ordinary")


async def reject_lots(actor: Actor, command: DecideLots) -> dict[UUID, UUID]:
    """Reject lots under one signature; release-row id by lot."""
    actor.require("quality.release")
    await verify_password(actor, command.password)
    return await decide_lots(actor, command.lot_ids, "rejected", command.remark, kind="ordinary")


async def decide_lots(
    actor: Actor,
    lot_ids: Sequence[UUID],
    decision: Literal["released", "rejected"],
    remark: str | None,
    released_at: datetime | None = None,
    *,
    kind: Kind = "carried",
    urgent_request_id: UUID | None = None,
) -> dict[UUID, UUID]:
    """The decision without asking for the password: for callers who hold the signature (an import that carries it).

    All or none. Those already in this state are refused, by name.
    """
    wanted = list(dict.fromkeys(lot_ids))
    at = released_at or now()
    # The state changes first: that takes the chain's locks, so what is reviewed next cannot change before the commit.
    before = await _states(actor.tenant, wanted)
    await chain.lock_graph(actor.tenant)
    if decision == "released":
        await events.fall_due(actor, lots=wanted)
        # What is barred is refused below, by name; the database would refuse it namelessly.
        barred = await release_bars(actor.tenant, wanted)
        changed = wanted if barred else await chain.mark_released(actor, wanted, released_at, remark)
    else:
        changed = await chain.mark_rejected(actor, wanted, remark)
    reviews = await review_lots(actor, wanted, at if decision == "released" else None, before)
    reasons = [
        _already(n, reviews[lot]) for n, lot in enumerate(wanted) if not _decides(lot, changed, reviews[lot], kind)
    ]
    if decision == "released":
        inspector_may = kind == "carried" or (await enterprise_settings(actor.tenant)).inspector_may_release
        for number, lot_id in enumerate(wanted):
            reasons += _reasons(number, reviews[lot_id], kind, inspector_may=inspector_may)
    if reasons:
        raise ReleaseRefused(reasons)
    if decision == "released":
        await release_pieces(actor, wanted, released_at, remark)
    return await _sign(actor, list(reviews.values()), decision, remark, at, kind, urgent_request_id)


def _decides(lot_id: UUID, changed: Sequence[UUID], review: Review, kind: Kind) -> bool:
    """Whether there is anything to decide: the state changes, or an urgent release is confirmed."""
    return lot_id in changed or (review.is_urgent and kind == "ordinary")


async def _states(tenant_id: UUID, lot_ids: Sequence[UUID]) -> dict[UUID, str]:
    rows = await db.fetch(
        "SELECT id, state FROM lot WHERE tenant_id = $1 AND id = ANY($2::uuid[])", tenant_id, list(lot_ids)
    )
    return {row["id"]: row["state"] for row in rows}


def _reasons(number: int, review: Review, kind: Kind, *, inspector_may: bool) -> list[FieldError]:
    reasons = [
        FieldError(f"lot_ids.{number}", point.code, point.said(review.lot_no))
        for point in review.waits_for
        if _stops(point, kind)
    ]
    if review.signer_inspected and not inspector_may:
        reasons.append(_reason(number, "release_by_inspector", review))
    return reasons


def _stops(point: Point, kind: Kind) -> bool:
    """An urgent release goes ahead of what is only awaited; one that an import carries waits like any other."""
    return not (kind == "urgent" and point.awaited)


def _already(number: int, review: Review) -> FieldError:
    return _reason(number, "release_already_decided", review)


def _reason(number: int, code: str, review: Review) -> FieldError:
    return FieldError(f"lot_ids.{number}", code, {"lot_no": review.lot_no})


_SIGN = """
INSERT INTO release (tenant_id, id, lot_id, decision, kind, certificate_no, urgent_request_id, checklist, remark, signer_id, signer_name)
SELECT $1, id, lot_id, $4, $5, certificate_no, $6, checklist::jsonb, $7, $8, $9
FROM unnest($2::uuid[], $3::uuid[], $10::text[], $11::text[]) AS t(id, lot_id, checklist, certificate_no)
"""


async def _sign(
    actor: Actor,
    reviews: Sequence[Review],
    decision: Literal["released", "rejected"],
    remark: str | None,
    at: datetime,
    kind: Kind,
    urgent_request_id: UUID | None,
) -> dict[UUID, UUID]:
    signed = {review.lot_id: new_id() for review in reviews}
    checklists = [db.dumps(review.checklist()) for review in reviews]
    numbers = await _certificates(actor.tenant, at, len(reviews)) if decision == "released" else [None] * len(reviews)
    await db.execute(
        _SIGN, actor.tenant, list(signed.values()), list(signed), decision, kind, urgent_request_id, remark, actor.id,
        actor.name, checklists, numbers,
    )  # fmt: skip
    topic = "LotReleased" if decision == "released" else "LotRejected"
    for lot_id, release_id in signed.items():
        payload = {"lot_id": lot_id, "release_id": release_id}
        await outbox.append(topic, key=str(lot_id), payload=payload, tenant_id=actor.tenant)
    return signed


async def _certificates(tenant_id: UUID, at: datetime, count: int) -> list[str | None]:
    """Numbers of certificates (检验合格证号): HG, year in China, running number."""
    year, numbers = await take_numbers(tenant_id, "certificate", at, count)
    return [f"HG{year}-{number:06d}" for number in numbers]


async def lot_releases(tenant_id: UUID, lot_id: UUID) -> list[dict[str, Any]]:
    """The signed decisions about a lot, newest first."""
    rows = await db.fetch(
        "SELECT r.id, r.decision, r.kind, r.certificate_no, r.checklist::text AS checklist, r.remark, r.signer_name, r.signed_at,"
        " u.reason AS urgent_reason, u.requester_name FROM release r"
        " LEFT JOIN urgent_request u ON u.tenant_id = r.tenant_id AND u.id = r.urgent_request_id"
        " WHERE r.tenant_id = $1 AND r.lot_id = $2 ORDER BY r.id DESC",
        tenant_id, lot_id,
    )  # fmt: skip
    return [{**dict(row), "checklist": db.loads(row["checklist"])} for row in rows]
