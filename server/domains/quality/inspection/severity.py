"""How severely a supplier's product is sampled: derived from the history of original inspections, never stored as a switch."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from server.core import db
from server.core.actor import Actor
from server.core.ids import new_id
from server.domains.access import audit
from server.domains.quality.inspection.commands import ResumeSampling
from server.domains.quality.inspection.problems import SamplingNotDiscontinued
from server.domains.quality.inspection.sampling import Outcome, Plan, Severity, plan_for, severity_after

_HISTORY = """
SELECT accepted FROM (
    SELECT i.entered_at AS at, i.id, i.verdict <> 'fail' AS accepted FROM inspection i
    WHERE i.tenant_id = $1 AND i.plan_id = $2 AND i.supplier_id IS NOT DISTINCT FROM $3 AND i.product_id = $4
      AND i.sampling IS NOT NULL AND i.state = 'done' AND i.reinspects IS NULL
  UNION ALL
    SELECT s.resumed_at, s.id, NULL FROM sampling_resumption s
    WHERE s.tenant_id = $1 AND s.plan_id = $2 AND s.supplier_id IS NOT DISTINCT FROM $3 AND s.product_id = $4
) h ORDER BY at, id
"""
_STATES = """
SELECT i.plan_id, p.name AS plan_name, i.supplier_id, s.name AS supplier_name, i.product_id, q.name AS product_name,
       count(*) AS lots, count(*) FILTER (WHERE i.verdict = 'fail') AS not_accepted, max(i.entered_at) AS last_at
FROM inspection i
JOIN inspection_plan p ON p.tenant_id = i.tenant_id AND p.id = i.plan_id
JOIN product q ON q.tenant_id = i.tenant_id AND q.id = i.product_id
LEFT JOIN supplier s ON s.tenant_id = i.tenant_id AND s.id = i.supplier_id
WHERE i.tenant_id = $1 AND i.sampling IS NOT NULL AND i.state = 'done' AND i.reinspects IS NULL
  AND ($2::uuid IS NULL OR i.plan_id = $2)
GROUP BY 1, 2, 3, 4, 5, 6 ORDER BY max(i.entered_at) DESC LIMIT 500
"""


async def severity_now(tenant_id: UUID, plan_id: UUID, supplier_id: UUID | None, product_id: UUID | None) -> Severity:
    """How the next lot of this supplier and product is inspected by this plan."""
    rows = await db.fetch(_HISTORY, tenant_id, plan_id, supplier_id, product_id)
    return severity_after(Outcome(row["accepted"]) for row in rows)


async def plan_of(tenant_id: UUID, inspection: Mapping[str, Any]) -> Plan | None:
    """The sampling plan that an open inspection is done by; None where it is not sampled, or no quantity is known."""
    if inspection["aql"] is None or inspection["quantity"] is None:
        return None
    severity = await severity_now(tenant_id, inspection["plan_id"], inspection["supplier_id"], inspection["product_id"])
    return plan_for(inspection["quantity"], inspection["level"], inspection["aql"], severity)


async def sampling_states(tenant_id: UUID, plan_id: UUID | None) -> list[dict[str, Any]]:
    """Supplier by supplier and product by product, how severely the next lot is inspected; the latest first."""
    rows = [dict(row) for row in await db.fetch(_STATES, tenant_id, plan_id)]
    for row in rows:
        row["severity"] = await severity_now(tenant_id, row["plan_id"], row["supplier_id"], row["product_id"])
    return rows


async def resume_sampling(actor: Actor, command: ResumeSampling) -> UUID:
    """The supplier has acted: sampling goes on, tightened. Raises SamplingNotDiscontinued."""
    named = (command.plan_id, command.supplier_id, command.product_id)
    await db.fetchval(
        "SELECT id FROM inspection_plan WHERE tenant_id = $1 AND id = $2 FOR UPDATE", actor.tenant, command.plan_id
    )
    if await severity_now(actor.tenant, *named) != "discontinued":
        raise SamplingNotDiscontinued
    resumption_id = new_id()
    await db.execute(
        "INSERT INTO sampling_resumption (tenant_id, id, plan_id, supplier_id, product_id, reason, resumed_by)"
        " VALUES ($1, $2, $3, $4, $5, $6, $7)",
        actor.tenant, resumption_id, *named, command.reason, actor.id,
    )  # fmt: skip
    await audit.record(
        actor, "sampling.resumed", "inspection_plan", command.plan_id, after=command.model_dump(mode="json")
    )
    return resumption_id
