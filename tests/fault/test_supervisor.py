"""Promise: the supervisor restarts what dies, stops all it started and nothing else, and leaves no orphan."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

ROOT = Path(__file__).resolve().parents[2]
# Each role writes a line with its process id when it starts and waits.
ROLE = "import os, sys, signal; open(sys.argv[1], 'a').write(f'{os.getpid()}\\n'); signal.pause()"
STUBBORN = "import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); " + ROLE
BROKEN = "import os, sys; open(sys.argv[1], 'a').write(f'{os.getpid()}\\n'); sys.exit(3)"
SUPERVISOR = """
import sys, os
from pathlib import Path
from workers import supervisor
supervisor.STOP_SECONDS = 1.0
supervisor.ROLLED_AFTER_SECONDS = 0.1
roles = [supervisor.Role(n, (sys.executable, "-c", code, n)) for n, code in zip(sys.argv[2::2], sys.argv[3::2])]
sys.exit(supervisor.Supervisor(roles, environment=os.environ, directory=Path(sys.argv[1])).run())
"""
PATIENCE_SECONDS = 240.0


def wait_for(condition: Callable[[], object]) -> None:
    """Until it holds; a deadline only bounds a failing test."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not condition():
        assert time.monotonic() < deadline, "did not happen"
        time.sleep(0.02)


def pids(directory: Path, role: str) -> list[int]:
    file = directory / role
    return [int(line) for line in file.read_text().split()] if file.exists() else []


def is_gone(pid: int) -> bool:
    return not psutil.pid_exists(pid) or psutil.Process(pid).status() == psutil.STATUS_ZOMBIE


@pytest.fixture
def launch(tmp_path: Path) -> Iterator[Callable[..., "subprocess.Popen[bytes]"]]:
    started: list[subprocess.Popen[bytes]] = []

    def start(**roles: str) -> "subprocess.Popen[bytes]":
        arguments = [part for pair in roles.items() for part in pair]
        argv = [sys.executable, "-c", SUPERVISOR, str(tmp_path), *arguments]
        process = subprocess.Popen(argv, cwd=ROOT, stderr=subprocess.DEVNULL)
        started.append(process)
        wait_for(lambda: all(pids(tmp_path, role) for role in roles))
        return process

    yield start
    for process in started:
        process.kill()
        process.wait()


Launch = Callable[..., "subprocess.Popen[bytes]"]


def test_a_killed_role_is_started_again_and_the_other_is_left_alone(launch: Launch, tmp_path: Path) -> None:
    launch(a=ROLE, b=ROLE)
    os.kill(pids(tmp_path, "a")[0], signal.SIGKILL)
    wait_for(lambda: len(pids(tmp_path, "a")) == 2)
    assert len(pids(tmp_path, "b")) == 1


def test_a_role_that_keeps_failing_is_tried_again_without_stopping_the_rest(launch: Launch, tmp_path: Path) -> None:
    launch(good=ROLE, bad=BROKEN)
    wait_for(lambda: len(pids(tmp_path, "bad")) >= 3)
    assert len(pids(tmp_path, "good")) == 1


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_everything_also_a_role_that_will_not(launch: Launch, tmp_path: Path, number: int) -> None:
    supervisor = launch(a=ROLE, stubborn=STUBBORN)
    supervisor.send_signal(number)
    assert supervisor.wait(PATIENCE_SECONDS) == 0
    assert is_gone(pids(tmp_path, "a")[0])
    assert is_gone(pids(tmp_path, "stubborn")[0])


@pytest.mark.skipif(sys.platform != "linux", reason="the kernel ends children with their parent on Linux only")
def test_killing_the_supervisor_leaves_no_orphan(launch: Launch, tmp_path: Path) -> None:
    supervisor = launch(a=ROLE, stubborn=STUBBORN)
    supervisor.kill()
    supervisor.wait()
    wait_for(lambda: is_gone(pids(tmp_path, "a")[0]) and is_gone(pids(tmp_path, "stubborn")[0]))


def test_sighup_restarts_every_role_in_turn(launch: Launch, tmp_path: Path) -> None:
    supervisor = launch(a=ROLE, b=ROLE, stubborn=STUBBORN)
    supervisor.send_signal(signal.SIGHUP)
    wait_for(lambda: len(pids(tmp_path, "stubborn")) == 2)
    assert [len(pids(tmp_path, role)) for role in ("a", "b", "stubborn")] == [2, 2, 2]
    assert supervisor.poll() is None
