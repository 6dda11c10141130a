"""The roll-up per lot that a trace reads: kept in the transaction that stores or corrects a record."""

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from server.core import db


class LotQuality(NamedTuple):
    """Counts over the current records of a lot. `legal_fails`: records in which a legal limit failed."""

    records: int = 0
    fails: int = 0
    not_judged: int = 0
    warnings: int = 0
    legal_fails: int = 0
    documents: int = 0
    last_record_at: datetime | None = None

    @property
    def verdict(self) -> str:
        """`fail`, `not_judged` (also without records) or `pass`."""
        if self.fails:
            return "fail"
        return "pass" if self.records and not self.not_judged else "not_judged"

    def plus(self, other: "LotQuality", sign: int = 1) -> "LotQuality":
        """The counts added up; the later time."""
        times = [at for at in (self.last_record_at, other.last_record_at) if at is not None]
        counts = [mine + sign * theirs for mine, theirs in zip(self[:6], other[:6], strict=True)]
        return LotQuality._make([*counts, max(times, default=None)])


def contribution(verdict: str, failed_sets: Collection[str], warning: bool, documents: int, at: datetime) -> LotQuality:
    """What one record adds to its lot."""
    return LotQuality(
        1,
        int(verdict == "fail"),
        int(verdict == "not_judged"),
        int(warning),
        int("legal" in failed_sets),
        documents,
        at,
    )


_ADD = """
INSERT INTO lot_quality AS q (tenant_id, lot_id, records, fails, not_judged, warnings, legal_fails, documents, last_record_at)
SELECT $1, * FROM unnest($2::uuid[], $3::int[], $4::int[], $5::int[], $6::int[], $7::int[], $8::int[], $9::timestamptz[])
ON CONFLICT (tenant_id, lot_id) DO UPDATE SET
    records = q.records + excluded.records, fails = q.fails + excluded.fails,
    not_judged = q.not_judged + excluded.not_judged, warnings = q.warnings + excluded.warnings,
    legal_fails = q.legal_fails + excluded.legal_fails, documents = q.documents + excluded.documents,
    last_record_at = greatest(q.last_record_at, excluded.last_record_at)
"""


async def add_to_lots(tenant_id: UUID, changes: Mapping[UUID, LotQuality]) -> None:
    """Add changes to the roll-ups. Lots are locked in the order of their ids, so two writers never wait in a ring."""
    lots = sorted(changes)
    if lots:
        columns = zip(*(changes[lot] for lot in lots), strict=True)
        await db.execute(_ADD, tenant_id, lots, *(list(column) for column in columns))


async def lot_quality(tenant_id: UUID, lot_ids: Collection[UUID]) -> dict[UUID, LotQuality]:
    """The roll-up of each lot that has one."""
    rows = await db.fetch(
        "SELECT lot_id, records, fails, not_judged, warnings, legal_fails, documents, last_record_at FROM lot_quality"
        " WHERE tenant_id = $1 AND lot_id = ANY($2::uuid[])",
        tenant_id, list(lot_ids),
    )  # fmt: skip
    return {row["lot_id"]: LotQuality(*list(row)[1:]) for row in rows}


# Goods are followed back through splits and merges until a lot has records of its own.
_SPEAKING = """
WITH RECURSIVE goods(root, lot) AS (
    SELECT id, id FROM unnest($2::uuid[]) AS id
  UNION
    SELECT g.root, k.from_lot FROM goods g
    JOIN link k ON k.tenant_id = $1 AND k.to_lot = g.lot AND k.kind IN ('split', 'merged') AND k.reverses IS NULL
    WHERE NOT EXISTS (SELECT FROM link b WHERE b.tenant_id = $1 AND b.reverses = k.id)
      AND NOT EXISTS (SELECT FROM lot_quality q WHERE q.tenant_id = $1 AND q.lot_id = g.lot AND q.records > 0)
)
SELECT g.root, g.lot, q.records, q.fails, q.not_judged, q.warnings, q.legal_fails, q.documents, q.last_record_at
FROM goods g CROSS JOIN LATERAL (SELECT * FROM lot_quality WHERE tenant_id = $1 AND lot_id = g.lot LIMIT 1) q
WHERE q.records > 0 OR g.lot = g.root ORDER BY g.root, g.lot
"""


class Goods(NamedTuple):
    """`lots`: whose records speak for a lot; `quality`: their roll-up, with the documents of the lot itself."""

    lots: list[UUID]
    quality: LotQuality


async def goods_of(tenant_id: UUID, lot_ids: Collection[UUID]) -> dict[UUID, Goods]:
    """What speaks for each lot; empty where nothing does."""
    found = {lot_id: Goods([], LotQuality()) for lot_id in lot_ids}
    for root, lot, *counts in await db.fetch(_SPEAKING, tenant_id, list(found)):
        own = LotQuality(*counts)
        lots = [*found[root].lots, lot] if own.records else found[root].lots
        found[root] = Goods(lots, found[root].quality.plus(own))
    return found


async def speaking_lots(tenant_id: UUID, lot_ids: Collection[UUID]) -> dict[UUID, list[UUID]]:
    """Whose records speak for each lot: its own, or, while it has none, those of the goods it was split off or merged
    from. A reworked or packed lot is something else and answers for itself."""
    return {lot_id: goods.lots for lot_id, goods in (await goods_of(tenant_id, lot_ids)).items()}
