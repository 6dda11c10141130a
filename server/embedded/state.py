"""What an installation remembers: its lock and its secrets (`local.json`, readable by its owner only)."""

import base64
import fcntl
import json
import os
import secrets
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


def lock(data_dir: Path) -> int:
    """Take the directory for this process; the kernel gives it back when the process ends, however it ends.

    Returns the descriptor that holds the lock. Raises StartError where another process has it.
    """
    descriptor = os.open(data_dir / LOCK_FILE, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        holder = os.read(descriptor, 32).decode("ascii", "replace").strip()
        os.close(descriptor)
        raise StartError("already_running", path=data_dir, pid=holder or "?") from None
    os.truncate(descriptor, 0)
    os.write(descriptor, f"{os.getpid()}\n".encode())
    return descriptor


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
