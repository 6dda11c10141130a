"""Wrong PINs in a row, counted for each badge wherever they were typed.

A terminal without a network counts by itself and tells later; the platform adds its own. At `MOST` a badge opens nowhere until
its PIN is another one. An entry signed by the right PIN forgives what was tried before it was made.
"""

import asyncio
import hmac
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, NamedTuple
from uuid import UUID

from server.core import apart, db
from server.core.actor import Actor
from server.core.errors import NotFound
from server.core.ids import new_id
from server.core.scope import Scope
from server.domains.access import audit, lockout
from server.domains.access.badge_keys import BadgeKeys, stretch
from server.domains.access.entry_commands import PinTries
from server.domains.access.problems import BadgeLocked, WrongPin

MOST = 10
WRONG = """(SELECT count(*) FROM pin_try t WHERE t.tenant_id = b.tenant_id AND t.badge_id = b.id AND t.key_no = b.key_no
            AND t.tried_at > b.pin_right_at)"""
"""How many tries stand against the badge `b`, as SQL."""
_INSERT = """
INSERT INTO pin_try (tenant_id, id, badge_id, key_no, terminal_id, tried_at)
SELECT b.tenant_id, $2, b.id, $4, $5, least($6::timestamptz, now()) FROM badge b WHERE b.tenant_id = $1 AND b.id = $3
ON CONFLICT DO NOTHING
"""


class Standing(NamedTuple):
    """`wrong`: tries in a row that stand against the badge."""

    badge_id: UUID
    wrong: int

    @property
    def locked(self) -> bool:
        return self.wrong >= MOST


async def tell_tries(actor: Actor, command: PinTries, received_at: datetime) -> list[Standing]:
    """Keep what a terminal counted, each try once; how its badges stand then. Unknown badges are passed over; of anybody else
    nothing is kept, since badges are scanned at terminals."""
    if actor.kind != "terminal":
        return []
    ahead = command.sent_at - received_at
    fresh: dict[UUID, int] = {}
    for each in command.tries:
        at = each.at - ahead
        if await db.execute(_INSERT, actor.tenant, each.id, each.badge_id, each.key_no, actor.id, at):
            fresh[each.badge_id] = fresh.get(each.badge_id, 0) + 1
    standing = await _standing(actor.tenant, {each.badge_id for each in command.tries})
    for badge_id, count in fresh.items():
        after = {"wrong": count, "in_a_row": standing[badge_id].wrong, "locked": standing[badge_id].locked}
        await audit.record(actor, "badge.pin_refused", "badge", badge_id, after=after)
    return list(standing.values())


async def _standing(tenant_id: UUID, badge_ids: set[UUID]) -> dict[UUID, Standing]:
    rows = await db.fetch(
        f"SELECT b.id, {WRONG} AS wrong FROM badge b WHERE b.tenant_id = $1 AND b.id = ANY($2::uuid[])",  # noqa: S608 - constants
        tenant_id, list(badge_ids),
    )  # fmt: skip
    return {row["id"]: Standing(row["id"], row["wrong"]) for row in rows}


async def forgive_tries(tenant_id: UUID, signed: Mapping[UUID, datetime], ahead: timedelta) -> None:
    """The right PIN was used: `signed` says by badge when, by a clock that is `ahead` of ours."""
    for badge_id, at in signed.items():
        await db.execute(
            "UPDATE badge SET pin_right_at = least($3::timestamptz, now()) WHERE tenant_id = $1 AND id = $2 AND pin_right_at < $3"
            " AND EXISTS (SELECT FROM pin_try t WHERE t.tenant_id = $1 AND t.badge_id = $2 AND t.key_no = badge.key_no"
            " AND t.tried_at > badge.pin_right_at)",
            tenant_id, badge_id, at - ahead,
        )  # fmt: skip


async def verify_pin(actor: Actor, badge_id: UUID, pin: str, keys: BadgeKeys) -> None:
    """Return if it is the badge's PIN. WrongPin, counted on a connection apart, so that it stays counted when the act is
    undone; BadgeLocked after too many; NotFound. A badge's tries are made in turn."""
    async with apart.connection() as connection:
        await lockout.wait_turn(connection, lockout.Bucket(f"pin:{badge_id}", lockout.SIGNING))
        async with apart.transaction(connection, Scope.tenant(actor.tenant)):
            row: Any = await connection.fetchrow(
                f"SELECT b.key_no, b.pin_salt, b.pin_sealed, {WRONG} AS wrong FROM badge b"  # noqa: S608 - constants
                " WHERE b.tenant_id = $1 AND b.id = $2 AND b.revoked_at IS NULL",
                actor.tenant, badge_id,
            )  # fmt: skip
        if row is None:
            raise NotFound
        if row["wrong"] >= MOST:
            raise BadgeLocked(field="old_pin")
        typed = await asyncio.to_thread(stretch, pin, row["pin_salt"])
        if hmac.compare_digest(typed, keys.open_pin(badge_id, row["pin_sealed"])):
            return
        terminal_id = actor.id if actor.kind == "terminal" else None
        async with apart.transaction(connection, Scope.tenant(actor.tenant)):
            at = await connection.fetchval("SELECT now()")
            await connection.execute(_INSERT, actor.tenant, new_id(), badge_id, row["key_no"], terminal_id, at)
    raise WrongPin(field="old_pin")
