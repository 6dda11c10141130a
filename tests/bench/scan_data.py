"""A million item codes over a thousand published lots, one order a lot."""

import hashlib
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID

import asyncpg
import orjson

from server.core.ids import new_id
from server.domains.codes.minting import mint, order_prefix
from server.settings import CodeKey
from tests.bench.harness import DataSet
from tests.fixtures.publication import publication

TENANT = UUID("00000000-0000-7000-8000-000000000001")
LOTS = 1_000
ACTIVE, ITEM = 3, 1


async def build(data: DataSet, key: CodeKey, codes: int, lots: int = LOTS) -> None:
    """Fill an empty, migrated database with `codes` active codes, `codes / lots` of each published lot."""
    connection = await asyncpg.connect(data.superuser_dsn)
    try:
        orders = [(new_id(), new_id()) for _ in range(lots)]
        async with connection.transaction():
            await _plant(connection, orders, codes // lots)
        for order_id, lot_id in orders:
            await _codes(connection, key, order_id, lot_id, codes // lots)
    finally:
        await connection.close()


async def _plant(connection: "asyncpg.Connection[asyncpg.Record]", orders: list[tuple[UUID, UUID]], each: int) -> None:
    product_id, rule_id, version_id = new_id(), new_id(), new_id()
    await connection.execute(
        "INSERT INTO tenant (id, name, credit_code, division_code) VALUES ($1, 'Bench', '91330106BENCH00001', '330106')",
        TENANT,
    )
    await connection.execute(
        "INSERT INTO product (tenant_id, id, kind, sku, name, unit) VALUES ($1, $2, 'finished', 'A', 'A', 'box')",
        TENANT, product_id,
    )  # fmt: skip
    await connection.execute(
        "INSERT INTO code_rule (tenant_id, id, name, audience, level) VALUES ($1, $2, 'A', 'public', 'item')",
        TENANT, rule_id,
    )  # fmt: skip
    await connection.execute(
        "INSERT INTO code_rule_version (tenant_id, id, rule_id, version, segments, unguessable) VALUES ($1, $2, $3, 1, '[]', true)",
        TENANT, version_id, rule_id,
    )  # fmt: skip
    expires_at = datetime.now(UTC) + timedelta(days=365)
    body = orjson.dumps({**publication(), "version": 1})
    await connection.executemany(
        "INSERT INTO lot (tenant_id, id, kind, product_id, lot_no, state, expires_at) VALUES ($1, $2, 'finished', $3, $4, 'released', $5)",
        [(TENANT, lot_id, product_id, f"L{number:04d}", expires_at) for number, (_, lot_id) in enumerate(orders)],
    )
    await connection.executemany(
        "INSERT INTO code_order (tenant_id, id, rule_version_id, lot_id, audience, level, count, state) VALUES ($1, $2, $3, $4, 'public', 'item', $5, 'ready')",
        [(TENANT, order_id, version_id, lot_id, each) for order_id, lot_id in orders],
    )
    await connection.executemany(
        "INSERT INTO publication (tenant_id, object_kind, object_id, version, content, digest, expires_at, publisher_name)"
        " VALUES ($1, 'lot', $2, 1, $3::jsonb, $4, $5, 'bench')",
        [(TENANT, lot_id, body.decode(), hashlib.sha256(body).digest(), expires_at) for _, lot_id in orders],
    )


async def _codes(
    connection: "asyncpg.Connection[asyncpg.Record]", key: CodeKey, order_id: UUID, lot_id: UUID, count: int
) -> None:
    texts = [code.decode() for code in mint(count, key.version, order_prefix(), key.key).tolist()]
    await connection.copy_records_to_table(
        "code",
        records=[(code, TENANT, order_id, lot_id, n, ITEM, ACTIVE) for n, code in enumerate(texts, 1)],
        columns=["text", "tenant_id", "order_id", "lot_id", "serial", "kind", "state"],
    )


async def write_wrk_script(data: DataSet, folder: Path) -> Path:
    """A Lua script that asks for `/t/{code}` of random stored codes; the codes lie beside it in one file."""
    connection = await asyncpg.connect(data.superuser_dsn)
    listing = folder / f"{data.name}.codes"
    try:
        await connection.copy_from_query("SELECT text FROM code ORDER BY text", output=str(listing))
    finally:
        await connection.close()
    script = folder / f"{data.name}.lua"
    script.write_text(
        f'local file = io.open("{listing.resolve()}", "rb")\n'
        'local codes = file:read("*a"); file:close()\n'
        "local count = math.floor(#codes / 21)\n"
        "math.randomseed(os.time())\n"
        "request = function()\n"
        "  local at = math.random(0, count - 1) * 21\n"
        '  return wrk.format("GET", "/t/" .. codes:sub(at + 1, at + 20))\n'
        "end\n"
    )
    return script
