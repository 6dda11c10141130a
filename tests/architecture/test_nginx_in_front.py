"""Promise: behind the nginx of deploy/ the application hears the true address, static files are kept and scans are not.

The real configuration, with ports and folders of its own, before a server that tells what reached it.
"""

import http.client
import json
import os
import re
import shutil
import socket
import ssl
import subprocess
import threading
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from server.embedded.ports import free_port
from server.settings import Settings
from tests.architecture.test_deploy import make_certificate, nginx_text

NGINX = shutil.which("nginx", path=f"{os.environ['PATH']}:/usr/sbin")
HOST = "trace.example.com"
PATIENCE_SECONDS = 30
pytestmark = pytest.mark.skipif(NGINX is None, reason="nginx is not installed: nothing was sent through it")


class Echo(BaseHTTPRequestHandler):
    """Answers with the headers that arrived; static files may be kept, all else says no-store."""

    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self.server.paths.append(self.path)  # type: ignore[attr-defined]
        body = json.dumps({name.lower(): value for name, value in self.headers.items()}).encode()
        kept = self.path.startswith("/static/")
        self.send_response(200)
        self.send_header("Cache-Control", "public, max-age=31536000, immutable" if kept else "no-store")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_POST(self) -> None:
        self.do_GET()

    def log_message(self, *_: object) -> None:
        """Nothing to the terminal."""


@dataclass
class Front:
    """A running nginx and what it let through."""

    port: int
    folder: Path
    paths: list[str]

    def ask(
        self, path: str, headers: Mapping[str, str] | None = None, body: bytes | None = None, name: str = HOST
    ) -> tuple[int, dict[str, str], dict[str, Any]]:
        """Status, headers and what the application heard, over TLS for the host of this name."""
        context = ssl.create_default_context(cafile=self.folder / "quality-trace.pem")
        context.check_hostname = False
        raw = socket.create_connection(("127.0.0.1", self.port), timeout=PATIENCE_SECONDS)
        connection = http.client.HTTPConnection(name)
        with context.wrap_socket(raw, server_hostname=name) as connection.sock:
            connection.request("GET" if body is None else "POST", path, body, dict(headers or {}))
            answer = connection.getresponse()
            content = answer.read()
            heard = json.loads(content) if content.startswith(b"{") else {}
            return answer.status, {key.lower(): value for key, value in answer.getheaders()}, heard


def configure(folder: Path, port: int, behind: int) -> Path:
    """The real file with our ports and folders; the path of a whole configuration."""
    text = re.sub(r".*listen \[::\].*\n", "", nginx_text())
    text = re.sub(r"listen 443\b", f"listen 127.0.0.1:{port}", text)
    text = re.sub(r"listen 80\b", f"listen 127.0.0.1:{free_port()}", text).replace(
        "127.0.0.1:8000", f"127.0.0.1:{behind}"
    )
    for place in ("/etc/nginx/tls", "/var/cache/nginx", "/var/log/nginx"):
        text = text.replace(place, str(folder))
    (folder / "site.conf").write_text(text)
    user = "user root;\n" if os.geteuid() == 0 else ""  # its folder is ours alone
    kinds = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    temporary = "".join(f"{kind}_temp_path {folder / kind};\n" for kind in kinds)
    main = folder / "nginx.conf"
    main.write_text(
        f"{user}daemon off;\nworker_processes 1;\npid {folder}/pid;\nevents {{}}\n"
        f"http {{\n{temporary}include {folder}/site.conf;\n}}\n"
    )
    return main


def wait_listening(port: int, process: "subprocess.Popen[bytes]") -> None:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
            return
        except OSError:
            continue
    raise AssertionError("nginx did not start")


@pytest.fixture(scope="module")
def front(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Front]:
    folder = tmp_path_factory.mktemp("nginx")
    make_certificate(folder)
    behind = ThreadingHTTPServer(("127.0.0.1", 0), Echo)
    behind.daemon_threads = True
    behind.paths = []  # type: ignore[attr-defined]
    threading.Thread(target=behind.serve_forever, daemon=True).start()
    port = free_port()
    main = configure(folder, port, behind.server_address[1])
    process = subprocess.Popen(
        [str(NGINX), "-p", str(folder), "-c", str(main), "-e", str(folder / "error.log")], stderr=subprocess.DEVNULL
    )
    try:
        wait_listening(port, process)
        yield Front(port, folder, behind.paths)  # type: ignore[attr-defined]
    finally:
        process.terminate()
        process.wait(PATIENCE_SECONDS)
        behind.shutdown()
        behind.server_close()


def test_the_application_hears_the_true_address_and_a_fresh_request_id(front: Front) -> None:
    invented = {
        "X-Real-IP": "6.6.6.6", "X-Forwarded-For": "6.6.6.6", "Forwarded": "for=6.6.6.6", "X-Forwarded-Host": "evil.example",
        "X-Forwarded-Proto": "http", "X-Request-Id": "chosen-by-the-caller", "Upgrade": "websocket", "Connection": "Upgrade",
    }  # fmt: skip
    for path in ("/admin", "/t/T1ABC", "/static/consumer/scan.css?v=0"):
        status, _, heard = front.ask(path, invented)
        assert status == 200
        assert heard["x-real-ip"] == heard["x-forwarded-for"] == "127.0.0.1"
        assert heard["x-forwarded-proto"] == "https"
        assert heard["host"] == HOST
        assert re.fullmatch("[0-9a-f]{32}", heard["x-request-id"])
        assert not heard.keys() & {"forwarded", "x-forwarded-host", "upgrade"}


def test_static_files_are_kept_and_every_scan_arrives(front: Front) -> None:
    for path in (
        "/static/admin/admin.css?v=1",
        "/t/T1SAME",
        "/api/v1/public/codes/T1SAME",
        "/01/06901234567892/10/A/21/B",
    ):
        before = len(front.paths)
        for _ in range(3):
            assert front.ask(path)[0] == 200
        assert len(front.paths) - before == (1 if path.startswith("/static/") else 3), path


def test_the_answers_own_word_on_keeping_passes(front: Front) -> None:
    _, headers, _ = front.ask("/t/T1ABC")
    assert headers["cache-control"] == "no-store"
    assert headers["strict-transport-security"] == "max-age=31536000"


def test_a_body_over_the_limit_never_arrives(front: Front) -> None:
    assert front.ask("/api/v1/imports", body=b"x" * 1024)[0] == 200
    before = len(front.paths)
    length = {"Content-Length": str(Settings.request_max_bytes + 1)}
    assert front.ask("/api/v1/imports", length, body=b"")[0] == 413
    assert len(front.paths) == before


def test_health_is_for_the_machine_itself(front: Front) -> None:
    assert front.ask("/readyz")[0] == 200


def test_another_host_name_is_not_served(front: Front) -> None:
    with pytest.raises(ssl.SSLError):
        front.ask("/", name="other.example.com")


def test_the_log_of_scans_holds_no_code_and_no_address(front: Front) -> None:
    front.ask("/t/T1LOGGED")
    front.ask("/admin")
    deadline = time.monotonic() + PATIENCE_SECONDS
    scans = front.folder / "quality-trace-scans.log"
    while not scans.read_text() and time.monotonic() < deadline:
        continue
    assert not re.search(r"T1LOGGED|127\.0\.0\.1|/t/", scans.read_text())
    assert "T1LOGGED" not in (front.folder / "quality-trace.log").read_text()
