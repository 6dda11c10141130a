"""Part C of a batch record (物料平衡与收率): material by material what went in, and whether what came of it adds up."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any
from uuid import UUID

from server.core import db
from server.core.errors import NotFound
from server.domains import chain
from server.domains.reports import blocks, facts
from server.domains.reports.words import Words

# Net of what was taken back; `unknown`: part of it nobody weighed.
_CHARGED = """
SELECT p.id AS product_id, p.name, p.name_en, f.unit, sum(l.drawn_quantity) AS drawn, array_agg(DISTINCT f.lot_no) AS lots,
       bool_or(l.drawn_quantity = 0 AND l.until IS NULL) AS unknown
FROM link l
JOIN lot f ON f.tenant_id = $1 AND f.id = l.from_lot JOIN product p ON p.tenant_id = $1 AND p.id = f.product_id
WHERE l.tenant_id = $1 AND l.to_lot = $2 AND l.kind <> 'packed' AND l.reverses IS NULL
  AND NOT EXISTS (SELECT FROM link r WHERE r.tenant_id = $1 AND r.reverses = l.id)
GROUP BY 1, 2, 3, 4 ORDER BY p.name, f.unit
"""


async def gather(tenant_id: UUID, lot_id: UUID, words: Words) -> tuple[list[facts.Charged], facts.MassBalance]:
    """The materials of a lot beside its recipe, where it has one, and its mass balance."""
    rows = [dict(row) for row in await db.fetch(_CHARGED, tenant_id, lot_id)]
    asked = await _recipe(tenant_id, lot_id)
    charged = [_charged(row, asked.pop(row["product_id"], None), words) for row in rows]
    charged += [_charged(None, line, words) for line in asked.values()]
    balance = (await chain.balances(tenant_id, [lot_id]))[lot_id]
    sampled = (await chain.queries.lot_balance(tenant_id, lot_id)).sampled
    return charged, _mass(balance, sampled, words)


async def _recipe(tenant_id: UUID, lot_id: UUID) -> dict[UUID, chain.ChargeLine]:
    try:
        state = await chain.charge_state(tenant_id, lot_id)
    except NotFound:  # made without one
        return {}
    return {line.material.product_id: line for line in state.lines}


def _charged(row: Mapping[str, Any] | None, line: chain.ChargeLine | None, words: Words) -> facts.Charged:
    name = words.named(row) if row is not None else line.material.name if line is not None else ""
    lots = words.join(row["lots"]) if row is not None else ""
    required = allowed = verdict = ""
    if line is not None:
        unit = line.material.unit
        required = words.rounded(line.target, unit)
        allowed, verdict = words.between(line.low, line.high, unit), words.word("charge", line.verdict)
    if row is None:
        charged = words.quantity(Decimal(0), line.material.unit if line is not None else None)
    elif line is not None and not row["unknown"]:
        charged = words.rounded(line.charged, line.material.unit)
    else:
        charged = words.quantity(None if row["unknown"] else row["drawn"], row["unit"])
    return facts.Charged(
        material=name, lots=lots, required=required or "／", charged=charged, allowed=allowed or "／", verdict=verdict or "／"
    )  # fmt: skip


def _mass(found: chain.MassBalance, sampled: Decimal, words: Words) -> facts.MassBalance:
    def said(value: Decimal | None) -> str:
        return words.rounded(value, found.unit)

    low, high = found.yield_low_percent, found.yield_high_percent
    return facts.MassBalance(
        quantity_in=said(found.in_), good=said(found.good), scrap=said(found.scrap), samples=said(sampled),
        unexplained=said(found.unexplained), unexplained_percent=words.percent(found.unexplained_percent),
        tolerance="／" if found.tolerance_percent is None else f"± {words.percent(found.tolerance_percent)}",
        verdict=_within(found.within, words), theoretical=said(found.theoretical),
        yield_percent=words.percent(found.yield_percent),
        yield_range=words.between(low, high, "%"),
        yield_verdict=_within(found.yield_within, words),
    )  # fmt: skip


def _within(within: bool | None, words: Words) -> str:
    return words.say("within.unknown" if within is None else "within.yes" if within else "within.no")


def lay_out(charged: Sequence[facts.Charged], mass: facts.MassBalance, words: Words) -> list[blocks.Block]:
    label = words.label
    widths = (
        ("material", 0.2, "L"), ("own_lot_no", 0.24, "L"), ("required_quantity", 0.13, "C"), ("charged_quantity", 0.13, "C"),
        ("allowed_quantity", 0.18, "C"), ("verdict", 0.12, "C"),
    )  # fmt: skip
    columns = [blocks.Column(label(name), width, align) for name, width, align in widths]  # type: ignore[arg-type]
    bad = {words.word("charge", each) for each in ("below", "above", "none")}
    rows = [[e.material, e.lots, e.required, e.charged, e.allowed, e.verdict] for e in charged]
    table = blocks.Table(columns, rows, frozenset(n for n, each in enumerate(charged) if each.verdict in bad))
    return [
        blocks.Heading(words.say("part.mass")),
        *([table] if rows else []),
        blocks.Grid([
            (label("quantity_in"), mass.quantity_in), (label("good_quantity"), mass.good),
            (label("scrap_quantity"), mass.scrap), (label("sampled_quantity"), mass.samples),
            (label("unexplained"), mass.unexplained), (label("unexplained_percent"), mass.unexplained_percent),
            (label("tolerance"), mass.tolerance), (label("balance_verdict"), mass.verdict),
            (label("theoretical"), mass.theoretical), (label("yield_percent"), mass.yield_percent),
            (label("yield_range"), mass.yield_range), (label("yield_verdict"), mass.yield_verdict),
        ]),
        blocks.Note(words.say("note.mass")),
    ]  # fmt: skip
