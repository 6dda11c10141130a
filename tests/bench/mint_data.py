"""Orders to mint, and the bare COPY of the same finished rows that minting is compared with."""

import time
from dataclasses import dataclass
from uuid import UUID

import asyncpg
import numpy as np

from server.core import db
from server.core.actor import Actor
from server.core.ids import new_id
from server.core.scope import Scope
from server.domains.codes import mint_step
from server.domains.codes.binary_copy import CopyColumn, binary_copy_rows
from server.domains.codes.minting import CHUNK, order_prefix
from server.domains.codes.steps import COLUMNS
from server.settings import CodeKey
from server.wiring import MODELS
from tests.bench.harness import DataSet
from tests.bench.scan_data import ITEM, TENANT

Connection = asyncpg.Connection  # of the superuser, whom no policy binds


@dataclass(frozen=True, slots=True)
class Order:
    id: UUID
    lot_id: UUID
    count: int


async def new_order(connection: Connection, key: CodeKey, count: int) -> Order:
    """An order of `count` item codes for a lot of the data set, as the chain would leave it to the minting worker."""
    version_id, lot_id = await connection.fetchrow(
        "SELECT v.id, l.id FROM code_rule_version v JOIN lot l ON l.tenant_id = v.tenant_id WHERE v.tenant_id = $1 LIMIT 1",
        TENANT,
    )
    order = Order(new_id(), lot_id, count)
    await connection.execute(
        "INSERT INTO code_order (tenant_id, id, rule_version_id, lot_id, audience, level, count, key_number, prefix)"
        " VALUES ($1, $2, $3, $4, 'public', 'item', $5, $6, $7)",
        TENANT, order.id, version_id, lot_id, count, key.version, order_prefix(),
    )  # fmt: skip
    return order


async def mint_order(data: DataSet, order: Order, key: CodeKey) -> float:
    """Seconds to generate and store the whole order as the worker does: a transaction a step, through the policies."""
    actor = Actor("worker", None, "bench", TENANT, None, frozenset(), frozenset(), "bench")
    await db.open_pool(data.app_dsn, MODELS, size=2)
    try:
        started = time.perf_counter()
        done = False
        while not done:
            async with db.transaction(Scope.tenant(TENANT)):
                done = (await mint_step(actor, order.id, {key.version: key.key})).done
        return time.perf_counter() - started
    finally:
        await db.close()


async def copy_again(connection: Connection, order: Order) -> float:
    """Seconds for a bare binary COPY of the order's finished rows into `code_bare`, made beforehand, in the same steps."""
    rows = await connection.fetch("SELECT text FROM code WHERE order_id = $1 ORDER BY serial", order.id)
    texts = np.array([row["text"].encode() for row in rows])
    payloads = [_payload(order, texts[at : at + CHUNK], at) for at in range(0, len(texts), CHUNK)]
    started = time.perf_counter()
    for payload in payloads:
        await connection.copy_to_table("code_bare", source=_bytes(payload), columns=COLUMNS, format="binary")
    return time.perf_counter() - started


async def _bytes(payload: bytes):
    yield payload


def _payload(order: Order, texts: np.ndarray, stored: int) -> bytes:
    columns = (
        CopyColumn("text", "text", texts),
        CopyColumn("tenant_id", "uuid", TENANT),
        CopyColumn("order_id", "uuid", order.id),
        CopyColumn("lot_id", "uuid", order.lot_id),
        CopyColumn("serial", "int4", np.arange(stored + 1, stored + 1 + len(texts))),
        CopyColumn("kind", "int2", ITEM),
    )
    return binary_copy_rows(columns, len(texts))


async def make_bare_table(connection: Connection, *, filled: bool) -> None:
    """`code_bare`: the same columns, indexes and fill factor as `code`, without its policies; with its rows if asked."""
    await connection.execute(
        "DROP TABLE IF EXISTS code_bare; CREATE TABLE code_bare (LIKE code INCLUDING ALL) WITH (fillfactor = 85)"
    )
    if filled:
        await connection.execute("INSERT INTO code_bare SELECT * FROM code")
        await connection.execute("VACUUM ANALYZE code_bare")
    await connection.execute("CHECKPOINT")


async def forget(connection: Connection, order: Order) -> None:
    """Take the order's codes out again, so that the next run meets the table as this one did."""
    for table in ("code", "code_bare"):
        await connection.execute(f"DELETE FROM {table} WHERE order_id = $1", order.id)
        await connection.execute(f"VACUUM ANALYZE {table}")
    await connection.execute("CHECKPOINT")
