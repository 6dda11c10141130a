"""Codes in packages: packed, unpacked and shipped set-wise, however many lie inside.

A code lies in at most one package (`code.package_id`); what a package is, the chain knows. Every change leaves one
history row for each run of consecutive serials.
"""

from collections.abc import Sequence
from typing import Final, NamedTuple
from uuid import UUID

from server.core import db
from server.core.actor import Actor
from server.domains.codes.changes import range_of
from server.domains.codes.commands import SerialRange
from server.domains.codes.queries import STATES

OrderRange = tuple[UUID, SerialRange]

_ISSUED, _PRINTED, _ACTIVE, _SHIPPED, _RETURNED = 1, 2, 3, 4, 7
# Item codes that stand in the plant and in no package.
_FREE: Final = (
    f"c.package_id IS NULL AND c.shipment_id IS NULL AND c.kind IN (1, 3)"
    f" AND c.state IN ({_ISSUED}, {_PRINTED}, {_ACTIVE}, {_RETURNED})"
)
_WANTED: Final = """
wanted AS MATERIALIZED (
    SELECT c.text FROM code c WHERE c.tenant_id = $1 AND c.text = ANY($2::text[])
  UNION
    SELECT c.text FROM unnest($3::uuid[], $4::int[], $5::int[]) AS r(order_id, first, last)
    JOIN code c ON c.tenant_id = $1 AND c.order_id = r.order_id AND c.serial BETWEEN r.first AND r.last
)
"""
# What `changed` returns (order_id, serial) as one history row for each run of serials.
_HISTORY: Final = """
runs AS (
    SELECT order_id, min(serial) AS first, max(serial) AS last, count(*) AS changed
    FROM (SELECT order_id, serial, serial - row_number() OVER (PARTITION BY order_id ORDER BY serial) AS run FROM changed) s
    GROUP BY order_id, run
), kept AS (
    INSERT INTO code_history (tenant_id, order_id, serials, change, detail, changed, actor_id, actor_name)
    SELECT $1, order_id, int4range(first, last + 1), {change}, {detail}, changed, {actor}, {name} FROM runs
)
"""
_PACK: Final = f"""
WITH {_WANTED}, changed AS (
    UPDATE code c SET package_id = $6 FROM wanted
    WHERE c.text = wanted.text AND c.tenant_id = $1 AND {_FREE} RETURNING c.order_id, c.serial, c.lot_id
), {_HISTORY.format(change="'packed'", detail="jsonb_build_object('package_id', $6::uuid)", actor="$7::uuid", name="$8::text")}
SELECT lot_id, count(*) AS pieces FROM changed GROUP BY lot_id
"""  # noqa: S608 - our own texts
_REFUSED: Final = f"""
WITH {_WANTED}
SELECT c.text, c.serial, c.kind, c.state, c.package_id, c.shipment_id FROM wanted JOIN code c ON c.text = wanted.text
WHERE NOT ({_FREE}) ORDER BY c.order_id, c.serial LIMIT 1
"""  # noqa: S608
_MISSING: Final = """
SELECT number - 1 FROM unnest($2::text[]) WITH ORDINALITY AS t(text, number)
WHERE NOT EXISTS (SELECT FROM code c WHERE c.tenant_id = $1 AND c.text = t.text) ORDER BY number LIMIT 1
"""
_CHANGE: Final = """
WITH changed AS (
    UPDATE code c SET {change} WHERE c.tenant_id = $1 AND c.package_id = ANY($2::uuid[]) AND {which}
    RETURNING c.order_id, c.serial
), {history}
SELECT count(*) FROM changed
"""


class Refused(NamedTuple):
    """The first code that cannot be packed: it lies in a package, has left, is no item's, or is out of use."""

    text: str
    serial: int
    state: str
    is_item: bool
    package_id: UUID | None
    shipment_id: UUID | None


class Packed(NamedTuple):
    """How many pieces of each lot were put into the package; or why not: a text that names no code (by its
    position), or a code that is not free. Where something was refused the caller undoes all of it."""

    pieces: dict[UUID, int]
    missing: int | None = None
    refused: Refused | None = None


async def pack_codes(actor: Actor, package_id: UUID, texts: Sequence[str], ranges: Sequence[OrderRange]) -> Packed:
    """Put these codes into a package. Raises NotFound, OrderNotReady, RangeOutsideOrder for the ranges."""
    checked = [(order, await range_of(actor, order, each.first, each.last)) for order, each in ranges]
    wanted = (
        list(texts), [order for order, _ in checked], [each.first for _, each in checked], [each.last for _, each in checked]
    )  # fmt: skip
    missing = await db.fetchval(_MISSING, actor.tenant, wanted[0]) if texts else None
    if missing is not None:
        return Packed({}, missing=missing)
    row = await db.fetchrow(_REFUSED, actor.tenant, *wanted)
    if row is not None:
        state = STATES[row["state"] - 1]
        return Packed({}, refused=Refused(row["text"], row["serial"], state, row["kind"] in (1, 3), row["package_id"], row["shipment_id"]))  # fmt: skip
    rows = await db.fetch(_PACK, actor.tenant, *wanted, package_id, actor.id, actor.name)
    return Packed({row["lot_id"]: row["pieces"] for row in rows})


async def unpack_codes(actor: Actor, package_id: UUID, lot_ids: Sequence[UUID]) -> int:
    """The pieces of these lots come out of the package; how many."""
    return await _change(
        actor, "unpacked", [package_id], "package_id = NULL", "c.lot_id = ANY($5::uuid[])", list(lot_ids),
        detail="jsonb_build_object('package_id', ($2::uuid[])[1])",
    )  # fmt: skip


async def ship_packed(actor: Actor, package_ids: Sequence[UUID], shipment_id: UUID) -> int:
    """What lies in these packages leaves with a shipment; how many codes. One not yet active stays so."""
    return await _change(
        actor, "shipped", package_ids,
        f"shipment_id = $5::uuid, state = CASE WHEN c.state IN ({_ACTIVE}, {_RETURNED}) THEN {_SHIPPED} ELSE c.state END",
        f"c.state IN ({_ISSUED}, {_PRINTED}, {_ACTIVE}, {_RETURNED})", shipment_id,
    )  # fmt: skip


async def unship_packed(actor: Actor, package_ids: Sequence[UUID], shipment_id: UUID) -> int:
    """These packages did not leave after all: their codes stand in the plant."""
    return await _change(
        actor, "unshipped", package_ids,
        f"shipment_id = NULL, state = CASE c.state WHEN {_SHIPPED} THEN {_ACTIVE} ELSE c.state END",
        "c.shipment_id = $5::uuid", shipment_id,
    )  # fmt: skip


async def return_packed(actor: Actor, package_ids: Sequence[UUID], shipment_id: UUID) -> int:
    """The customer refused these packages: their codes are back, and `returned` until they are shipped again."""
    return await _change(
        actor, "returned", package_ids,
        f"shipment_id = NULL, state = CASE c.state WHEN {_SHIPPED} THEN {_RETURNED} ELSE c.state END",
        "c.shipment_id = $5::uuid", shipment_id,
    )  # fmt: skip


async def _change(
    actor: Actor, word: str, package_ids: Sequence[UUID], change: str, which: str, value: UUID | list[UUID],
    detail: str = "jsonb_build_object('shipment_id', $5::uuid)",
) -> int:  # fmt: skip
    history = _HISTORY.format(change=f"'{word}'", detail=detail, actor="$3::uuid", name="$4::text")
    sql = _CHANGE.format(change=change, which=which, history=history)
    changed: int = await db.fetchval(sql, actor.tenant, list(package_ids), actor.id, actor.name, value)
    return changed
