"""One demo enterprise with its people, who act through the services: a transaction of their own for every command."""

from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Concatenate, ParamSpec, TypeVar
from uuid import UUID

from server.core.actor import Actor, worker
from server.core.files import FileBox
from server.core.models import TenantModel
from server.domains.access import BadgeKeys, audit
from server.domains.chain import master, models
from server.domains.chain.master import commands as master_commands
from server.domains.chain.values import Command
from server.domains.integrations import FileLimits
from workers.seed.telling import telling

P = ParamSpec("P")
R = TypeVar("R")

ADMIN, MANAGER, RELEASER = "enterprise_admin", "quality_manager", "releaser"
INSPECTOR, OPERATOR, VIEWER = "inspector", "operator", "viewer"


@dataclass(frozen=True, slots=True)
class Keys:
    """What seeding needs of the settings: the code keys by number, the one in force, the box for files, what the links on
    sheets are made of, how large a file to import may be, and what the keys of badges are made of."""

    code_keys: dict[int, bytes]
    minting_key: int
    files: FileBox
    attachment_max_bytes: int
    origin: str
    link_key: bytes = field(repr=False)
    import_limits: FileLimits
    badge_keys: BadgeKeys


@dataclass
class Plant:
    """`actors` and `passwords` by role. `told`: when what is done next happens, the present where empty; `earliest`: the
    first moment told of."""

    tenant_id: UUID
    name: str
    keys: Keys
    actors: dict[str, Actor] = field(default_factory=dict)
    passwords: dict[str, str] = field(default_factory=dict, repr=False)
    told: datetime | None = None
    earliest: datetime | None = None

    def tell(self, moment: datetime) -> None:
        """What is done from here on happens at `moment`, or now where that lies ahead."""
        self.told = min(moment, datetime.now(UTC))
        self.earliest = min(self.earliest or self.told, self.told)

    async def say_told(self) -> None:
        """The trail says in the open, at the present, that the past of this enterprise was told."""
        self.told = None
        seeding = worker("demo", self.tenant_id, "seed:told")
        async with self.acting(seeding):
            after = {"told_from": self.earliest, "told_to": datetime.now(UTC)}
            await audit.record(seeding, "tenant.demo_told", "tenant", self.tenant_id, after=after)

    def acting(self, actor: Actor) -> AbstractAsyncContextManager[None]:
        """A transaction of this actor at the time that is told."""
        return telling(actor.scope(), self.told)

    async def do(
        self,
        role: str,
        command: Callable[Concatenate[Actor, P], Awaitable[R]],
        *args: P.args,
        **kwargs: P.kwargs,
    ) -> R:
        """One command of the person in this role."""
        actor = self.actors[role]
        async with self.acting(actor):
            return await command(actor, *args, **kwargs)

    async def create(self, model: type[TenantModel], command: Command, **fixed: object) -> UUID:
        """One row of master data, by the admin."""
        actor = self.actors[ADMIN]
        async with self.acting(actor):
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
