"""`make admin USER=name`: the first platform admin, with a one-time password that is printed once."""

import asyncio
import sys
from collections.abc import Sequence

import asyncpg

from server.core import constraints, db
from server.core.actor import worker
from server.core.errors import Problem
from server.core.ids import new_id
from server.core.scope import Scope
from server.domains.access.authorities import create_platform_admin
from server.domains.access.identifiers import check_username
from server.domains.access.people import CreatedUser
from server.settings import Settings, SettingsError
from workers import terminal


async def make_admin(settings: Settings, username: str) -> CreatedUser:
    """Give this account the platform; a new account gets a one-time password. Problem where it has it already."""
    await db.open_pool(settings.database_dsn, ["server.domains.access.models"], size=1)
    try:
        async with db.transaction(Scope.system()):
            return await create_platform_admin(worker("make admin", None, str(new_id())), check_username(username))
    except asyncpg.IntegrityConstraintViolationError as error:
        raise constraints.problem_of(error) or error from error
    finally:
        await db.close()


def main(arguments: Sequence[str] | None = None) -> int:
    """Exit code: 0 made, 1 refused, 2 settings refused or no name given."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    if len(given) != 1:
        terminal.complain("admin.usage")
        return 2
    try:
        created = asyncio.run(make_admin(Settings.from_env(), given[0]))
    except SettingsError as error:
        terminal.complain_settings(error)
        return 2
    except Problem as problem:
        terminal.complain(f"admin.{problem.code}", username=given[0])
        return 1
    except asyncpg.UndefinedTableError:
        terminal.complain("admin.no_schema")
        return 1
    except (asyncpg.PostgresError, OSError) as error:
        terminal.complain("cannot_run", reason=f"{type(error).__name__}: {error}")
        return 1
    if created.one_time_password:
        terminal.say("admin.created", username=created.username, password=created.one_time_password)
    else:
        terminal.say("admin.granted", username=created.username)
    return 0


if __name__ == "__main__":
    sys.exit(main())
