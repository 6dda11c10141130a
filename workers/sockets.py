"""Listening sockets that outlive the processes serving them.

The supervisor opens one per HTTP worker and keeps it: the kernel spreads connections evenly, and those that
arrive while a worker restarts wait in its queue instead of being refused.
"""

import socket
import sys

from server.embedded.ports import is_free

BACKLOG = 1024


class PortInUseError(Exception):
    """Somebody else listens on this port."""

    def __init__(self, port: int) -> None:
        super().__init__(str(port))
        self.port = port


def listen(host: str, port: int, count: int) -> list[socket.socket]:
    """`count` inheritable sockets on one port, already listening. Raises PortInUseError."""
    if not is_free(port, host):
        raise PortInUseError(port)
    if sys.platform != "linux":  # elsewhere the kernel does not spread connections: one queue for all
        return [_bind(host, port)] * count
    return [_bind(host, port) for _ in range(count)]


def _bind(host: str, port: int) -> socket.socket:
    listener = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
    listener.bind((host, port))
    listener.listen(BACKLOG)
    listener.set_inheritable(True)
    return listener
