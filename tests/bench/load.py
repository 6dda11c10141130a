"""Load over HTTP: wrk outside, worker processes inside, each on a listening socket of its own."""

import contextlib
import os
import re
import shutil
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from server.embedded.ports import free_port
from tests.bench.harness import ROOT, note
from workers.sockets import listen

READY_SECONDS = 60
APP = (sys.executable, "-m", "workers.run", "http", "--descriptor")
HELLO = (sys.executable, "-m", "tests.bench.hello")


@dataclass(frozen=True, slots=True)
class Load:
    """What wrk saw: answers a second, latency, and answers that were not 2xx or 3xx."""

    requests_per_second: float
    p99_ms: float
    median_ms: float
    errors: int
    requests: int


def find_wrk() -> str:
    """The path of wrk; installed from the distribution where we may (root on Debian), else SystemExit with one line."""
    if found := shutil.which("wrk"):
        return found
    if os.geteuid() == 0 and shutil.which("apt-get"):
        note("installing wrk")
        subprocess.run(["apt-get", "install", "-y", "-qq", "wrk"], check=False, stdout=subprocess.DEVNULL)
    if found := shutil.which("wrk"):
        return found
    raise SystemExit("wrk is missing; install it (Debian: apt-get install wrk)")


def wrk(url: str, *, seconds: int, connections: int = 64, threads: int = 1, script: Path | None = None) -> Load:
    """One run of wrk; with a Lua `script` it chooses its own paths below `url`."""
    argv = [find_wrk(), f"-t{threads}", f"-c{connections}", f"-d{seconds}s", "--latency", "--timeout", "10s"]
    argv += ["-s", str(script)] if script else []
    done = subprocess.run([*argv, url], capture_output=True, text=True, check=True)
    return parse(done.stdout)


def parse(text: str) -> Load:
    """What wrk printed, as numbers. ValueError where it printed no result."""
    rate = re.search(r"Requests/sec:\s+([\d.]+)", text)
    count = re.search(r"(\d+) requests in", text)
    if rate is None or count is None:
        raise ValueError(text)
    bad = re.search(r"Non-2xx or 3xx responses: (\d+)", text)
    socket_errors = re.search(r"Socket errors: connect (\d+), read (\d+), write (\d+), timeout (\d+)", text)
    errors = int(bad[1]) if bad else 0
    errors += sum(int(n) for n in socket_errors.groups()) if socket_errors else 0
    return Load(float(rate[1]), _latency(text, "99%"), _latency(text, "50%"), errors, int(count[1]))


def _latency(text: str, percentile: str) -> float:
    found = re.search(rf"{percentile}\s+([\d.]+)(us|ms|s|m)\b", text)
    if found is None:
        raise ValueError(text)
    return float(found[1]) * {"us": 0.001, "ms": 1.0, "s": 1000.0, "m": 60_000.0}[found[2]]


@contextlib.contextmanager
def serving(
    command: Sequence[str], workers: int, environment: Mapping[str, str], ready_path: str = "/healthz"
) -> Iterator[str]:
    """`workers` processes of `command FD` on one port; the base URL once `ready_path` answers. Ended afterwards."""
    port = free_port()
    listeners = listen("127.0.0.1", port, workers)
    environ = {**os.environ, **environment, "TRACE_PORT": str(port)}
    processes: list[subprocess.Popen[bytes]] = []
    try:
        for listener in listeners:
            fd = listener.fileno()
            argv = [*command, str(fd)]
            processes.append(subprocess.Popen(argv, cwd=ROOT, env=environ, pass_fds=(fd,), stdout=subprocess.DEVNULL))
        url = f"http://127.0.0.1:{port}"
        _wait_ready(url + ready_path, processes, workers)
        yield url
    finally:
        for process in processes:
            process.send_signal(signal.SIGTERM)
        for process in processes:
            _end(process)
        for listener in listeners:
            listener.close()


def _end(process: "subprocess.Popen[bytes]") -> None:
    try:
        process.wait(20)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def _wait_ready(url: str, processes: "Sequence[subprocess.Popen[bytes]]", workers: int) -> None:
    """The kernel spreads connections over the workers: several answers in a row mean that most of them serve."""
    deadline, good = time.monotonic() + READY_SECONDS, 0
    while good < 10 * workers:
        if any(process.poll() is not None for process in processes):
            raise SystemExit(f"a worker ended before it was ready: {processes[0].args!r}")
        if time.monotonic() > deadline:
            raise SystemExit(f"not ready after {READY_SECONDS} s: {url}")
        try:
            with urllib.request.urlopen(url, timeout=5) as answer:
                good += answer.status == 200
        except (urllib.error.URLError, TimeoutError, ConnectionError):
            good = 0
            time.sleep(0.1)
