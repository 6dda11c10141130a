"""What of a lot a person puts right on its page: numbers as they are, days as days."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from server.core import db
from server.core.clock import EDGE
from server.domains import chain
from server.domains.chain.labels.coding import last_day

NUMBERS = ("supplier_lot_no", "purchase_order", "delivery_note", "production_order", "customer_order")
DAYS = ("produced_at", "received_at", "expires_at")


def shown(lot: Mapping[str, Any]) -> dict[str, str]:
    """What stands there now, as the form shows it; empty where nothing does."""
    numbers = {name: lot[name] or "" for name in NUMBERS}
    return numbers | {name: _day(name, lot[name]) for name in DAYS}


def _day(name: str, moment: datetime | None) -> str:
    if moment is None:
        return ""
    return str(last_day(moment) if name == "expires_at" else moment.astimezone(EDGE).date())


def command_of(lot: Mapping[str, Any], given: Mapping[str, str]) -> chain.LotChanges:
    """Only what the person wrote otherwise: a day that was left as it is keeps its hour."""
    before = shown(lot)
    changes = {name: given.get(name) for name in before if given.get(name, "") != before[name]}
    return chain.LotChanges.model_validate(changes | ({"reason": given.get("reason")} if changes else {}))


async def corrections(tenant_id: UUID, lot_id: UUID) -> list[dict[str, Any]]:
    """What was put right, newest first, value by value as the form shows them."""
    rows = await chain.corrections(tenant_id, [lot_id])
    suppliers = {
        str(row["id"]): row["name"]
        for row in await db.fetch("SELECT id, name FROM supplier WHERE tenant_id = $1", tenant_id)
    } if any("supplier_id" in db.loads(row["after"]) for row in rows) else {}  # fmt: skip
    found = []
    for row in reversed(rows):
        before, after = db.loads(row["before"]), db.loads(row["after"])
        values = [
            (name, _read(name, before[name], suppliers), _read(name, value, suppliers)) for name, value in after.items()
        ]
        found.append({**row, "values": values, "taken_over": row["corrected_lot_id"] != lot_id})
    return found


def _read(name: str, value: str | None, suppliers: Mapping[str, str]) -> str | None:
    if value is not None and name in DAYS:
        return _day(name, datetime.fromisoformat(value))
    return suppliers.get(value or "", value)
