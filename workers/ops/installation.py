"""Which installation a command is about: the demo of a data directory, running or not, or the one of TRACE_* variables."""

import contextlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from server import embedded
from server.embedded import processes
from server.embedded.place import Place, find_place
from server.embedded.state import STATE_FILE, LocalState
from workers.ops.keys import SECRETS
from workers.ops.refusals import Refused

DEFAULT_DATA_DIR = Path("var")
PRODUCTION_BACKUPS = Path("/var/lib/quality-trace/backups")


@dataclass(frozen=True)
class Installation:
    """A database that answers, its secrets, and where its backups lie unless somebody says otherwise."""

    owner_dsn: str = field(repr=False)
    secrets: Mapping[str, str] = field(repr=False)
    backups: Path
    apart: str  # what must be kept elsewhere than the backups


def is_production(data_dir: Path | None, environ: Mapping[str, str]) -> bool:
    """Whether the variables say which installation is meant; a data directory that was named goes before them."""
    return data_dir is None and bool(environ.get("TRACE_DATABASE_DSN") or environ.get("TRACE_OWNER_DATABASE_DSN"))


def backups_of(data_dir: Path | None, environ: Mapping[str, str]) -> Path:
    """Where backups lie unless somebody says otherwise."""
    return PRODUCTION_BACKUPS if is_production(data_dir, environ) else (data_dir or DEFAULT_DATA_DIR) / "backups"


@contextlib.contextmanager
def opened(data_dir: Path | None, environ: Mapping[str, str]) -> Iterator[Installation]:
    """The installation with its database up; a demo's servers are started where they are not running, then stopped."""
    backups = backups_of(data_dir, environ)
    if is_production(data_dir, environ):
        owner = environ.get("TRACE_OWNER_DATABASE_DSN")
        if not owner:
            raise Refused("owner_missing")
        yield Installation(owner, secrets_of(environ), backups, "/etc/quality-trace")
        return
    place = data_dir or DEFAULT_DATA_DIR
    if not (place / STATE_FILE).exists():
        raise Refused("no_installation", path=place)
    with _owner_of(place) as (owner, state):
        yield Installation(owner, state.secrets, backups, str(place / STATE_FILE))


def secrets_of(environ: Mapping[str, str]) -> dict[str, str]:
    """The secrets among some variables."""
    return {name: environ[name] for name in SECRETS if environ.get(name)}


@contextlib.contextmanager
def _owner_of(data_dir: Path) -> Iterator[tuple[str, LocalState]]:
    place = find_place(data_dir)
    port = running_port(data_dir, place)
    if port is None:
        running = embedded.start(data_dir)
        try:
            yield running.dsn("trace_owner"), running.state
        finally:
            running.stop()
        return
    state = LocalState.load(data_dir, place.cluster)
    yield f"postgresql://trace_owner:{state.role_passwords['trace_owner']}@127.0.0.1:{port}/trace", state


def running_port(data_dir: Path, place: Place) -> int | None:
    """Where the PostgreSQL of this directory listens, None where it is not running."""
    if not processes.marked("postgres", embedded.mark_of(data_dir)):
        return None
    try:
        lines = (place.cluster / "postmaster.pid").read_text("utf-8").splitlines()
        return int(lines[3])
    except (OSError, IndexError, ValueError):
        return None
