"""The password given again to sign an act."""

from server.core import apart
from server.core.actor import Actor
from server.core.scope import Scope
from server.domains.access import lockout
from server.domains.access.passwords import passwords
from server.domains.access.problems import PeopleOnly, WrongPassword


async def verify_password(actor: Actor, password: str) -> None:
    """Return if it is the actor's password; WrongPassword if not, SignInLocked after too many, PeopleOnly for machines.

    The try is counted on a connection apart, so it stays counted when the act is undone. A person's tries are made in turn:
    many right ones at once are no more than one. Unavailable where the turn does not come. Call it first in a service, before
    any row is locked: a hash takes its time.
    """
    if actor.kind != "user" or actor.id is None:
        raise PeopleOnly
    bucket = lockout.signing_bucket(actor.id)
    async with apart.connection() as connection:
        await lockout.wait_turn(connection, bucket)
        async with apart.transaction(connection, Scope.system()):
            await lockout.admit(connection, [bucket])
            stored = await connection.fetchval("SELECT password_hash FROM user_account WHERE id = $1", actor.id)
        if not await passwords().verify(password, stored):
            raise WrongPassword(field="password")
        async with apart.transaction(connection, Scope.system()):
            await lockout.forgive(connection, [bucket])
