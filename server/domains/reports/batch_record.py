"""批生产记录: everything that was done to make a lot, page by page under its number. For the plant itself."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any
from uuid import UUID

from server.core import db
from server.domains import chain
from server.domains.quality import LimitSet
from server.domains.reports import blocks, facts, mass, sources
from server.domains.reports.gathered import Gathered
from server.domains.reports.problems import NothingToReport
from server.domains.reports.record_parts import record_blocks
from server.domains.reports.test_report import company_notes
from server.domains.reports.words import Words

# What went in by a link, and what an operation took in without one (how much of it nobody said).
_MATERIALS = """
WITH fed AS (
    SELECT l.from_lot, l.quantity, l.unit, l.at, l.id FROM link l
    WHERE l.tenant_id = $1 AND l.to_lot = $2 AND l.kind <> 'packed' AND l.reverses IS NULL
      AND NOT EXISTS (SELECT FROM link r WHERE r.tenant_id = l.tenant_id AND r.reverses = l.id)
), used AS (
    SELECT * FROM fed
  UNION ALL
    SELECT i.lot_id, NULL, NULL, coalesce(p.started_at, p.ended_at), p.id FROM operation_lot o
    JOIN operation p ON p.tenant_id = $1 AND p.id = o.operation_id
    JOIN operation_lot i ON i.tenant_id = $1 AND i.operation_id = p.id AND i.role = 'in' AND i.lot_id <> $2
    WHERE o.tenant_id = $1 AND o.lot_id = $2 AND o.role = 'out' AND i.lot_id NOT IN (SELECT from_lot FROM fed)
)
SELECT p.name, p.name_en, f.lot_no, f.supplier_lot_no, s.name AS supplier, l.quantity, coalesce(l.unit, f.unit) AS unit, l.at
FROM used l
JOIN lot f ON f.tenant_id = $1 AND f.id = l.from_lot
JOIN product p ON p.tenant_id = f.tenant_id AND p.id = f.product_id
LEFT JOIN supplier s ON s.tenant_id = f.tenant_id AND s.id = f.supplier_id
ORDER BY l.at NULLS LAST, l.id
"""
_HOLDS = """
SELECT kind, reason, opened_at, closed_at, close_reason,
       (SELECT u.display_name FROM user_account u WHERE u.id = h.opened_by) AS opener,
       (SELECT u.display_name FROM user_account u WHERE u.id = h.closed_by) AS closer
FROM hold h WHERE tenant_id = $1 AND lot_id = $2 ORDER BY id
"""
_STATES = """
SELECT at, state_to, reason, actor_name FROM lot_history WHERE tenant_id = $1 AND lot_id = $2 AND state_from IS DISTINCT FROM state_to
ORDER BY id
"""
_STAGES = ("material", "production", "testing")


async def gather(tenant_id: UUID, lot_id: UUID, words: Words) -> Gathered:
    """Raises NothingToReport where neither materials, operations nor records are known."""
    lot = await sources.lot_row(tenant_id, lot_id)
    materials = await db.fetch(_MATERIALS, tenant_id, lot_id)
    operations = await chain.operations_of_lot(tenant_id, lot_id)
    made = [row for row in operations if row["role"] == "out"]
    recorded = await sources.records_of_lot(tenant_id, lot_id, _STAGES, words)
    if not (materials or made or recorded.rows):
        raise NothingToReport(field="subject_id")
    decided = await sources.decision(tenant_id, lot_id)
    charged, made_of = await mass.gather(tenant_id, lot_id, words)
    secret_parameters = any(each.get("secret") for row in made for each in row["parameters"])
    sheet = facts.BatchRecord(
        company=await sources.company(tenant_id, words),
        lot=sources.lot_facts(lot, words),
        production_order=lot["production_order"] or "",
        certificate_no=decided.certificates(words) if decided else "",
        materials=[_material(dict(row), words) for row in materials],
        operations=[_operation(row, words) for row in made],
        charged=charged,
        mass=made_of,
        records=recorded.shown,
        balance=await _balance(tenant_id, lot_id, words),
        events=await _events(tenant_id, lot_id, words),
        remarks=sources.remarks_of(decided, words),
        signers=_signers(made, recorded.rows, decided, words),
    )
    return Gathered(sheet, lot["lot_no"], recorded.secret or secret_parameters or bool(lot["trade_secrets"]))


def _material(row: Mapping[str, Any], words: Words) -> facts.Material:
    return facts.Material(
        name=words.named(row), lot_no=row["lot_no"], supplier=row["supplier"] or "",
        supplier_lot_no=row["supplier_lot_no"] or "", quantity=words.quantity(row["quantity"], row["unit"]),
        at=words.time(row["at"]),
    )  # fmt: skip


def _operation(row: Mapping[str, Any], words: Words) -> facts.Operation:
    amounts = [
        f"{words.say(f'amount.{name}')} {words.quantity(row[f'quantity_{name}'], row['unit'])}"
        for name in ("in", "good", "reworked", "scrapped")
        if row[f"quantity_{name}"] is not None
    ]
    devices = (words.beside(each["name"], words.word("calibration", each["calibration"])) for each in row["devices"])
    return facts.Operation(
        name=row["name"], started=words.time(row["started_at"]), ended=words.time(row["ended_at"]),
        operator=row["operator_name"] or "", line=row["line_name"] or "", shift=row["shift"] or "",
        devices=words.join(devices), quantities=words.clauses(amounts),
        parameters=[_parameter(each, words) for each in row["parameters"]],
    )  # fmt: skip


def _parameter(each: Mapping[str, Any], words: Words) -> facts.Parameter:
    low, high = (None if each.get(side) is None else Decimal(str(each[side])) for side in ("low", "high"))
    unit = each.get("unit")
    demanded = "" if low is None and high is None else words.limit(LimitSet(low=low, high=high), unit)
    value = "" if each.get("value") is None else str(each["value"])
    return facts.Parameter(name=each["name"], value=words.result(value, unit), requirement=demanded)


async def _balance(tenant_id: UUID, lot_id: UUID, words: Words) -> list[facts.Balance]:
    found = await chain.queries.lot_balance(tenant_id, lot_id)
    names = (
        "quantity",
        "consumed",
        "split_off",
        "packed",
        "installed",
        "shipped",
        "scrapped",
        "returned",
        "sampled",
        "left",
        "unexplained",
    )
    amounts = [(name, getattr(found, name)) for name in names]
    return [
        facts.Balance(name=words.say(f"balance.{name}"), quantity=words.quantity(amount, found.unit))
        for name, amount in amounts
        if amount or name in ("quantity", "left", "unexplained")
    ]


async def _events(tenant_id: UUID, lot_id: UUID, words: Words) -> list[facts.Event]:
    events = []
    for row in await db.fetch(_STATES, tenant_id, lot_id):
        what = words.word("state", row["state_to"])
        events.append((row["at"], what, row["actor_name"], words.word("history_reason", row["reason"])))
    for row in await db.fetch(_HOLDS, tenant_id, lot_id):
        kind = words.word("hold", row["kind"])
        events.append((row["opened_at"], kind, row["opener"] or "", words.retold(row["reason"])))
        if row["closed_at"]:
            lifted = words.say("hold_lifted", kind=kind)
            events.append((row["closed_at"], lifted, row["closer"] or "", words.retold(row["close_reason"])))
    events.sort(key=lambda each: each[0])
    return [facts.Event(at=words.time(at), what=what, who=who, reason=why) for at, what, who, why in events]


def _signers(
    operations: list[dict[str, Any]], recorded: list[Mapping[str, Any]], decided: sources.Decided | None, words: Words
) -> list[facts.Signer]:
    inspected, reviewed, approved = sources.signers_of(recorded, decided, words)
    makers = words.join(row["operator_name"] for row in operations)
    ends = [at for row in operations if (at := row["ended_at"] or row["started_at"]) is not None]
    made = sources.signer(words, "made", makers, words.day(max(ends)) if ends and makers else "")
    return [made, inspected, reviewed, approved]


def lay_out(sheet: facts.BatchRecord, words: Words) -> list[blocks.Block]:
    label, lot = words.label, sheet.lot
    cover: list[blocks.Block] = [
        blocks.Grid([
            (label("product"), lot.product), (label("product_code"), lot.product_code),
            (label("spec"), lot.spec), (label("batch_size"), lot.quantity),
            (label("lot_no"), lot.lot_no), (label("production_order"), sheet.production_order),
            (label("produced_on"), lot.produced_on), (label("expires_on"), lot.expires_on),
            (label("standard"), lot.standard), (label("certificate_no"), sheet.certificate_no),
            (label("lot_state"), lot.state), ("", ""),
        ]),
        blocks.Heading(words.say("part.contents")),
        _contents(sheet, words),
        *[blocks.Note(each) for each in company_notes(sheet.company, "", sheet.remarks, words)],
        blocks.Signatures([(each.role, each.name, each.at) for each in sheet.signers]),
        blocks.PageBreak(),
    ]  # fmt: skip
    return [
        *cover,
        *_materials(sheet, words),
        *_operations(sheet, words),
        *mass.lay_out(sheet.charged, sheet.mass, words),
        *([blocks.Heading(words.say("part.records"))] if sheet.records else []),
        *record_blocks(sheet.records, words),
        *_end(sheet, words),
    ]


def _contents(sheet: facts.BatchRecord, words: Words) -> blocks.Table:
    """The parts, each with how much stands in it."""
    counts = {"materials": len(sheet.materials), "operations": len(sheet.operations), "records": len(sheet.records),
              "balance": len(sheet.balance), "events": len(sheet.events)}  # fmt: skip
    names = ("materials", "operations", "mass", "records", "balance", "events")
    rows = [
        [words.say(f"part.{name}"), sheet.mass.verdict if name == "mass" else words.say("entries", count=counts[name])]
        for name in names
    ]
    return blocks.Table([blocks.Column(words.label("part"), 0.5), blocks.Column(words.label("held"), 0.5)], rows)


def _materials(sheet: facts.BatchRecord, words: Words) -> list[blocks.Block]:
    names = (
        ("material", 0.2),
        ("own_lot_no", 0.19),
        ("supplier", 0.2),
        ("supplier_lot_no", 0.14),
        ("quantity", 0.13),
        ("at", 0.14),
    )
    rows = [[e.name, e.lot_no, e.supplier, e.supplier_lot_no, e.quantity, e.at] for e in sheet.materials]
    table = blocks.Table([blocks.Column(words.label(name), width) for name, width in names], rows)
    return [blocks.Heading(words.say("part.materials")), table] if rows else []


def _operations(sheet: facts.BatchRecord, words: Words) -> list[blocks.Block]:
    label = words.label
    found: list[blocks.Block] = [blocks.Heading(words.say("part.operations"), room_mm=62)] if sheet.operations else []
    for number, each in enumerate(sheet.operations, 1):
        found += [
            blocks.Heading(f"{words.say('part.operation')} {number}  {each.name}"),
            blocks.Grid([
                (label("started"), each.started), (label("ended"), each.ended), (label("operator"), each.operator),
                (label("line"), each.line), (label("shift"), each.shift), (label("devices"), each.devices),
            ], columns=3),
        ]  # fmt: skip
        if each.parameters:
            columns = [
                blocks.Column(label(name), width)
                for name, width in (("parameter", 0.4), ("value", 0.3), ("requirement", 0.3))
            ]
            found.append(blocks.Table(columns, [[p.name, p.value, p.requirement] for p in each.parameters]))
        if each.quantities:
            found.append(blocks.Note(each.quantities))
    return found


def _end(sheet: facts.BatchRecord, words: Words) -> list[blocks.Block]:
    label = words.label
    columns = [
        blocks.Column(label(name), width)
        for name, width in (("at", 0.18), ("event", 0.2), ("who", 0.2), ("reason", 0.42))
    ]
    return [
        blocks.Heading(words.say("part.balance")),
        blocks.Grid([(each.name, each.quantity) for each in sheet.balance], columns=3),
        blocks.Heading(words.say("part.events")),
        blocks.Table(columns, [[each.at, each.what, each.who, each.reason] for each in sheet.events]),
    ]
