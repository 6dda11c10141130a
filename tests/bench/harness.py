"""What every figure needs: a durable cluster kept between runs, data sets built once, baselines, one output format."""

import asyncio
import contextlib
import hashlib
import os
import statistics
import sys
import time
from collections.abc import Awaitable, Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import asyncpg
import orjson

from server import embedded
from server.core.migrate import DIRECTORY, migrate
from server.settings import Settings

ROOT = Path(__file__).resolve().parents[2]
LOGIN_ROLES = ("trace_app", "trace_public", "trace_owner", "postgres")
POSTGRES = {"shared_buffers": "512MB", "maintenance_work_mem": "256MB"}


@dataclass(frozen=True, slots=True)
class Figure:
    """One measured number beside the one it is judged by. `ratio` is value over baseline, or the reverse where the
    issue defines it so; `p99` is in milliseconds where a distribution was measured. `reached`: None where no target exists."""

    name: str
    value: float
    unit: str
    baseline: float
    ratio: float
    p99: float | None = None
    target: str = ""
    reached: bool | None = None

    def line(self) -> str:
        return f"{self.name} {_short(self.value)} {self.unit} {_short(self.baseline)} {self.ratio:.3f}"

    def entry(self) -> dict[str, object]:
        names = ("name", "value", "unit", "baseline", "ratio", "p99")
        return {name: getattr(self, name) for name in names}


def _short(number: float) -> str:
    return f"{number:.1f}" if abs(number) >= 100 else f"{number:.4g}"


def figure(
    name: str,
    value: float,
    unit: str,
    baseline: float,
    *,
    p99: float | None = None,
    ratio_at_most: float | None = None,
    ratio_at_least: float | None = None,
    value_at_most: float | None = None,
    p99_at_most: float | None = None,
) -> Figure:
    """A figure with ratio value/baseline, judged by the given targets."""
    ratio = value / baseline
    checks = [
        (f"ratio <= {ratio_at_most}", ratio_at_most is None or ratio <= ratio_at_most, ratio_at_most),
        (f"ratio >= {ratio_at_least}", ratio_at_least is None or ratio >= ratio_at_least, ratio_at_least),
        (f"value <= {value_at_most}", value_at_most is None or value <= value_at_most, value_at_most),
        (f"p99 <= {p99_at_most} ms", p99_at_most is None or (p99 or 0.0) <= p99_at_most, p99_at_most),
    ]
    asked = [(text, held) for text, held, limit in checks if limit is not None]
    return Figure(
        name, value, unit, baseline, ratio, p99,
        ", ".join(text for text, _ in asked), all(held for _, held in asked) if asked else None,
    )  # fmt: skip


def median(runs: Sequence[float]) -> float:
    return statistics.median(runs)


def note(text: str) -> None:
    """A line for the one who waits; the figures alone go to standard output."""
    print(text, file=sys.stderr, flush=True)


@contextlib.contextmanager
def step(text: str) -> Iterator[None]:
    """Say what is being done, and how long it took."""
    started = time.perf_counter()
    note(f"  {text} …")
    yield
    note(f"  {text}: {time.perf_counter() - started:.1f} s")


@dataclass(frozen=True, slots=True)
class DataSet:
    """One prepared database of the bench cluster: a DSN per login role."""

    name: str
    app_dsn: str
    public_dsn: str
    owner_dsn: str
    superuser_dsn: str


Builder = Callable[[DataSet], Awaitable[object]]


class Bench:
    """The cluster (fsync on) of this run. Its directory is `BENCH_DIR` (default `.bench`) and survives the run."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self._running: embedded.Running | None = None

    @property
    def running(self) -> embedded.Running:
        if self._running is None:
            self.directory.mkdir(parents=True, exist_ok=True)
            with step("starting the servers"):
                self._running = embedded.start(self.directory, embedded.Options(postgres=POSTGRES))
        return self._running

    def stop(self) -> None:
        if self._running is not None:
            self._running.stop()
            self._running = None

    def names(self, name: str) -> DataSet:
        """Where the data set `name` lives, built or not."""
        database = f"bench_{name}"
        return DataSet(database, *(self.running.dsn(role, database) for role in LOGIN_ROLES))

    def data_set(self, name: str, build: Builder, *, version: int) -> DataSet:
        """The database `bench_<name>`, migrated and filled by `build`; built anew when the schema or `version` changed."""
        data = self.names(name)
        mark = f"{version}:{schema_digest()}"
        if asyncio.run(_mark_of(data, self.running.dsn("postgres", "postgres"))) != mark:
            with step(f"building {data.name}"):
                asyncio.run(self._build(data, build, mark))
        return data

    async def _build(self, data: DataSet, build: Builder, mark: str) -> None:
        connection = await asyncpg.connect(self.running.dsn("postgres", "postgres"))
        try:
            await connection.execute(f'DROP DATABASE IF EXISTS "{data.name}" WITH (FORCE)')
            await connection.execute(f'CREATE DATABASE "{data.name}" OWNER trace_owner')
        finally:
            await connection.close()
        await migrate(data.owner_dsn)
        await build(data)
        await settle(data)
        connection = await asyncpg.connect(data.superuser_dsn)
        try:
            await connection.execute(f"COMMENT ON DATABASE \"{data.name}\" IS '{mark}'")
        finally:
            await connection.close()

    def environment(self, data: DataSet, **variables: str) -> dict[str, str]:
        """`TRACE_*` variables of a server on this data set."""
        return {
            **self.running.environment(data.name),
            "TRACE_MODE": "demo",
            "TRACE_BASE_URL": "http://127.0.0.1:8000",
            **variables,
        }

    def settings(self, data: DataSet, **variables: str) -> Settings:
        return Settings.from_env(self.environment(data, **variables))


def schema_digest() -> str:
    """Of all migrations: a data set laid on another schema is of no use."""
    files = sorted(DIRECTORY.glob("[0-9]*.sql"))
    return hashlib.sha256(b"\0".join(file.read_bytes() for file in files)).hexdigest()[:16]


async def settle(data: DataSet) -> None:
    """Statistics, visibility map and dirty pages as after a quiet night, so that no run pays for the one before."""
    connection = await asyncpg.connect(data.superuser_dsn)
    try:
        await connection.execute("VACUUM (ANALYZE)")
        await connection.execute("CHECKPOINT")
    finally:
        await connection.close()


async def _mark_of(data: DataSet, superuser_dsn: str) -> str | None:
    connection = await asyncpg.connect(superuser_dsn)
    try:
        found: str | None = await connection.fetchval(
            "SELECT shobj_description(oid, 'pg_database') FROM pg_database WHERE datname = $1", data.name
        )
        return found
    finally:
        await connection.close()


def write_report(figures: Sequence[Figure]) -> None:
    """The file named by BENCH_JSON: one entry a figure."""
    if path := os.environ.get("BENCH_JSON"):
        entries = [figure.entry() for figure in figures]
        Path(path).write_bytes(orjson.dumps(entries, option=orjson.OPT_INDENT_2) + b"\n")
