"""What was mistyped of a lot at receipt is put right: what stood there stays on record, with who says so and why."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import asyncpg

from server.core import db
from server.core.actor import Actor
from server.core.errors import NotFound
from server.domains.chain import problems
from server.domains.chain.commands import FACTS, LotChanges, SupplierNeeded
from server.domains.chain.holds.inheritance_rules import earliest
from server.domains.chain.values import assert_in_order, begins, expires

Facts = dict[str, Any]
RIGHT = "quality.release"  # who may release goods may say that what they were released by was mistyped

_LOT = f"SELECT id, lot_no, state, {', '.join(FACTS)} FROM lot WHERE tenant_id = $1 AND id = $2"  # noqa: S608 - our own names
# Lots into which goods of these went on under another number, each with what it may have taken over.
_PARTS = f"""
WITH RECURSIVE onward(id) AS (
    SELECT $2::uuid
  UNION
    SELECT k.to_lot FROM onward o JOIN link k ON k.tenant_id = $1 AND k.from_lot = o.id
    WHERE k.kind IN ('split', 'merged', 'reworked', 'repaired') AND k.until IS NULL AND k.reverses IS NULL
      AND NOT EXISTS (SELECT FROM link r WHERE r.tenant_id = $1 AND r.reverses = k.id)
)
SELECT t.id, t.lot_no, t.state, {", ".join(f"t.{name}" for name in FACTS)}, k.kind AS link_kind, k.from_lot,
       f.expires_at AS source_expires_at
FROM onward o
JOIN lot t ON t.tenant_id = $1 AND t.id = o.id
JOIN link k ON k.tenant_id = $1 AND k.to_lot = t.id
JOIN lot f ON f.tenant_id = $1 AND f.id = k.from_lot
WHERE k.kind IN ('split', 'merged', 'reworked', 'repaired') AND k.until IS NULL AND k.reverses IS NULL
  AND NOT EXISTS (SELECT FROM link r WHERE r.tenant_id = $1 AND r.reverses = k.id)
ORDER BY t.id
"""  # noqa: S608 - our own names
_WRITE = """
INSERT INTO lot_correction (tenant_id, lot_id, corrected_lot_id, reason, before, after, actor_id, actor_name)
SELECT $1, c.lot_id, $2, $3, c.before::jsonb, c.after::jsonb, $4, $5
FROM unnest($6::uuid[], $7::text[], $8::text[]) AS c(lot_id, before, after)
"""
_STAY = """
UPDATE stay SET from_at = $4 WHERE tenant_id = $1 AND lot_id = $2 AND from_at = $3 AND (to_at IS NULL OR to_at > $4)
"""
_LIST = "SELECT * FROM lot_correction WHERE tenant_id = $1 AND lot_id = ANY($2::uuid[]) ORDER BY id"


async def corrections(tenant_id: UUID, lot_ids: Sequence[UUID]) -> Sequence[asyncpg.Record]:
    """What was put right of lots, the first first; `corrected_lot_id` is another where its entry was taken over."""
    return await db.fetch(_LIST, tenant_id, list(lot_ids))


async def correct(actor: Actor, lot_id: UUID, command: LotChanges) -> dict[UUID, tuple[Facts, Facts]]:
    """Put right what the command says otherwise than the lot, and what its parts took over from it: before and after of
    each lot that changed. The lot is locked. Goods that were judged by it need the right to release. Raises Forbidden,
    NotFound, SupplierNeeded, ExpiresBeforeProduced, ExpiryExtended."""
    row = await db.fetchrow(_LOT, actor.tenant, lot_id)
    assert row is not None
    after = await _wanted(actor.tenant, row, command)
    if not after:
        return {}
    changed: dict[UUID, tuple[Facts, Facts]] = {lot_id: ({name: row[name] for name in after}, after)}
    states = {row["state"]} | await _carry_on(actor.tenant, row, changed)
    if states != {"pending"}:
        actor.require(RIGHT)
    for each, (before, facts) in changed.items():
        await _store(actor.tenant, each, before, facts)
    await db.execute(
        _WRITE, actor.tenant, lot_id, command.reason, actor.id, actor.name, list(changed),
        [db.dumps(before) for before, _ in changed.values()], [db.dumps(facts) for _, facts in changed.values()],
    )  # fmt: skip
    return changed


async def _wanted(tenant_id: UUID, row: asyncpg.Record, command: LotChanges) -> Facts:
    said = command.model_dump(include=set(FACTS), exclude_unset=True)
    for name, meaning in (("produced_at", begins), ("received_at", begins), ("expires_at", expires)):
        if name in said:
            said[name] = meaning(said[name])
    after = {name: value for name, value in said.items() if value != row[name]}
    if after.get("supplier_id") and not await db.fetchval(
        "SELECT EXISTS (SELECT FROM supplier WHERE tenant_id = $1 AND id = $2)", tenant_id, after["supplier_id"]
    ):
        raise NotFound(field="supplier_id")
    whole = dict(row) | after
    if whole["supplier_lot_no"] is not None and whole["supplier_id"] is None:
        raise SupplierNeeded(field="supplier_id")
    if not after.keys().isdisjoint(("produced_at", "expires_at")):
        assert_in_order(whole["produced_at"], whole["expires_at"])
    return after


async def _carry_on(tenant_id: UUID, row: asyncpg.Record, changed: dict[UUID, tuple[Facts, Facts]]) -> set[str]:
    """What parts took over changes with it; the states of those that change. A part keeps what was said of it alone."""
    after = changed[row["id"]][1]
    parts: defaultdict[UUID, list[asyncpg.Record]] = defaultdict(list)
    for each in await db.fetch(_PARTS, tenant_id, row["id"]):
        parts[each["id"]].append(each)
    sources = parts.pop(row["id"], [])
    limit = earliest([each["source_expires_at"] for each in sources])
    if "expires_at" in after and limit is not None and (after["expires_at"] is None or after["expires_at"] > limit):
        raise problems.ExpiryExtended(field="expires_at", lot_no=row["lot_no"])
    waiting, states = dict(parts), set()
    while ready := [lot for lot, links in waiting.items() if not any(k["from_lot"] in waiting for k in links)]:
        for lot in ready:
            links = waiting.pop(lot)
            if taken := _taken_over(links, changed):
                changed[lot] = ({name: links[0][name] for name in taken}, taken)
                states.add(links[0]["state"])
    return states


def _taken_over(links: Sequence[asyncpg.Record], changed: Mapping[UUID, tuple[Facts, Facts]]) -> Facts:
    """Of one part: it keeps as long as the first of its sources, and a part split off is what it was split from."""
    part, taken = links[0], {}
    old = earliest([link["source_expires_at"] for link in links])
    new = earliest([_now(link, changed) for link in links])
    if old != new and part["expires_at"] == old:
        taken["expires_at"] = new
    for link in links:
        if link["link_kind"] == "split" and link["from_lot"] in changed:
            before, after = changed[link["from_lot"]]
            names = [name for name in after if name != "expires_at" and part[name] == before[name]]
            taken |= {name: after[name] for name in names}
    return taken


def _now(link: asyncpg.Record, changed: Mapping[UUID, tuple[Facts, Facts]]) -> datetime | None:
    facts: Facts = changed[link["from_lot"]][1] if link["from_lot"] in changed else {}
    moment: datetime | None = facts.get("expires_at", link["source_expires_at"])
    return moment


async def _store(tenant_id: UUID, lot_id: UUID, before: Facts, after: Facts) -> None:
    names = ", ".join(f"{name} = ${position + 3}" for position, name in enumerate(after))
    await db.execute(f"UPDATE lot SET {names} WHERE tenant_id = $1 AND id = $2", tenant_id, lot_id, *after.values())  # noqa: S608 - our own names
    if before.get("received_at") and after.get("received_at"):  # it stood where it was received since then
        await db.execute(_STAY, tenant_id, lot_id, before["received_at"], after["received_at"])
