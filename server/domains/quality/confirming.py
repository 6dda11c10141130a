"""Two persons behind a result that was outside a legal limit and is inside it now: who corrects what came from his own hands waits
for another to confirm it; until then the failure stands."""

from collections.abc import Collection, Iterable
from typing import NamedTuple
from uuid import UUID

from server.core import db
from server.core.actor import Actor
from server.core.errors import NotFound
from server.domains import chain
from server.domains.quality import inspection
from server.domains.quality.entries import Measured
from server.domains.quality.inspection.commands import CheckRecord
from server.domains.quality.nonconformity.law import keep_law, outside_law_before

_FAILED = """
SELECT r.entered_by, r.key_owner_id, r.operator_id, r.operator_name,
       ARRAY(SELECT m.characteristic_id FROM measurement m WHERE m.tenant_id = $1 AND m.record_id = r.id AND 'legal' = ANY (m.failed_sets)) AS failed
FROM record r WHERE r.tenant_id = $1 AND r.id = ANY($2::uuid[])
"""


class _Hands(NamedTuple):
    """Who measured or typed what failed. `unknown`: for some of it nobody who has an account is known."""

    ids: frozenset[UUID]
    names: frozenset[str]
    failed: frozenset[UUID]
    unknown: bool


async def second_demanded(
    actor: Actor, operator_name: str | None, measured: Iterable[Measured], corrected: Collection[UUID]
) -> bool:
    """Whether a correction of these records outside a legal limit waits for another person: it measures inside it what failed,
    and does not come from other hands."""
    if not corrected:
        return False
    hands = await _hands(actor.tenant, corrected)
    within = {
        each.yardstick.characteristic.id for each in measured
        if each.judged.judgement.verdict != "not_judged" and "legal" not in each.judged.judgement.failed
    }  # fmt: skip
    if within.isdisjoint(hands.failed):
        return False
    other = actor.kind == "user" and actor.id not in hands.ids and not hands.unknown
    return not other or (operator_name or actor.name) in hands.names


async def _hands(tenant_id: UUID, records: Collection[UUID]) -> _Hands:
    rows = await db.fetch(_FAILED, tenant_id, list(records))
    ids = {row[name] for row in rows for name in ("entered_by", "key_owner_id", "operator_id")} - {None}
    unknown = any(row["entered_by"] is None and row["operator_id"] is None for row in rows)
    names = frozenset(row["operator_name"] for row in rows)
    return _Hands(frozenset(ids), names, frozenset(each for row in rows for each in row["failed"]), unknown)


async def confirm_record(actor: Actor, record_id: UUID, command: CheckRecord) -> None:
    """`inspection.check_record`; of a correction that waited for it, what had failed is answered for from now on, and who
    had measured or typed that cannot confirm it."""
    row = await db.fetchrow(
        "SELECT lot_id, corrects, failed_sets, second_demanded FROM record WHERE tenant_id = $1 AND id = $2",
        actor.tenant, record_id,
    )  # fmt: skip
    if row is None:
        raise NotFound
    if not row["second_demanded"]:
        await inspection.check_record(actor, record_id, command)
        return
    corrected = await outside_law_before(actor, row["corrects"])
    await chain.lock_graph(actor.tenant)  # holds may end
    hands = await _hands(actor.tenant, corrected)
    await inspection.check_record(actor, record_id, command, not_by=hands.ids)
    await keep_law(actor, record_id, row["lot_id"], row["failed_sets"], corrected)
