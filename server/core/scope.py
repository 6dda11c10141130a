"""The four scopes, no other: tenant, jurisdiction, public, system. (The public scope has a login and pool of its own.)"""

from contextvars import ContextVar
from dataclasses import dataclass
from typing import Literal, Self
from uuid import UUID


class NoScope(RuntimeError):
    """The database was asked for something while nobody said for whom: a defect, never a client's fault."""


@dataclass(frozen=True, slots=True)
class Scope:
    """For whom the database is used: the role stepped into, and whose rows its policies admit."""

    role: Literal["trace_tenant", "trace_jurisdiction", "trace_system"]
    tenant_id: UUID | None = None
    authority_id: UUID | None = None

    @classmethod
    def tenant(cls, tenant_id: UUID) -> Self:
        return cls("trace_tenant", tenant_id=tenant_id)

    @classmethod
    def jurisdiction(cls, authority_id: UUID) -> Self:
        return cls("trace_jurisdiction", authority_id=authority_id)

    @classmethod
    def system(cls) -> Self:
        return cls("trace_system")

    def preamble(self) -> str:
        """SQL that rides with BEGIN. The values are UUIDs by type, so nothing in it can be quoted open."""
        tenant = str(UUID(bytes=self.tenant_id.bytes)) if self.tenant_id else ""
        authority = str(UUID(bytes=self.authority_id.bytes)) if self.authority_id else ""
        return (
            f"SET LOCAL ROLE {self.role};"
            f"SELECT set_config('app.tenant', '{tenant}', true), set_config('app.authority', '{authority}', true)"
        )


_scope: ContextVar[Scope | None] = ContextVar("scope", default=None)


def current_scope() -> Scope:
    """The active scope; NoScope where there is none."""
    scope = _scope.get()
    if scope is None:
        raise NoScope("no scope is active")
    return scope
