"""A real PostgreSQL and a real Valkey from Python wheels, for one-command start, tests and drills.

`start(data_dir)` is called from the main thread, outside a running event loop; what it starts ends with it.
"""

import asyncio
import contextlib
import hashlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from server.embedded import state as local
from server.embedded.errors import StartError, is_disk_full
from server.embedded.place import find_place
from server.embedded.postgres import NOT_DURABLE, SUPERUSER, Postgres
from server.embedded.roles import drop_database, prepare_database
from server.embedded.state import DirectoryLock
from server.embedded.valkey import Valkey

__all__ = [
    "DirectoryLock",
    "Options",
    "Postgres",
    "Running",
    "StartError",
    "Valkey",
    "clear_reasons",
    "fresh_log",
    "mark_of",
    "start",
]

Progress = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Options:
    """`durable=False` is for suites that prove nothing about crashes. `postgres` overrides settings."""

    durable: bool = True
    database: str = "trace"
    postgres: Mapping[str, str] = field(default_factory=dict)


@dataclass
class Running:
    """Both servers, running until `stop`. Everything they keep lies in `data_dir`, or is named there."""

    data_dir: Path
    database: str
    postgres: Postgres
    valkey: Valkey
    state: local.LocalState = field(repr=False)
    _lock: DirectoryLock = field(repr=False)

    def dsn(self, role: str, database: str | None = None) -> str:
        """Where a login role of roles.sql connects; `postgres` is the superuser."""
        password = self.state.superuser_password if role == SUPERUSER else self.state.role_passwords[role]
        return f"postgresql://{role}:{password}@127.0.0.1:{self.postgres.port}/{database or self.database}"

    def environment(self, database: str | None = None, valkey_database: int = 0) -> dict[str, str]:
        """The `TRACE_*` variables of addresses and secrets, for Settings.from_env."""
        return {
            "TRACE_DATABASE_DSN": self.dsn("trace_app", database),
            "TRACE_PUBLIC_DATABASE_DSN": self.dsn("trace_public", database),
            "TRACE_OWNER_DATABASE_DSN": self.dsn("trace_owner", database),
            "TRACE_VALKEY_URL": self.valkey.url(valkey_database),
            "TRACE_DATA_DIR": str(self.data_dir),
            **self.state.secrets,
        }

    def heal(self) -> list[str]:
        """Start again, on the same port, what died since; the names of what was started."""
        healed = []
        for name, server in (("postgres", self.postgres), ("valkey", self.valkey)):
            if not server.alive:
                server.start()
                healed.append(name)
        return healed

    def recreate_database(self) -> None:
        """An empty database in place of one whose first filling was never finished."""
        asyncio.run(drop_database(self.dsn(SUPERUSER, "postgres"), self.database))
        self.prepare_database()

    def prepare_database(self) -> None:
        """Roles, passwords and the database, where they are missing."""
        asyncio.run(prepare_database(self.dsn(SUPERUSER, "postgres"), self.database, self.state))

    def stop(self) -> None:
        """Stop both servers and give the directory back."""
        self._lock.announce_stop()
        try:
            self.valkey.stop()
            self.postgres.stop()
        finally:
            self._lock.release()


def start(
    data_dir: Path,
    options: Options | None = None,
    progress: Progress = lambda step: None,
    lock: DirectoryLock | None = None,
) -> Running:
    """Both servers, ready, with roles and an empty or existing database; raises StartError with one reason.

    `progress` hears the steps `initdb`, `postgres`, `valkey`. A `lock` taken before is taken over.
    """
    with clear_reasons(data_dir):
        lock = lock or DirectoryLock(data_dir)
        try:
            return _start_locked(data_dir, options or Options(), lock, progress)
        except BaseException:
            lock.release()
            raise


@contextlib.contextmanager
def clear_reasons(data_dir: Path) -> Iterator[None]:
    """Turn what a full disk or missing permissions raise into a StartError that names the place."""
    try:
        yield
    except StartError:
        raise
    except Exception as error:
        if is_disk_full(error, data_dir):
            raise StartError("disk_full", path=data_dir) from error
        if isinstance(error, PermissionError) and error.filename:
            raise StartError("no_permission", path=error.filename) from error
        raise


def _start_locked(data_dir: Path, options: Options, lock: DirectoryLock, progress: Progress) -> Running:
    place = find_place(data_dir)
    state = local.LocalState.load(data_dir, place.cluster)
    mark = mark_of(data_dir)
    settings = {**(NOT_DURABLE if not options.durable else {}), **options.postgres}
    postgres = Postgres(place, mark=mark, log=fresh_log(data_dir / "postgres.log"), options=settings)
    valkey = Valkey(
        data_dir / "valkey",
        mark=mark,
        log=fresh_log(data_dir / "valkey.log"),
        password=state.valkey_password,
        durable=options.durable,
    )
    running = Running(data_dir, options.database, postgres, valkey, state, lock)
    try:
        if not (place.cluster / "PG_VERSION").exists():
            progress("initdb")
        postgres.initialise(state.superuser_password, sync=options.durable)
        progress("postgres")
        postgres.start()
        progress("valkey")
        valkey.start()
        running.prepare_database()
    except BaseException:
        valkey.stop()
        postgres.stop()
        raise
    return running


def mark_of(data_dir: Path) -> str:
    """What the command lines of this directory's servers carry, to tell them from all others."""
    return f"quality-trace-{hashlib.sha256(bytes(data_dir.resolve())).hexdigest()[:12]}"


def fresh_log(log: Path, limit_bytes: int = 10_000_000) -> Path:
    """The same log, begun anew once it has grown past the limit; the one before is kept."""
    if log.exists() and log.stat().st_size > limit_bytes:
        log.replace(log.with_name(log.name + ".1"))
    return log
