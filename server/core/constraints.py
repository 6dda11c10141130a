"""From a broken invariant of the database to the problem a person can act on."""

import asyncpg
from tortoise.exceptions import IntegrityError

from server.core.errors import Conflict, Problem

_by_name: dict[str, type[Problem]] = {}


class AlreadyExists(Conflict):
    code = "already_exists"


class ReferenceUnknown(Problem):
    status = 422
    code = "reference_unknown"


class CheckFailed(Problem):
    status = 422
    code = "check_failed"


class ValueImpossible(Problem):
    status = 422
    code = "value_impossible"


def register(problems: dict[str, type[Problem]]) -> None:
    """Name the problem behind a constraint; called by the domain that owns the table, at import."""
    _by_name.update(problems)


def problem_of(error: BaseException) -> Problem | None:
    """The problem behind a database error, or None where it is a defect of ours.

    A reference to another tenant's row looks exactly like one to a row that does not exist.
    """
    cause = error.__cause__ if isinstance(error, IntegrityError) and error.__cause__ else error
    name = getattr(cause, "constraint_name", None) or ""
    if name in _by_name:
        return _by_name[name]()
    if isinstance(cause, asyncpg.UniqueViolationError | asyncpg.ExclusionViolationError):
        return AlreadyExists()
    if isinstance(cause, asyncpg.ForeignKeyViolationError):
        return ReferenceUnknown()
    if isinstance(cause, asyncpg.CheckViolationError):
        return CheckFailed()
    if isinstance(cause, asyncpg.DataError):
        return ValueImpossible()
    return None
