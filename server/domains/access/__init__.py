"""Tenants, authorities, people, roles, sessions, audit. Other domains use the names listed here, no deeper."""

from server.domains.access import audit, one_time_codes
from server.domains.access.commands import NewUser
from server.domains.access.people import CreatedUser, create_users
from server.domains.access.permissions import ROLES, TENANT_ROLES, permissions_of
from server.domains.access.problems import PeopleOnly, SignInLocked, SmsLimit, WrongPassword
from server.domains.access.signing import verify_password

__all__ = [
    "ROLES", "TENANT_ROLES", "CreatedUser", "NewUser", "PeopleOnly", "SignInLocked", "SmsLimit", "WrongPassword",
    "audit", "create_users", "one_time_codes", "permissions_of", "verify_password",
]  # fmt: skip
