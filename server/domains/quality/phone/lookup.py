"""What was scanned: a lot or an item of ours, how it stands, the one thing that is due on it now, and whether it belongs here."""

from datetime import datetime
from typing import Any, Literal, NamedTuple
from uuid import UUID

from server.core import db
from server.core.clock import EDGE, end_of_day, now
from server.core.errors import NotFound
from server.domains import codes
from server.domains.quality.phone import rows
from server.domains.quality.phone.problems import CodeNotKnown

LOT_KINDS = (2, 4)  # codes that stand for their lot
LEAST_OF_ENDING = 4
_CODE = "SELECT text, lot_id, kind FROM code WHERE tenant_id = $1 AND text = $2"
# Two lots may bear one number: that of the task goes first, then what is due, then what waits.
_LOT_NO = """
SELECT id FROM lot WHERE tenant_id = $1 AND lot_no = $2
ORDER BY id IS NOT DISTINCT FROM $3 DESC,
  EXISTS (SELECT FROM inspection i WHERE i.tenant_id = $1 AND i.lot_id = lot.id AND i.state = 'open') DESC, state = 'pending' DESC, id DESC LIMIT 1
"""
_NAMESAKES = """
SELECT id FROM lot WHERE tenant_id = $1 AND lot_no = $2
  AND (state = 'pending' OR EXISTS (SELECT FROM inspection i WHERE i.tenant_id = $1 AND i.lot_id = lot.id AND i.state = 'open'))
ORDER BY id DESC LIMIT 20
"""
_UNIT = "SELECT id FROM lot WHERE tenant_id = $1 AND code_text = $2"
_ENDING = """
SELECT DISTINCT l.id FROM inspection i JOIN lot l ON l.tenant_id = $1 AND l.id = i.lot_id
WHERE i.tenant_id = $1 AND i.state = 'open' AND i.due_from <= $3
  AND (right(l.lot_no, length($2)) = $2 OR right(l.code_text, length($2)) = $2) LIMIT 20
"""
_SPLIT_OFF = (
    "SELECT EXISTS (SELECT FROM link WHERE tenant_id = $1 AND from_lot = $2 AND to_lot = $3 AND kind = 'split')"
)


class Found(NamedTuple):
    """`code`: of an item, which is recorded by it; a lot is recorded by its id. `refused_for`: the lot that the task is
    about, where this is not of it."""

    kind: Literal["item", "lot"]
    code: str | None
    lot: dict[str, Any]
    due: dict[str, Any] | None
    refused_for: str | None = None


async def look_up(tenant_id: UUID, text: str, inspection_id: UUID | None, user_id: UUID | None) -> Found:
    """What a scanned text, an address, a code or a lot number names. CodeNotKnown; NotFound for an unknown task."""
    scanned = codes.read_url(text.strip())
    identity = scanned.identity if scanned else codes.identity_of_text(text.strip())
    wanted = await rows.task(tenant_id, inspection_id) if inspection_id else None
    kind, code, lot_id, unit_id = await _named(tenant_id, identity, text.strip(), wanted["lot_id"] if wanted else None)
    known = await rows.lots(tenant_id, [each for each in (lot_id, unit_id) if each])
    lot = known[unit_id or lot_id]
    due = await _due(tenant_id, [lot_id, *([unit_id] if unit_id else [])], user_id)
    if inspection_id is None:
        return Found(kind, code, lot, due)
    if wanted is None:
        raise NotFound(field="inspection_id")
    if await _belongs(tenant_id, wanted["lot_id"], lot_id, unit_id):
        return Found(kind, code, lot, wanted)
    return Found(kind, code, lot, due, wanted["lot_no"] or "")


async def _named(
    tenant_id: UUID, identity: str, typed: str, wanted: UUID | None
) -> tuple[Literal["item", "lot"], str | None, UUID, UUID | None]:
    row = await db.fetchrow(_CODE, tenant_id, identity)
    if row is not None and row["kind"] in LOT_KINDS:
        return "lot", row["text"], row["lot_id"], None
    if row is not None:
        return "item", row["text"], row["lot_id"], await db.fetchval(_UNIT, tenant_id, row["text"])
    lot_id = await db.fetchval(_LOT_NO, tenant_id, typed, wanted)
    if lot_id is None:
        raise CodeNotKnown(field="text")
    return "lot", None, lot_id, None


async def _due(tenant_id: UUID, lot_ids: list[UUID], user_id: UUID | None) -> dict[str, Any] | None:
    """What was handed to the person first, then what is due the earliest."""
    tasks = await rows.tasks_of(tenant_id, lot_ids, _tonight())
    mine = [each for each in tasks if each["handed_to"] and each["handed_to"]["to_user_id"] == user_id]
    ready = [each for each in tasks if each["state"] != "upcoming"]
    return next(iter((*mine, *sorted(ready, key=lambda each: each["due_at"]), *tasks)), None)


def _tonight() -> datetime:
    return end_of_day(now().astimezone(EDGE).date())


async def _belongs(tenant_id: UUID, wanted: UUID | None, lot_id: UUID, unit_id: UUID | None) -> bool:
    """Whether it is the lot that the task is about, an item of it, or split off it."""
    if wanted is None or wanted in (lot_id, unit_id):
        return True
    split: bool = await db.fetchval(_SPLIT_OFF, tenant_id, wanted, unit_id or lot_id)
    return split


async def namesakes(tenant_id: UUID, text: str) -> list[dict[str, Any]]:
    """The lots at hand that bear this number, where they are more than one: a person says which is meant."""
    found = await db.fetch(_NAMESAKES, tenant_id, text.strip())
    return list((await rows.lots(tenant_id, [row["id"] for row in found])).values()) if len(found) > 1 else []


async def lots_ending(tenant_id: UUID, ending: str) -> list[dict[str, Any]]:
    """The lots due here whose number or code ends so."""
    found = await db.fetch(_ENDING, tenant_id, ending.strip(), _tonight())
    return list((await rows.lots(tenant_id, [row["id"] for row in found])).values())
