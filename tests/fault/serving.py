"""The running system of `serve`: supervisor, HTTP workers and roles as processes of their own, on given servers."""

import contextlib
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import psutil

from server import embedded, wiring
from server.core import db
from server.settings import Settings
from tests.fixtures.api import Api

ROOT = Path(__file__).resolve().parents[2]
PATIENCE_SECONDS = 120.0


@dataclass
class Serving:
    """One running system; `settings` are its own."""

    settings: Settings
    process: "subprocess.Popen[bytes]"
    log: Path

    @property
    def base_url(self) -> str:
        return self.settings.base_url

    def roles(self) -> dict[int, str]:
        """The processes under the supervisor: process id → role."""
        children = psutil.Process(self.process.pid).children()
        return {child.pid: " ".join(child.cmdline()[3:4]) for child in children}

    def is_ready(self) -> bool:
        """Whether it says of itself that it can serve."""
        try:
            return httpx.get(f"{self.base_url}/readyz", timeout=5, trust_env=False).status_code == 200
        except httpx.HTTPError:
            return False

    def wait_ready(self) -> float:
        """The seconds until it was ready."""
        began = time.monotonic()
        while not self.is_ready():
            assert self.process.poll() is None, self.log.read_text()[-2000:]
            assert time.monotonic() - began < PATIENCE_SECONDS, "not ready: " + self.log.read_text()[-2000:]
            time.sleep(0.1)
        return time.monotonic() - began

    def ended(self) -> list[str]:
        """What the supervisor says of processes that ended by themselves."""
        return [line for line in self.log.read_text().splitlines() if " ended with " in line]

    def errors(self) -> list[str]:
        """Lines of the log at level ERROR, tracebacks left out."""
        return [line for line in self.log.read_text().splitlines() if " ERROR " in line]


def _failures(log: str) -> str:
    """The first entry of a log at level ERROR, with its traceback, and the end of the log."""
    _, mark, after = log.partition(" ERROR ")
    return (mark + after[:6000] if mark else "") + "\n...\n" + log[-2000:]


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        return int(taken.getsockname()[1])


@contextlib.contextmanager
def serving(running: embedded.Running, **variables: str) -> Iterator[Serving]:
    """`serve` on these servers, until the block ends; more `TRACE_*` settings as keywords."""
    port = free_port()
    given = running.environment() | {
        "TRACE_MODE": "test", "TRACE_BASE_URL": f"http://127.0.0.1:{port}", "TRACE_PORT": str(port),
        "TRACE_HTTP_WORKERS": "1", **variables,
    }  # fmt: skip
    environment = {name: value for name, value in os.environ.items() if not name.startswith("TRACE_")} | given
    with tempfile.NamedTemporaryFile(prefix="quality-trace-serve-", suffix=".log") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "workers.run", "serve"], cwd=ROOT, env=environment,
            stdout=log, stderr=subprocess.STDOUT,
        )  # fmt: skip
        try:
            system = Serving(Settings.from_env(given), process, Path(log.name))
            system.wait_ready()
            yield system
        except BaseException:
            sys.stderr.write(_failures(Path(log.name).read_text()))
            raise
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(30)


@contextlib.asynccontextmanager
async def people(system: Serving) -> AsyncIterator[Api]:
    """Plants and people of that system; `db.transaction` works inside."""
    await db.open_pool(system.settings.database_dsn, wiring.MODELS, size=3)
    api = Api(system.base_url, system.settings)
    try:
        await api.open()
        yield api
    finally:
        await api.close()
        await db.close()
