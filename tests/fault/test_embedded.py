"""Promise: the embedded servers keep their data and recover by themselves, whatever was killed before.

Where something has to die without a trace (SIGKILL of the launcher), a process of its own is the launcher.
"""

import asyncio
import os
import shutil
import signal
import stat
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import asyncpg
import psutil
import pytest
import redis

from server import embedded
from server.embedded.account import Account, can_reach, server_account
from server.embedded.place import LOCATION_FILE

ROOT = Path(__file__).resolve().parents[2]
SMALL = embedded.Options(postgres={"shared_buffers": "32MB", "max_wal_size": "256MB"})
# Starts, says where the servers are, waits to be killed or told to stop by the end of its input.
LAUNCHER = """
import sys
from pathlib import Path
from server import embedded
try:
    running = embedded.start(Path(sys.argv[1]))
except embedded.StartError as error:
    print(error.code, flush=True)
    sys.exit(1)
print(running.postgres.pid, running.valkey.pid, flush=True)
sys.stdin.read()
running.stop()
"""
as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root runs PostgreSQL as somebody else")


class Launcher:
    """An embedded start in a process of its own."""

    def __init__(self, data_dir: Path) -> None:
        argv = [sys.executable, "-c", LAUNCHER, str(data_dir)]
        self.process = subprocess.Popen(argv, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        assert self.process.stdout is not None
        self.said = self.process.stdout.readline().split()

    def kill(self) -> None:
        self.process.kill()
        self.process.communicate()

    def end(self) -> int:
        self.process.communicate("")
        return self.process.returncode


@pytest.fixture
def launch(data_dir: Path) -> Iterator[Callable[[], Launcher]]:
    started: list[Launcher] = []

    def start() -> Launcher:
        started.append(Launcher(data_dir))
        return started[-1]

    yield start
    for launcher in started:
        launcher.end()


def query(running: embedded.Running, sql: str) -> object:
    async def run() -> object:
        connection = await asyncpg.connect(running.dsn("trace_owner"))
        try:
            return await connection.fetchval(sql)
        finally:
            await connection.close()

    return asyncio.run(run())


def check_data_survives(data_dir: Path) -> None:
    """A start on this directory works, with what an earlier start wrote."""
    running = embedded.start(data_dir, SMALL)
    try:
        query(running, "CREATE TABLE IF NOT EXISTS kept (n int)")
        query(running, "INSERT INTO kept VALUES (1)")
        with redis.Redis.from_url(running.valkey.url()) as client:
            client.incr("starts")
            assert int(client.get("starts") or 0) >= 1
    finally:
        running.stop()
    assert not left_behind(data_dir)


def left_behind(data_dir: Path) -> list[psutil.Process]:
    mark = embedded.mark_of(data_dir)
    return [
        process
        for process in psutil.process_iter(["cmdline"])
        if mark in " ".join(process.info["cmdline"] or ()) and process.status() != psutil.STATUS_ZOMBIE
    ]


def wait_gone(pid: int) -> None:
    deadline = time.monotonic() + 20
    while psutil.pid_exists(pid) and psutil.Process(pid).status() != psutil.STATUS_ZOMBIE:
        assert time.monotonic() < deadline
        time.sleep(0.02)


def test_a_second_start_finds_the_data_of_the_first(data_dir: Path) -> None:
    check_data_survives(data_dir)
    running = embedded.start(data_dir, SMALL)
    try:
        assert query(running, "SELECT count(*) FROM kept") == 1
    finally:
        running.stop()


def test_secrets_are_readable_by_their_owner_only(data_dir: Path) -> None:
    embedded.start(data_dir, SMALL).stop()
    for name in ("local.json", "lock", "postgres.log", "valkey.log", "valkey/valkey.conf"):
        assert stat.S_IMODE((data_dir / name).stat().st_mode) == 0o600, name
    logs = (data_dir / "postgres.log").read_text() + (data_dir / "valkey.log").read_text()
    for value in (data_dir / "local.json").read_text().split('"'):
        assert len(value) < 30 or value not in logs


def test_nobody_gets_in_without_a_password(own_servers: Callable[..., embedded.Running]) -> None:
    running = own_servers(migrated=False)
    for role in ("postgres", "trace_owner"):
        dsn = f"postgresql://{role}@127.0.0.1:{running.postgres.port}/trace"
        with pytest.raises(asyncpg.InvalidPasswordError):
            asyncio.run(asyncpg.connect(dsn, passfile="/nowhere/passfile"))
    with redis.Redis(port=running.valkey.port) as client, pytest.raises(redis.AuthenticationError):
        client.ping()


def test_a_second_start_at_the_same_time_is_refused(launch: Callable[[], Launcher], data_dir: Path) -> None:
    first, second = launch(), launch()
    assert second.said == ["already_running"]
    assert second.end() == 1
    assert first.process.poll() is None
    assert first.end() == 0
    assert not left_behind(data_dir)


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
def test_recovers_after_the_launcher_was_killed(launch: Callable[[], Launcher], data_dir: Path, number: int) -> None:
    launcher = launch()
    launcher.process.send_signal(number)
    launcher.process.communicate()
    check_data_survives(data_dir)


def test_recovers_after_everything_was_killed_at_once(launch: Callable[[], Launcher], data_dir: Path) -> None:
    launcher = launch()
    postgres, valkey = (int(pid) for pid in launcher.said)
    for pid in (postgres, valkey, launcher.process.pid):
        os.kill(pid, signal.SIGKILL)
    launcher.process.communicate()
    check_data_survives(data_dir)


def test_takes_down_servers_that_outlived_a_killed_launcher(launch: Callable[[], Launcher], data_dir: Path) -> None:
    launcher = launch()
    postgres, valkey = (int(pid) for pid in launcher.said)
    for pid in (postgres, valkey):
        os.kill(pid, signal.SIGSTOP)  # they do not hear the launcher die
    launcher.kill()
    check_data_survives(data_dir)
    wait_gone(postgres)
    wait_gone(valkey)


@pytest.mark.parametrize("kill", ["postgres", "valkey", "both"])
def test_heals_on_the_same_port_what_was_killed(own_servers: Callable[..., embedded.Running], kill: str) -> None:
    running = own_servers(migrated=False)
    query(running, "CREATE TABLE kept (n int)")
    ports = (running.postgres.port, running.valkey.port)
    if kill != "valkey":
        running.postgres.stop("kill")
    if kill != "postgres":
        running.valkey.stop(kill=True)
    assert running.heal() == (["postgres", "valkey"] if kill == "both" else [kill])
    assert (running.postgres.port, running.valkey.port) == ports
    assert query(running, "SELECT count(*) FROM kept") == 0
    assert running.heal() == []


def test_a_pid_file_naming_a_stranger_does_not_stop_the_start(data_dir: Path) -> None:
    running = embedded.start(data_dir, SMALL)
    cluster = running.postgres.cluster
    running.postgres.stop("kill")
    lines = (cluster / "postmaster.pid").read_text().split("\n")
    running.stop()
    stranger = subprocess.Popen(["sleep", "600"], user=running.postgres.cluster.stat().st_uid)
    try:
        (cluster / "postmaster.pid").write_text("\n".join([str(stranger.pid), *lines[1:]]))
        check_data_survives(data_dir)
        assert stranger.poll() is None
    finally:
        stranger.kill()
        stranger.wait()


def test_a_zombie_postmaster_does_not_stop_the_start(data_dir: Path) -> None:
    running = embedded.start(data_dir, SMALL)
    cluster = running.postgres.cluster
    pid = running.postgres.pid
    assert pid is not None
    os.kill(pid, signal.SIGKILL)
    wait_gone(pid)  # dead, and a zombie: nobody has asked for its exit code
    try:
        assert (cluster / "postmaster.pid").read_text().startswith(str(pid))
        running.postgres.clear_leftovers()
        assert not (cluster / "postmaster.pid").exists()
    finally:
        running.stop()
    check_data_survives(data_dir)


def test_a_broken_append_only_file_is_put_aside(data_dir: Path) -> None:
    check_data_survives(data_dir)
    for file in (data_dir / "valkey" / "appendonlydir").glob("*.aof"):
        file.write_bytes(b"*not a command\r\n" * 100)
    check_data_survives(data_dir)
    assert (data_dir / "valkey" / "appendonlydir.unreadable").exists()


def test_an_unfinished_initdb_is_begun_again(data_dir: Path) -> None:
    (data_dir / "postgres.new" / "base").mkdir(parents=True)
    check_data_survives(data_dir)
    assert not (data_dir / "postgres.new").exists()


def test_lost_passwords_are_one_clear_reason(data_dir: Path) -> None:
    embedded.start(data_dir, SMALL).stop()
    (data_dir / "local.json").unlink()
    with pytest.raises(embedded.StartError, match="state_missing"):
        embedded.start(data_dir, SMALL)


@as_root
def test_as_root_the_cluster_moves_out_of_a_directory_that_its_user_cannot_reach(tmp_path: Path) -> None:
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o700)
    data_dir = closed / "var"
    running = embedded.start(data_dir, SMALL)
    try:
        base = running.postgres.place.base
        assert closed not in base.parents
        assert (data_dir / LOCATION_FILE).read_text().strip() == str(base)
        assert stat.S_IMODE(closed.stat().st_mode) == 0o700
        assert psutil.Process(running.postgres.pid).uids().real != 0
        running.stop()
        again = embedded.start(data_dir, SMALL)
        assert again.postgres.place.base == base
        again.stop()
    finally:
        running.postgres.stop("immediate")
        shutil.rmtree(running.postgres.place.base)


@as_root
def test_a_removed_outside_directory_is_one_clear_reason(data_dir: Path) -> None:
    (data_dir / LOCATION_FILE).write_text("/nowhere/at/all\n")
    with pytest.raises(embedded.StartError, match="location_gone"):
        embedded.start(data_dir, SMALL)


@as_root
def test_binaries_are_copied_where_the_environment_cannot_be_reached(
    data_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from server.embedded import place

    monkeypatch.setattr(place, "can_reach", lambda directory, account: "pginstall" not in str(directory))
    running = embedded.start(data_dir, SMALL)
    try:
        assert data_dir in running.postgres.place.binaries.parents
        assert query(running, "SELECT 1") == 1
    finally:
        running.stop()


def test_reach_follows_the_permission_bits_of_every_directory_above(tmp_path: Path) -> None:
    inner = tmp_path / "a" / "b"
    inner.mkdir(parents=True)
    stranger = Account(uid=65534, gid=65534)
    for directory in (tmp_path, *tmp_path.parents):
        if not directory.stat().st_mode & stat.S_IXOTH:
            return  # the temporary directory itself is closed to strangers here
    (tmp_path / "a").chmod(0o711)
    assert can_reach(inner, stranger)
    (tmp_path / "a").chmod(0o710)
    assert not can_reach(inner, stranger)
    assert can_reach(inner, None)


def test_a_full_disk_is_one_clear_reason(data_dir: Path) -> None:
    """A small file system of memory stands for the full disk."""
    if os.geteuid() != 0 or not shutil.which("mount"):
        pytest.skip("mounting a small file system needs root")
    small = data_dir / "small"
    small.mkdir()
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=16m,mode=755", "tmpfs", small], check=False).returncode:
        pytest.skip("this system does not let us mount a small file system")
    try:
        with pytest.raises(embedded.StartError, match="disk_full"):
            embedded.start(small, SMALL)
        assert not left_behind(small)
    finally:
        subprocess.run(["umount", small], check=True)


def test_a_user_without_a_name_is_told_before_anything_is_made(data_dir: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A container may run under any number; initdb would fail much later, in words of its own."""
    monkeypatch.setattr(os, "geteuid", lambda: 3_999_999_999)
    with pytest.raises(embedded.StartError) as refused:
        embedded.start(data_dir, SMALL)
    assert (refused.value.code, refused.value.params["uid"]) == ("no_user_name", 3_999_999_999)
    assert not (data_dir / "postgres").exists()
    (data_dir / "postgres").mkdir()  # a cluster made before needs no name
    assert server_account(data_dir / "postgres") is None


@pytest.mark.parametrize("target", ["demo", "test"])
def test_a_user_without_a_name_is_told_before_anything_is_installed(data_dir: Path, target: str) -> None:
    """The line of `make` itself: here `id` knows no name, as in a container that runs under any number."""
    copy, tools = data_dir / "copy", data_dir / "tools"
    for each in (copy, tools):
        each.mkdir()
    shutil.copy(ROOT / "Makefile", copy)
    (tools / "id").write_text('#!/bin/sh\n[ "$1" = -un ] && exit 1\necho 12345\n')
    (tools / "id").chmod(0o755)
    environment = os.environ | {"PATH": f"{tools}:{os.environ['PATH']}"}
    environment.pop("MAKEFLAGS", None)
    done = subprocess.run(
        ["make", "-s", target], cwd=copy, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode != 0
    (said,) = done.stdout.splitlines()
    assert "12345 has no name" in said
    assert not (copy / ".venv").exists()


def test_a_data_directory_that_can_be_none_is_refused_in_words(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    for place in (tmp_path / "file", tmp_path / "file" / "below", Path("/proc/nothing/here")):
        with pytest.raises(embedded.StartError, match="no_directory"):
            embedded.DirectoryLock(place)
