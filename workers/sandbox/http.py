"""The frame of the local vendor servers: what is asked, what is answered, and what goes wrong on demand."""

import contextlib
import json
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlsplit


@dataclass(frozen=True, slots=True)
class Asked:
    """One request. `operation` is what the vendor calls it: a path, a method or an action."""

    method: str
    path: str
    query: Mapping[str, str]
    body: bytes
    form: Mapping[str, str] = field(default_factory=dict)
    cookie: str = ""

    @property
    def given(self) -> dict[str, str]:
        """All parameters, wherever they stand."""
        return {**self.query, **self.form}

    def json(self) -> dict[str, Any]:
        """The body as an object; empty where it is none."""
        try:
            value = json.loads(self.body or b"{}")
        except ValueError:
            return {}
        return value if isinstance(value, dict) else {}


@dataclass(frozen=True, slots=True)
class Answered:
    status: int
    body: bytes
    media_type: str = "application/json; charset=utf-8"
    headers: tuple[tuple[str, str], ...] = ()


def as_json(value: Any, status: int = 200) -> Answered:
    return Answered(status, json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode())


@dataclass(frozen=True, slots=True)
class Fault:
    """What the next `times` calls of an operation meet: the vendor's own error `code`, or an answer that comes late.

    `done_first`: the vendor does what was asked and only the answer is late, as when a message was sent and nobody heard.
    """

    operation: str
    code: str | None = None
    delay_seconds: float = 0.0
    done_first: bool = False
    times: int = 1


class Faults:
    """Arranged by a test or by who shows the demo; each is used up in the order in which it was arranged."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._arranged: list[Fault] = []
        self.stopping = threading.Event()

    def arrange(self, *faults: Fault) -> None:
        with self._lock:
            self._arranged += faults

    def clear(self) -> None:
        with self._lock:
            self._arranged.clear()

    def take(self, operation: str) -> Fault | None:
        """The next fault of this operation, if any, counted down."""
        with self._lock:
            for place, fault in enumerate(self._arranged):
                if fault.operation in (operation, "*"):
                    left = [replace(fault, times=fault.times - 1)] if fault.times > 1 else []
                    self._arranged[place : place + 1] = left
                    return fault
        return None

    def meet(self, operation: str, refuse: Callable[[str], Answered], work: Callable[[], Answered]) -> Answered:
        """Answer with `work`, unless something was arranged."""
        fault = self.take(operation)
        if fault is None:
            return work()
        done = work() if fault.done_first else None
        if fault.delay_seconds:
            self.stopping.wait(fault.delay_seconds)
        if fault.code is not None:
            return refuse(fault.code)
        return done or work()


Answer = Callable[[Asked], Answered]


class Served:
    """A threaded HTTP server on 127.0.0.1 for the length of a `with` block, or for good by `serve`."""

    def __init__(self, answer: Answer, port: int = 0) -> None:
        self._server = _Server(("127.0.0.1", port), _handler(answer))
        self.base_url = f"http://127.0.0.1:{self._server.server_address[1]}"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,), name="sandbox", daemon=True)

    def __enter__(self) -> "Served":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    request_queue_size = 256

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Who gave up waiting is gone; nobody is to be told."""


def _handler(answer: Answer) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def _serve(self) -> None:
            answered = answer(self._asked())
            with contextlib.suppress(OSError):
                self.send_response(answered.status)
                self.send_header("Content-Type", answered.media_type)
                self.send_header("Content-Length", str(len(answered.body)))
                for name, value in answered.headers:
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(answered.body)

        def _asked(self) -> Asked:
            parts = urlsplit(self.path)
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            is_form = "form-urlencoded" in (self.headers.get("Content-Type") or "")
            form = dict(parse_qsl(body.decode(), keep_blank_values=True)) if is_form else {}
            return Asked(
                self.command,
                parts.path,
                dict(parse_qsl(parts.query, keep_blank_values=True)),
                body,
                form,
                self.headers.get("Cookie") or "",
            )

        do_GET = do_POST = do_DELETE = _serve  # noqa: N815 - the names that http.server looks for

        def log_message(self, format: str, *args: Any) -> None:
            """What is asked holds secrets and telephone numbers: nothing is logged."""

    return Handler
