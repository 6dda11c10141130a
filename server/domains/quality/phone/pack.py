"""What a phone holds for a day, so that it needs nobody: tasks, lots, forms with their limits, gauges, colleagues."""

from collections.abc import Collection
from typing import Any, NamedTuple
from uuid import UUID

from server.core import db
from server.core.actor import Actor
from server.core.clock import EDGE, now
from server.domains import devices
from server.domains.access import ROLES, BadgeKeys, Signer, signers_at
from server.domains.quality.inspection.late import late_setting
from server.domains.quality.nonconformity.gauges import gauge_rule
from server.domains.quality.phone import rows
from server.domains.quality.phone.form_pack import FormPack, Specified, characteristics_of, forms_for, specified_for
from server.domains.quality.phone.handovers import open_handovers

_GAUGES = """
SELECT d.id, d.code, d.name, (SELECT max(c.valid_until) FROM calibration c WHERE c.tenant_id = $1 AND c.device_id = d.id AND c.passed) AS until
FROM device d WHERE d.tenant_id = $1 AND d.calibration_required ORDER BY d.code LIMIT 500
"""
_COLLEAGUES = """
SELECT u.id AS user_id, u.display_name AS name FROM membership m JOIN user_account u ON u.id = m.user_id
WHERE m.tenant_id = $1 AND m.ended_at IS NULL AND m.disabled_at IS NULL AND u.disabled_at IS NULL AND m.roles && $2::text[]
ORDER BY u.display_name, u.id LIMIT 500
"""
_HERE = """
SELECT t.name AS tenant_name, p.id AS place_id, p.name AS place_name FROM tenant t
LEFT JOIN terminal x ON x.tenant_id = t.id AND x.id = $2 LEFT JOIN place p ON p.tenant_id = t.id AND p.id = x.place_id
WHERE t.id = $1
"""
ENTERING = [role for role, permissions in ROLES.items() if "phone.enter" in permissions]


class Pack(NamedTuple):
    """Everything of it as rows; who may see what of them is the surface's."""

    here: dict[str, Any]
    tasks: list[dict[str, Any]]
    lots: list[dict[str, Any]]
    forms: list[FormPack]
    characteristics: dict[UUID, Any]
    specified: Specified
    gauges: list[dict[str, Any]]
    colleagues: list[dict[str, Any]]
    handovers: list[dict[str, Any]]
    signers: list[Signer]
    late_after_minutes: int | None
    gauge_overdue: str


async def pack_of(actor: Actor, place_id: UUID | None, keys: BadgeKeys) -> Pack:
    """The day of whoever asks: a person, or a terminal with all who may sign at it."""
    tenant_id = actor.tenant
    terminal_id = actor.id if actor.kind == "terminal" else None
    here = await db.fetchrow(_HERE, tenant_id, terminal_id)
    assert here is not None
    tasks = await rows.tasks_today(tenant_id)
    lots = await rows.lots_today(tenant_id, {each["lot_id"] for each in tasks if each["lot_id"]}, place_id)
    products = {each["product_id"] for each in (*lots, *tasks) if each["product_id"]}
    forms = await forms_for(tenant_id, products, {each["form_id"] for each in tasks})
    products |= {form.row["product_id"] for form in forms if form.row["product_id"]}
    characteristics = await characteristics_of(tenant_id, forms)
    return Pack(
        dict(here), tasks, lots, forms, characteristics, await specified_for(tenant_id, characteristics, products),
        await _gauges(tenant_id), [dict(row) for row in await db.fetch(_COLLEAGUES, tenant_id, ENTERING)],
        await open_handovers(tenant_id), await signers_at(tenant_id, terminal_id, keys) if terminal_id else [],
        await late_setting(tenant_id), await gauge_rule(tenant_id),
    )  # fmt: skip


async def _gauges(tenant_id: UUID) -> list[dict[str, Any]]:
    found: Collection[Any] = await db.fetch(_GAUGES, tenant_id)
    states = await devices.calibration_at(tenant_id, [row["id"] for row in found], now())
    return [
        {
            **row,
            "calibration": states[row["id"]],
            "due_on": row["until"].astimezone(EDGE).date() if row["until"] else None,
        }
        for row in found
    ]
