"""People from a sheet: accounts with their roles, workshop and shift."""

from collections.abc import Sequence

import asyncpg
from pydantic import ValidationError

from i18n import text
from server.core import db
from server.core.constraints import problem_of
from server.core.errors import Problem
from server.domains.access import TENANT_ROLES, CreatedUser, NewUser, create_users
from server.domains.integrations.cells import SheetRow, text_of
from server.domains.integrations.columns import LANGUAGES
from server.domains.integrations.kinds import Outcome, Reader, Work

STEP_ROWS = 20  # a tenth of a second each, for their passwords
_SEPARATORS = str.maketrans("，、；;/|", ",,,,,,")


async def store_people(work: Work, rows: Sequence[SheetRow]) -> Outcome:
    """Create the accounts, as a set where nobody is refused, else one by one."""
    reader = Reader("users")
    drafts = [(row, user) for row in rows for user in _read(reader, row)]
    created: list[CreatedUser] = []
    try:
        created = await _create(work, [user for _, user in drafts])
    except Problem:
        for row, user in drafts:
            try:
                created += await _create(work, [user])
            except Problem as problem:
                reader.refuse_problem(row, problem, {"": "username"})
    passwords = [(each.username, each.one_time_password) for each in created if each.one_time_password]
    return Outcome(len(created), reader.errors, passwords)


async def _create(work: Work, users: list[NewUser]) -> list[CreatedUser]:
    """All of them or none; raises the problem of the one that was refused."""
    if not users:
        return []
    try:
        async with db.transaction(work.actor.scope()):
            return await create_users(work.actor, users)
    except asyncpg.IntegrityConstraintViolationError as error:
        problem = problem_of(error)
        if problem is None:
            raise
        raise problem from None


def _read(reader: Reader, row: SheetRow) -> list[NewUser]:
    """The person that a row describes; empty where something is wrong with it, and each cell named."""
    reader.missing(row)
    names = ("username", "display_name", "phone", "workshop", "shift")
    values: dict[str, object] = {name: text_of(reader.cell(row, name)) or None for name in names}
    words = _role_words()
    roles = [
        word.strip() for word in text_of(reader.cell(row, "roles")).translate(_SEPARATORS).split(",") if word.strip()
    ]
    unknown = [role for role in roles if role.casefold() not in words]
    if unknown:
        reader.refuse(row, "roles", "import_role_unknown", role=unknown[0][:40])
    values["roles"] = list(dict.fromkeys(words[each] for role in roles if (each := role.casefold()) in words))
    try:
        user = NewUser.model_validate(values)
    except ValidationError as error:
        reader.refuse_input(row, error, {})
        return []
    return [] if reader.refused(row) else [user]


def _role_words() -> dict[str, str]:
    """Roles by our name and by what people call them."""
    words = {role: role for role in TENANT_ROLES}
    for role in TENANT_ROLES:
        for language in LANGUAGES:
            words |= {word.casefold(): role for word in text(f"import.role.{role}", language).split("|")}
    return words
