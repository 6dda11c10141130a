"""A request that is cancelled at the i-th await of its handling: the way Sanic ends what a client no longer waits for.

`House` is the app without a socket: requests run as tasks of the test's own loop, on its own pool.
"""

import asyncio
from collections.abc import AsyncIterator, Coroutine, Generator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import asyncpg
import orjson
from sanic import HTTPResponse, Request, Sanic
from sanic.compat import Header
from tortoise.connection import get_connections

from server.app import tables
from server.core.ids import new_id
from server.http.guard import Guard
from server.http.routes import Route
from server.settings import Settings
from server.wiring import close_services, open_services
from tests.fixtures.api import Api, Plant


class Cut:
    """Awaits a coroutine and cancels the running task at its suspension number `at` (0: never).

    `late`: only when what it waits for has happened, so the work was done and nobody hears of it.
    """

    def __init__(self, coroutine: Coroutine[Any, Any, Any], at: int, late: bool) -> None:
        self._coroutine, self._at, self._late = coroutine, at, late
        self.suspensions = 0

    def __await__(self) -> Generator[Any, Any, Any]:
        steps = self._coroutine.__await__()
        error: BaseException | None = None
        while True:
            try:
                waited = steps.throw(error) if error else next(steps)
            except StopIteration as done:
                return done.value
            self.suspensions += 1
            if self.suspensions == self._at:
                self._cancel(waited)
            try:
                error = None
                yield waited
            except BaseException as thrown:
                error = thrown

    def _cancel(self, waited: Any) -> None:
        task = asyncio.current_task()
        assert task is not None
        if self._late and waited is not None:
            waited.add_done_callback(lambda _: task.cancel())
        else:
            task.cancel()


@dataclass(frozen=True)
class Sent:
    """What came of a request: no `status` where it was cancelled; how often it suspended until then."""

    status: int | None
    body: bytes
    suspensions: int

    def json(self) -> Any:
        return orjson.loads(self.body)


class House:
    """Open it with `House.open(settings)`; `api.plant()` makes people to send as."""

    def __init__(self, settings: Settings) -> None:
        self.api = Api(settings.base_url, settings)
        self._guard = Guard(settings.token_key, frozenset())
        self._routes: dict[str, Route] = {
            f"{route.method} {route.path}": route for table in tables() for route in table
        }
        self._app: Any = Sanic(f"house_{new_id().hex}")
        self.complaints: list[str] = []

    @classmethod
    @asynccontextmanager
    async def open(cls, settings: Settings) -> AsyncIterator["House"]:
        house = cls(settings)
        house._app.ctx.services = await open_services(settings)
        loop = asyncio.get_running_loop()
        loop.set_exception_handler(lambda _, context: house._complain(str(context)))
        try:
            yield house
        finally:
            loop.set_exception_handler(None)
            await house.api.close()
            await close_services(house._app.ctx.services)
            Sanic.unregister_app(house._app)

    def _complain(self, text: str) -> None:
        """Keep what the loop complains of, but for the driver's remark on a connect that was cut: its socket is closed."""
        if "unexpected connection_lost() call" not in text:
            self.complaints.append(text)

    async def send(self, token: str, route: str, body: Any, *, key: str = "", at: int = 0, late: bool = False, **path: str) -> Sent:  # fmt: skip
        """POST `body` to a route of the table (`POST /api/v1/lots/{id}/split`), cut at suspension `at`."""
        headers = {"authorization": f"Bearer {token}", "content-type": "application/json"}
        request = Request(
            self._routes[route].path.format(**path).encode(),
            Header(headers | ({"idempotency-key": key} if key else {})),
            "1.1", "POST", None, self._app,
        )  # fmt: skip
        request.body = orjson.dumps(body)
        cut = Cut(self._guard.handler(self._routes[route])(request, **path), at, late)

        async def run() -> HTTPResponse:
            return await cut  # type: ignore[no-any-return]

        try:
            response = await asyncio.create_task(run())
        except asyncio.CancelledError:
            return Sent(None, b"", cut.suspensions)
        return Sent(response.status, response.body or b"", cut.suspensions)

    def connections_in_use(self) -> int:
        """How many connections of the application's pool nobody has given back."""
        pool: Any = get_connections().get("default")._pool
        return int(pool.get_size() - pool.get_idle_size())


class Rows:
    """Counts the rows of one enterprise in every table, seen from outside."""

    def __init__(self, connection: Any, tenant_id: UUID, sql: str) -> None:
        self._connection, self._tenant_id, self._sql = connection, tenant_id, sql

    @classmethod
    @asynccontextmanager
    async def of(cls, superuser_dsn: str, plant: Plant) -> AsyncIterator["Rows"]:
        connection = await asyncpg.connect(superuser_dsn)
        owned = await connection.fetch(
            "SELECT c.relname AS name, a.attname AS owner FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid"
            " WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p') AND NOT c.relispartition"
            " AND (a.attname = 'tenant_id' OR c.relname = 'idempotency_key' AND a.attname = 'owner_id')"
        )
        parts = [f"SELECT '{row['name']}', count(*) FROM {row['name']} WHERE {row['owner']} = $1" for row in owned]
        try:
            yield cls(connection, plant.tenant_id, " UNION ALL ".join(parts))
        finally:
            await connection.close()

    async def count(self) -> dict[str, int]:
        return dict(await self._connection.fetch(self._sql, self._tenant_id))


def grown(before: dict[str, int], after: dict[str, int]) -> dict[str, int]:
    """By how much each table grew; only those that did."""
    return {table: after[table] - before[table] for table in after if after[table] != before[table]}
