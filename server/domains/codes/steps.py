"""Minting an order in steps. Each step is one transaction of the caller's; what is stored says what is left.

Killed at any point, an order goes on where its codes end: a step's codes are stored whole or not at all.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import numpy as np
from numpy.typing import NDArray

from server.core import db, outbox
from server.core.actor import Actor
from server.core.errors import NotFound
from server.domains.access import audit
from server.domains.codes import queries
from server.domains.codes.binary_copy import CopyColumn, binary_copy_rows
from server.domains.codes.minting import CHUNK, mint
from server.domains.codes.rules import KINDS
from server.domains.codes.segments import render


@dataclass(frozen=True, slots=True)
class Progress:
    """How far an order is. `busy` where another worker holds it: nothing was done."""

    stored: int
    count: int
    busy: bool = False

    @property
    def done(self) -> bool:
        return self.stored == self.count


class MintingBroken(RuntimeError):
    """An order's codes are not 1 to n without a gap: a defect, never reached by kills or races."""


class CodeKeyMissing(RuntimeError):
    """The code key that an order was begun with is not among those configured."""


async def open_orders(limit: int = 100) -> list[tuple[UUID, UUID]]:
    """Unfinished orders of all enterprises as (tenant, order), oldest first; in the system scope."""
    rows = await db.fetch("SELECT tenant_id, id FROM code_order WHERE state = 'minting' ORDER BY id LIMIT $1", limit)
    return [(row["tenant_id"], row["id"]) for row in rows]


async def mint_step(actor: Actor, order_id: UUID, keys: Mapping[int, bytes], chunk: int = CHUNK) -> Progress:
    """Store the next `chunk` codes of an order; call again, in a new transaction, until `done`.

    `keys` are the platform's code keys by number. Raises what the unique constraint says where a text made of
    segments exists already (minted ones are drawn again by the next call).
    """
    order = await _claim(actor, order_id)
    if order is None:
        return Progress(0, 0, busy=True)
    stored = int(await db.fetchval("SELECT coalesce(max(serial), 0) FROM code WHERE order_id = $1", order_id))
    count = min(chunk, order["count"] - stored)
    if order["state"] == "minting" and count > 0:
        texts = await _texts(actor, order, stored, count, keys)
        await db.bulk_copy_binary("code", _rows(actor, order, texts, stored), COLUMNS)
        stored += count
    if order["state"] == "minting" and stored == order["count"]:
        await _finish(actor, order)
    return Progress(stored, order["count"])


async def _claim(actor: Actor, order_id: UUID) -> Any:
    """The order, held by this transaction alone; None where another one holds it."""
    free = await db.fetchval(
        "SELECT pg_try_advisory_xact_lock(hashtextextended('code_order:' || $1::text, 0))", str(order_id)
    )
    if not free:
        return None
    order = await db.fetchrow(
        "SELECT id, lot_id, audience, level, count, key_number, prefix, state, handed_down::text AS handed_down"
        " FROM code_order WHERE tenant_id = $1 AND id = $2",
        actor.tenant, order_id,
    )  # fmt: skip
    if order is None:
        raise NotFound
    return order


async def _texts(actor: Actor, order: Any, stored: int, count: int, keys: Mapping[int, bytes]) -> NDArray[np.bytes_]:
    if order["prefix"] is not None:
        number = order["key_number"]
        if number not in keys:
            raise CodeKeyMissing(f"code key {number} of order {order['id']} is not configured")
        return mint(count, number, order["prefix"], keys[number])
    spec = await queries.spec_of_order(actor.tenant, order["id"])
    handed_down = db.loads(order["handed_down"])
    return render(spec.segments, handed_down["values"], count, handed_down["first_serial"] + stored)


COLUMNS = ("text", "tenant_id", "order_id", "lot_id", "serial", "kind")


def _rows(actor: Actor, order: Any, texts: NDArray[np.bytes_], stored: int) -> bytes:
    serials = np.arange(stored + 1, stored + 1 + len(texts))
    columns = (
        CopyColumn("text", "text", texts),
        CopyColumn("tenant_id", "uuid", UUID(str(actor.tenant))),
        CopyColumn("order_id", "uuid", UUID(str(order["id"]))),
        CopyColumn("lot_id", "uuid", UUID(str(order["lot_id"]))),
        CopyColumn("serial", "int4", serials),
        CopyColumn("kind", "int2", KINDS[order["audience"], order["level"]]),
    )
    return binary_copy_rows(columns, len(texts))


async def _finish(actor: Actor, order: Any) -> None:
    """Ready, once a count of the codes themselves has shown that none is missing."""
    counted = await db.fetchval("SELECT count(*) FROM code WHERE order_id = $1", order["id"])
    if counted != order["count"]:
        raise MintingBroken(f"order {order['id']}: {counted} codes of {order['count']}")
    await db.execute(
        "UPDATE code_order SET state = 'ready', ready_at = now() WHERE tenant_id = $1 AND id = $2",
        actor.tenant, order["id"],
    )  # fmt: skip
    await audit.record(actor, "code_order.ready", "code_order", order["id"], after={"count": order["count"]})
    await outbox.append(
        "CodesMinted", key=str(order["id"]), payload={"order_id": str(order["id"])}, tenant_id=actor.tenant
    )


async def draws_again(actor: Actor, order_id: UUID) -> bool:
    """Whether a text that exists already was drawn at random: the next step draws others."""
    spec = await queries.spec_of_order(actor.tenant, order_id)
    return spec.random_bits > 0


async def fail_order(actor: Actor, order_id: UUID) -> None:
    """Give an order up whose texts are taken: what was stored of it is voided, and stays as its account."""
    if await _claim(actor, order_id) is None:
        return
    failed = await db.execute(
        "UPDATE code_order SET state = 'failed' WHERE tenant_id = $1 AND id = $2 AND state = 'minting'",
        actor.tenant, order_id,
    )  # fmt: skip
    if failed:
        voided = await db.execute(
            "UPDATE code SET state = 5 WHERE tenant_id = $1 AND order_id = $2", actor.tenant, order_id
        )
        await audit.record(actor, "code_order.failed", "code_order", order_id, after={"voided": voided})
