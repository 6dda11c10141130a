"""`make restore`: a backup into a new data directory or an empty database, then counted again and compared line by line.

Never over anything that exists. Whatever is refused leaves nothing behind.
"""

import asyncio
import os
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from server import embedded
from server.core.migrate import DIRECTORY as MIGRATIONS
from server.embedded.place import LOCATION_FILE
from server.embedded.state import STATE_FILE, LocalState, prepare_directory
from workers import terminal
from workers.ops import copies, counts, keys, postgres_tools
from workers.ops.installation import secrets_of
from workers.ops.refusals import Refused

DATABASE = "database"  # INTO=database: the empty one of TRACE_OWNER_DATABASE_DSN
SHOWN_DIFFERENCES = 200
NO_DEMO: dict[str, Any] = {"accounts": [], "example_codes": [], "examples": []}
EXAMPLE = "SELECT text FROM code WHERE state IN (3, 4) AND kind IN (1, 2) ORDER BY text LIMIT 1"


def run(source: Path | None, into: str, keys_file: Path | None, environ: Mapping[str, str]) -> int:
    """Exit code: 0 restored and the same, 1 restored and different (the lines are printed); Refused: nothing was done."""
    if source is None or not into:
        raise Refused("restore_usage")
    if "://" in into:
        raise Refused("address_on_command_line", variable="TRACE_OWNER_DATABASE_DSN")
    backup = copies.find(source)
    sheet = copies.read_sheet(backup)
    secrets, demo = keys.read(keys_file) if keys_file else (secrets_of(environ), None)
    keys.compare(sheet.keys, secrets)
    _check_version(sheet)
    copies.check_dump(backup, sheet)
    if into == DATABASE:
        found = asyncio.run(into_database(environ.get("TRACE_OWNER_DATABASE_DSN"), backup, secrets))
    else:
        found = into_directory(Path(into), backup, secrets, demo)
    return _compare(sheet, found, into)


def _compare(sheet: copies.Sheet, found: list[str], into: str) -> int:
    different = counts.differences(list(sheet.lines), found)
    for line in different[:SHOWN_DIFFERENCES]:
        print(line)
    if different:
        terminal.complain("restore.different", number=len(different), into=into)
        return 1
    terminal.say("restore.done", into=into, lines=len(found))
    if into != DATABASE:
        terminal.say("restore.start", into=into)
    return 0


def _check_version(sheet: copies.Sheet) -> None:
    """Refused where the backup comes from a newer program; what is missing from an older one is migrated at the start."""
    ours = {file.stem for file in MIGRATIONS.glob("[0-9]*.sql")}
    theirs = {line.split()[1] for line in sheet.lines if line.startswith("migration ")}
    if newer := sorted(theirs - ours):
        raise Refused("backup_is_newer", migrations=", ".join(newer))


async def into_database(owner_dsn: str | None, backup: Path, secrets: Mapping[str, str]) -> list[str]:
    """All or nothing, as the owner of the schema; the lines of what is there now."""
    if not owner_dsn:
        raise Refused("owner_missing")
    await _prepare_empty(owner_dsn)
    await postgres_tools.restore(owner_dsn, backup / copies.DUMP)
    await _analyze(owner_dsn)
    return await verified(owner_dsn, secrets)


async def verified(owner_dsn: str, secrets: Mapping[str, str]) -> list[str]:
    """The lines of a restored database, every one of whose files opens and whose codes are of these keys."""
    async with counts.reading(owner_dsn) as connection:
        await keys.check_used(connection, secrets)
        box = keys.file_box(secrets)
        async for row in connection.cursor("SELECT tenant_id, digest, sealed FROM blob", prefetch=4):
            keys.open_file(box, row)
        return await counts.lines(connection)


async def _prepare_empty(owner_dsn: str) -> None:
    connection = await counts.connect(owner_dsn)
    try:
        if await connection.fetchval(f"SELECT EXISTS (SELECT FROM pg_class WHERE {counts.SCHEMA})"):  # noqa: S608
            raise Refused("not_empty", path=await connection.fetchval("SELECT current_database()"))
        query = "SELECT count(*) FROM pg_roles WHERE rolname = ANY ($1)"
        if await connection.fetchval(query, list(counts.ROLES)) < len(counts.ROLES):
            raise Refused("role_missing", role=", ".join(counts.ROLES))
        # Functions are given to this role before pg_restore comes to the grants.
        await connection.execute("GRANT CREATE ON SCHEMA public TO trace_definer")
    finally:
        await connection.close()


async def _analyze(owner_dsn: str) -> None:
    """Plans are made from statistics, which a backup does not hold."""
    connection = await counts.connect(owner_dsn)
    try:
        await connection.execute("ANALYZE (SKIP_LOCKED)")
    finally:
        await connection.close()


def into_directory(target: Path, backup: Path, secrets: Mapping[str, str], demo: dict[str, Any] | None) -> list[str]:
    """A fresh cluster beside the target, renamed to it when it is whole; the lines of what is there."""
    if target.exists() and (not target.is_dir() or any(target.iterdir())):
        raise Refused("not_empty", path=target)
    target = target.absolute()
    unfinished = target.with_name(f"{target.name}.restoring")
    _clear(unfinished)
    try:
        lines = _fill(unfinished, backup, secrets, demo)
        unfinished.rename(target)
        return lines
    finally:
        _clear(unfinished)


def _clear(unfinished: Path) -> None:
    """Ours by its name; the lock tells whether another restore is at work in it."""
    if not unfinished.exists():
        return
    embedded.DirectoryLock(unfinished).release()
    location = unfinished / LOCATION_FILE
    if location.exists():
        shutil.rmtree(location.read_text("utf-8").strip(), ignore_errors=True)
    shutil.rmtree(unfinished, ignore_errors=True)


def _fill(directory: Path, backup: Path, secrets: Mapping[str, str], demo: dict[str, Any] | None) -> list[str]:
    with embedded.clear_reasons(directory):
        prepare_directory(directory)
        state = LocalState(directory / STATE_FILE)
        state.secrets = {**state.secrets, **secrets}
        state.demo = demo or NO_DEMO  # what is restored is never filled with demo plants
        state.save()
        running = embedded.start(directory, progress=lambda step: terminal.say(f"demo.step.{step}"))
        try:
            lines = asyncio.run(into_database(running.dsn("trace_owner"), backup, secrets))
            if demo is None:
                running.state.demo = {**NO_DEMO, "example_codes": asyncio.run(_example(running.dsn("trace_owner")))}
                running.state.save()
        finally:
            running.stop()
        os.sync()
        return lines


async def _example(owner_dsn: str) -> list[str]:
    async with counts.reading(owner_dsn) as connection:
        return [text for (text,) in await connection.fetch(EXAMPLE)]
