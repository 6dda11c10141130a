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
import traceback
from collections.abc import Mapping, Sequence
from pathlib import Path

import asyncpg

from server.core.migrate import migrate
from server.embedded import StartError
from server.embedded.processes import end_with_parent
from server.settings import Settings, SettingsError
from workers import terminal
from workers.roles import ROLES, ROOT, SANDBOX, make_roles, without_owner
from workers.sockets import PortInUseError
from workers.supervisor import Supervisor

log = logging.getLogger("workers")
NO_DATABASE = (
    OSError,
    asyncpg.PostgresConnectionError,
    asyncpg.InvalidAuthorizationSpecificationError,
    asyncpg.InvalidCatalogNameError,
)


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
    """Play one role in this process until it is told to end: 0. 1 where an error ended it, after a line that says where."""
    settings = Settings.from_env(environment)
    module = importlib.import_module(f"workers.{name}")
    try:
        if name == "http":
            module.main(settings, descriptor)
        else:
            module.main(settings)
    except (PortInUseError, *NO_DATABASE):
        raise
    except Exception as error:
        log.critical("the %s role broke off: %s%s", name, type(error).__name__, whereabouts(error))
        return 1
    return 0


def whereabouts(error: BaseException) -> str:
    """The places that an error went through, a line each, and of those that caused it: never its words, which may
    quote a row or an address."""
    lines = [f"\n  {each.filename}:{each.lineno} {each.name}" for each in traceback.extract_tb(error.__traceback__)]
    cause = error.__cause__ or error.__context__
    because = f"\n after {type(cause).__name__}{whereabouts(cause)}" if cause else ""
    return "".join(lines) + because


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
    own = commands.add_parser("demo")
    own.add_argument("--port", type=port, default=8000)
    own.add_argument("--data-dir", type=Path, default=Path("var"))
    commands.add_parser("http").add_argument("--descriptor", type=int)
    for name in (*ROLES, SANDBOX):
        commands.add_parser(name)
    return parser.parse_args(arguments)


def run(options: argparse.Namespace) -> int:
    if options.command == "serve":
        end_with_make()
        return serve(os.environ)
    if options.command == "demo":
        from workers.demo import demo  # what only a demo needs is not loaded into every role

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
