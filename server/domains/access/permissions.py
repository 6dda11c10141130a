"""Who may do what: roles as sets of permissions. A permission names the domain and the act."""

from collections.abc import Iterable

_READ = {
    "access.read", "chain.read", "quality.read", "codes.read", "trace.read", "scans.read", "response.read", "files.read", "reports.read",
}  # fmt: skip
_STAFF = _READ | {"access.people"}  # colleagues are not shown to regulators
_RECORD = {"quality.record", "files.write", "reports.issue", "phone.enter", "phone.deliver"}
_FAILED = {"quality.nonconform"}  # open a nonconformity, propose, sign where the review wants it, carry out
_PRODUCE = {"chain.write", "chain.ship", "reports.issue"}

ROLES: dict[str, frozenset[str]] = {
    "platform_admin": frozenset({"platform.read", "platform.write", "audit.read"}),
    "enterprise_admin": frozenset(
        _STAFF | _RECORD | _PRODUCE | _FAILED
        | {"access.write", "access.read_log", "audit.read", "chain.master", "quality.define", "codes.define", "codes.order", "codes.state",
           "scans.publish", "scans.complaints", "imports.write", "imports.read"}
    ),
    "quality_manager": frozenset(
        _STAFF | _RECORD | _PRODUCE | _FAILED
        | {"quality.dispose", "access.read_log", "audit.read", "chain.master", "chain.hold", "quality.check", "quality.define", "quality.release", "codes.define", "codes.order",
           "codes.state", "scans.publish", "scans.complaints", "response.recall", "imports.write", "imports.read"}
    ),
    "releaser": frozenset(_STAFF | _FAILED | {"reports.issue", "quality.release", "quality.dispose", "chain.hold", "scans.publish"}),
    "inspector": frozenset(_STAFF | _RECORD | _FAILED | {"quality.check"}),
    "operator": frozenset(_STAFF | _RECORD | _PRODUCE | _FAILED | {"codes.state"}),
    "viewer": frozenset(_STAFF),
    # Reads what its district's enterprises own, and never writes to it.
    "regulator": frozenset(_READ | {"regulator.read"}),
}  # fmt: skip

TENANT_ROLES = frozenset(ROLES) - {"platform_admin", "regulator"}


def permissions_of(roles: Iterable[str]) -> frozenset[str]:
    """All permissions of `roles`; an unknown role grants nothing."""
    return frozenset[str]().union(*(ROLES.get(role, frozenset()) for role in roles))
