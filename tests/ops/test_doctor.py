"""Promise: the doctor names what is wrong and the remedy in the reader's language, changes nothing and shows no secret."""

import asyncio
import os
import socket
import ssl
import struct
import threading
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import asyncpg
import pytest

from server import embedded
from server.embedded.ports import free_port
from server.settings import Settings
from tests.architecture.test_deploy import make_certificate
from tests.fixtures.cluster import Cluster, Database
from tests.vendors.sandboxed import Clock, sandboxed
from workers.ops import __main__ as ops
from workers.ops import copies, doctor
from workers.ops.doctor import machine, servers, upkeep, vendors
from workers.ops.doctor.findings import Finding, Level, ok
from workers.ops.doctor.patient import Patient, examine


@pytest.fixture(autouse=True)
def plain_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.startswith("TRACE_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("LANGUAGE", "en")


def patient(tmp_path: Path, settings: Settings | None = None, **variables: str) -> Patient:
    return Patient(variables, settings, (), None, tmp_path)


def codes(findings: Iterator[Finding] | list[Finding]) -> list[tuple[Level, str]]:
    return [(finding.level, finding.code) for finding in findings]


def production(cluster: Cluster, database: Database, **more: str) -> dict[str, str]:
    logins = {"TRACE_DATABASE_DSN": database.app_dsn, "TRACE_PUBLIC_DATABASE_DSN": database.public_dsn}
    return {
        **cluster.environment, **logins, "TRACE_OWNER_DATABASE_DSN": database.owner_dsn, "TRACE_MODE": "test",
        "TRACE_BASE_URL": "http://127.0.0.1", "TRACE_PORT": str(free_port()), **more,
    }  # fmt: skip


@pytest.mark.parametrize(("language", "word"), [("en", "Row-level security"), ("zh", "行级安全")])
def test_a_sound_installation_passes_and_shows_no_secret(
    language: str, word: str, cluster: Cluster, database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    variables = production(cluster, database)
    for name, value in {**variables, "LANGUAGE": language}.items():
        monkeypatch.setenv(name, value)
    assert ops.main(["doctor", "--to", str(tmp_path)]) == 0
    said = capsys.readouterr().out
    assert word in said
    assert {line.split()[0] for line in said.splitlines()} <= {"OK", "WARN"}
    secrets = [
        *cluster.passwords.values(),
        *(variables[name] for name in upkeep.SECRETS if name.endswith(("KEY", "SALT"))),
    ]
    assert not any(secret in said for secret in secrets)


def test_the_demo_of_a_directory_is_examined_while_it_runs(
    own_servers: Callable[..., embedded.Running], capsys: pytest.CaptureFixture[str]
) -> None:
    running = own_servers()
    doctor.run(running.data_dir, None, "", {"LANGUAGE": "en"})
    said = capsys.readouterr().out
    assert "binds trace_app" in said
    assert "Valkey: answers" in said
    running.valkey.stop()
    assert doctor.run(running.data_dir, None, "", {"LANGUAGE": "en"}) == 0
    assert "WARN  Valkey: does not answer" in capsys.readouterr().out


# the database


def test_a_silent_database_and_refused_settings_fail(
    cluster: Cluster, database: Database, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    variables = production(cluster, database, TRACE_DATABASE_DSN=f"postgresql://trace_app:x@127.0.0.1:{free_port()}/x")
    assert doctor.run(None, tmp_path, "", variables) == 1
    assert "FAIL  PostgreSQL" in capsys.readouterr().out
    del variables["TRACE_FILE_KEY"]
    variables["TRACE_CODE_KEYS"] = "1:short"
    assert doctor.run(None, tmp_path, "", variables) == 1
    said = capsys.readouterr().out
    assert "FAIL  TRACE_FILE_KEY: missing" in said
    assert "FAIL  TRACE_CODE_KEYS: refused" in said
    assert "short" not in said


async def found_with(database: Database, settings: Settings, tmp_path: Path, statement: str) -> list[tuple[Level, str]]:
    connection = await asyncpg.connect(database.superuser_dsn)
    try:
        await connection.execute(statement)
    finally:
        await connection.close()
    return codes(await servers.databases(patient(tmp_path, settings)))


@pytest.mark.parametrize(
    ("harm", "expected"),
    [
        ("ALTER TABLE lot NO FORCE ROW LEVEL SECURITY", "tables_unprotected"),
        ("GRANT SELECT ON lot TO trace_bulk", "role_too_strong"),
        ("ALTER TABLE lot OWNER TO trace_app", "role_too_strong"),
        ("DELETE FROM schema_migration WHERE name LIKE '0007%'", "migrations_missing"),
        ("UPDATE schema_migration SET digest = 'x' WHERE name LIKE '0007%'", "migrations_strange"),
        ("INSERT INTO schema_migration (name, digest) VALUES ('9999_future', 'x')", "migrations_strange"),
    ],
)
async def test_what_weakens_the_database_fails(
    harm: str, expected: str, fresh_database: Database, cluster: Cluster, valkey_url: str, tmp_path: Path
) -> None:
    settings = cluster.settings(fresh_database, valkey_url)
    assert {level for level, _ in await found_with(fresh_database, settings, tmp_path, "SELECT 1")} == {Level.OK}
    assert (Level.FAIL, expected) in await found_with(fresh_database, settings, tmp_path, harm)


# the machine


@pytest.mark.parametrize(
    ("free", "used", "expected"),
    [(1 << 29, 10, "disk_full"), (10 << 30, 90 << 30, "disk_filling"), (50 << 30, 50 << 30, "disk")],
)
def test_room_on_a_disk(free: int, used: int, expected: str) -> None:
    assert machine.disk(Path("/"), free + used, used, free).code == expected


@pytest.mark.parametrize(
    ("seconds", "expected"), [(0.1, "clock"), (-3.0, "clock_differs"), (61.0, "clock_wrong"), (-61.0, "clock_wrong")]
)
def test_clocks(seconds: float, expected: str) -> None:
    assert machine.clock(seconds, "PostgreSQL").code == expected


def test_a_port_is_free_or_somebody_elses_with_name(settings: Settings, tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        number = taken.getsockname()[1]
        mine = patient(tmp_path, with_port(settings, number))
        (finding,) = machine.port(mine)
        assert (finding.level, finding.code) == (Level.FAIL, "port_taken")
        assert finding.params["pid"] == os.getpid()
    assert codes(machine.port(mine)) == [(Level.OK, "port_free")]


def with_port(settings: Settings, port: int, base_url: str = "http://127.0.0.1") -> Settings:
    return type(settings)(**{**vars(settings), "port": port, "base_url": base_url})


def test_the_time_of_a_server_is_compared(tmp_path: Path) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as server:
        server.bind(("127.0.0.1", 0))
        answering = threading.Thread(target=answer_an_hour_ahead, args=(server,))
        answering.start()
        asked = Patient({}, None, (), None, tmp_path, f"127.0.0.1:{server.getsockname()[1]}")
        assert codes(machine.network_time(asked)) == [(Level.FAIL, "clock_wrong")]
        answering.join()


def test_the_date_of_a_web_server_is_compared(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        answering = threading.Thread(target=answer_long_ago, args=(listening,))
        answering.start()
        asked = Patient({}, None, (), None, tmp_path, f"http://127.0.0.1:{listening.getsockname()[1]}")
        assert codes(machine.network_time(asked)) == [(Level.FAIL, "clock_wrong")]
        answering.join()
    assert codes(machine.network_time(asked)) == [(Level.WARN, "ntp_silent")]


def answer_long_ago(listening: socket.socket) -> None:
    caller, _ = listening.accept()
    with caller:
        caller.recv(4096)
        caller.sendall(b"HTTP/1.1 200 OK\r\nDate: Wed, 01 Jan 2025 00:00:00 GMT\r\nContent-Length: 0\r\n\r\n")


def answer_an_hour_ahead(server: socket.socket) -> None:
    _, caller = server.recvfrom(512)
    server.sendto(40 * b"\0" + struct.pack("!II", int(time.time()) + machine.NTP_EPOCH + 3600, 0), caller)


def test_a_certificate_that_phones_refuse_fails_and_http_is_left_out(settings: Settings, tmp_path: Path) -> None:
    make_certificate(tmp_path)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(tmp_path / "quality-trace.pem", tmp_path / "quality-trace.key")
    with socket.create_server(("127.0.0.1", 0)) as listening:
        answering = threading.Thread(target=shake_hands, args=(listening, context))
        answering.start()
        number = listening.getsockname()[1]
        found = machine.certificate(patient(tmp_path, with_port(settings, 1, f"https://127.0.0.1:{number}")))
        assert codes(found) == [(Level.FAIL, "certificate_refused")]
        answering.join()
    unreached = patient(tmp_path, with_port(settings, 1, f"https://127.0.0.1:{number}"))
    assert codes(machine.certificate(unreached)) == [(Level.WARN, "certificate_unreachable")]
    assert codes(machine.certificate(patient(tmp_path, with_port(settings, 1)))) == [(Level.OK, "certificate_http")]


def shake_hands(listening: socket.socket, context: ssl.SSLContext) -> None:
    plain, _ = listening.accept()
    try:
        context.wrap_socket(plain, server_side=True).close()
    except OSError:
        plain.close()


@pytest.mark.parametrize(("days", "expected"), [(5, "certificate_ends"), (60, "certificate")])
def test_a_certificate_is_renewed_in_time(
    days: int, expected: str, settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(machine, "expiry", lambda host, number: datetime.now(UTC) + timedelta(days=days, hours=1))
    (finding,) = machine.certificate(patient(tmp_path, with_port(settings, 1, "https://trace.example.com")))
    assert (finding.code, finding.params["days"]) == (expected, days)


# upkeep


def test_the_font_is_readable_and_a_missing_one_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    assert codes(upkeep.fonts()) == [(Level.OK, "font")]
    monkeypatch.setattr("pylopdf_fonts_zh_cn.sans_path", lambda: Path("/nowhere/font.otf"))
    assert codes(upkeep.fonts()) == [(Level.FAIL, "font_unreadable")]


def a_backup(folder: Path, hours_ago: float, size: int) -> None:
    made = folder / f"quality-trace-{(datetime.now(UTC) - timedelta(hours=hours_ago)).strftime(copies.STAMP)}"
    made.mkdir()
    (made / copies.DUMP).write_bytes(bytes(size))


@pytest.mark.parametrize(
    ("sizes", "hours", "expected"),
    [((), 0, "backup_none"), ((100,), 27, "backup_old"), ((100, 79), 1, "backup_shrunk"), ((100, 81), 1, "backup")],
)
def test_backups_are_there_fresh_and_not_suddenly_small(
    sizes: tuple[int, ...], hours: int, expected: str, tmp_path: Path
) -> None:
    for index, size in enumerate(reversed(sizes)):
        a_backup(tmp_path, hours + 24 * index, size)
    assert codes(upkeep.backups(patient(tmp_path))) == [(Level.OK if expected == "backup" else Level.WARN, expected)]


def test_accounts_at_vendors_answer_and_a_wrong_secret_fails(
    cluster: Cluster, database: Database, tmp_path: Path
) -> None:
    with sandboxed(Clock()) as sandbox:
        told = sandbox.accounts.environment(sandbox.base_url)
        sound = examine(None, tmp_path, "", production(cluster, database, **told))
        wrong = told | {"TRACE_WECHAT_MINI_SECRET": "0" * 32, "TRACE_ALIYUN_KEY_SECRET": "0" * 30}
        ill = examine(None, tmp_path, "", production(cluster, database, **wrong))
        names = ("wechat_mini", "wechat_official", "alipay", "alipay_page", "aliyun_sms")
        assert asyncio.run(vendors.accounts(sound)) == [ok("vendor", name=name) for name in names]
        assert [each.code for each in asyncio.run(vendors.accounts(ill))] == [
            "vendor_refuses",
            "vendor",
            "vendor",
            "vendor",
            "vendor_refuses",
        ]
    assert {each.code for each in asyncio.run(vendors.accounts(sound))} == {"vendor_refuses"}
    none = examine(None, tmp_path, "", production(cluster, database))
    assert [each.code for each in asyncio.run(vendors.accounts(none))] == ["vendors_none"]
