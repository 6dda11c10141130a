"""Release and rejection: one signed act over one lot or many, with the checklist as it stood."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from server.core import db, outbox
from server.core.actor import Actor
from server.core.clock import now
from server.core.errors import FieldError, NotFound
from server.core.ids import new_id
from server.domains import chain
from server.domains.access import verify_password
from server.domains.quality.chronology import Chronology, check_chronology
from server.domains.quality.commands import DecideLots
from server.domains.quality.nonconformity.law import release_bars
from server.domains.quality.problems import ReleaseRefused
from server.domains.quality.rollup import LotQuality, quality_of_goods

_LOTS = """
SELECT l.id, l.lot_no, l.state,
       EXISTS (SELECT FROM record r WHERE r.tenant_id = l.tenant_id AND r.lot_id = l.id AND r.operator_id = $3) AS inspected
FROM lot l WHERE l.tenant_id = $1 AND l.id = ANY($2::uuid[])
"""


class Review(NamedTuple):
    """Everything a signer should see about one lot, as it stands."""

    lot_id: UUID
    lot_no: str
    state: str
    quality: LotQuality
    holds: list[dict[str, Any]]
    chronology: Chronology
    signer_inspected: bool

    def checklist(self) -> dict[str, Any]:
        """What is kept with the signature."""
        return {
            "state": self.state,
            "quality": {"verdict": self.quality.verdict, **self.quality._asdict()},
            "holds": self.holds,
            "chronology": [violation._asdict() for violation in self.chronology.violations],
            "unknown_dates": list(self.chronology.unknown),
            "signer_inspected": self.signer_inspected,
        }


async def release_lots(actor: Actor, command: DecideLots) -> dict[UUID, UUID]:
    """Release lots under one signature; release id by lot. Raises ReleaseRefused with every reason, WrongPassword."""
    actor.require("quality.release")
    await verify_password(actor, command.password)
    return await decide_lots(actor, command.lot_ids, "released", command.remark)


async def reject_lots(actor: Actor, command: DecideLots) -> dict[UUID, UUID]:
    """Reject lots under one signature; release-row id by lot."""
    actor.require("quality.release")
    await verify_password(actor, command.password)
    return await decide_lots(actor, command.lot_ids, "rejected", command.remark)


async def decide_lots(
    actor: Actor, lot_ids: Sequence[UUID], decision: str, remark: str | None, released_at: datetime | None = None
) -> dict[UUID, UUID]:
    """The decision without asking for the password: for callers who hold the signature (an import that carries it).

    All or none. Those already in this state are refused, by name.
    """
    wanted = list(dict.fromkeys(lot_ids))
    at = released_at or now()
    # The state changes first: that takes the chain's locks, so what is reviewed next cannot change before the commit.
    before = await _states(actor.tenant, wanted)
    await chain.lock_graph(actor.tenant)
    bars = await release_bars(actor.tenant, wanted) if decision == "released" else {}
    if decision == "released":
        # What is barred is refused below, by name; the database would refuse it namelessly.
        changed = wanted if bars else await chain.mark_released(actor, wanted, released_at, remark)
    else:
        changed = await chain.mark_rejected(actor, wanted, remark)
    reviews = await review_lots(actor, wanted, at if decision == "released" else None, before)
    reasons = [
        reason
        for number, lot_id in enumerate(wanted)
        for reason in [
            *_reasons(number, reviews[lot_id], decision),
            *(_reason(number, bar.code, reviews[lot_id], **bar.params) for bar in bars.get(lot_id, ())),
        ]
    ]
    reasons += [
        _reason(n, "release_already_decided", reviews[lot]) for n, lot in enumerate(wanted) if lot not in changed
    ]
    if reasons:
        raise ReleaseRefused(reasons)
    return await _sign(actor, list(reviews.values()), decision, remark)


async def _states(tenant_id: UUID, lot_ids: Sequence[UUID]) -> dict[UUID, str]:
    rows = await db.fetch(
        "SELECT id, state FROM lot WHERE tenant_id = $1 AND id = ANY($2::uuid[])", tenant_id, list(lot_ids)
    )
    return {row["id"]: row["state"] for row in rows}


async def review_lots(
    actor: Actor,
    lot_ids: Sequence[UUID],
    releasing_at: datetime | None = None,
    states: Mapping[UUID, str] | None = None,
) -> dict[UUID, Review]:
    """What a signer should see of each lot. Raises NotFound if one of them does not exist."""
    tenant_id, ids = actor.tenant, list(lot_ids)
    quality = await quality_of_goods(tenant_id, ids)
    chronology = await check_chronology(tenant_id, ids, releasing_at)
    holds: dict[UUID, list[dict[str, Any]]] = {}
    for hold in await chain.queries.holds(tenant_id, ids, open_only=True):
        holds.setdefault(hold["lot_id"], []).append({key: hold[key] for key in ("id", "kind", "cause", "reason")})
    rows = {row["id"]: row for row in await db.fetch(_LOTS, tenant_id, ids, actor.id)}
    if len(rows) != len(set(ids)):
        raise NotFound
    return {
        lot_id: Review(
            lot_id, row["lot_no"], (states or {}).get(lot_id, row["state"]), quality[lot_id],
            holds.get(lot_id, []), chronology[lot_id], row["inspected"],
        )
        for lot_id in ids
        for row in [rows[lot_id]]
    }  # fmt: skip


def _reasons(number: int, review: Review, decision: str) -> list[FieldError]:
    if decision != "released":
        return []
    reasons = []
    if review.holds:
        reasons.append(_reason(number, "release_lot_on_hold", review))
    for code, earlier, later in review.chronology.violations:
        reasons.append(_reason(number, code, review, earlier=earlier.at, later=later.at))
    return reasons


def _reason(number: int, code: str, review: Review, **params: Any) -> FieldError:
    return FieldError(f"lot_ids.{number}", code, {"lot_no": review.lot_no, **params})


_SIGN = """
INSERT INTO release (tenant_id, id, lot_id, decision, checklist, remark, signer_id, signer_name)
SELECT $1, id, lot_id, $4, checklist::jsonb, $6, $7, $8 FROM unnest($2::uuid[], $3::uuid[], $5::text[]) AS t(id, lot_id, checklist)
"""


async def _sign(actor: Actor, reviews: Sequence[Review], decision: str, remark: str | None) -> dict[UUID, UUID]:
    signed = {review.lot_id: new_id() for review in reviews}
    checklists = [db.dumps(review.checklist()) for review in reviews]
    await db.execute(
        _SIGN, actor.tenant, list(signed.values()), list(signed), decision, checklists, remark, actor.id, actor.name
    )
    topic = "LotReleased" if decision == "released" else "LotRejected"
    for lot_id, release_id in signed.items():
        payload = {"lot_id": lot_id, "release_id": release_id}
        await outbox.append(topic, key=str(lot_id), payload=payload, tenant_id=actor.tenant)
    return signed


async def lot_releases(tenant_id: UUID, lot_id: UUID) -> list[dict[str, Any]]:
    """The signed decisions about a lot, newest first."""
    rows = await db.fetch(
        "SELECT id, decision, checklist::text AS checklist, remark, signer_name, signed_at FROM release"
        " WHERE tenant_id = $1 AND lot_id = $2 ORDER BY id DESC",
        tenant_id, lot_id,
    )  # fmt: skip
    return [{**dict(row), "checklist": db.loads(row["checklist"])} for row in rows]
