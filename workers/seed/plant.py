"""One demo enterprise with its people, who act through the services: a transaction of their own for every command."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Concatenate, ParamSpec, TypeVar
from uuid import UUID

from server.core import db
from server.core.actor import Actor
from server.core.files import FileBox
from server.core.models import TenantModel
from server.domains.chain import master, master_commands, models
from server.domains.chain.values import Command

P = ParamSpec("P")
R = TypeVar("R")

ADMIN, MANAGER, RELEASER = "enterprise_admin", "quality_manager", "releaser"
INSPECTOR, OPERATOR, VIEWER = "inspector", "operator", "viewer"


@dataclass(frozen=True, slots=True)
class Keys:
    """What seeding needs of the settings: the code keys by number, the one in force, and the box for files."""

    code_keys: dict[int, bytes]
    minting_key: int
    files: FileBox
    attachment_max_bytes: int


@dataclass
class Plant:
    """`actors` and `passwords` by role."""

    tenant_id: UUID
    name: str
    keys: Keys
    actors: dict[str, Actor] = field(default_factory=dict)
    passwords: dict[str, str] = field(default_factory=dict, repr=False)

    async def do(
        self,
        role: str,
        command: Callable[Concatenate[Actor, P], Awaitable[R]],
        *args: P.args,
        **kwargs: P.kwargs,
    ) -> R:
        """One command of the person in this role."""
        actor = self.actors[role]
        async with db.transaction(actor.scope()):
            return await command(actor, *args, **kwargs)

    async def create(self, model: type[TenantModel], command: Command, **fixed: object) -> UUID:
        """One row of master data, by the admin."""
        actor = self.actors[ADMIN]
        async with db.transaction(actor.scope()):
            return await master.create(actor, model, command, **fixed)

    async def product(self, **values: object) -> UUID:
        command = master_commands.NewProduct.model_validate(values)
        return await self.create(models.Product, command)

    async def supplier(self, **values: object) -> UUID:
        command = master_commands.NewSupplier.model_validate(values)
        return await self.create(models.Supplier, command)

    async def certificate(self, **values: object) -> UUID:
        command = master_commands.NewCertificate.model_validate(values)
        return await self.create(models.Certificate, command)

    async def step(self, product_id: UUID, sequence: int, name: str, *, critical: bool = False) -> UUID:
        command = master_commands.NewStep(sequence=sequence, name=name, critical=critical)
        return await self.create(models.ProcessStep, command, product_id=product_id)
