"""Why the embedded servers cannot start."""

import errno
import shutil
from pathlib import Path

import asyncpg

DISK_FULL_TEXT = "No space left on device"
NO_ROOM_BYTES = 16 * 1024 * 1024  # one segment of PostgreSQL's write-ahead log


class StartError(Exception):
    """One clear reason: a code whose text is `ops.start.<code>`, with the parameters of that text."""

    def __init__(self, code: str, **params: object) -> None:
        super().__init__(" ".join([code, *(f"{name}={value}" for name, value in params.items())]))
        self.code = code
        self.params = params


def is_disk_full(error: BaseException, data_dir: Path) -> bool:
    """Whether this was raised for want of room: by the operating system, by PostgreSQL, or indirectly.

    A PostgreSQL that cannot write its log ends, and its clients see no more than a lost connection.
    """
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, asyncpg.DiskFullError):
            return True
        if isinstance(cause, OSError) and cause.errno in (errno.ENOSPC, errno.EDQUOT):
            return True
        cause = cause.__cause__ or cause.__context__
    return data_dir.exists() and shutil.disk_usage(data_dir).free < NO_ROOM_BYTES
