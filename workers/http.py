"""The HTTP role: one Sanic process on a listening socket, inherited from the supervisor or its own."""

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
    app.run(sock=listener, backlog=BACKLOG, single_process=True, access_log=False, motd=False)
