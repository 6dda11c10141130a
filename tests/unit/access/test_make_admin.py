"""Promise: `make admin USER=name` makes a platform admin whose password is printed once and must be changed."""

import os
import subprocess
import sys
from pathlib import Path

import asyncpg
import pytest

from server.domains.access.passwords import PRODUCTION_COST, Passwords
from tests.fixtures.cluster import TEST_ENVIRONMENT, Cluster, Database

ROOT = Path(__file__).parents[3]


@pytest.fixture
def environment(cluster: Cluster, database: Database, valkey_url: str) -> dict[str, str]:
    return {
        **os.environ,
        **cluster.environment,
        **TEST_ENVIRONMENT,
        "TRACE_DATABASE_DSN": database.app_dsn,
        "TRACE_PUBLIC_DATABASE_DSN": database.public_dsn,
        "TRACE_VALKEY_URL": valkey_url,
        "LC_ALL": "C.UTF-8",
    }


def run(environment: dict[str, str], *arguments: str) -> "subprocess.CompletedProcess[str]":
    command = [sys.executable, "-m", "workers.bootstrap", *arguments]
    return subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=60)


async def test_the_first_admin(environment: dict[str, str], database: Database) -> None:
    made = run(environment, "root.of.all")
    assert made.returncode == 0, made.stderr
    password = made.stdout.strip().rsplit(" ", 1)[-1]
    connection = await asyncpg.connect(database.superuser_dsn)
    try:
        row = await connection.fetchrow(
            "SELECT u.password_hash, u.must_change_password, m.roles, m.tenant_id, m.authority_id FROM user_account u"
            " JOIN membership m ON m.user_id = u.id WHERE username = 'root.of.all'"
        )
        entries = await connection.fetch("SELECT * FROM audit_entry WHERE actor_name = 'make admin'")
    finally:
        await connection.close()
    assert row is not None
    assert (row["roles"], row["tenant_id"], row["authority_id"]) == (["platform_admin"], None, None)
    assert row["must_change_password"]
    assert await Passwords(PRODUCTION_COST).verify(password, row["password_hash"])
    assert [e["action"] for e in entries] == ["user.created"]
    assert password not in str([dict(e) for e in entries])
    again = run(environment, "root.of.all")
    assert again.returncode == 1
    assert "already" in again.stderr


@pytest.mark.parametrize(("arguments", "code"), [((), 2), (("two words",), 1)])
def test_no_name_no_admin(environment: dict[str, str], arguments: tuple[str, ...], code: int) -> None:
    refused = run(environment, *arguments)
    assert refused.returncode == code
    assert len(refused.stderr.strip().splitlines()) == 1
    assert refused.stdout == ""
