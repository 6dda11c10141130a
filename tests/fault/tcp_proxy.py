"""A TCP proxy in front of a server, which can be told to misbehave: refuse, delay, stay silent, or talk nonsense."""

import asyncio
import contextlib
import enum
from collections.abc import AsyncIterator


class Mode(enum.Enum):
    """What the other side meets."""

    WELL = "well"
    AWAY = "away"  # connections are closed as soon as they come
    SLOW = "slow"  # every answer comes `delay_seconds` late
    SILENT = "silent"  # takes everything, answers nothing
    WRONG = "wrong"  # answers with bytes that are no protocol
    LYING = "lying"  # answers in the protocol, but not what was asked


NONSENSE = {Mode.WRONG: b"\x00\xff!!garbage\r\n", Mode.LYING: b"$5\r\nhello\r\n"}


class Proxy:
    """Listens on `port` of 127.0.0.1; setting `mode` also ends the connections there are."""

    def __init__(self, upstream_port: int, delay_seconds: float = 2.0) -> None:
        self._upstream_port, self._delay_seconds = upstream_port, delay_seconds
        self._mode = Mode.WELL
        self._open: set[asyncio.StreamWriter] = set()
        self.port = 0

    @property
    def mode(self) -> Mode:
        return self._mode

    @mode.setter
    def mode(self, mode: Mode) -> None:
        self._mode = mode
        for writer in list(self._open):
            writer.transport.abort()

    @contextlib.asynccontextmanager
    async def listening(self) -> AsyncIterator["Proxy"]:
        server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.port = server.sockets[0].getsockname()[1]
        try:
            yield self
        finally:
            server.close()
            self.mode = Mode.AWAY
            await server.wait_closed()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._open.add(writer)
        try:
            with contextlib.suppress(OSError):
                await self._converse(reader, writer)
        finally:
            self._open.discard(writer)
            writer.transport.abort()

    async def _converse(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self._mode is Mode.AWAY:
            return
        if self._mode in (Mode.WELL, Mode.SLOW):
            await self._relay(reader, writer)
            return
        while await reader.read(65536):
            if answer := NONSENSE.get(self._mode):
                writer.write(answer)

    async def _relay(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        from_server, to_server = await asyncio.open_connection("127.0.0.1", self._upstream_port)
        back = asyncio.create_task(self._pump(from_server, writer, self._delay_seconds * (self._mode is Mode.SLOW)))
        try:
            await self._pump(reader, to_server, 0)
        finally:
            back.cancel()
            to_server.transport.abort()

    async def _pump(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, delay_seconds: float) -> None:
        with contextlib.suppress(OSError):
            while data := await reader.read(65536):
                if delay_seconds:
                    await asyncio.sleep(delay_seconds)
                writer.write(data)
