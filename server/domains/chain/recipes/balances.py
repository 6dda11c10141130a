"""The mass balances of many lots, in a few statements whatever their number."""

from collections import defaultdict
from collections.abc import Sequence
from decimal import Decimal
from typing import Any
from uuid import UUID

from server.core import db
from server.core.errors import NotFound
from server.domains.chain.recipes.balance_rules import Input, Limits, MassBalance, mass_balance
from server.domains.chain.recipes.charging import Charging, load_charging

# Scrapped in operations with one output: what several made together was thrown away by none of them alone. What was received is its
# quantity; goods made of nothing that was linked took in what the first step that tells it took in for them.
_LOTS = """
SELECT l.id, l.product_id, l.unit, l.quantity, l.quantity + l.counted_difference AS good,
       l.kind = 'material' OR l.supplier_id IS NOT NULL OR l.received_at IS NOT NULL AS received,
       p.balance_tolerance_percent, p.yield_low_percent, p.yield_high_percent,
       ARRAY(SELECT ROW(r.quantity_scrapped, r.unit)
             FROM operation_lot o JOIN operation r ON r.tenant_id = $1 AND r.id = o.operation_id
             WHERE o.tenant_id = $1 AND o.lot_id = l.id AND o.role = 'out' AND r.quantity_scrapped > 0
               AND NOT EXISTS (SELECT FROM operation_lot x WHERE x.tenant_id = $1 AND x.operation_id = o.operation_id
                               AND x.role = 'out' AND x.lot_id <> l.id)) AS scrapped,
       ARRAY(SELECT ROW(r.quantity_in, r.unit, r.step_id, r.name)
             FROM operation_lot o JOIN operation r ON r.tenant_id = $1 AND r.id = o.operation_id
             WHERE o.tenant_id = $1 AND o.lot_id = l.id AND o.role = 'out' AND r.quantity_in IS NOT NULL
               AND NOT EXISTS (SELECT FROM operation_lot x WHERE x.tenant_id = $1 AND x.operation_id = o.operation_id
                               AND x.role = 'out' AND x.lot_id <> l.id)
             ORDER BY r.started_at NULLS LAST, r.id) AS run,
       EXISTS (SELECT FROM link k WHERE k.tenant_id = $1 AND k.to_lot = l.id) AS has_inputs
FROM lot l JOIN product p ON p.tenant_id = $1 AND p.id = l.product_id
WHERE l.tenant_id = $1 AND l.id = ANY($2::uuid[])
"""
# Net of what was taken back. A standing link that drew nothing has a quantity that nobody knows.
_INPUTS = """
SELECT l.to_lot, f.product_id, f.unit, l.kind <> 'consumed' AND f.product_id = t.product_id AS same, p.kind = 'packaging' AS is_packaging,
       sum(l.drawn_quantity) AS drawn,
       bool_or(l.drawn_quantity = 0 AND l.until IS NULL AND l.reverses IS NULL
               AND NOT EXISTS (SELECT FROM link r WHERE r.tenant_id = $1 AND r.reverses = l.id)) AS unknown
FROM link l
JOIN lot f ON f.tenant_id = $1 AND f.id = l.from_lot JOIN lot t ON t.tenant_id = $1 AND t.id = l.to_lot
JOIN product p ON p.tenant_id = $1 AND p.id = f.product_id
WHERE l.tenant_id = $1 AND l.to_lot = ANY($2::uuid[]) AND l.kind IN ('consumed', 'split', 'merged', 'reworked', 'repaired')
GROUP BY 1, 2, 3, 4, 5
"""


async def balances(
    tenant_id: UUID, lot_ids: Sequence[UUID], charging: Charging | None = None
) -> dict[UUID, MassBalance]:
    """The mass balance and yield of each lot; `charging` of these lots where it is known already. Raises NotFound if one of
    them does not exist."""
    ids = list(set(lot_ids))
    lots = await db.fetch(_LOTS, tenant_id, ids)
    if len(lots) != len(ids):
        raise NotFound
    inputs: dict[UUID, list[Input]] = defaultdict(list)
    made = [row["id"] for row in lots if row["has_inputs"]]
    for row in await db.fetch(_INPUTS, tenant_id, made) if made else ():
        if row["drawn"] or row["unknown"]:
            inputs[row["to_lot"]].append(_input(row))
    batches = (charging or await load_charging(tenant_id, ids)).own
    return {
        row["id"]: mass_balance(
            row["unit"], row["good"], inputs[row["id"]], [tuple(each) for each in row["scrapped"]], batches.get(row["id"]),
            Limits(row["balance_tolerance_percent"], row["yield_low_percent"], row["yield_high_percent"]), _begun(row),
        )
        for row in lots
    }  # fmt: skip


def _begun(row: Any) -> list[tuple[Decimal, str | None]]:
    """What a lot began with that nothing linked went into; nothing where that is not known."""
    if row["received"]:
        return [] if row["quantity"] is None else [(row["quantity"], row["unit"])]
    run = [tuple(each) for each in row["run"]]
    return [(quantity, unit) for quantity, unit, *step in run if step == list(run[0][2:])]


def _input(row: Any) -> Input:
    quantity = None if row["unknown"] else row["drawn"]
    return Input(row["product_id"], quantity, row["unit"], row["same"], row["is_packaging"])
