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
from collections.abc import Iterator
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

    def children(self, name: str) -> list[psutil.Process]:
        """Those of this name, or of this role."""
        children = psutil.Process(self.process.pid).children()
        return [child for child in children if child.is_running() and (child.name() == name or name in child.cmdline())]

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


def ready_again(demo: Demo, name: str, besides: list[psutil.Process]) -> bool:
    """Whether it serves again, with others of this name; the deadline only bounds a failing test."""
    deadline = time.monotonic() + 90
    while time.monotonic() < deadline:
        with contextlib.suppress(OSError, http.client.HTTPException, psutil.NoSuchProcess):
            if set(demo.children(name)) - set(besides) and demo.status("/readyz") == 200:
                return True
        time.sleep(0.1)
    return False


@pytest.fixture(scope="module")
def home() -> Iterator[tuple[Path, int]]:
    data_dir = new_data_dir()
    yield data_dir, free_port()
    shutil.rmtree(data_dir, ignore_errors=True)


class Installation:
    """What is started on one data directory. A start takes seconds: tests go on with the one that runs."""

    def __init__(self, home: tuple[Path, int]) -> None:
        self.home = home
        self.started: list[Demo] = []

    def start(self) -> Demo:
        self.started.append(Demo(*self.home))
        return self.started[-1]

    def running(self) -> Demo:
        """Ready: the one that runs, else a new one."""
        if self.started and self.started[-1].process.poll() is None:
            return self.started[-1]
        return self.start().wait_ready()

    def stopped(self) -> None:
        """Nothing runs any more."""
        for demo in self.started:
            if demo.process.poll() is None:
                demo.end(signal.SIGTERM)
            if demo.process.stdout:
                demo.process.stdout.close()
        self.started.clear()


@pytest.fixture(scope="module")
def here(home: tuple[Path, int]) -> Iterator[Installation]:
    installation = Installation(home)
    yield installation
    installation.stopped()


def test_the_first_start_tells_all_a_person_needs(here: Installation) -> None:
    demo = here.start().wait_ready()
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


def test_a_second_start_is_one_line(here: Installation) -> None:
    first, second = here.running(), Demo(*here.home)
    assert not second.read_until("ready")
    assert second.process.wait() == 1
    assert len(second.lines) == 1
    assert "data directory" in second.lines[0]
    assert first.status("/readyz") == 200
    assert second.process.stdout is not None
    second.process.stdout.close()


@pytest.mark.parametrize("victim", ["http", "postgres", "valkey-server"])
def test_a_killed_child_is_replaced_without_a_restart(here: Installation, victim: str) -> None:
    demo = here.running()
    killed = demo.children(victim)
    assert killed
    for process in killed:
        process.kill()
    psutil.wait_procs(killed)
    assert ready_again(demo, victim, besides=killed)
    assert demo.process.poll() is None


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_it_stops_everything_it_started_and_nothing_else_and_keeps_what_it_made(
    here: Installation, number: int
) -> None:
    bystander = subprocess.Popen(["sleep", "600"])
    try:
        demo = here.running()
        assert len(processes_of(demo.data_dir)) > 3
        before = json.loads((here.home[0] / "demo.json").read_text("utf-8"))
        demo.end(number)
        assert processes_of(demo.data_dir) == []
        assert bystander.poll() is None
    finally:
        bystander.kill()
        bystander.wait()
    again = here.running()
    assert json.loads((here.home[0] / "demo.json").read_text("utf-8")) == before
    assert "Filling in" not in "\n".join(again.lines)


def test_after_a_killed_launcher_the_next_start_is_ready(here: Installation) -> None:
    demo = here.running()
    demo.process.kill()
    demo.process.wait()
    assert here.running().status("/readyz") == 200


def test_after_everything_was_killed_the_next_start_is_ready(here: Installation) -> None:
    demo = here.running()
    family = psutil.Process(demo.process.pid).children(recursive=True)
    for process in [psutil.Process(demo.process.pid), *family]:
        process.kill()
    demo.process.wait()
    assert here.running().status("/readyz") == 200


def test_a_port_in_use_is_one_line(here: Installation) -> None:
    here.stopped()
    with socket.create_server(("127.0.0.1", here.home[1])):
        demo = here.start()
        assert not demo.read_until("ready")
    assert demo.process.wait() == 1
    assert len(demo.lines) == 1
    assert f"Port {here.home[1]} is in use" in demo.lines[0]
    assert processes_of(demo.data_dir) == []
