"""Inspections that somebody calls for: after a repair, on demand, or again after one failed."""

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from server.core import db
from server.core.actor import Actor
from server.core.clock import now
from server.core.errors import Conflict, NotFound
from server.core.ids import new_id
from server.domains.access import audit
from server.domains.quality.inspection.commands import CallInspection
from server.domains.quality.inspection.problems import PlanUnfit

_PLAN = """
SELECT p.id, p.trigger, p.device_id, p.place_id, p.product_id, v.id AS version_id, v.form_id, v.within_minutes, v.mandatory, f.subject_kind
FROM inspection_plan p JOIN inspection_plan_version v ON v.tenant_id = p.tenant_id AND v.plan_id = p.id
JOIN form f ON f.tenant_id = p.tenant_id AND f.id = v.form_id
WHERE p.tenant_id = $1 AND p.id = $2 AND p.retired_at IS NULL ORDER BY v.in_force_from <= now() DESC, v.version DESC LIMIT 1
"""
_INSERT = """
INSERT INTO inspection (tenant_id, id, plan_id, plan_version_id, form_id, trigger, reason, event_key, mandatory, lot_id,
                        device_id, place_id, operation_id, supplier_id, product_id, reinspects, due_from, due_at, quantity, unit,
                        pending, created_by, shipment_id)
VALUES ($1, $2, $3, $4, $5, $6, $7, 'called:' || $2::uuid, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, coalesce($18::numeric, 0), $20, $21)
"""


class NothingFailed(Conflict):
    """Only what was done and failed is inspected again, and once at a time."""

    code = "inspection_not_failed"


async def call_inspection(actor: Actor, command: CallInspection) -> UUID:
    """Make an inspection due now. Raises NotFound, PlanUnfit, NothingFailed."""
    plan = await db.fetchrow(_PLAN, actor.tenant, command.plan_id)
    if plan is None:
        raise NotFound(field="plan_id")
    kinds = ("lot", "device", "place", "shipment") if command.reinspects else ("lot", "device", "place")
    if plan["subject_kind"] not in kinds or (plan["subject_kind"] == "lot") != bool(command.lot_id):
        raise PlanUnfit(field="plan_id")
    before = await _failed(actor.tenant, command) if command.reinspects else None
    lot = await _lot(actor.tenant, command.lot_id)
    counted = plan["trigger"] in ("receipt", "end_of_lot")
    quantity, unit = (lot["quantity"], lot["unit"]) if lot and counted else (None, None)
    if before is not None:
        quantity, unit = _of_failed(before)
    at = now()
    due: datetime = at + timedelta(minutes=plan["within_minutes"])
    inspection_id = new_id()
    await db.execute(
        _INSERT, actor.tenant, inspection_id, plan["id"], plan["version_id"], plan["form_id"], plan["trigger"], command.reason,
        plan["mandatory"], command.lot_id, plan["device_id"] if plan["subject_kind"] == "device" else None,
        plan["place_id"] if plan["subject_kind"] == "place" else None, command.operation_id,
        lot["supplier_id"] if lot else None, lot["product_id"] if lot else None, command.reinspects, at, due, quantity, unit, actor.id,
        before["shipment_id"] if before else None,
    )  # fmt: skip
    await audit.record(
        actor,
        "inspection.called",
        "inspection",
        inspection_id,
        after=command.model_dump(mode="json", exclude_none=True),
    )
    return inspection_id


async def _lot(tenant_id: UUID, lot_id: UUID | None) -> Any:
    if lot_id is None:
        return None
    row = await db.fetchrow(
        "SELECT product_id, supplier_id, quantity, unit FROM lot WHERE tenant_id = $1 AND id = $2", tenant_id, lot_id
    )
    if row is None:
        raise NotFound(field="lot_id")
    return row


async def _failed(tenant_id: UUID, command: CallInspection) -> Any:
    """The failed one, locked, so that two do not call for it at once."""
    row = await db.fetchrow(
        "SELECT plan_id, lot_id, shipment_id, verdict, rejected, quantity, unit, EXISTS (SELECT FROM inspection n WHERE n.tenant_id = i.tenant_id"
        " AND n.reinspects = i.id AND n.state = 'open') AS again FROM inspection i WHERE tenant_id = $1 AND id = $2 FOR UPDATE",
        tenant_id, command.reinspects,
    )  # fmt: skip
    if row is None:
        raise NotFound(field="reinspects")
    if row["plan_id"] != command.plan_id or row["lot_id"] != command.lot_id:
        raise PlanUnfit(field="reinspects")
    if row["verdict"] != "fail" or row["again"]:
        raise NothingFailed(field="reinspects")
    return row


def _of_failed(before: Any) -> tuple[Decimal | None, str | None]:
    return (None, None) if before["quantity"] is None else (before["rejected"], before["unit"])
