"""Promise: `serve` refuses what it cannot run with: one line a problem, an exit code that is not 0, no value."""

import os
import socket
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from server import embedded

ROOT = Path(__file__).resolve().parents[2]


def serve(**variables: str) -> "subprocess.CompletedProcess[str]":
    environment = {name: value for name, value in os.environ.items() if not name.startswith("TRACE_")}
    environment |= {"LANG": "en_US.UTF-8", **variables}
    return subprocess.run(
        [sys.executable, "-m", "workers.run", "serve"],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_every_bad_setting_is_named_on_a_line_of_its_own() -> None:
    done = serve(TRACE_TOKEN_KEY="changeme", TRACE_PORT="0")
    lines = done.stderr.splitlines()
    assert done.returncode == 2
    assert "TRACE_TOKEN_KEY: too short, at least 32 bytes" in lines
    assert "TRACE_PORT: not an integer in the allowed range" in lines
    assert "TRACE_DATABASE_DSN: must be set" in lines
    assert "changeme" not in done.stdout + done.stderr


def test_the_language_is_the_terminals() -> None:
    assert "TRACE_DATABASE_DSN:必须设置" in serve(LANG="zh_CN.UTF-8").stderr.splitlines()


def test_a_port_in_use_is_one_line(own_servers: Callable[..., embedded.Running]) -> None:
    running = own_servers(migrated=False)
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = str(other.getsockname()[1])
        address = {"TRACE_MODE": "test", "TRACE_BASE_URL": "http://127.0.0.1", "TRACE_PORT": port}
        done = serve(**running.environment(), **address)
    assert (done.returncode, len(done.stderr.splitlines())) == (1, 1)
    assert port in done.stderr


def test_a_database_that_is_not_there_is_one_line(own_servers: Callable[..., embedded.Running]) -> None:
    running = own_servers(migrated=False)
    environment = {**running.environment(), "TRACE_MODE": "test", "TRACE_BASE_URL": "http://127.0.0.1"}
    running.postgres.stop()
    done = serve(**environment)
    assert (done.returncode, len(done.stderr.splitlines())) == (1, 1)
