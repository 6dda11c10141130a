"""The HTTP role: one Sanic process on a listening socket, inherited from the supervisor or its own."""

import gc
import socket

from server.app import create_app
from server.settings import Settings
from workers.sockets import BACKLOG, listen

DRAIN_SECONDS = 10  # less than the supervisor waits: requests under way finish


def main(settings: Settings, descriptor: int | None = None) -> None:
    """Serve until SIGTERM or SIGINT; requests under way are answered first."""
    listener = listen(settings.host, settings.port, 1)[0] if descriptor is None else socket.socket(fileno=descriptor)
    app = create_app(settings)
    app.config.GRACEFUL_SHUTDOWN_TIMEOUT = DRAIN_SECONDS
    collect_rarely()
    app.run(sock=listener, backlog=BACKLOG, single_process=True, access_log=False, motd=False)


def collect_rarely() -> None:
    """Leave what was loaded out of every collection, and collect less often.

    A trace of 10,000 lots makes a million small objects and no cycle: with the default thresholds the collector
    spent more than half of its time looking at them.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 20)
