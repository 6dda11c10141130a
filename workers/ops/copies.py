"""A folder of backups. A backup is a folder with `database.dump` and `counts.txt`; it appears whole or not at all.

`counts.txt` begins with what the backup is and ends with the digest of all its lines, so that neither file can be
damaged or exchanged unnoticed.
"""

import contextlib
import fcntl
import hashlib
import os
import re
import shutil
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from workers.ops.refusals import Refused

DUMP, COUNTS, LOCK = "database.dump", "counts.txt", ".lock"
UNFINISHED = ".unfinished"
HEADING = "quality-trace counts 1"
NAME = re.compile(r"quality-trace-(\d{8}T\d{6}Z)")
STAMP = "%Y%m%dT%H%M%SZ"


@dataclass(frozen=True)
class Sheet:
    """What a backup says of itself: bytes and SHA-256 of its dump, ids of the keys it needs, lines to compare."""

    dump_bytes: int
    dump_digest: str
    keys: Mapping[str, str]
    lines: Sequence[str]


def write_sheet(path: Path, sheet: Sheet) -> None:
    """Lines, then their digest."""
    head = [HEADING, f"dump {sheet.dump_bytes} {sheet.dump_digest}"]
    text = "\n".join([*head, *(f"key {name} {value}" for name, value in sheet.keys.items()), *sheet.lines]) + "\n"
    write_whole(path, text + f"end {hashlib.sha256(text.encode()).hexdigest()}\n")


def write_whole(path: Path, text: str) -> None:
    """On the disk when this returns; for its owner's eyes."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())


def read_sheet(backup: Path) -> Sheet:
    """Refused where it is missing or not what was written."""
    try:
        body, end, digest = (backup / COUNTS).read_text("utf-8").rpartition("end ")
        lines = body.splitlines()
        whole = end and hashlib.sha256(body.encode()).hexdigest() == digest.strip()
    except (OSError, UnicodeDecodeError):
        raise Refused("not_a_backup", path=backup) from None
    if not whole or lines[0] != HEADING:
        raise Refused("damaged", path=backup / COUNTS)
    _, size, dump_digest = lines[1].split()
    keys = dict(line.split()[1:3] for line in lines[2:] if line.startswith("key "))
    return Sheet(int(size), dump_digest, keys, [line for line in lines[2:] if not line.startswith("key ")])


def check_dump(backup: Path, sheet: Sheet) -> None:
    """Refused unless every byte of the dump is the one that was written."""
    if measure(backup / DUMP) != (sheet.dump_bytes, sheet.dump_digest):
        raise Refused("damaged", path=backup / DUMP)


def measure(file: Path) -> tuple[int, str]:
    """(bytes, SHA-256), read back from the disk; (0, "") where there is no such file."""
    try:
        with file.open("rb") as content:
            return file.stat().st_size, hashlib.file_digest(content, "sha256").hexdigest()
    except FileNotFoundError:
        return 0, ""


def sync(path: Path) -> None:
    """File or folder: on the disk when this returns."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def made_at(backup: Path) -> datetime:
    """When it was begun, by its name."""
    return datetime.strptime(backup.name.removeprefix("quality-trace-"), STAMP).replace(tzinfo=UTC)


def size_of(backup: Path) -> int:
    """Bytes of the dump."""
    return (backup / DUMP).stat().st_size


def whole(folder: Path) -> list[Path]:
    """The backups of a folder, oldest first; unfinished ones have another kind of name."""
    return sorted(path for path in folder.glob("quality-trace-*") if NAME.fullmatch(path.name) and path.is_dir())


def find(source: Path) -> Path:
    """The backup itself, or the newest of a folder of them."""
    if (source / COUNTS).exists():
        return source
    if backups := whole(source):
        return backups[-1]
    raise Refused("not_a_backup", path=source)


@contextlib.contextmanager
def kept_alone(folder: Path) -> Iterator[None]:
    """One backup into a folder at a time. What a killed one left behind is removed."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    descriptor = os.open(folder / LOCK, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise Refused("backup_running", path=folder) from None
        _clear(folder)
        yield
    finally:
        os.close(descriptor)


def _clear(folder: Path) -> None:
    for left in folder.glob(f"{UNFINISHED}*"):
        shutil.rmtree(left, ignore_errors=True)


@contextlib.contextmanager
def in_the_making(folder: Path, at: datetime) -> Iterator[Path]:
    """A folder to fill: renamed to the backup's name when all went well, removed when not."""
    final = folder / f"quality-trace-{at.strftime(STAMP)}"
    if final.exists():
        raise Refused("backup_running", path=folder)
    unfinished = folder / f"{UNFINISHED}-{final.name}"
    unfinished.mkdir(mode=0o700)
    try:
        yield unfinished
        for file in unfinished.iterdir():
            sync(file)
        sync(unfinished)
        unfinished.rename(final)
        sync(folder)
    finally:
        shutil.rmtree(unfinished, ignore_errors=True)


def remove_old(folder: Path, keep: int) -> list[Path]:
    """All but the newest `keep`; one that is going is no longer taken for a whole one."""
    old = whole(folder)[:-keep]
    for backup in old:
        backup.rename(going := backup.with_name(f"{UNFINISHED}-old-{backup.name}"))
        shutil.rmtree(going, ignore_errors=True)
    return old
