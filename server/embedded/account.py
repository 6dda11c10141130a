"""The unprivileged account that runs PostgreSQL when we are root: PostgreSQL refuses to run as root."""

import os
import pwd
import stat
from dataclasses import dataclass
from pathlib import Path

from server.embedded.errors import StartError


@dataclass(frozen=True, slots=True)
class Account:
    """An operating-system user without supplementary groups."""

    uid: int
    gid: int


def server_account(cluster: Path) -> Account | None:
    """Who runs PostgreSQL: None (ourselves) unless we are root.

    As root it is the owner of a cluster that an ordinary user made before, else nobody. Raises StartError where we are
    an ordinary user without a name (a container's number): making a cluster needs one, running it does not.
    """
    if os.geteuid() != 0:
        if not cluster.exists() and not _has_name(os.geteuid()):
            raise StartError("no_user_name", uid=os.geteuid(), gid=os.getegid())
        return None
    if cluster.exists() and cluster.stat().st_uid != 0:
        return Account(cluster.stat().st_uid, cluster.stat().st_gid)
    for name in ("nobody", "daemon", "bin"):
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            continue
        if entry.pw_uid != 0:
            return Account(entry.pw_uid, entry.pw_gid)
    raise StartError("no_unprivileged_user")


def _has_name(uid: int) -> bool:
    try:
        pwd.getpwuid(uid)
    except KeyError:
        return False
    return True


def may_pass(status: os.stat_result, account: Account) -> bool:
    """Whether the permission bits let this account enter the directory."""
    if status.st_uid == account.uid:
        return bool(status.st_mode & stat.S_IXUSR)
    if status.st_gid == account.gid:
        return bool(status.st_mode & stat.S_IXGRP)
    return bool(status.st_mode & stat.S_IXOTH)


def can_reach(directory: Path, account: Account | None) -> bool:
    """Whether the account can enter the directory and every one above it."""
    if account is None:
        return True
    real = directory.resolve()
    return all(may_pass(place.stat(), account) for place in (real, *real.parents))
