"""A million records with a value each, 500 to a lot, as a laboratory would enter them; some late, some corrected."""

from uuid import UUID

import asyncpg

from server.core.ids import new_id
from tests.bench.harness import DataSet

TENANT = UUID("00000000-0000-7000-8000-000000000001")
LOTS, EACH = 2_000, 500
_LIMITS = '{"internal": {"low": "10", "high": "20"}}'


async def build(data: DataSet) -> None:
    """Fill an empty, migrated database; written by the owner of everything."""
    connection = await asyncpg.connect(data.superuser_dsn)
    try:
        async with connection.transaction():
            await connection.execute("SET LOCAL session_replication_role = replica")  # sound by construction
            await _fill(connection)
    finally:
        await connection.close()


async def _fill(connection: "asyncpg.Connection[asyncpg.Record]") -> None:
    product, characteristic, form, version = (new_id() for _ in range(4))
    await connection.execute(
        "INSERT INTO tenant (id, name, credit_code, division_code) VALUES ($1, 'Bench', '91330106BENCH00001', '330106')",
        TENANT,
    )
    await connection.execute(
        "INSERT INTO product (tenant_id, id, kind, sku, name, unit) VALUES ($1, $2, 'finished', 'A', 'A', 'kg')",
        TENANT,
        product,
    )
    await connection.execute(
        "INSERT INTO characteristic (tenant_id, id, code, name, result_kind) VALUES ($1, $2, 'C', 'C', 'number')",
        TENANT, characteristic,
    )  # fmt: skip
    await connection.execute(
        "INSERT INTO form (tenant_id, id, code, name, stage, subject_kind, document_no) VALUES ($1, $2, 'F', 'F', 'testing', 'lot', 'F')",
        TENANT, form,
    )  # fmt: skip
    await connection.execute(
        "INSERT INTO form_version (tenant_id, id, form_id, version, schema) VALUES ($1, $2, $3, 1, '{}')",
        TENANT,
        version,
        form,
    )
    await connection.execute(
        "INSERT INTO lot (tenant_id, id, kind, product_id, lot_no, quantity, unit, production_ended_at)"
        " SELECT $1, uuidv7(), 'finished', $2, 'L' || lpad(n::text, 5, '0'), 1000, 'kg', now() - interval '2 days' FROM generate_series(1, $3) n",
        TENANT, product, LOTS,
    )  # fmt: skip
    await connection.execute(
        "INSERT INTO record (tenant_id, id, entry_id, body_digest, stage, form_version_id, lot_id, values, verdict, source,"
        " operator_name, captured_at, received_at, late_entry)"
        " SELECT $1, uuidv7(), gen_random_uuid(), '\\x00', 'testing', $2, l.id, jsonb_build_object('C', 10 + n % 10), 'pass', 'web',"
        " '张工', now() - interval '1 day', now() - interval '1 day', n % 250 = 0"
        " FROM lot l CROSS JOIN generate_series(1, $3) n WHERE l.tenant_id = $1",
        TENANT, version, EACH,
    )  # fmt: skip
    await connection.execute(
        "INSERT INTO measurement (tenant_id, record_id, position, characteristic_id, value, limits, near_limit, verdict, lot_id, product_id, stage, at)"
        " SELECT $1, r.id, 1, $2, (r.values ->> 'C')::numeric, $3::jsonb, (r.values ->> 'C')::numeric <= 10.5, 'pass', r.lot_id, $4, 'testing', r.received_at FROM record r",
        TENANT, characteristic, _LIMITS, product,
    )  # fmt: skip
    await connection.execute(
        "INSERT INTO lot_quality (tenant_id, lot_id, records, fails, not_judged, warnings, legal_fails, documents, last_record_at)"
        " SELECT $1, id, $2, 0, 0, 0, 0, 0, now() - interval '1 day' FROM lot WHERE tenant_id = $1",
        TENANT, EACH,
    )  # fmt: skip
