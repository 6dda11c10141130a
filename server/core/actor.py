"""The one who acts. (`subject` is the field's word for what a record is about.)"""

from collections.abc import Set
from dataclasses import dataclass
from typing import Literal
from uuid import UUID

from server.core.db import Scope
from server.core.errors import Forbidden

ActorKind = Literal["user", "api_key", "terminal", "link", "worker", "anonymous"]


@dataclass(frozen=True, slots=True)
class Actor:
    """Who acts, for whom, and what they may do.

    `tenant_id` is the enterprise whose data is touched; a regulator has an `authority_id` as well, and then only reads.
    """

    kind: ActorKind
    id: UUID | None
    name: str
    tenant_id: UUID | None
    authority_id: UUID | None
    roles: Set[str]
    permissions: Set[str]
    request_id: str
    language: str = "zh_CN"
    session_id: UUID | None = None
    must_change_password: bool = False  # until then only the routes open to everybody signed in
    phone_id: UUID | None = None  # a phone's own key was shown, by which nobody is signed in
    owner_id: UUID | None = None  # of an API key: the person who made it, and answers for what comes by it

    def scope(self) -> Scope:
        """The database scope of everything this actor does."""
        if self.authority_id is not None:
            return Scope.jurisdiction(self.authority_id)
        if self.tenant_id is not None:
            return Scope.tenant(self.tenant_id)
        return Scope.system()

    @property
    def tenant(self) -> UUID:
        """The enterprise acted for; Forbidden where there is none (a platform admin has no business in a plant's data)."""
        if self.tenant_id is None:
            raise Forbidden
        return self.tenant_id

    @property
    def is_regulator(self) -> bool:
        return self.authority_id is not None

    @property
    def only_delivers(self) -> bool:
        """A key of a phone or a terminal: what is open to everybody signed in is not open to it."""
        return self.phone_id is not None or self.kind == "terminal"

    def require(self, permission: str) -> None:
        """Raise Forbidden unless the actor holds `permission`."""
        if permission not in self.permissions:
            raise Forbidden


def worker(name: str, tenant_id: UUID | None, request_id: str) -> Actor:
    """A worker acting inside one tenant (or, without one, for the platform)."""
    return Actor("worker", None, name, tenant_id, None, frozenset(), frozenset(), request_id)
