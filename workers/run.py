"""The one entry: `python -m workers.run serve | demo | <role>`.

`serve` runs every role under the supervisor with settings from the environment, `demo` brings its own
servers, a role name runs that role alone in this process.
"""

import argparse
import asyncio
import importlib
import logging
import os
import signal
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

import asyncpg

from server.core.migrate import migrate
from server.embedded import StartError
from server.embedded.processes import end_with_parent
from server.settings import Settings, SettingsError
from workers import terminal
from workers.sockets import PortInUseError, listen
from workers.supervisor import Role, Supervisor

ROOT = Path(__file__).resolve().parents[1]
# One process each, besides the HTTP workers; a role is the module `workers.<role>` with `main(settings)`.
ROLES: tuple[str, ...] = ("minting", "importer", "dispatcher", "scheduler")
NO_DATABASE = (
    OSError,
    asyncpg.PostgresConnectionError,
    asyncpg.InvalidAuthorizationSpecificationError,
    asyncpg.InvalidCatalogNameError,
)
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
    later = [Role(name, role_command(name), (), AFTER_HTTP_SECONDS) for name in ROLES]
    return [*http, *later]


def without_owner(environment: Mapping[str, str]) -> dict[str, str]:
    """What roles get to see: the owner of the schema is for migrations alone."""
    return {name: value for name, value in environment.items() if name != "TRACE_OWNER_DATABASE_DSN"}


def end_with_make() -> None:
    """Under make: stop, in good order, also when make itself is killed."""
    if "MAKELEVEL" in os.environ and (arm := end_with_parent(signal.SIGTERM, os.getppid())):
        arm()


def serve(environment: Mapping[str, str]) -> int:
    """Migrate with the owner's DSN where one is given, then run every role until SIGTERM or SIGINT."""
    settings = Settings.from_env(environment)
    if settings.owner_database_dsn:
        asyncio.run(migrate(settings.owner_database_dsn))
    roles = make_roles(settings)
    terminal.say("serve.started", address=f"http://{settings.host}:{settings.port}")
    return Supervisor(roles, environment=without_owner(environment), directory=ROOT).run()


def run_role(name: str, environment: Mapping[str, str], descriptor: int | None) -> int:
    """Play one role in this process until it is told to end."""
    settings = Settings.from_env(environment)
    module = importlib.import_module(f"workers.{name}")
    if name == "http":
        module.main(settings, descriptor)
    else:
        module.main(settings)
    return 0


def port(text: str) -> int:
    """A port number as argparse wants it: ValueError where it is none."""
    number = int(text)
    if not 1 <= number <= 65_535:
        raise ValueError(text)
    return number


def parse(arguments: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m workers.run")
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("serve")
    demo = commands.add_parser("demo")
    demo.add_argument("--port", type=port, default=8000)
    demo.add_argument("--data-dir", type=Path, default=Path("var"))
    commands.add_parser("http").add_argument("--descriptor", type=int)
    for name in ROLES:
        commands.add_parser(name)
    return parser.parse_args(arguments)


def run(options: argparse.Namespace) -> int:
    if options.command == "serve":
        end_with_make()
        return serve(os.environ)
    if options.command == "demo":
        from workers.demo import demo

        end_with_make()
        return demo(options.port, options.data_dir)
    return run_role(options.command, os.environ, getattr(options, "descriptor", None))


def main(arguments: Sequence[str] | None = None) -> int:
    """Exit code: 0 stopped when told to, 1 cannot run here, 2 settings refused."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s %(message)s")
    try:
        return run(parse(sys.argv[1:] if arguments is None else arguments))
    except SettingsError as error:
        terminal.complain_settings(error)
        return 2
    except PortInUseError as error:
        terminal.complain("port_in_use", port=error.port)
    except StartError as error:
        terminal.complain_start(error)
    except NO_DATABASE as error:
        terminal.complain("cannot_run", reason=f"{type(error).__name__}: {error}")
    return 1


if __name__ == "__main__":
    sys.exit(main())
