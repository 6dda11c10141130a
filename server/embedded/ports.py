"""Free ports of the loopback address."""

import errno
import random
import socket

from server.embedded.errors import StartError

# Below the range from which operating systems take ports of outgoing connections: a server that is
# restarted finds its port still free.
FIRST, LAST = 20_000, 32_000


def is_free(port: int, host: str = "127.0.0.1") -> bool:
    """Whether nobody listens there now; StartError where we may not listen at all."""
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            if error.errno == errno.EADDRINUSE:
                return False
            raise StartError("cannot_listen", host=host, port=port, reason=error.strerror) from error
    return True


def free_port() -> int:
    """A port of 127.0.0.1 that nobody listens on."""
    while True:
        port = random.SystemRandom().randrange(FIRST, LAST)
        if is_free(port):
            return port
