"""pg_dump and pg_restore as child processes: no password on a command line, and the last thing they said as the reason."""

import asyncio
import os
import re
import signal
from collections.abc import Sequence
from pathlib import Path
from urllib.parse import unquote, urlsplit, urlunsplit

from server.embedded.errors import DISK_FULL_TEXT
from server.embedded.place import client_binaries
from server.embedded.processes import end_with_parent
from workers.ops.refusals import Refused

READER = "trace_backup"  # of roles.sql: reads everything, writes nothing; only the owner may step into it


async def dump(owner_dsn: str, snapshot: str, target: Path) -> None:
    """Everything of the database as it stood at this snapshot, in PostgreSQL's custom format."""
    await _run(
        "pg_dump", owner_dsn,
        ["--format=custom", "--no-password", f"--role={READER}", f"--snapshot={snapshot}", f"--file={target}"], target,
    )  # fmt: skip


async def restore(owner_dsn: str, source: Path) -> None:
    """All of it, or nothing: one transaction."""
    options = ["--single-transaction", "--exit-on-error", "--no-password", str(source)]
    await _run("pg_restore", owner_dsn, options, source)


async def _run(tool: str, dsn: str, options: Sequence[str], path: Path) -> None:
    address, password = without_password(dsn)
    process = await asyncio.create_subprocess_exec(
        str(client_binaries() / tool), f"--dbname={address}", *options,
        env=_environment(password), stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.PIPE,
        preexec_fn=end_with_parent(signal.SIGTERM),
    )  # fmt: skip
    try:
        _, said = await process.communicate()
    except BaseException:
        process.kill()
        await process.wait()
        raise
    if process.returncode != 0:
        raise _failure(tool, said.decode("utf-8", "replace"), path)


def without_password(dsn: str) -> tuple[str, str]:
    """The same address as anybody may read it, and the password."""
    parts = urlsplit(dsn)
    account, at, host = parts.netloc.rpartition("@")
    query = re.sub(r"(^|&)password=[^&]*", "", parts.query)
    given = re.search(r"(?:^|&)password=([^&]*)", parts.query)
    bare = parts._replace(netloc=f"{account.partition(':')[0]}{at}{host}", query=query)
    return urlunsplit(bare), unquote(parts.password or (given[1] if given else ""))


def _environment(password: str) -> dict[str, str]:
    """No PG* variable of the caller changes what is done; the home directory may hold a password file or a certificate."""
    kept = {name: os.environ[name] for name in ("HOME", "PGPASSFILE", "PGSSLROOTCERT") if name in os.environ}
    own = {"PATH": "/usr/bin:/bin", "LC_ALL": "C", "TZ": "UTC"}
    return {**kept, **own, **({"PGPASSWORD": password} if password else {})}


def _failure(tool: str, said: str, path: Path) -> Refused:
    if DISK_FULL_TEXT in said:
        return Refused("disk_full", path=path.parent)
    lines = [line for line in said.splitlines() if line.strip()]
    told = next((line for line in lines if "error:" in line), lines[-1] if lines else "?")
    return Refused("tool_failed", tool=tool, reason=told.removeprefix(f"{tool}: "))
