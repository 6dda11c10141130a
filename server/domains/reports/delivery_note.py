"""送货单: what goes to whom on which vehicle, with the symbol that opens its papers."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any
from uuid import UUID

from server.core import db
from server.domains import chain
from server.domains.reports import blocks, facts, sources
from server.domains.reports.gathered import Gathered
from server.domains.reports.problems import NothingToReport
from server.domains.reports.test_report import company_notes
from server.domains.reports.words import Words

_HEAD = """
SELECT s.*, c.name AS customer, c.address AS customer_address, c.contact AS customer_contact, o.name AS outlet,
       o.address AS outlet_address
FROM shipment s JOIN customer c ON c.tenant_id = s.tenant_id AND c.id = s.customer_id
LEFT JOIN outlet o ON o.tenant_id = s.tenant_id AND o.id = s.outlet_id
WHERE s.tenant_id = $1 AND s.id = $2
"""
# A package says which lots lie in it, at any depth; its dates are theirs, the earliest first. A part without a report and a
# certificate of its own goes with those of what it was taken from. What the carrier refused did not leave.
LINES = """
SELECT n.lot_id, n.quantity - coalesce(refused.at_loading, 0) AS quantity, n.unit, n.packages, l.lot_no, l.kind, p.name, p.name_en, p.spec, inner_lots.contents,
       coalesce(l.produced_at, inner_lots.produced_at) AS produced_at, coalesce(l.expires_at, inner_lots.expires_at) AS expires_at,
       papers.report_nos, papers.certificate_nos
FROM shipment_line n
JOIN lot l ON l.tenant_id = n.tenant_id AND l.id = n.lot_id
JOIN product p ON p.tenant_id = l.tenant_id AND p.id = l.product_id
CROSS JOIN LATERAL (
    WITH RECURSIVE inside(lot) AS (
        SELECT n.lot_id
      UNION
        SELECT x.lot FROM inside i CROSS JOIN LATERAL (
            SELECT k.from_lot AS lot FROM link k WHERE k.tenant_id = $1 AND k.to_lot = i.lot AND k.kind = 'packed'
              AND k.until IS NULL AND k.reverses IS NULL
              AND NOT EXISTS (SELECT FROM link r WHERE r.tenant_id = $1 AND r.reverses = k.id)
            UNION ALL
            SELECT c.lot_id FROM code c WHERE c.tenant_id = $1 AND c.package_id = i.lot) x)
    SELECT array_agg(t.id) AS ids, array_agg(DISTINCT t.lot_no) AS contents, min(t.produced_at) AS produced_at,
           min(t.expires_at) AS expires_at
    FROM inside i JOIN lot t ON t.tenant_id = $1 AND t.id = i.lot WHERE t.kind <> 'package' AND t.id <> n.lot_id) inner_lots
CROSS JOIN LATERAL (
    SELECT array_agg(DISTINCT r.number) FILTER (WHERE r.number IS NOT NULL) AS report_nos,
           array_agg(DISTINCT r.certificate_no) FILTER (WHERE r.certificate_no IS NOT NULL) AS certificate_nos
    FROM decisions_standing($1, n.lot_id || coalesce(inner_lots.ids, '{}')) s
    JOIN release a ON a.tenant_id = $1 AND a.id = s.release_id
    CROSS JOIN LATERAL (
        SELECT CASE WHEN a.decision = 'released' THEN a.certificate_no END AS certificate_no, NULL AS number
        UNION ALL
        (SELECT NULL, d.number FROM document d WHERE d.tenant_id = $1 AND d.kind = 'test_report'
           AND (d.subject_id = s.root OR d.subject_id = s.origin AND NOT EXISTS (
               SELECT FROM document o WHERE o.tenant_id = $1 AND o.kind = 'test_report' AND o.subject_id = s.root))
         ORDER BY d.year, d.sequence LIMIT 1)) r) papers
LEFT JOIN LATERAL (
    SELECT sum(o.refused_quantity) AS at_loading FROM handover h
    JOIN handover_line o ON o.tenant_id = $1 AND o.handover_id = h.id AND o.shipment_line_id = n.id
    WHERE h.tenant_id = $1 AND h.shipment_id = n.shipment_id AND h.kind = 'loading') refused ON true
WHERE n.tenant_id = $1 AND n.shipment_id = $2 AND n.returned_at IS NULL ORDER BY n.id
"""


async def gather(tenant_id: UUID, shipment_id: UUID, words: Words) -> Gathered:
    """Raises NotFound, or NothingToReport where every line was taken off again."""
    await chain.queries.shipment(tenant_id, shipment_id)
    row = await db.fetchrow(_HEAD, tenant_id, shipment_id)
    assert row is not None
    lines = await db.fetch(LINES, tenant_id, shipment_id)
    if not lines:
        raise NothingToReport(field="subject_id")
    sheet = facts.DeliveryNote(
        company=await sources.company(tenant_id, words),
        receiver=facts.Receiver(
            name=row["customer"],
            outlet=row["outlet"] or "",
            address=row["outlet_address"] or row["customer_address"] or "",
            contact=row["customer_contact"] or "",
        ),
        shipment=_shipment(dict(row), words),
        lines=[line_facts(number, dict(line), words) for number, line in enumerate(lines, 1)],
        remarks=[],
        signers=[sources.signer(words, role, "") for role in ("sent", "carried", "received")],
    )
    return Gathered(sheet, row["shipment_no"], confidential=False)


def _shipment(row: Mapping[str, Any], words: Words) -> facts.Shipment:
    return facts.Shipment(
        shipment_no=row["shipment_no"],
        delivery_note=row["delivery_note"] or "",
        customer_order=row["customer_order"] or "",
        carrier=row["carrier"] or "",
        vehicle=row["vehicle"] or "",
        seal=row["seal"] or "",
        temperature=temperature_text(row["temperature_low"], row["temperature_high"], row["temperature_unit"]),
        conditions=row["conditions"] or "",
        departed=words.time(row["departed_at"]),
    )


def temperature_text(low: Decimal | None, high: Decimal | None, unit: str) -> str:
    """The demanded range; empty where none is demanded."""
    if low is not None and high is not None:
        return f"{low:f}–{high:f} {unit}"
    return "" if low is None and high is None else f"≤ {high:f} {unit}" if low is None else f"≥ {low:f} {unit}"


def line_facts(number: int, row: Mapping[str, Any], words: Words) -> facts.Line:
    return facts.Line(
        no=str(number),
        product=words.named(row),
        spec=row["spec"] or "",
        lot_no=row["lot_no"],
        contents=words.join(row["contents"] or ()),
        produced_on=words.day(row["produced_at"]),
        expires_on=words.last_day(row["expires_at"]),
        quantity=words.quantity(row["quantity"], row["unit"]),
        packages="" if row["packages"] is None else str(row["packages"]),
        report_no=words.join(row["report_nos"] or ()),
        certificate_no=words.join(row["certificate_nos"] or ()),
    )


def _lot_no(line: facts.Line, words: Words) -> str:
    return f"{line.lot_no}\n{words.say('inside', lots=line.contents)}" if line.contents else line.lot_no


def lay_out(sheet: facts.DeliveryNote, words: Words) -> list[blocks.Block]:
    label, shipment, receiver = words.label, sheet.shipment, sheet.receiver
    widths = (
        ("no", 0.05), ("product", 0.15), ("spec", 0.10), ("lot_no", 0.15), ("produced_on", 0.11), ("expires_on", 0.11),
        ("quantity", 0.08), ("packages", 0.07), ("papers", 0.18),
    )  # fmt: skip
    centred = ("no", "produced_on", "expires_on", "packages")
    columns = [blocks.Column(label(name), width, "C" if name in centred else "L") for name, width in widths]
    rows = [
        [
            e.no,
            e.product,
            e.spec,
            _lot_no(e, words),
            e.produced_on,
            e.expires_on,
            e.quantity,
            e.packages,
            "\n".join(filter(None, (e.report_no, e.certificate_no))),
        ]
        for e in sheet.lines
    ]
    return [
        blocks.Grid([
            (label("receiver"), receiver.name), (label("outlet"), receiver.outlet),
            (label("address"), receiver.address), (label("contact"), receiver.contact),
            (label("shipment_no"), shipment.shipment_no), (label("delivery_note"), shipment.delivery_note),
            (label("customer_order"), shipment.customer_order), (label("departed"), shipment.departed),
            (label("carrier"), shipment.carrier), (label("vehicle"), shipment.vehicle),
            (label("seal"), shipment.seal), (label("temperature"), shipment.temperature),
            *([(label("conditions"), shipment.conditions), ("", "")] if shipment.conditions else []),
        ]),
        blocks.Heading(words.say("part.lines")),
        blocks.Table(columns, rows),
        blocks.Note(words.say("note.open")),
        *[blocks.Note(each) for each in company_notes(sheet.company, "", sheet.remarks, words)],
        blocks.Signatures([(each.role, each.name, each.at) for each in sheet.signers]),
    ]  # fmt: skip
