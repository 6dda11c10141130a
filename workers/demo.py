"""`make demo`: a running system with demo plants on servers of its own, from one command.

Everything it keeps lies in the data directory. It ends what it started, and nothing else.
"""

import asyncio
import contextlib
import http.client
import json
import logging
import os
import signal
import sys
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import qrcode

from server import embedded
from server.core.migrate import migrate
from server.embedded.ports import free_port, is_free
from server.embedded.state import write_private
from server.settings import Settings
from workers import roles, terminal
from workers.sandbox.accounts import Accounts
from workers.sockets import PortInUseError
from workers.supervisor import TICK_SECONDS, Supervisor

READY_SECONDS = 120.0
HEAL_PAUSE_SECONDS = 5.0
PROBE_SECONDS = 0.5  # the supervisor's loop waits for the answer
log = logging.getLogger(__name__)


def demo(port: int, data_dir: Path) -> int:
    """Blocks until Ctrl-C or SIGTERM; the exit code. One line and 1 where it cannot start."""
    try:
        with _interruptible(), embedded.clear_reasons(data_dir):
            return _run(port, data_dir.absolute())
    except embedded.StartError as error:
        terminal.complain_start(error)
    except KeyboardInterrupt:
        return 130
    return 1


def _run(port: int, data_dir: Path) -> int:
    with embedded.clear_reasons(data_dir):
        lock = embedded.DirectoryLock(data_dir)
    _check_port(port, lock)
    running = embedded.start(data_dir, progress=_progress, lock=lock)
    try:
        environment = demo_environment(running, port, os.environ)
        settings = Settings.from_env(environment)
        _prepare(running, settings)
        info = _write_demo_file(running, settings)
        return Attendant(running, settings, info).run(environment)
    finally:
        with _uninterrupted():
            running.stop()
            terminal.say("demo.stopped")


def _check_port(port: int, lock: embedded.DirectoryLock) -> None:
    """A killed start's workers may still be leaving: look for a second."""
    deadline = time.monotonic() + 1.0
    while not is_free(port):
        if time.monotonic() > deadline:
            lock.release()
            raise PortInUseError(port)
        time.sleep(0.05)


def demo_environment(running: embedded.Running, port: int, environ: Mapping[str, str]) -> dict[str, str]:
    """Limits, HOST, BASE_URL and the like may come from outside; addresses of servers and secrets never do. Vendors are
    played on this machine: nothing is sent to anybody."""
    vendors = Accounts.kept(running.data_dir).environment(f"http://127.0.0.1:{free_port()}")
    own = {**running.environment(), **vendors, "TRACE_MODE": "demo", "TRACE_PORT": str(port)}
    return {"TRACE_BASE_URL": f"http://127.0.0.1:{port}", **environ, **own}


def _prepare(running: embedded.Running, settings: Settings) -> None:
    """Migrate always; seed once. A seeding that was cut off begins again with an empty database."""
    owner_dsn = running.dsn("trace_owner")
    if running.state.demo is None:
        running.recreate_database()
    terminal.say("demo.step.migrate")
    asyncio.run(migrate(owner_dsn))
    if running.state.demo is None:
        from workers.seed import seed  # only a first start pays for importing it

        terminal.say("demo.step.seed")
        info = asyncio.run(seed(running, settings, _progress_line))
        running.state.demo = {"accounts": info.accounts, "example_codes": info.example_codes, "examples": info.examples}
        running.state.save()


def _write_demo_file(running: embedded.Running, settings: Settings) -> dict[str, Any]:
    info = {"base_url": settings.base_url, **(running.state.demo or {})}
    write_private(running.data_dir / "demo.json", json.dumps(info, ensure_ascii=False, indent=2))
    return info


class Attendant:
    """Runs the roles; announces readiness once and restarts a database that died."""

    def __init__(self, running: embedded.Running, settings: Settings, info: dict[str, Any]) -> None:
        self._running = running
        self._settings = settings
        self._info = info
        self._announced = False
        self._give_up_at = time.monotonic() + READY_SECONDS
        self._heal_after = 0.0
        self._log = embedded.fresh_log(running.data_dir / "server.log")

    def run(self, environment: Mapping[str, str]) -> int:
        """Blocks until a signal; the exit code."""
        self._supervisor = Supervisor(
            roles.make_roles(self._settings),
            environment=roles.without_owner(environment),
            directory=roles.ROOT,
            output=self._log,
            on_tick=self._tick,
            tick_seconds=0.1,
            rolls=False,
        )
        terminal.say("demo.step.serve")
        return self._supervisor.run()

    def _tick(self) -> None:
        self._heal()
        if self._announced:
            return
        if is_ready(self._settings.host, self._settings.port):
            self._announced = True
            self._supervisor.tick_seconds = TICK_SECONDS
            announce(self._info, self._settings.port)
        elif time.monotonic() > self._give_up_at:
            terminal.complain("demo.not_ready", log=self._log)
            self._supervisor.stop(1)

    def _heal(self) -> None:
        if time.monotonic() < self._heal_after:
            return
        try:
            for name in self._running.heal():
                log.warning("%s had ended and was started again", name)
        except embedded.StartError as error:
            terminal.complain_start(error)
            self._heal_after = time.monotonic() + HEAL_PAUSE_SECONDS


def is_ready(host: str, port: int) -> bool:
    """Whether /readyz answers 200 now."""
    address = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104  # asked for, not bound
    connection = http.client.HTTPConnection(address, port, timeout=PROBE_SECONDS)
    try:
        connection.request("GET", "/readyz", headers={"Connection": "close"})
        return connection.getresponse().status == http.client.OK
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def announce(info: dict[str, Any], port: int) -> None:
    """Address, accounts, a QR code of an example page, and last the line that says ready."""
    terminal.say("demo.address", address=info["base_url"])
    terminal.say("demo.accounts")
    for account in info["accounts"]:
        row = (account["role"], account["tenant"] or "-", account["username"], account["password"])
        print("  " + "  ".join(row))
    if info["example_codes"]:
        page = f"{info['base_url']}/t/{info['example_codes'][0]}"
        terminal.say("demo.example", address=page)
        _print_qr(page)
    print(f"ready http://127.0.0.1:{port}", flush=True)


def _print_qr(address: str) -> None:
    code = qrcode.QRCode(border=2)
    code.add_data(address)
    code.print_ascii(tty=sys.stdout.isatty(), invert=not sys.stdout.isatty())


def _progress(step: str) -> None:
    terminal.say(f"demo.step.{step}")


def _progress_line(line: str) -> None:
    """A long step says how far it is; the text is already in the terminal's language."""
    print(f"  {line}", flush=True)


@contextlib.contextmanager
def _interruptible() -> Iterator[None]:
    """SIGTERM and a closed terminal end a long step as Ctrl-C does: in good order."""

    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    signal.signal(signal.SIGINT, signal.default_int_handler)  # ignored where a script started us with &
    signal.signal(signal.SIGTERM, interrupt)
    if signal.getsignal(signal.SIGHUP) != signal.SIG_IGN:
        signal.signal(signal.SIGHUP, interrupt)
    yield


@contextlib.contextmanager
def _uninterrupted() -> Iterator[None]:
    """While the databases stop, a second Ctrl-C waits."""
    handlers = {n: signal.signal(n, signal.SIG_IGN) for n in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)}
    try:
        yield
    finally:
        for number, handler in handlers.items():
            signal.signal(number, handler)
