"""What an installation remembers: its lock and its secrets (`local.json`, readable by its owner only)."""

import base64
import errno
import fcntl
import json
import os
import secrets
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from server.embedded.errors import StartError

STATE_FILE = "local.json"
LOCK_FILE = "lock"


def prepare_directory(data_dir: Path) -> None:
    """Create it where it is missing; one that exists keeps its permissions. Others may pass, not list."""
    if not data_dir.exists():
        data_dir.mkdir(parents=True)
        data_dir.chmod(0o711)


class DirectoryLock:
    """Keeps a second start off a data directory; the kernel gives it back however this process ends."""

    PATIENCE_SECONDS = 1.0  # a killed start's children are still leaving
    STOPPING_PATIENCE_SECONDS = 40.0  # the one before has said that it is stopping

    def __init__(self, data_dir: Path) -> None:
        """Raises StartError("already_running") where another process keeps it, "no_directory" where there can be none."""
        self.data_dir = data_dir
        try:
            prepare_directory(data_dir)
            self._descriptor = os.open(data_dir / LOCK_FILE, os.O_RDWR | os.O_CREAT, 0o600)
        except OSError as error:
            if error.errno in (errno.ENOTDIR, errno.EEXIST, errno.ENOENT, errno.EROFS):
                raise StartError("no_directory", path=data_dir) from error
            raise
        try:
            self._wait()
        except BaseException:
            os.close(self._descriptor)
            raise
        self._write(str(os.getpid()))

    def announce_stop(self) -> None:
        """From now on a new start waits for us to end instead of refusing."""
        self._write(f"{os.getpid()} stopping")

    def release(self) -> None:
        os.close(self._descriptor)

    def _wait(self) -> None:
        begun = time.monotonic()
        while True:
            try:
                fcntl.flock(self._descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
                return
            except BlockingIOError:
                pid, _, stopping = os.pread(self._descriptor, 64, 0).decode("ascii", "replace").partition(" ")
                patience = self.STOPPING_PATIENCE_SECONDS if stopping else self.PATIENCE_SECONDS
                if time.monotonic() - begun > patience:
                    raise StartError("already_running", path=self.data_dir, pid=pid.strip() or "?") from None
                time.sleep(0.05)

    def _write(self, text: str) -> None:
        os.truncate(self._descriptor, 0)
        os.pwrite(self._descriptor, f"{text}\n".encode(), 0)


def _random_key() -> str:
    return base64.b64encode(secrets.token_bytes(32)).decode()


def _application_secrets() -> dict[str, str]:
    return {
        "TRACE_TOKEN_KEY": secrets.token_urlsafe(48),
        "TRACE_FILE_KEY": _random_key(),
        "TRACE_CODE_KEYS": f"1:{_random_key()}",
        "TRACE_DEVICE_SALT": secrets.token_urlsafe(48),
    }


@dataclass
class LocalState:
    """Random per installation; written before the first use of any of it."""

    path: Path
    superuser_password: str = field(default_factory=lambda: secrets.token_urlsafe(32), repr=False)
    valkey_password: str = field(default_factory=lambda: secrets.token_urlsafe(32), repr=False)
    role_passwords: dict[str, str] = field(default_factory=dict, repr=False)
    secrets: dict[str, str] = field(default_factory=_application_secrets, repr=False)
    demo: dict[str, Any] | None = field(default=None, repr=False)  # what the finished seeding returned

    def save(self) -> None:
        """Whole or not at all, also when the disk is full."""
        values: dict[str, Any] = {name: value for name, value in vars(self).items() if name != "path"}
        write_private(self.path, json.dumps(values, indent=2))

    @classmethod
    def load(cls, data_dir: Path, cluster: Path) -> "LocalState":
        """The state of this installation, made on the first start."""
        path = data_dir / STATE_FILE
        if path.exists():
            return cls(path=path, **json.loads(path.read_text("utf-8")))
        if cluster.exists():
            raise StartError("state_missing", path=path, cluster=cluster)
        state = cls(path=path)
        state.save()
        return state


def write_private(path: Path, text: str) -> None:
    """Replace a file by one that only its owner may read (0600), in one step."""
    unfinished = path.with_name(path.name + ".new")
    descriptor = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    unfinished.replace(path)
