"""Child processes that never outlive us unseen, and what an earlier run left behind."""

import ctypes
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import psutil

from server.embedded.account import Account

PR_SET_PDEATHSIG = 1


def end_with_parent(signal_number: int, parent: int | None = None) -> Callable[[], None] | None:
    """A preexec function: the kernel sends this signal when the thread that started the child ends.

    The parent is this process, unless its number is given (to arm this process itself).

    Start such children from a thread that lives as long as they should: the main one. None where the
    kernel is not Linux; there the next start clears up what is left.
    """
    if sys.platform != "linux":
        return None
    prctl = ctypes.CDLL(None).prctl
    expected = os.getpid() if parent is None else parent

    def arm() -> None:
        prctl(PR_SET_PDEATHSIG, signal_number)
        if os.getppid() != expected:  # the parent died before the line above took effect
            os._exit(1)

    return arm


def spawn(
    argv: Sequence[str],
    *,
    account: Account | None,
    directory: Path,
    log: Path,
    death_signal: int,
    environment: Mapping[str, str],
) -> subprocess.Popen[bytes]:
    """Start a server in a session of its own, so that Ctrl-C at the terminal reaches only its parent."""
    descriptor = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    try:
        return subprocess.Popen(
            argv,
            cwd=directory,
            env=dict(environment),
            stdin=subprocess.DEVNULL,
            stdout=descriptor,
            stderr=descriptor,
            start_new_session=True,
            preexec_fn=end_with_parent(death_signal),  # only prctl and getppid run in it
            user=account.uid if account else None,
            group=account.gid if account else None,
            extra_groups=[] if account else None,
        )
    finally:
        os.close(descriptor)


def marked(name: str, mark: str) -> list[psutil.Process]:
    """Living processes of this program whose command line carries the mark. Zombies are not alive."""
    found = []
    for process in psutil.process_iter(["name", "cmdline", "status"]):
        info = process.info
        if info["name"] != name or info["status"] == psutil.STATUS_ZOMBIE:
            continue
        if mark in " ".join(info["cmdline"] or ()):
            found.append(process)
    return found


def end_all(processes: Sequence[psutil.Process], signals: Sequence[int], patience_seconds: float) -> None:
    """Send each signal in turn, waiting between them, until none of the processes is left."""
    remaining = list(processes)
    for number in (*signals, signal.SIGKILL):
        for process in remaining:
            try:
                process.send_signal(number)
                process.send_signal(signal.SIGCONT)  # one that was stopped hears it as well
            except psutil.NoSuchProcess:
                continue
        remaining = _wait_gone(remaining, patience_seconds)
        if not remaining:
            return


def _wait_gone(processes: list[psutil.Process], patience_seconds: float) -> list[psutil.Process]:
    deadline = time.monotonic() + patience_seconds
    while processes and time.monotonic() < deadline:
        processes = [process for process in processes if _is_alive(process)]
        time.sleep(0.02)
    return processes


def _is_alive(process: psutil.Process) -> bool:
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def tail_since(log: Path, offset: int) -> str:
    """What was written to a log after this offset, at most its last 8 kB."""
    try:
        with log.open("rb") as file:
            size = file.seek(0, os.SEEK_END)
            file.seek(max(offset, size - 8192))
            return file.read().decode("utf-8", "replace")
    except FileNotFoundError:
        return ""


def size_of(log: Path) -> int:
    """Bytes in the log, 0 where it does not exist yet."""
    return log.stat().st_size if log.exists() else 0
