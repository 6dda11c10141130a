"""Tenants, authorities, people, roles, sessions, audit. Other domains use the names listed here, no deeper."""

from server.domains.access import audit, one_time_codes
from server.domains.access.badge_keys import BadgeKeys
from server.domains.access.badges import Holder, Signer, holders_of, signers_at
from server.domains.access.commands import NewUser
from server.domains.access.people import CreatedUser, create_users
from server.domains.access.permissions import ROLES, TENANT_ROLES, permissions_of
from server.domains.access.phone_keys import LOCAL_UNLOCK_HOURS, phone_revoked_at
from server.domains.access.pin_tries import forgive_tries
from server.domains.access.problems import PeopleOnly, SignInLocked, SmsLimit, WrongPassword
from server.domains.access.signing import verify_password
from server.domains.access.terminals import terminal_revoked_at

__all__ = [
    "LOCAL_UNLOCK_HOURS", "ROLES", "TENANT_ROLES", "BadgeKeys", "CreatedUser", "Holder", "NewUser", "PeopleOnly", "SignInLocked",
    "Signer", "SmsLimit", "WrongPassword", "audit", "create_users", "forgive_tries", "holders_of", "one_time_codes", "permissions_of",
    "phone_revoked_at", "signers_at", "terminal_revoked_at", "verify_password",
]  # fmt: skip
