"""The processes of a running system: one for each HTTP worker and for each role beside them."""

import sys
from collections.abc import Mapping
from pathlib import Path

from server.settings import Settings
from workers.sockets import listen
from workers.supervisor import Role

ROOT = Path(__file__).resolve().parents[1]
# One process each, besides the HTTP workers; a role is the module `workers.<role>` with `main(settings)`.
ROLES: tuple[str, ...] = ("minting", "importer", "dispatcher", "messenger", "scheduler")
SANDBOX = "sandbox"  # plays the vendors, in a demo alone
AFTER_HTTP_SECONDS = 3.0


def role_command(name: str, *arguments: str) -> tuple[str, ...]:
    """The command line of one role: its name shows in every process list."""
    return (sys.executable, "-m", "workers.run", name, *arguments)


def make_roles(settings: Settings) -> list[Role]:
    """Every process of a running system. Opens the HTTP sockets: raises PortInUseError or OSError."""
    listeners = listen(settings.host, settings.port, settings.http_workers)
    # The descriptors stay open here for good, so that a restarted worker finds its queue again.
    descriptors = [listener.detach() for listener in listeners]
    http = [Role("http", role_command("http", "--descriptor", str(fd)), (fd,)) for fd in descriptors]
    names = (*ROLES, SANDBOX) if settings.mode == "demo" else ROLES
    later = [Role(name, role_command(name), (), AFTER_HTTP_SECONDS) for name in names]
    return [*http, *later]


def without_owner(environment: Mapping[str, str]) -> dict[str, str]:
    """What roles get to see: the owner of the schema is for migrations alone."""
    return {name: value for name, value in environment.items() if name != "TRACE_OWNER_DATABASE_DSN"}
