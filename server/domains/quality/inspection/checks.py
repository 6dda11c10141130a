"""The second pair of eyes: a record that its form, its coming from paper, or a legal limit wants confirmed by another person."""

from collections.abc import Collection
from dataclasses import replace
from typing import Any
from uuid import UUID

from server.core import db
from server.core.actor import Actor
from server.core.errors import NotFound
from server.domains.access import PeopleOnly, WrongPassword, audit, permissions_of, verify_password
from server.domains.quality.inspection.commands import CheckRecord
from server.domains.quality.inspection.problems import AlreadyChecked, CheckedByItself, CheckerUnknown, MayNotCheck
from server.domains.quality.queries import CURRENT

RIGHT = "quality.check"
_COLLEAGUE = """
SELECT u.id, u.display_name, m.roles FROM user_account u JOIN membership m ON m.user_id = u.id
WHERE m.tenant_id = $1 AND m.ended_at IS NULL AND m.disabled_at IS NULL AND u.disabled_at IS NULL AND NOT u.must_change_password
  AND lower(u.username) = lower($2)
"""
# Whether a record waits for its second person; `r` record, `f` form.
WAITS = """
(f.second_check OR r.source = 'paper' OR r.second_demanded)
AND NOT EXISTS (SELECT FROM record_check k WHERE k.tenant_id = r.tenant_id AND k.record_id = r.id)
"""
_WAITING = f"""
SELECT r.id, f.code AS form_code, f.name AS form_name, f.name_en AS form_name_en, r.lot_id, r.device_id, r.place_id, r.supplier_id, r.shipment_id,
       r.working_day, r.verdict, r.source, r.operator_name, r.captured_at, r.received_at
FROM record r JOIN form_version v ON v.tenant_id = r.tenant_id AND v.id = r.form_version_id
JOIN form f ON f.tenant_id = v.tenant_id AND f.id = v.form_id
WHERE r.tenant_id = $1 AND {WAITS} AND {CURRENT} AND ($2::uuid IS NULL OR r.id > $2)
ORDER BY r.id LIMIT $3
"""  # noqa: S608 - constants


async def check_record(actor: Actor, record_id: UUID, command: CheckRecord, not_by: Collection[UUID] = ()) -> None:
    """Confirm a record as another person than who did or typed it, and than these. Raises NotFound, AlreadyChecked, CheckedByItself,
    CheckerUnknown, MayNotCheck."""
    row = await db.fetchrow(
        "SELECT operator_id, entered_by, key_owner_id FROM record WHERE tenant_id = $1 AND id = $2",
        actor.tenant,
        record_id,
    )
    if row is None:
        raise NotFound
    checker_id, name, method = await _checker(actor, command)
    if checker_id in (row["operator_id"], row["entered_by"], row["key_owner_id"], *not_by):
        raise CheckedByItself
    written = await db.execute(
        "INSERT INTO record_check (tenant_id, record_id, checker_id, checker_name, entered_by, method)"
        " VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT DO NOTHING",
        actor.tenant, record_id, checker_id, name, row["entered_by"], method,
    )  # fmt: skip
    if not written:
        raise AlreadyChecked
    after = {"checker_id": checker_id, "checker_name": name, "method": method}
    await audit.record(actor, "record.checked", "record", record_id, after=after)


async def _checker(actor: Actor, command: CheckRecord) -> tuple[UUID, str, str]:
    """Who confirms: a colleague by name and password, else the one who is signed in."""
    if command.username is None or command.password is None:
        if RIGHT not in actor.permissions:
            raise MayNotCheck
        if actor.kind != "user" or actor.id is None:
            raise PeopleOnly
        return actor.id, actor.name, "own_sign_in"
    found = await db.fetchrow(_COLLEAGUE, actor.tenant, command.username)
    if found is None or RIGHT not in permissions_of(found["roles"]):
        raise CheckerUnknown(field="username")
    try:
        await verify_password(replace(actor, kind="user", id=found["id"]), command.password)
    except WrongPassword:
        raise CheckerUnknown(field="password") from None
    return found["id"], found["display_name"], "password"


async def records_to_check(tenant_id: UUID, after: UUID | None, limit: int) -> list[dict[str, Any]]:
    """Records that wait for their second person, the oldest first."""
    return [dict(row) for row in await db.fetch(_WAITING, tenant_id, after, limit)]
