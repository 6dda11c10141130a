"""The database and its roles in a fresh cluster: the same file production runs, with random passwords."""

import secrets
from pathlib import Path

import asyncpg

from server.embedded.state import LocalState

ROLES_FILE = Path(__file__).resolve().parents[2] / "deploy" / "postgresql" / "roles.sql"
LOGIN_ROLES = r"SELECT rolname FROM pg_roles WHERE rolcanlogin AND rolname LIKE 'trace\_%' ORDER BY rolname"


async def prepare_database(superuser_dsn: str, database: str, state: LocalState) -> None:
    """Create what is missing of roles and database and set every login role's password. Safe to repeat."""
    # A failing statement is not written to the log: it could hold a password.
    connection = await asyncpg.connect(superuser_dsn, server_settings={"log_min_error_statement": "panic"})
    try:
        await connection.execute(ROLES_FILE.read_text("utf-8"))
        roles = [row["rolname"] for row in await connection.fetch(LOGIN_ROLES)]
        if missing := [role for role in roles if role not in state.role_passwords]:
            state.role_passwords.update({role: secrets.token_urlsafe(32) for role in missing})
            state.save()
        for role in roles:  # names come from roles.sql, passwords hold no quote
            await connection.execute(f"ALTER ROLE {role} PASSWORD '{state.role_passwords[role]}'")
        if not await connection.fetchval("SELECT 1 FROM pg_database WHERE datname = $1", database):
            await connection.execute(f'CREATE DATABASE "{database}" OWNER trace_owner')
    finally:
        await connection.close()


async def drop_database(superuser_dsn: str, database: str) -> None:
    """Remove the database with everything in it."""
    connection = await asyncpg.connect(superuser_dsn)
    try:
        await connection.execute(f'DROP DATABASE IF EXISTS "{database}" WITH (FORCE)')
    finally:
        await connection.close()
