"""The baseline of everything served: hello-world on the same Sanic, started the same way. `python -m tests.bench.hello FD`."""

import socket
import sys

from sanic import HTTPResponse, Request, Sanic

from workers.sockets import BACKLOG


async def hello(request: Request, path: str = "") -> HTTPResponse:
    return HTTPResponse("hello, world", content_type="text/plain; charset=utf-8")


def main(descriptor: int) -> None:
    app = Sanic("hello", configure_logging=False)
    app.config.ACCESS_LOG = False
    app.add_route(hello, "/<path:path>", name="hello")
    app.run(sock=socket.socket(fileno=descriptor), backlog=BACKLOG, single_process=True, access_log=False, motd=False)


if __name__ == "__main__":
    main(int(sys.argv[1]))
