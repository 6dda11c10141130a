"""Promise: a backup is whole or is not there, holds no key, and comes back the same line by line; what is wrong is one line.

On servers of this file's own, which go on being written to.
"""

import asyncio
import hashlib
import os
import shutil
import stat
import subprocess
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from uuid import UUID

import asyncpg
import pytest

from server import embedded
from server.core.ids import new_id
from server.core.migrate import migrate
from tests.fixtures.cluster import new_data_dir, remove
from workers.ops import __main__ as ops
from workers.ops import copies, counts, keys, postgres_tools

PLAIN = b"%PDF-1.7 a report"
TENANT = (
    "INSERT INTO tenant (id, name, credit_code, division_code) VALUES ($1, 'Dairy', '91110000MA0000000X', '330100')"
)
BLOB = "INSERT INTO blob (tenant_id, digest, media_type, size_bytes, sealed) VALUES ($1, $2, 'application/pdf', $3, $4)"
AUDIT = (
    "INSERT INTO audit_entry (tenant_id, actor_kind, actor_name, action, object_type, object_id, request_id)"
    " VALUES ($1, 'user', 'Li', 'lot.created', 'lot', 'A1', 'r1')"
)


@pytest.fixture(scope="module")
def running() -> Iterator[embedded.Running]:
    """One enterprise with a file and a trail."""
    started = embedded.start(new_data_dir(), embedded.Options(postgres={"shared_buffers": "64MB"}))
    try:
        asyncio.run(migrate(started.dsn("trace_owner")))
        asyncio.run(fill(started, new_id()))
        yield started
    finally:
        remove(started)


async def fill(running: embedded.Running, tenant: UUID) -> None:
    digest, sealed = keys.file_box(running.state.secrets).seal(tenant, PLAIN)
    connection = await asyncpg.connect(running.dsn("postgres"))
    try:
        await connection.execute(TENANT, tenant)
        await connection.execute(BLOB, tenant, digest, len(PLAIN), sealed)
        await connection.execute(AUDIT, tenant)
    finally:
        await connection.close()


@pytest.fixture(autouse=True)
def plain_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.startswith("TRACE_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("LANGUAGE", "en")


def back_up(running: embedded.Running, to: Path, *more: str) -> Path:
    assert ops.main(["backup", "--data-dir", str(running.data_dir), "--to", str(to), *more]) == 0
    return copies.whole(to)[-1]


@pytest.fixture(scope="module")
def backup(running: embedded.Running, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One backup for the tests that only read it."""
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("LANGUAGE", "en")
        return back_up(running, tmp_path_factory.mktemp("backups"))


@pytest.fixture
def copy(backup: Path, tmp_path: Path) -> Path:
    """One to be damaged."""
    return Path(shutil.copytree(backup, tmp_path / "copy" / backup.name))


def restore(source: Path, into: object, running: embedded.Running | None = None) -> int:
    more = ["--keys", str(running.data_dir)] if running else []
    return ops.main(["restore", "--from", str(source), "--into", str(into), *more])


def one_line(capsys: pytest.CaptureFixture[str]) -> str:
    """What was said to standard error: a single line."""
    said = capsys.readouterr().err
    assert said.count("\n") == 1, said
    return said


@pytest.fixture
def target() -> Iterator[Path]:
    """A place for a restored installation that PostgreSQL's own account can reach."""
    parent = new_data_dir()
    yield parent / "restored"
    assert not [path for path in parent.iterdir() if path.name.endswith(".restoring")]
    shutil.rmtree(parent)


# the way there and back


def test_it_comes_back_the_same_though_others_went_on_writing(
    running: embedded.Running, tmp_path: Path, target: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    stop = threading.Event()
    writer = threading.Thread(target=lambda: asyncio.run(keep_writing(running, stop)))
    writer.start()
    try:
        made = back_up(running, tmp_path)
    finally:
        stop.set()
        writer.join()
    assert restore(made, target, running) == 0, capsys.readouterr()
    again = embedded.start(target)
    try:
        assert asyncio.run(lines_of(again)) == list(copies.read_sheet(made).lines)
        assert again.state.secrets == running.state.secrets
        assert asyncio.run(migrate(again.dsn("trace_owner"))) == []
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            asyncio.run(count_as(again.dsn("trace_app")))
    finally:
        remove(again)


async def keep_writing(running: embedded.Running, stop: threading.Event) -> None:
    connection = await asyncpg.connect(running.dsn("postgres"))
    try:
        while not stop.is_set():
            await connection.execute(AUDIT, new_id())
            await asyncio.sleep(0)
    finally:
        await connection.close()


async def lines_of(running: embedded.Running) -> list[str]:
    async with counts.reading(running.dsn("trace_owner")) as connection:
        return await counts.lines(connection)


async def count_as(dsn: str) -> None:
    connection = await asyncpg.connect(dsn)
    try:
        await connection.execute("SELECT count(*) FROM lot")
    finally:
        await connection.close()


def test_production_is_named_by_its_variables_and_restored_into_an_empty_database(
    running: embedded.Running, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name, value in running.environment().items():
        monkeypatch.setenv(name, value)
    assert ops.main(["backup", "--to", str(tmp_path)]) == 0
    asyncio.run(as_superuser(running, 'CREATE DATABASE "second" OWNER trace_owner'))
    monkeypatch.setenv("TRACE_OWNER_DATABASE_DSN", running.dsn("trace_owner", "second"))
    assert restore(tmp_path, "database") == 0, capsys.readouterr()
    capsys.readouterr()
    assert restore(tmp_path, "database") == 1
    assert "second is not empty" in one_line(capsys)
    asyncio.run(as_superuser(running, 'DROP DATABASE "second"'))


async def as_superuser(running: embedded.Running, statement: str) -> None:
    connection = await asyncpg.connect(running.dsn("postgres", "postgres"))
    try:
        await connection.execute(statement)
    finally:
        await connection.close()


def test_an_installation_that_is_not_running_is_backed_up_too(data_dir: Path, tmp_path: Path) -> None:
    stopped = embedded.start(data_dir, embedded.Options(postgres={"shared_buffers": "64MB"}))
    asyncio.run(migrate(stopped.dsn("trace_owner")))
    stopped.stop()
    assert ops.main(["backup", "--data-dir", str(data_dir), "--to", str(tmp_path)]) == 0
    assert len(copies.whole(tmp_path)) == 1
    assert not embedded.processes.marked("postgres", embedded.mark_of(data_dir))
    shutil.rmtree(stopped.postgres.place.base, ignore_errors=True)


# secrets


def test_no_secret_is_in_it_or_said(
    running: embedded.Running, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    made = back_up(running, tmp_path)
    printed = capsys.readouterr()
    assert str(running.data_dir / "local.json") in printed.out  # what to keep apart
    everything = b"".join(file.read_bytes() for file in made.iterdir()) + (printed.out + printed.err).encode()
    secrets = [*running.state.secrets.values(), *running.state.role_passwords.values()]
    assert not any(secret.encode() in everything for secret in secrets)
    assert {stat.S_IMODE(file.stat().st_mode) for file in made.iterdir()} == {0o600}
    assert stat.S_IMODE(made.stat().st_mode) == 0o700
    assert set(copies.read_sheet(made).keys) == {"TRACE_CODE_KEYS:1", "TRACE_DEVICE_SALT", "TRACE_FILE_KEY"}


@pytest.mark.parametrize(
    ("dsn", "bare", "password"),
    [
        ("postgresql://o:p%40w@h:5/t", "postgresql://o@h:5/t", "p@w"),
        ("postgresql://o@/t?host=/run&password=x&sslmode=require", "postgresql://o@/t?host=/run&sslmode=require", "x"),
        ("postgresql://o@h/t", "postgresql://o@h/t", ""),
    ],
)
def test_command_lines_name_no_password(dsn: str, bare: str, password: str) -> None:
    assert postgres_tools.without_password(dsn) == (bare, password)


def test_an_address_on_the_command_line_is_refused(backup: Path, capsys: pytest.CaptureFixture[str]) -> None:
    capsys.readouterr()
    assert restore(backup, "postgresql://trace_owner:hidden-word@127.0.0.1/x") == 1
    assert "hidden-word" not in one_line(capsys)


@pytest.mark.parametrize("name", ["TRACE_FILE_KEY", "TRACE_CODE_KEYS", "TRACE_DEVICE_SALT"])
def test_a_wrong_key_is_refused_by_its_name(
    name: str, running: embedded.Running, backup: Path, target: Path, monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    other = embedded.state.LocalState(target / "unused").secrets
    for secret, value in {**running.state.secrets, name: other[name]}.items():
        monkeypatch.setenv(secret, value)
    capsys.readouterr()
    assert restore(backup, target) == 1
    said = one_line(capsys)
    assert name in said
    assert copies.read_sheet(backup).keys[f"{name}:1" if name == "TRACE_CODE_KEYS" else name] in said
    assert other[name] not in said
    assert not target.exists()


def test_a_backup_is_refused_while_the_key_does_not_open_the_files(
    running: embedded.Running, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    other = embedded.state.LocalState(tmp_path / "unused").secrets
    for name, value in {**running.environment(), "TRACE_FILE_KEY": other["TRACE_FILE_KEY"]}.items():
        monkeypatch.setenv(name, value)
    assert ops.main(["backup", "--to", str(tmp_path)]) == 1
    assert "TRACE_FILE_KEY" in one_line(capsys)
    assert copies.whole(tmp_path) == []


# what is damaged, different, in the way


@pytest.mark.parametrize("harm", ["a byte of the dump", "half a dump", "no dump", "a line of the sheet", "no end"])
def test_damage_is_one_line_and_makes_nothing(
    harm: str, copy: Path, running: embedded.Running, target: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    dump, sheet = copy / copies.DUMP, copy / copies.COUNTS
    content, text = bytearray(dump.read_bytes()), sheet.read_text("utf-8")
    if harm == "no dump":
        dump.unlink()
    elif harm.endswith("sheet"):
        sheet.write_text(text.replace("table lot 0", "table lot 1"), "utf-8")
    elif harm == "no end":
        sheet.write_text(text[: len(text) // 2], "utf-8")
    else:
        content[len(content) // 2] ^= 1
        dump.write_bytes(content if harm.startswith("a byte") else content[: len(content) // 2])
    capsys.readouterr()
    assert restore(copy, target, running) == 1
    assert "damaged" in one_line(capsys)
    assert not target.exists()


def test_a_dump_that_postgresql_cannot_read_is_one_line_and_leaves_nothing(
    copy: Path, running: embedded.Running, target: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    content = (copy / copies.DUMP).read_bytes()[:-3000]
    (copy / copies.DUMP).write_bytes(content)
    rewrite(copy, dump_bytes=len(content), dump_digest=hashlib.sha256(content).hexdigest())
    capsys.readouterr()
    assert restore(copy, target, running) == 1
    assert "pg_restore" in one_line(capsys)
    assert not target.exists()


def rewrite(backup: Path, **changes: object) -> None:
    """The sheet with other contents, valid in itself."""
    sheet = replace(copies.read_sheet(backup), **changes)  # type: ignore[arg-type]
    (backup / copies.COUNTS).unlink()
    copies.write_sheet(backup / copies.COUNTS, sheet)


def test_every_line_that_differs_is_printed(
    copy: Path, running: embedded.Running, target: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    lines = copies.read_sheet(copy).lines
    rewrite(copy, lines=["table lot 7" if line == "table lot 0" else line for line in lines])
    capsys.readouterr()
    assert restore(copy, target, running) == 1
    printed = capsys.readouterr()
    assert [line for line in printed.out.splitlines() if line[0] in "+-"] == ["- table lot 7", "+ table lot 0"]
    assert "2 lines differ" in printed.err


def test_a_backup_of_a_newer_program_is_refused(
    copy: Path, running: embedded.Running, target: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rewrite(copy, lines=["migration 9999_future 00", *copies.read_sheet(copy).lines])
    capsys.readouterr()
    assert restore(copy, target, running) == 1
    assert "9999_future" in one_line(capsys)


def test_what_exists_stays(
    backup: Path, running: embedded.Running, target: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    target.mkdir()
    (target / "mine").write_text("kept")
    capsys.readouterr()
    assert restore(backup, target, running) == 1
    assert "not empty" in one_line(capsys)
    assert [path.name for path in target.iterdir()] == ["mine"]


# how many, and what a broken one leaves


def test_the_newest_stay_and_what_was_cut_off_goes(running: embedded.Running, tmp_path: Path, backup: Path) -> None:
    for day in ("20250101T000000Z", "20250102T000000Z"):
        shutil.copytree(backup, tmp_path / f"quality-trace-{day}")
    (tmp_path / f"{copies.UNFINISHED}-quality-trace-20250103T000000Z").mkdir()
    (tmp_path / "notes.txt").write_text("somebody's own")
    newest = back_up(running, tmp_path, "--keep", "2")
    assert [path.name for path in copies.whole(tmp_path)] == ["quality-trace-20250102T000000Z", newest.name]
    assert {path.name for path in tmp_path.iterdir()} - {path.name for path in copies.whole(tmp_path)} == {
        ".lock", "notes.txt",
    }  # fmt: skip


def test_an_unfinished_one_is_not_taken_for_a_backup(
    running: embedded.Running, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def cut_off(owner_dsn: str, snapshot: str, target: Path) -> None:
        target.write_bytes(b"half")  # noqa: ASYNC240
        assert copies.whole(tmp_path) == []
        raise KeyboardInterrupt

    monkeypatch.setattr(postgres_tools, "dump", cut_off)
    assert ops.main(["backup", "--data-dir", str(running.data_dir), "--to", str(tmp_path)]) == 130
    assert [path.name for path in tmp_path.iterdir()] == [".lock"]


def test_a_second_backup_at_the_same_time_is_refused(
    running: embedded.Running, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with copies.kept_alone(tmp_path):
        assert ops.main(["backup", "--data-dir", str(running.data_dir), "--to", str(tmp_path)]) == 1
    assert "Another backup" in one_line(capsys)


@pytest.mark.parametrize("keep", ["0", "-1", "many"])
def test_keeping_none_is_refused(keep: str, running: embedded.Running, tmp_path: Path) -> None:
    assert ops.main(["backup", "--data-dir", str(running.data_dir), "--to", str(tmp_path), f"--keep={keep}"]) == 1
    assert list(tmp_path.iterdir()) == []


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """256 kB, where we may mount one."""
    (tmp_path / "disk").mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=256k", "tmpfs", str(tmp_path / "disk")]
    done = subprocess.run(mount, capture_output=True, text=True, check=False) if shutil.which("mount") else None
    if done is None or done.returncode:
        pytest.skip(f"no small disk can be mounted here: {done.stderr.strip() if done else 'no mount'}")
    yield tmp_path / "disk"
    subprocess.run(["umount", str(tmp_path / "disk")], check=True)


def test_a_full_disk_is_one_line_and_leaves_nothing(
    running: embedded.Running, small_disk: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert ops.main(["backup", "--data-dir", str(running.data_dir), "--to", str(small_disk)]) == 1
    assert "No space left" in one_line(capsys)
    assert [path.name for path in small_disk.iterdir()] == [".lock"]


# the role that reads everything


@pytest.mark.parametrize(
    ("login", "statement"),
    [
        ("trace_app", "SET ROLE trace_backup"),
        ("trace_public", "SET ROLE trace_backup"),
        ("trace_owner", "SET ROLE trace_backup; DELETE FROM audit_entry"),
        ("trace_owner", "SET ROLE trace_backup; INSERT INTO outbox (topic, key, payload) VALUES ('x', 'x', '{}')"),
    ],
)
def test_only_the_owner_may_read_everything_and_writes_nothing_so(
    login: str, statement: str, running: embedded.Running
) -> None:
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        asyncio.run(run_as(running.dsn(login), statement))


async def run_as(dsn: str, statement: str) -> None:
    connection = await asyncpg.connect(dsn)
    try:
        await connection.execute(statement)
    finally:
        await connection.close()
