"""Promise: nobody reads or writes another enterprise's rows, even where the code forgets to filter; it fails closed."""

import asyncpg
import pytest

from server.core import db
from server.core.ids import new_id
from server.core.scope import NoScope, Scope


@pytest.fixture
async def pool(database):
    await db.open_pool(database.app_dsn, ["server.domains.access.models"], size=4)
    yield
    await db.close()


async def new_tenant(credit_code: str, division: str = "330106"):
    async with db.transaction(Scope.system()):
        tenant = await db.fetchval(
            "INSERT INTO tenant (name, credit_code, division_code) VALUES ($1, $2, $3) RETURNING id",
            str(new_id()),
            credit_code,
            division,
        )
        await db.execute("INSERT INTO tenant_division (tenant_id, division_code) VALUES ($1, $2)", tenant, division)
    return tenant


def credit_code() -> str:
    return "91330106" + str(new_id().int)[-10:]


async def new_product(tenant) -> None:
    async with db.transaction(Scope.tenant(tenant)):
        await db.execute(
            "INSERT INTO product (tenant_id, kind, sku, name, unit) VALUES ($1, 'finished', $2, 'Milk', 'kg')",
            tenant,
            str(new_id()),
        )


async def test_nothing_is_read_without_a_scope(pool):
    with pytest.raises(NoScope):
        await db.fetch("SELECT 1")


async def test_a_tenant_sees_its_own_rows_only(pool):
    ours, theirs = await new_tenant(credit_code()), await new_tenant(credit_code())
    await new_product(ours)
    await new_product(theirs)
    async with db.transaction(Scope.tenant(ours)):
        assert {r["tenant_id"] for r in await db.fetch("SELECT tenant_id FROM product")} == {ours}
        assert await db.execute("UPDATE product SET name = 'x' WHERE tenant_id = $1", theirs) == 0


async def test_a_row_for_another_tenant_is_refused(pool):
    ours, theirs = await new_tenant(credit_code()), await new_tenant(credit_code())
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        async with db.transaction(Scope.tenant(ours)):
            await db.execute(
                "INSERT INTO product (tenant_id, kind, sku, name, unit) VALUES ($1, 'finished', 'a', 'Milk', 'kg')",
                theirs,
            )


async def test_an_authority_reads_its_district_and_writes_nothing(pool):
    inside, outside = await new_tenant(credit_code(), "330106"), await new_tenant(credit_code(), "310101")
    await new_product(inside)
    await new_product(outside)
    async with db.transaction(Scope.system()):
        authority = await db.fetchval("INSERT INTO authority (name) VALUES ($1) RETURNING id", str(new_id()))
        await db.execute("INSERT INTO jurisdiction (authority_id, division_code) VALUES ($1, '330000')", authority)
    async with db.transaction(Scope.jurisdiction(authority)):
        seen = {r["tenant_id"] for r in await db.fetch("SELECT tenant_id FROM product")}
        assert inside in seen
        assert outside not in seen
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        async with db.transaction(Scope.jurisdiction(authority)):
            await db.execute("UPDATE product SET name = 'x'")


async def test_the_trail_cannot_be_changed(pool):
    ours = await new_tenant(credit_code())
    for statement in ("UPDATE audit_entry SET action = 'x'", "DELETE FROM audit_entry"):
        for scope in (Scope.tenant(ours), Scope.system()):
            with pytest.raises(asyncpg.InsufficientPrivilegeError):
                async with db.transaction(scope):
                    await db.execute(statement)


async def test_every_table_of_an_enterprise_is_protected(database):
    connection = await asyncpg.connect(database.superuser_dsn)
    try:
        rows = await connection.fetch(
            "SELECT c.relname FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = 'tenant_id' AND NOT a.attisdropped"
            " WHERE c.relkind IN ('r', 'p') AND c.relnamespace = 'public'::regnamespace AND NOT c.relispartition"
            " AND NOT (c.relrowsecurity AND c.relforcerowsecurity AND EXISTS (SELECT FROM pg_policy p WHERE p.polrelid = c.oid))"
        )
        assert [r["relname"] for r in rows] == []
        single = await connection.fetch(
            "SELECT conrelid::regclass::text AS t, conname FROM pg_constraint k WHERE contype = 'f' AND cardinality(conkey) = 1"
            " AND EXISTS (SELECT FROM pg_attribute WHERE attrelid = k.conrelid AND attname = 'tenant_id')"
            " AND EXISTS (SELECT FROM pg_attribute WHERE attrelid = k.confrelid AND attname = 'tenant_id')"
        )
        assert {(r["t"], r["conname"]) for r in single} <= {("session", "session_membership_id_fkey")}
        grants = await connection.fetch(
            "SELECT c.relname FROM pg_class c WHERE c.relispartition AND (has_table_privilege('trace_tenant', c.oid, 'SELECT')"
            " OR has_table_privilege('trace_public', c.oid, 'SELECT,INSERT'))"
        )
        assert grants == []
    finally:
        await connection.close()
