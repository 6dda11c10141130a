"""`make backup`: a copy of the database as of one moment, with a sheet of what is in it. Readers and writers go on meanwhile.

Secrets are not in it: the sheet names the ids of the keys that the copy needs.
"""

import asyncio
from collections.abc import Mapping
from pathlib import Path

from server.core.clock import now
from workers import terminal
from workers.ops import copies, counts, keys, postgres_tools
from workers.ops.installation import Installation, opened
from workers.ops.refusals import Refused

KEEP = 7


def run(data_dir: Path | None, to: Path | None, keep: str, environ: Mapping[str, str]) -> int:
    """Exit code 0; Refused where there is no whole backup at the end."""
    number = _number(keep)
    with opened(data_dir, environ) as installation:
        folder = to or installation.backups
        backup = make(installation, folder, number)
    sheet = copies.read_sheet(backup)
    terminal.say("backup.done", path=backup, megabytes=f"{sheet.dump_bytes / 1e6:.1f}", lines=len(sheet.lines))
    for name, value in sheet.keys.items():
        terminal.say("backup.needs", name=name, id=value)
    terminal.say("backup.apart", apart=installation.apart)
    return 0


def _number(keep: str) -> int:
    if keep and not (keep.isascii() and keep.isdigit() and 1 <= int(keep) <= 10_000):
        raise Refused("keep_not_a_number", keep=keep)
    return int(keep or KEEP)


def make(installation: Installation, folder: Path, keep: int = KEEP) -> Path:
    """A new whole backup in the folder, of which the newest `keep` stay. Refused leaves nothing behind."""
    needed = keys.ids(installation.secrets)
    with copies.kept_alone(folder):
        at = now()
        with copies.in_the_making(folder, at) as unfinished:
            lines = asyncio.run(_copy(installation, unfinished / copies.DUMP))
            (unfinished / copies.DUMP).chmod(0o600)
            size, digest = copies.measure(unfinished / copies.DUMP)
            copies.write_sheet(unfinished / copies.COUNTS, copies.Sheet(size, digest, needed, lines))
        copies.remove_old(folder, keep)
    return copies.whole(folder)[-1]


async def _copy(installation: Installation, target: Path) -> list[str]:
    """Dump and count the same moment: the dump reads through the snapshot of the counting transaction."""
    async with counts.reading(installation.owner_dsn) as connection:
        await keys.check_used(connection, installation.secrets)
        snapshot = await connection.fetchval("SELECT pg_export_snapshot()")
        await postgres_tools.dump(installation.owner_dsn, snapshot, target)
        return await counts.lines(connection)
