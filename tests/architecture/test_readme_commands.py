"""Promise: every command of both READMEs works, every setting is explained with its true default, every link leads somewhere.

`make test` is not run from here: it is what runs this. The demo is started on a data directory whose seeding is marked
as done (tests/api/test_demo_start.py seeds for real), so that it is ready in seconds.
"""

import asyncio
import dataclasses
import json
import os
import re
import shutil
import signal
import subprocess
import threading
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import psutil
import pytest

from server import embedded
from server.core.migrate import migrate
from server.embedded.ports import free_port
from server.settings import Settings
from tests.architecture.test_deploy import run_as
from workers.demo import is_ready

ROOT = Path(__file__).resolve().parents[2]
READMES = ("README.md", "README.zh-CN.md")
PATIENCE_SECONDS = 180
DEMO = ["make demo", "make demo PORT=8080 DATA_DIR=/srv/trace-demo"]
PRODUCTION = [
    "python3 deploy/make_env.py https://trace.example.com /etc/quality-trace",
    "sudo -u postgres sh deploy/postgresql/prepare.sh - < /etc/quality-trace/postgres.env",
    "set -a; . /etc/quality-trace/trace.env; set +a",
    "make serve",
    "make admin USER=li.wei",
]
UPKEEP = [
    "make backup",
    "make restore FROM=var/backups INTO=/srv/trace-copy KEYS=var/local.json",
    "make doctor",
]
# What set-up has done is not done again by several tests at once: these are taken as made.
MADE = "make -o .venv/.installed -o admin/static/vendor/.installed"
pytestmark = pytest.mark.xdist_group("demo")


def read(name: str) -> str:
    return (ROOT / name).read_text("utf-8")


def commands(name: str) -> list[str]:
    """Every line of every fenced block of shell commands."""
    blocks = re.findall(r"^```(\w*)\n(.*?)^```$", read(name), re.MULTILINE | re.DOTALL)
    assert {language for language, _ in blocks} == {"sh"}
    return [line for _, block in blocks for line in block.splitlines() if line.strip()]


@pytest.mark.parametrize("name", READMES)
def test_every_command_is_run_here(name: str) -> None:
    assert sorted(commands(name)) == sorted([*DEMO, *PRODUCTION, *UPKEEP, "make test", "make help"])


@pytest.mark.parametrize("name", READMES)
def test_every_make_command_in_the_text_exists(name: str) -> None:
    listed = subprocess.run(["make", "-s", "help"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    assert {"demo", "test", "serve", "admin"} <= set(re.findall(r"^  make (\w+)", listed, re.MULTILINE))
    assert set(re.findall(r"`make (\w+)", read(name))) <= set(re.findall(r"^  make (\w+)", listed, re.MULTILINE))


# settings, links


def settings_table(name: str) -> dict[str, str]:
    """Variable → default as written, with the explanation required."""
    rows = re.findall(r"^\| `(TRACE_\w+)` \| (\S+) \| \S.*\|$", read(name), re.MULTILINE)
    assert len(rows) == len(dict(rows))
    return dict(rows)


def written_default(field: "dataclasses.Field[object]", required: str, none: str) -> str:
    if field.name == "mode":
        return "`production`"
    if field.default is dataclasses.MISSING:
        return required
    return none if field.default in (None, ()) else f"`{field.default}`"


@pytest.mark.parametrize(
    ("name", "required", "none"), [("README.md", "required", "none"), ("README.zh-CN.md", "必填", "无")]
)
def test_every_setting_is_explained_with_its_default(name: str, required: str, none: str) -> None:
    expected = {f"TRACE_{f.name.upper()}": written_default(f, required, none) for f in dataclasses.fields(Settings)}
    assert settings_table(name) == expected


@pytest.mark.parametrize(
    "name", [*READMES, "CHANGELOG.md", "docs/architecture.md", "docs/security-model.md", "deploy/RUNBOOK.md"]
)
def test_every_link_leads_somewhere(name: str) -> None:
    links = re.findall(r"\]\((?!https?:|#)([^)#]+)", read(name))
    assert [link for link in links if not ((ROOT / name).parent / link).exists()] == []


@pytest.mark.parametrize("name", READMES)
def test_every_folder_of_the_map_exists(name: str) -> None:
    folders = re.findall(r"^\| `([a-z_/0-9]+)` \| ", read(name), re.MULTILINE)
    assert len(folders) > 10
    assert all((ROOT / folder).is_dir() for folder in folders)
    domains = {path.parent.name for path in (ROOT / "server/domains").glob("*/__init__.py")}
    assert domains <= set(re.findall(r"`(\w+)`", read(name)))


# the commands


class Started:
    """A command with its output read line by line; ended as Ctrl-C ends it."""

    def __init__(self, command: str, environment: Mapping[str, str]) -> None:
        self.process = subprocess.Popen(
            ["sh", "-c", f"exec {command}"], cwd=ROOT, env=dict(environment), text=True, start_new_session=True,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        )  # fmt: skip
        self.lines: list[str] = []

    def read_until(self, wanted: str) -> None:
        assert self.process.stdout is not None
        alarm = threading.Timer(PATIENCE_SECONDS, self.process.kill)
        alarm.start()
        try:
            for line in self.process.stdout:
                self.lines.append(line.rstrip("\n"))
                if wanted in line:
                    return
        finally:
            alarm.cancel()
        raise AssertionError("\n".join(self.lines))

    def interrupt(self) -> None:
        """Ctrl-C: SIGINT to the group; nothing of the family is left."""
        family = psutil.Process(self.process.pid).children(recursive=True) if self.process.poll() is None else []
        if self.process.poll() is None:
            os.killpg(self.process.pid, signal.SIGINT)
        self.process.communicate(timeout=PATIENCE_SECONDS)
        assert psutil.wait_procs(family, timeout=30)[1] == []


@pytest.fixture
def start() -> Iterator[Callable[..., Started]]:
    running: list[Started] = []

    def start(command: str, environment: Mapping[str, str]) -> Started:
        running.append(Started(command, environment))
        return running[-1]

    yield start
    for one in running:
        one.interrupt()


def clean_environment() -> dict[str, str]:
    """Ours without settings and without what an outer make told its children."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("TRACE_", "MAKE", "MFLAGS"))}
    return {**kept, "LANG": "en_US.UTF-8", "TRACE_HTTP_WORKERS": "1"}


@pytest.mark.parametrize("command", DEMO)
def test_the_demo_starts_and_ends(command: str, data_dir: Path, start: Callable[..., Started]) -> None:
    running = embedded.start(data_dir)
    running.state.demo = {"accounts": [], "example_codes": [], "examples": []}
    running.state.save()
    running.stop()
    port = free_port()
    words = command.replace("make", MADE, 1).split()
    given = [word for word in words if not word.startswith(("PORT=", "DATA_DIR="))]
    demo = start(" ".join([*given, f"PORT={port}", f"DATA_DIR={data_dir}"]), clean_environment())
    demo.read_until("ready ")
    assert demo.lines[-1] == f"ready http://127.0.0.1:{port}"
    assert json.loads((data_dir / "demo.json").read_text("utf-8"))["base_url"] == f"http://127.0.0.1:{port}"
    demo.interrupt()
    shutil.rmtree(running.postgres.place.base, ignore_errors=True)  # where the cluster had to live outside


def test_upkeep_of_a_demo(data_dir: Path) -> None:
    running = embedded.start(data_dir)
    asyncio.run(migrate(running.dsn("trace_owner")))
    running.stop()
    copy = data_dir.with_name(f"{data_dir.name}-copy")
    lines = [line.replace("var/", f"{data_dir}/").replace("/srv/trace-copy", str(copy)) for line in UPKEEP]
    try:
        for line in lines:
            named = "" if "restore" in line else f" DATA_DIR={data_dir}"
            done = shell(f"{line.replace('make', MADE, 1)}{named}", clean_environment())
            assert done.returncode == 0, done.stdout + done.stderr
        assert (copy / "local.json").exists()
    finally:
        for place in (data_dir, copy):
            if (outside := place / "postgres.location").exists():
                shutil.rmtree(outside.read_text("utf-8").strip(), ignore_errors=True)
        shutil.rmtree(copy, ignore_errors=True)


def shell(command: str, environment: Mapping[str, str]) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        ["sh", "-c", command],
        cwd=ROOT,
        env=dict(environment),
        capture_output=True,
        text=True,
        timeout=PATIENCE_SECONDS,
        check=False,
    )


def point_at(env_file: Path, running: embedded.Running, port: int) -> None:
    """The servers of this test in place of those of a real machine; keys and passwords stay as they were made."""
    text = env_file.read_text("utf-8").replace("127.0.0.1:5432", f"127.0.0.1:{running.postgres.port}")
    text = re.sub(r"(?m)^TRACE_VALKEY_URL=.*$", f"TRACE_VALKEY_URL={running.valkey.url()}", text)
    env_file.write_text(f"{text}TRACE_PORT={port}\n", "utf-8")


def test_from_nothing_to_the_first_administrator(
    own_servers: Callable[..., embedded.Running], tmp_path: Path, start: Callable[..., Started]
) -> None:
    running, port, etc = own_servers(migrated=False), free_port(), tmp_path / "quality-trace"
    asyncio.run(run_as(running.dsn("postgres", "postgres"), "DROP DATABASE trace"))
    superuser = {
        "PATH": f"{running.postgres.place.binaries}{os.pathsep}{os.environ['PATH']}", "PGHOST": "127.0.0.1",
        "PGPORT": str(running.postgres.port), "PGUSER": "postgres", "PGPASSWORD": running.state.superuser_password,
    }  # fmt: skip
    make_env, prepare, load, serve, admin = [
        line.replace("/etc/quality-trace", str(etc)).replace("sudo -u postgres ", "").replace("make ", f"{MADE} ")
        for line in PRODUCTION
    ]
    made = shell(make_env, clean_environment())
    assert made.returncode == 0, made.stderr
    point_at(etc / "trace.env", running, port)
    prepared = shell(prepare, clean_environment() | superuser)
    assert prepared.returncode == 0, prepared.stderr

    server = start(f"sh -c '{load}; exec {serve}'", clean_environment())
    server.read_until(f"Listening on http://127.0.0.1:{port}")
    created = shell(f"{load}; {admin}", clean_environment())
    assert created.returncode == 0, created.stderr
    assert "li.wei" in created.stdout
    again = shell(f"{load}; {admin}", clean_environment())
    assert again.returncode != 0
    for _ in range(300):
        if is_ready("127.0.0.1", port):  # the socket listens already: each try waits for an answer
            break
    else:
        raise AssertionError("not ready")
    server.interrupt()
