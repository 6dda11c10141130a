"""Entries after the fact (补录): both times are kept, a reason is asked for where a limit is set, and they are counted."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from server.core import db
from server.core.actor import Actor
from server.domains.access import audit
from server.domains.quality.inspection.commands import LateEntries

DEFAULT_MINUTES = 24 * 60
BY_PEOPLE = frozenset({"phone", "web", "paper"})
_LIMIT = """
SELECT f.late_after_minutes AS of_form, (t.settings ->> 'late_after_minutes')::integer AS of_tenant
FROM form f JOIN tenant t ON t.id = f.tenant_id WHERE f.tenant_id = $1 AND f.id = $2
"""
_COUNTS = """
SELECT f.id AS form_id, f.code AS form_code, f.name AS form_name, f.name_en AS form_name_en, count(*) AS late
FROM record r JOIN form_version v ON v.tenant_id = r.tenant_id AND v.id = r.form_version_id
JOIN form f ON f.tenant_id = v.tenant_id AND f.id = v.form_id
WHERE r.tenant_id = $1 AND r.late_entry AND ($2::timestamptz IS NULL OR r.received_at >= $2)
  AND ($3::timestamptz IS NULL OR r.received_at < $3)
GROUP BY f.id, f.code, f.name, f.name_en ORDER BY late DESC, f.code
"""


class Lateness:
    """Whether an entry is late, and whether it had to say why."""

    def __init__(self, of_form: int | None, of_tenant: int | None) -> None:
        self.is_set = (of_form or of_tenant) is not None
        self.limit = timedelta(minutes=of_form or of_tenant or DEFAULT_MINUTES)

    def is_late(self, captured_at: datetime | None, received_at: datetime) -> bool:
        return captured_at is not None and received_at - captured_at > self.limit

    def needs_reason(self, captured_at: datetime | None, received_at: datetime, source: str) -> bool:
        """People say why; what a machine sends late, it sends late."""
        return self.is_set and source in BY_PEOPLE and self.is_late(captured_at, received_at)


async def lateness_of(tenant_id: UUID, form_id: UUID) -> Lateness:
    """The limit of a form: its own, the enterprise's, or a day, which asks for no reason."""
    row = await db.fetchrow(_LIMIT, tenant_id, form_id)
    return Lateness(row["of_form"], row["of_tenant"]) if row else Lateness(None, None)


async def late_counts(tenant_id: UUID, since: datetime | None, until: datetime | None) -> list[Mapping[str, Any]]:
    """Late entries by form, those received in this time."""
    return [dict(row) for row in await db.fetch(_COUNTS, tenant_id, since, until)]


async def set_late_entries(actor: Actor, command: LateEntries) -> None:
    """The enterprise's own limit."""
    before = await late_setting(actor.tenant)
    minutes = command.late_after_minutes
    await db.execute(
        "UPDATE tenant SET settings = CASE WHEN $2::integer IS NULL THEN settings - 'late_after_minutes'"
        " ELSE settings || jsonb_build_object('late_after_minutes', $2::integer) END WHERE id = $1",
        actor.tenant, minutes,
    )  # fmt: skip
    await audit.record(
        actor, "tenant.late_entries_set", "tenant", actor.tenant, before={"late_after_minutes": before},
        after={"late_after_minutes": minutes},
    )  # fmt: skip


async def late_setting(tenant_id: UUID) -> int | None:
    """After how many minutes an entry counts as late, where the form does not say."""
    minutes: int | None = await db.fetchval(
        "SELECT (settings ->> 'late_after_minutes')::integer FROM tenant WHERE id = $1", tenant_id
    )
    return minutes
