"""Starts every process role as a process of its own, restarts what dies, and stops all of it together.

A role that dies is started again after 0.2 s, doubling to 10 s; half a minute of health resets the delay.
SIGTERM and SIGINT stop everything within 15 s. SIGHUP restarts the roles one by one; with `rolls=False`, at
a terminal that may close, it stops them, and under nohup it is left ignored. If the supervisor
itself is killed, the kernel takes its children with it (Linux).
"""

import contextlib
import logging
import os
import select
import signal
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from server.embedded.processes import end_with_parent

log = logging.getLogger(__name__)
FIRST_DELAY_SECONDS = 0.2
LONGEST_DELAY_SECONDS = 10.0
HEALTHY_AFTER_SECONDS = 30.0
ROLLED_AFTER_SECONDS = 2.0  # a restarted role that lived this long lets the next one restart
STOP_SECONDS = 15.0
TICK_SECONDS = 1.0
SIGNALS = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGCHLD)


@dataclass(frozen=True, slots=True)
class Role:
    """A name for the log, the command line, descriptors (listening sockets) the process inherits, and how long the
    first start waits: a processor that people wait for is not shared with what nobody waits for."""

    name: str
    argv: tuple[str, ...]
    descriptors: tuple[int, ...] = ()
    first_start_after_seconds: float = 0.0


class Child:
    """One role and the process that plays it now, if any."""

    def __init__(self, role: Role, environment: Mapping[str, str], directory: Path, output: Path | None) -> None:
        self.role = role
        self._environment = environment
        self._directory = directory
        self._output = output
        self._process: subprocess.Popen[bytes] | None = None
        self._started_at = 0.0
        self._delay = FIRST_DELAY_SECONDS
        self.start_at = 0.0

    @property
    def alive(self) -> bool:
        return self._process is not None and self._process.poll() is None

    @property
    def pid(self) -> int | None:
        return self._process.pid if self._process is not None else None

    @property
    def uptime_seconds(self) -> float:
        return time.monotonic() - self._started_at if self.alive else 0.0

    def start(self) -> None:
        """In a session of its own: Ctrl-C at the terminal reaches the supervisor alone."""
        with self._open_output() as output:
            self._process = subprocess.Popen(
                self.role.argv,
                env=dict(self._environment),
                cwd=self._directory,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                pass_fds=self.role.descriptors,
                start_new_session=True,
                preexec_fn=end_with_parent(signal.SIGKILL),
            )
        self._started_at = time.monotonic()

    def note_end(self) -> None:
        """The process has ended: decide when the next one starts."""
        if self._process is None:
            return
        healthy = time.monotonic() - self._started_at >= HEALTHY_AFTER_SECONDS
        self._delay = FIRST_DELAY_SECONDS if healthy else self._delay
        log.warning(
            "%s (pid %d) ended with %s; next start in %.1f s",
            self.role.name,
            self._process.pid,
            self._process.returncode,
            self._delay,
        )
        self.start_at = time.monotonic() + self._delay
        self._delay = min(self._delay * 2, LONGEST_DELAY_SECONDS)
        self._process = None

    def send(self, number: int) -> None:
        if self._process is not None and self._process.poll() is None:
            self._process.send_signal(number)

    def kill(self) -> None:
        """The process and whatever it started in its session."""
        if self._process is not None and self._process.poll() is None:  # not reaped: the number is still ours
            os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()

    @contextlib.contextmanager
    def _open_output(self) -> Iterator[int | None]:
        if self._output is None:
            yield None
            return
        descriptor = os.open(self._output, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        try:
            yield descriptor
        finally:
            os.close(descriptor)


class Supervisor:
    """Runs roles until a signal or `stop`. `on_tick` is called between events, at least every `tick_seconds`."""

    def __init__(
        self,
        roles: Sequence[Role],
        *,
        environment: Mapping[str, str],
        directory: Path,
        output: Path | None = None,
        on_tick: Callable[[], None] = lambda: None,
        tick_seconds: float = TICK_SECONDS,
        rolls: bool = True,
    ) -> None:
        self.children = [Child(role, environment, directory, output) for role in roles]
        self._on_tick = on_tick
        self.tick_seconds = tick_seconds
        self._rolls = rolls
        self._exit_code: int | None = None
        self._rolling: list[Child] = []
        self._rolled_pid: int | None = None
        self._kill_at = 0.0

    def stop(self, exit_code: int = 0) -> None:
        """End the loop of `run` at its next turn."""
        self._exit_code = exit_code

    def run(self) -> int:
        """Blocks in the main thread; the exit code once every child is gone."""
        for child in self.children:
            child.start_at = time.monotonic() + child.role.first_start_after_seconds
        with _signal_pipe() as pipe:
            try:
                while self._exit_code is None:
                    self._turn(pipe)
                return self._exit_code
            finally:
                self._stop_children(pipe)

    def _turn(self, pipe: int) -> None:
        self._restart_dead()
        self._roll()
        self._on_tick()
        if self._exit_code is not None:
            return
        for number in _wait(pipe, self._patience()):
            if number == signal.SIGHUP and self._rolls:
                self._rolling = list(self.children)
            elif number != signal.SIGCHLD:
                self.stop()

    def _restart_dead(self) -> None:
        for child in self.children:
            if not child.alive:
                child.note_end()
                if time.monotonic() >= child.start_at:
                    child.start()

    def _roll(self) -> None:
        """End the process of the first in the list; once its successor lives it is the next one's turn."""
        if not self._rolling:
            return
        child = self._rolling[0]
        if self._rolled_pid is None and child.alive:
            self._rolled_pid, self._kill_at = child.pid, time.monotonic() + STOP_SECONDS
            child.send(signal.SIGTERM)
        elif child.alive and child.pid != self._rolled_pid and child.uptime_seconds >= ROLLED_AFTER_SECONDS:
            self._rolling.pop(0)
            self._rolled_pid = None
        elif child.alive and child.pid == self._rolled_pid and time.monotonic() > self._kill_at:
            child.kill()

    def _patience(self) -> float:
        waits = [child.start_at - time.monotonic() for child in self.children if not child.alive]
        return max(0.0, min([self.tick_seconds, *waits]))

    def _stop_children(self, pipe: int) -> None:
        """SIGTERM to all at once, SIGKILL to what is left after 15 s or at a second signal."""
        for child in self.children:
            child.send(signal.SIGTERM)
        deadline = time.monotonic() + STOP_SECONDS
        while any(child.alive for child in self.children) and time.monotonic() < deadline:
            if {signal.SIGTERM, signal.SIGINT} & set(_wait(pipe, 0.1)):
                break
        for child in self.children:
            child.kill()


@contextlib.contextmanager
def _signal_pipe() -> Iterator[int]:
    """A descriptor that becomes readable with the number of every signal that arrives."""
    reader, writer = os.pipe()
    os.set_blocking(reader, False)
    os.set_blocking(writer, False)
    wanted = [n for n in SIGNALS if n != signal.SIGHUP or signal.getsignal(n) != signal.SIG_IGN]
    handlers = {number: signal.signal(number, lambda *_: None) for number in wanted}
    previous = signal.set_wakeup_fd(writer, warn_on_full_buffer=False)
    try:
        yield reader
    finally:
        signal.set_wakeup_fd(previous)
        for number, handler in handlers.items():
            signal.signal(number, handler)
        os.close(reader)
        os.close(writer)


def _wait(pipe: int, seconds: float) -> bytes:
    """The signals that arrived, after at most this long."""
    ready, _, _ = select.select([pipe], [], [], seconds)
    return os.read(pipe, 256) if ready else b""
