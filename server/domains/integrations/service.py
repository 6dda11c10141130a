"""Imports as people and machines ask for them."""

import asyncio
from collections.abc import Mapping
from typing import Any
from uuid import UUID

from server.core import db
from server.core.actor import Actor
from server.core.errors import NotFound
from server.core.files import FileBox
from server.domains.access import audit, verify_password
from server.domains.integrations import jobs
from server.domains.integrations.commands import SendFile
from server.domains.integrations.gate import FileLimits, check_file
from server.domains.integrations.problems import PasswordsHandedOut
from server.domains.integrations.running import KINDS, open_passwords

Row = Mapping[str, Any]
_COLUMNS = """
SELECT id, kind, file_name, encode(file_digest, 'hex') AS file_digest, policy, dry_run, state, rows_total, rows_done,
       rows_stored, rows_failed, follows, problem, options::text AS options, created_at, created_by, creator_name, finished_at,
       one_time_passwords IS NOT NULL AS has_passwords
FROM import_job WHERE tenant_id = $1
"""


async def send_file(
    actor: Actor, command: SendFile, file_name: str, data: bytes, box: FileBox, limits: FileLimits
) -> tuple[UUID, bool]:
    """Take a file in as a job; its id, and whether the same file was taken in before.

    Raises Forbidden without the right to what its rows do, WrongPassword, ImportFileTooLarge, ImportFileRefused.
    """
    actor.require(KINDS[command.kind].permission)
    if command.password is not None:
        actor.require("quality.release")
        await verify_password(actor, command.password)
    format = await asyncio.to_thread(check_file, data, file_name, limits)
    signed = command.password is not None
    new = jobs.NewImport(
        command.kind, command.policy, command.dry_run, _safe_name(file_name), data, format, signed
    )  # fmt: skip
    return await jobs.submit(actor, new, box)


def _safe_name(name: str) -> str:
    last = name.replace("\\", "/").rsplit("/", 1)[-1]
    return "".join(each for each in last if each.isprintable())[:200] or "file"


async def get_import(tenant_id: UUID, job_id: UUID) -> Row:
    """One job; NotFound where it is missing or another's."""
    row = await db.fetchrow(_COLUMNS + " AND id = $2", tenant_id, job_id)
    if row is None:
        raise NotFound
    return _job(dict(row))


async def list_imports(tenant_id: UUID, kind: str | None, before: UUID | None, limit: int) -> list[Row]:
    """The newest first, at most `limit`, older than `before`."""
    rows = await db.fetch(
        _COLUMNS + " AND ($2::text IS NULL OR kind = $2) AND ($3::uuid IS NULL OR id < $3) ORDER BY id DESC LIMIT $4",
        tenant_id, kind, before, limit,
    )  # fmt: skip
    return [_job(dict(row)) for row in rows]


def _job(row: Row) -> Row:
    options = db.loads(row["options"])
    return {**row, "unread_columns": options.get("unread", []), "params": options.get("params", {})}


async def list_errors(tenant_id: UUID, job_id: UUID, after: int, limit: int) -> list[Row]:
    """What is wrong with the rows of a job, by position. Raises NotFound for a missing job."""
    await get_import(tenant_id, job_id)
    rows = await db.fetch(
        "SELECT position, row_no, column_name, value, code, params::text AS params FROM import_error"
        " WHERE tenant_id = $1 AND job_id = $2 AND position > $3 ORDER BY position LIMIT $4",
        tenant_id, job_id, after, limit,
    )  # fmt: skip
    return [{**row, "params": db.loads(row["params"])} for row in rows]


async def take_passwords(actor: Actor, job_id: UUID, box: FileBox) -> list[tuple[str, str]]:
    """(username, one-time password) of the people a job made: handed out once, and then known to nobody but them."""
    actor.require("access.write")
    row = await db.fetchrow(
        "SELECT one_time_passwords FROM import_job WHERE tenant_id = $1 AND id = $2 FOR UPDATE", actor.tenant, job_id
    )
    if row is None:
        raise NotFound
    if row["one_time_passwords"] is None:
        raise PasswordsHandedOut
    await db.execute(
        "UPDATE import_job SET one_time_passwords = NULL WHERE tenant_id = $1 AND id = $2", actor.tenant, job_id
    )
    found = open_passwords(actor.tenant, box, row["one_time_passwords"])
    await audit.record(actor, "import.passwords_handed_out", "import_job", job_id, after={"people": len(found)})
    return found
