"""Promise: one command starts everything, says `ready`, keeps its data, and recovers from the death of any process.

One data directory for the whole file: seeding happens on its first start only.
"""

import contextlib
import http.client
import json
import os
import shutil
import signal
import socket
import stat
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from server import embedded
from server.embedded.ports import free_port
from tests.fixtures.cluster import new_data_dir

ROOT = Path(__file__).resolve().parents[2]
PATIENCE_SECONDS = 240
pytestmark = pytest.mark.xdist_group("demo")  # one worker, in this order: one seeding


class Demo:
    """`make demo` without make: the launcher, its lines, its processes."""

    def __init__(self, data_dir: Path, port: int) -> None:
        argv = [sys.executable, "-m", "workers.run", "demo", "--port", str(port), "--data-dir", str(data_dir)]
        environment = {**os.environ, "LANG": "en_US.UTF-8", "TRACE_HTTP_WORKERS": "2"}
        self.process = subprocess.Popen(
            argv, cwd=ROOT, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
        )
        self.data_dir, self.port = data_dir, port
        self.lines: list[str] = []

    def read_until(self, wanted: str) -> bool:
        """Collect lines up to the wanted one; False when the output ended before."""
        assert self.process.stdout is not None
        alarm = threading.Timer(PATIENCE_SECONDS, self.process.kill)
        alarm.start()
        try:
            for line in self.process.stdout:
                self.lines.append(line.rstrip("\n"))
                if line.startswith(wanted):
                    return True
            return False
        finally:
            alarm.cancel()

    def wait_ready(self) -> "Demo":
        assert self.read_until("ready "), self.lines
        return self

    def end(self, number: int = signal.SIGINT) -> int:
        self.process.send_signal(number)
        rest, _ = self.process.communicate(timeout=PATIENCE_SECONDS)
        self.lines += rest.splitlines()
        return self.process.returncode

    def roles(self, name: str) -> list[psutil.Process]:
        children = psutil.Process(self.process.pid).children()
        return [child for child in children if name in child.cmdline()]

    def status(self, path: str) -> int:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        try:
            connection.request("GET", path, headers={"Connection": "close"})
            return connection.getresponse().status
        finally:
            connection.close()


def processes_of(data_dir: Path) -> list[str]:
    """Command lines of all that still belongs to this directory."""
    found = []
    for process in psutil.process_iter(["cmdline", "status"]):
        line = " ".join(process.info["cmdline"] or ())
        mine = embedded.mark_of(data_dir) in line or str(data_dir) in line
        if mine and process.info["status"] != psutil.STATUS_ZOMBIE:
            found.append(line)
    return found


@pytest.fixture(scope="module")
def home() -> Iterator[tuple[Path, int]]:
    data_dir = new_data_dir()
    yield data_dir, free_port()
    shutil.rmtree(data_dir, ignore_errors=True)


@pytest.fixture
def start(home: tuple[Path, int]) -> Iterator[Callable[[], Demo]]:
    started: list[Demo] = []

    def start() -> Demo:
        started.append(Demo(*home))
        return started[-1]

    yield start
    for demo in started:
        if demo.process.poll() is None:
            demo.end(signal.SIGTERM)
        if demo.process.stdout:
            demo.process.stdout.close()


def test_the_first_start_tells_all_a_person_needs(start: Callable[[], Demo]) -> None:
    demo = start().wait_ready()
    assert demo.lines[-1] == f"ready http://127.0.0.1:{demo.port}"
    file = demo.data_dir / "demo.json"
    info = json.loads(file.read_text("utf-8"))
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert info["base_url"] == f"http://127.0.0.1:{demo.port}"
    assert all(account.keys() == {"role", "tenant", "username", "password"} for account in info["accounts"])
    shown = "\n".join(demo.lines)
    assert all(account["username"] in shown and account["password"] in shown for account in info["accounts"])
    assert f"{info['base_url']}/t/{info['example_codes'][0]}" in shown
    assert "█" in shown
    assert demo.status("/healthz") == 200


def test_the_next_start_keeps_accounts_and_codes(start: Callable[[], Demo], home: tuple[Path, int]) -> None:
    earlier = start().wait_ready()
    before = json.loads((home[0] / "demo.json").read_text("utf-8"))
    earlier.end(signal.SIGTERM)
    demo = start().wait_ready()
    assert json.loads((home[0] / "demo.json").read_text("utf-8")) == before
    assert "Filling in" not in "\n".join(demo.lines)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_it_stops_everything_it_started_and_nothing_else(start: Callable[[], Demo], number: int) -> None:
    bystander = subprocess.Popen(["sleep", "600"])
    try:
        demo = start().wait_ready()
        assert len(processes_of(demo.data_dir)) > 3
        demo.end(number)
        assert processes_of(demo.data_dir) == []
        assert bystander.poll() is None
    finally:
        bystander.kill()
        bystander.wait()


def test_a_second_start_is_one_line(start: Callable[[], Demo]) -> None:
    first = start().wait_ready()
    second = start()
    assert not second.read_until("ready")
    assert second.process.wait() == 1
    assert len(second.lines) == 1
    assert "data directory" in second.lines[0]
    assert first.status("/readyz") == 200


def test_a_port_in_use_is_one_line(start: Callable[[], Demo], home: tuple[Path, int]) -> None:
    with socket.create_server(("127.0.0.1", home[1])):
        demo = start()
        assert not demo.read_until("ready")
    assert demo.process.wait() == 1
    assert len(demo.lines) == 1
    assert f"Port {home[1]} is in use" in demo.lines[0]
    assert processes_of(demo.data_dir) == []


def ready_again(demo: Demo) -> bool:
    """Whether it serves again; the deadline only bounds a failing test."""
    deadline = time.monotonic() + 90
    while time.monotonic() < deadline:
        with contextlib.suppress(OSError, http.client.HTTPException):
            if demo.status("/readyz") == 200:
                return True
        time.sleep(0.1)
    return False


@pytest.mark.parametrize("victim", ["http", "postgres", "valkey-server"])
def test_a_killed_child_is_replaced_without_a_restart(start: Callable[[], Demo], victim: str) -> None:
    demo = start().wait_ready()
    if victim == "http":
        killed = demo.roles("http")
    else:
        killed = [c for c in psutil.Process(demo.process.pid).children() if c.name() == victim]
    assert killed
    for process in killed:
        process.kill()
    psutil.wait_procs(killed)
    assert ready_again(demo)
    assert demo.process.poll() is None


def test_after_a_killed_launcher_the_next_start_is_ready(start: Callable[[], Demo]) -> None:
    demo = start().wait_ready()
    demo.process.kill()
    demo.process.wait()
    again = start().wait_ready()
    assert again.status("/readyz") == 200


def test_after_everything_was_killed_the_next_start_is_ready(start: Callable[[], Demo]) -> None:
    demo = start().wait_ready()
    family = psutil.Process(demo.process.pid).children(recursive=True)
    for process in [psutil.Process(demo.process.pid), *family]:
        process.kill()
    demo.process.wait()
    again = start().wait_ready()
    assert again.status("/readyz") == 200
