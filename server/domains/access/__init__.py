"""Tenants, authorities, people, roles, sessions, audit. Other domains use the names listed here, no deeper."""

from server.domains.access import audit
from server.domains.access.commands import NewUser
from server.domains.access.people import CreatedUser, create_users
from server.domains.access.permissions import ROLES, TENANT_ROLES, permissions_of
from server.domains.access.problems import PeopleOnly, SignInLocked, WrongPassword
from server.domains.access.signing import verify_password

__all__ = [
    "ROLES", "TENANT_ROLES", "CreatedUser", "NewUser", "PeopleOnly", "SignInLocked", "WrongPassword", "audit",
    "create_users", "permissions_of", "verify_password",
]  # fmt: skip
