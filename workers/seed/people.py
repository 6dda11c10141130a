"""The platform's admin, the enterprises, the authority, and everybody who works there, with random passwords."""

from collections.abc import Iterable, Mapping
from typing import NamedTuple
from uuid import UUID

from stdnum.cn import uscc

from server.core import db
from server.core.actor import Actor, worker
from server.core.ids import new_id
from server.domains.access import CreatedUser, NewUser, create_users, permissions_of
from server.domains.access.authorities import add_member, create_authority, create_platform_admin, create_regulator
from server.domains.access.commands import NewAuthority, NewRegulator, NewTenant
from server.domains.access.tenants import create_tenant
from workers.seed.plant import ADMIN, INSPECTOR, MANAGER, OPERATOR, RELEASER, VIEWER, Keys, Plant

Account = dict[str, str | None]
SEED = "seed:"  # every entry that the seed leaves in a trail names its request so
_ORGANISATION_WEIGHTS = (3, 7, 9, 10, 5, 8, 4, 2)


class Person(NamedTuple):
    role: str
    name: str
    workshop: str | None = None
    shift: str | None = None


def credit_code(division: str, number: int) -> str:
    """A credit code with right check characters whose organisation part, a small number, nobody was given."""
    organisation = f"{number:08d}"
    rest = -sum(int(d) * w for d, w in zip(organisation, _ORGANISATION_WEIGHTS, strict=True)) % 11
    body = f"91{division}{organisation}{'X' if rest == 10 else rest}"
    return body + uscc.calc_check_digit(body)


async def make_platform_admin() -> tuple[Actor, Account]:
    """The first account of all."""
    async with db.transaction(db.Scope.system()):
        created = await create_platform_admin(worker("demo", None, str(new_id())), "platform.admin")
        await _keep_passwords([created])
    return _actor(created, "平台管理员", "platform_admin", None), _account("platform_admin", None, created)


async def make_authority(platform: Actor, name: str, division: str) -> Account:
    """An authority with its district and one regulator; the regulator's account."""
    async with db.transaction(db.Scope.system()):
        authority_id = await create_authority(platform, NewAuthority(name=name, division_codes=[division]))
        command = NewRegulator(username="regulator", display_name="方知行")
        created = await create_regulator(platform, authority_id, command)
        await _keep_passwords([created])
    return _account("regulator", name, created)


async def make_plant(
    platform: Actor, tenant: NewTenant, prefix: str, people: Iterable[Person], keys: Keys
) -> tuple[Plant, list[Account]]:
    """An enterprise with one person of every role, whose usernames are `prefix.role`; and their accounts."""
    admin, *others = people
    async with db.transaction(db.Scope.system()):
        tenant_id = await create_tenant(platform, tenant)
        created = [await add_member(platform, tenant_id, _new_user(prefix, admin))]
    plant = Plant(tenant_id, tenant.name, keys)
    plant.actors[ADMIN] = _actor(created[0], admin.name, ADMIN, tenant_id)
    created += await plant.do(ADMIN, create_users, [_new_user(prefix, person) for person in others])
    async with db.transaction(db.Scope.system()):
        await _keep_passwords(created)
    for person, user in zip((admin, *others), created, strict=True):
        plant.actors[person.role] = _actor(user, person.name, person.role, tenant_id)
        plant.passwords[person.role] = user.one_time_password or ""
    return plant, [_account(p.role, tenant.name, u) for p, u in zip((admin, *others), created, strict=True)]


def crew(names: Mapping[str, str], workshop: str) -> list[Person]:
    """One person of every role of an enterprise, the admin first."""
    early = {OPERATOR: "早班", INSPECTOR: "早班"}
    roles = (ADMIN, MANAGER, RELEASER, INSPECTOR, OPERATOR, VIEWER)
    return [Person(role, names[role], workshop if role in early else None, early.get(role)) for role in roles]


def _new_user(prefix: str, person: Person) -> NewUser:
    return NewUser(
        username=f"{prefix}.{person.role}",
        display_name=person.name,
        roles=[person.role],
        workshop=person.workshop,
        shift=person.shift,
    )


def _actor(user: CreatedUser, name: str, role: str, tenant_id: UUID | None) -> Actor:
    roles = frozenset({role})
    return Actor("user", user.user_id, name, tenant_id, None, roles, permissions_of(roles), f"{SEED}{new_id()}")


def _account(role: str, tenant: str | None, user: CreatedUser) -> Account:
    return {"role": role, "tenant": tenant, "username": user.username, "password": user.one_time_password}


async def _keep_passwords(created: Iterable[CreatedUser]) -> None:
    """The passwords stand in the demo's own file, on this machine alone: nobody is asked to change them first."""
    await db.execute(
        "UPDATE user_account SET must_change_password = false WHERE id = ANY($1::uuid[])", [c.user_id for c in created]
    )
