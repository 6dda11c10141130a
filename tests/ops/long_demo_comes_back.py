"""Promise: a demo backed up while it serves comes back in another directory and serves the same codes with the same counts.

And `make bundle` works where there is no network at all: unpack, make demo, scan, stop.
"""

import http.client
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tarfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from server.embedded.ports import free_port
from tests.api.test_demo_start import Demo
from tests.fixtures.cluster import new_data_dir
from workers.ops import __main__ as ops
from workers.ops import copies

ROOT = Path(__file__).resolve().parents[2]
PATIENCE_SECONDS = 900
pytestmark = pytest.mark.xdist_group("demo")


@pytest.fixture
def directories() -> Iterator[Path]:
    parent = new_data_dir()
    yield parent
    for location in parent.rglob("postgres.location"):
        shutil.rmtree(location.read_text("utf-8").strip(), ignore_errors=True)
    shutil.rmtree(parent, ignore_errors=True)


def scan(port: int, code: str) -> tuple[str, int]:
    """(verdict, how often this code has been scanned, this time included)."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    try:
        connection.request("GET", f"/api/v1/public/codes/{code}", headers={"Connection": "close"})
        answer = connection.getresponse()
        assert answer.status == 200
        body = json.loads(answer.read())
        return body["status"], body["scan_count"]
    finally:
        connection.close()


def test_the_same_codes_and_counts_are_served_again(directories: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.startswith("TRACE_")]:
        monkeypatch.delenv(name)
    first, second = directories / "first", directories / "second"
    running = Demo(first, free_port()).wait_ready()
    try:
        code = json.loads((first / "demo.json").read_text("utf-8"))["example_codes"][0]
        verdict, count = scan(running.port, code)
        assert ops.main(["backup", "--data-dir", str(first)]) == 0
        later = scan(running.port, code)
        assert ops.main(["restore", "--from", str(first / "backups"), "--into", str(second), "--keys", str(first)]) == 0
        lines = copies.read_sheet(copies.whole(first / "backups")[-1]).lines
        assert sum(line.startswith("file ") for line in lines) > 0
    finally:
        running.end(signal.SIGTERM)
    again = Demo(second, free_port()).wait_ready()
    try:
        assert scan(again.port, code) == later == (verdict, count + 1)
        before, after = (json.loads((place / "demo.json").read_text("utf-8")) for place in (first, second))
        assert {**before, "base_url": ""} == {**after, "base_url": ""}
    finally:
        again.end(signal.SIGTERM)


# without a network

ALONE = """
ip link set lo up 2>/dev/null || {python} -c 'import fcntl, socket, struct; fcntl.ioctl(socket.socket(), 0x8914, struct.pack("16sh", b"lo", 0x41))'
exec make demo PYTHON={python} PORT={port} DATA_DIR={data}
"""
PROBE = """
import json, sys, urllib.error, urllib.request
code = json.load(open(sys.argv[2] + "/demo.json"))["example_codes"][0]
print(urllib.request.urlopen("http://127.0.0.1:" + sys.argv[1] + "/t/" + code, timeout=60).status)
try:
    urllib.request.urlopen("http://198.51.100.1/", timeout=3)
except urllib.error.URLError as error:
    print(error.reason)
"""


def without_network() -> list[str]:
    """The command that starts a program in a network namespace of its own, or a skip with the reason."""
    kinds = [["unshare", "-n"]] if os.geteuid() == 0 else [["unshare", "-U", "--map-current-user", "--keep-caps", "-n"]]
    if shutil.which("unshare") is None:
        pytest.skip("unshare is not installed: the bundle was not tried without a network")
    done = subprocess.run([*kinds[0], "true"], capture_output=True, text=True, check=False)
    if done.returncode:
        pytest.skip(f"no network namespace may be made here ({done.stderr.strip()}): the bundle was not tried")
    return kinds[0]


@pytest.mark.skipif(not (ROOT / ".git").exists(), reason="not a clone: a bundle is made from one")
def test_a_bundle_serves_without_a_network(directories: Path) -> None:
    alone, port, data = without_network(), free_port(), directories / "data"
    assert ops.main(["bundle", "--to", str(directories)]) == 0
    (bundle,) = directories.glob("quality-trace-*.tar")
    with tarfile.open(bundle) as tar:
        tar.extractall(directories, filter="data")
    tree = directories / bundle.stem
    kept = {
        n: v for n, v in os.environ.items() if not n.startswith(("PIP_", "TRACE_", "MAKE", "MFLAGS", "VIRTUAL_ENV"))
    }
    environment = {**kept, "PIP_CONFIG_FILE": os.devnull, "LANG": "en_US.UTF-8", "TRACE_HTTP_WORKERS": "1"}
    command = ALONE.format(python=sys.executable, port=port, data=data)
    with (directories / "demo.log").open("wb") as log:
        demo = subprocess.Popen(
            [*alone, "sh", "-c", command], cwd=tree, env=environment, stdout=log, stderr=log, start_new_session=True
        )
    try:
        said = wait_ready(demo, directories / "demo.log")
        inside = ["nsenter", f"--net=/proc/{demo.pid}/ns/net"] if os.geteuid() == 0 else ["nsenter", "-U", "-n", "--preserve-credentials", "-t", str(demo.pid)]  # fmt: skip
        probe = [*inside, sys.executable, "-c", PROBE, str(port), str(data)]
        answer = subprocess.run(probe, capture_output=True, text=True, check=False)
        assert re.match(r"200\n.*(unreachable|timed out)", answer.stdout), answer.stdout + answer.stderr + said
    finally:
        os.killpg(demo.pid, signal.SIGINT)
        demo.wait(60)


def wait_ready(demo: "subprocess.Popen[bytes]", log: Path) -> str:
    """What it said until `ready`; the deadline only bounds a failing test."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < deadline and demo.poll() is None:
        said = log.read_text("utf-8", "replace")
        if re.search(r"^ready ", said, re.MULTILINE):
            return said
        time.sleep(0.2)
    raise AssertionError(log.read_text("utf-8", "replace")[-2000:])
