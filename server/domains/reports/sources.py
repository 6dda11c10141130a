"""Facts that several kinds of sheets share: the company, the lot, what was recorded."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from server.core import db
from server.core.errors import NotFound
from server.domains import quality
from server.domains.quality import Limits
from server.domains.quality.queries import MISSING_TITLES
from server.domains.reports import facts
from server.domains.reports.words import Words

_COMPANY = """
SELECT t.name, t.credit_code, t.address,
       ARRAY(SELECT jsonb_build_object('kind', c.kind, 'number', c.number) FROM certificate c
             WHERE c.tenant_id = $1 AND c.supplier_id IS NULL AND c.product_id IS NULL
               AND (c.valid_from IS NULL OR c.valid_from <= edge_today()) AND (c.valid_to IS NULL OR c.valid_to >= edge_today())
             ORDER BY c.id LIMIT 4) AS licences
FROM tenant t WHERE t.id = $1
"""
_LOT = """
SELECT l.id, l.lot_no, l.quantity, l.unit, l.produced_at, l.expires_at, l.received_at, l.state, l.production_order,
       l.purchase_order, l.delivery_note, l.supplier_lot_no, p.name, p.name_en, p.sku, p.spec, p.brand, p.standard,
       p.standard_edition, p.trade_secrets, s.name AS supplier_name, s.address AS supplier_address,
       s.contact AS supplier_contact
FROM lot l JOIN product p ON p.tenant_id = l.tenant_id AND p.id = l.product_id
LEFT JOIN supplier s ON s.tenant_id = l.tenant_id AND s.id = l.supplier_id
WHERE l.tenant_id = $1 AND l.id = $2
"""
# The English names of what was left blank, in the same order; NULL where there is none.
_MISSING_EN = """ARRAY(
    SELECT n.name_en FROM unnest(r.missing) WITH ORDINALITY x (field, place)
    LEFT JOIN characteristic n ON n.tenant_id = r.tenant_id AND n.id = (v.ui #>> ARRAY['fields', x.field, 'characteristic_id'])::uuid
    ORDER BY x.place)"""
_RECORDS = f"""
SELECT r.id, r.stage, r.captured_at, r.received_at, r.operator_name,
       coalesce(r.checker_name, k.checker_name) AS checker_name, r.report_no, r.source,
       r.verdict, r.late_reason, r.correction_reason, {MISSING_TITLES} AS missing, {_MISSING_EN} AS missing_en, r.values::text AS values,
       coalesce(r.late_entry, r.captured_at < r.received_at - interval '24 hours', false) OR r.late_reason IS NOT NULL AS late,
       f.code, f.name AS form_name, f.name_en AS form_name_en, f.document_no, v.version, v.schema::text AS schema, v.ui::text AS ui,
       d.code AS device_code, d.name AS device_name, pl.name AS place_name,
       coalesce(f.keep_years, 2) AS keep_years, q.name AS plan_name, i.reason, i.due_at, i.unit AS inspected_unit, i.quantity AS inspected_of,
       x.accepted, x.rejected, x.sample_size, x.defectives
FROM record r
JOIN form_version v ON v.tenant_id = r.tenant_id AND v.id = r.form_version_id
JOIN form f ON f.tenant_id = v.tenant_id AND f.id = v.form_id
LEFT JOIN device d ON d.tenant_id = r.tenant_id AND d.id = r.device_id
LEFT JOIN place pl ON pl.tenant_id = r.tenant_id AND pl.id = r.place_id
LEFT JOIN record_check k ON k.tenant_id = r.tenant_id AND k.record_id = r.id
LEFT JOIN inspection_result x ON x.tenant_id = r.tenant_id AND x.record_id = r.id
LEFT JOIN inspection i ON i.tenant_id = r.tenant_id AND i.id = x.inspection_id
LEFT JOIN inspection_plan q ON q.tenant_id = r.tenant_id AND q.id = i.plan_id
WHERE r.tenant_id = $1 AND r.id = ANY($2::uuid[]) ORDER BY coalesce(r.captured_at, r.received_at), r.id
"""  # noqa: S608 - constants
_ITEMS = """
SELECT m.record_id, c.name, c.name_en, c.method, c.result_kind, m.characteristic_id, m.value, m.qualifier, m.option,
       m.counts, m.unit, m.limits::text AS limits, m.verdict, m.sample_no, c.options, c.options_en
FROM measurement m JOIN characteristic c ON c.tenant_id = m.tenant_id AND c.id = m.characteristic_id
WHERE m.tenant_id = $1 AND m.record_id = ANY($2::uuid[]) ORDER BY m.record_id, m.position
"""
_CURRENT = """
SELECT r.id FROM record r WHERE r.tenant_id = $1 AND r.lot_id = ANY($2::uuid[]) AND r.stage = ANY($3::text[])
  AND NOT EXISTS (SELECT FROM record c WHERE c.tenant_id = r.tenant_id AND c.corrects = r.id)
"""


class Recorded(NamedTuple):
    """Records as a sheet shows them, with who made them. `secret`: one of their fields is a trade secret."""

    shown: list[facts.Record]
    rows: list[Mapping[str, Any]]
    secret: bool


async def company(tenant_id: UUID, words: Words) -> facts.Company:
    row = await db.fetchrow(_COMPANY, tenant_id)
    assert row is not None
    licences = [db.loads(each) for each in row["licences"]]
    shown = "；".join(f"{each['kind']} {each['number']}" for each in licences)
    return facts.Company(name=row["name"], credit_code=row["credit_code"], address=row["address"] or "", licences=shown)


async def lot_row(tenant_id: UUID, lot_id: UUID) -> Mapping[str, Any]:
    """The lot with its product and supplier; NotFound."""
    row = await db.fetchrow(_LOT, tenant_id, lot_id)
    if row is None:
        raise NotFound(field="subject_id")
    return dict(row)


def lot_facts(row: Mapping[str, Any], words: Words) -> facts.Lot:
    return facts.Lot(
        lot_no=row["lot_no"],
        product=words.named(row),
        product_code=row["sku"],
        spec=row["spec"] or "",
        brand=row["brand"] or "",
        standard=standard_of(row),
        quantity=words.quantity(row["quantity"], row["unit"]),
        produced_on=words.day(row["produced_at"]),
        expires_on=words.last_day(row["expires_at"]),
        state=words.word("state", row["state"]),
    )


def standard_of(row: Mapping[str, Any]) -> str:
    """The standard that the product is made to, with its edition; empty where none is named."""
    return "-".join(filter(None, (row["standard"], row["standard_edition"])))


def delivery_facts(row: Mapping[str, Any], words: Words) -> facts.Delivery:
    """How a received lot came."""
    return facts.Delivery(
        supplier=row["supplier_name"] or "",
        supplier_address=row["supplier_address"] or "",
        supplier_contact=row["supplier_contact"] or "",
        supplier_lot_no=row["supplier_lot_no"] or "",
        received_on=words.day(row["received_at"]),
        purchase_order=row["purchase_order"] or "",
        delivery_note=row["delivery_note"] or "",
    )


class Decided(NamedTuple):
    """What was signed about a lot: once for itself, or for each of the lots that its goods were taken from (`whole` False)."""

    signed: list[quality.Standing]
    whole: bool

    @property
    def urgent(self) -> bool:
        """Results are awaited still."""
        return any(each.kind == "urgent" for each in self.signed)

    @property
    def signed_at(self) -> datetime:
        """The last of them."""
        return max(each.signed_at for each in self.signed)

    def certificates(self, words: Words) -> str:
        """The numbers it stands under."""
        return words.join(each.certificate_no for each in self.signed if each.certificate_no)

    def signers(self, words: Words) -> str:
        """Who signed; of other lots than this one, which."""
        if self.whole:
            return self.signed[0].signer_name
        return words.join(words.say("signed_of", name=each.signer_name, lot_no=each.lot_no) for each in self.signed)


async def decision(tenant_id: UUID, lot_id: UUID) -> Decided | None:
    """What was signed about a lot, or about what its goods were taken from."""
    signed = (await quality.decisions_standing(tenant_id, [lot_id])).get(lot_id)
    return None if signed is None else Decided(signed, signed[0].lot_id == lot_id)


async def records_of_lot(tenant_id: UUID, lot_id: UUID, stages: Collection[str], words: Words) -> Recorded:
    """The current records that speak for a lot in these stages, in time."""
    lots = (await quality.speaking_lots(tenant_id, [lot_id]))[lot_id]
    rows = await db.fetch(_CURRENT, tenant_id, lots, list(stages))
    return await records(tenant_id, [row["id"] for row in rows], words)


async def records(tenant_id: UUID, record_ids: Sequence[UUID], words: Words) -> Recorded:
    """These records in time, each with its measured items and its other entries."""
    rows = [dict(row) for row in await db.fetch(_RECORDS, tenant_id, list(record_ids))]
    items: dict[UUID, list[Mapping[str, Any]]] = {}
    for item in await db.fetch(_ITEMS, tenant_id, list(record_ids)):
        items.setdefault(item["record_id"], []).append(dict(item))
    shown, secret = [], False
    for row in rows:
        fields: dict[str, Any] = db.loads(row["ui"]).get("fields", {})
        secret |= any(hints.get("secret") for hints in fields.values())
        shown.append(_record(row, items.get(row["id"], []), fields, words))
    return Recorded(shown, list(rows), secret)


def _record(
    row: Mapping[str, Any], items: Sequence[Mapping[str, Any]], fields: Mapping[str, Any], words: Words
) -> facts.Record:
    return facts.Record(
        form=words.named({"name": row["form_name"], "name_en": row["form_name_en"]}),
        document_no=row["document_no"] or row["code"],
        version=str(row["version"]),
        kept=words.say("keep_years", years=row["keep_years"]),
        asked=_asked(row, words),
        due=words.time(row["due_at"]),
        counted=_counted(row, words),
        subject=words.join(
            (row["device_name"] and words.beside(row["device_name"], row["device_code"]), row["place_name"])
        ),
        at=words.time(row["captured_at"] or row["received_at"]),
        operator=row["operator_name"],
        checker=row["checker_name"] or "",
        source=words.word("source", row["source"]),
        verdict=words.word("verdict", row["verdict"]),
        notes=_notes(row, words),
        items=[_item(number, item, words) for number, item in enumerate(items, 1)],
        entries=_entries(row, fields, words),
    )


def _asked(row: Mapping[str, Any], words: Words) -> str:
    """Which plan asked for it, why then, and until when; empty where nobody did."""
    if row["plan_name"] is None:
        return ""
    return words.say("asked", plan=row["plan_name"], reason=words.occasion(row["reason"]))


def _counted(row: Mapping[str, Any], words: Words) -> str:
    """How much of the quantity this record decided, and how many items were looked at for it."""
    parts = []
    if row["inspected_of"] is not None and row["accepted"] is not None:
        amounts = {name: words.quantity(row[name], row["inspected_unit"]) for name in ("accepted", "rejected")}
        parts.append(words.say("counted", **amounts))
    if row["sample_size"] is not None:
        parts.append(words.say("sample_found", size=row["sample_size"], bad=row["defectives"] or 0))
    return words.clauses(parts)


def _notes(row: Mapping[str, Any], words: Words) -> str:
    notes = []
    if row["late"]:
        received = words.time(row["received_at"])
        notes.append(words.say("note.late", received=received, reason=row["late_reason"] or words.say("not_stated")))
    if row["correction_reason"]:
        notes.append(words.say("note.corrected", reason=row["correction_reason"]))
    if row["missing"]:
        said = [
            words.named({"name": n, "name_en": en}) for n, en in zip(row["missing"], row["missing_en"], strict=True)
        ]
        notes.append(words.say("note.missing", fields=words.join(said)))
    return words.clauses(notes)


def _item(number: int, row: Mapping[str, Any], words: Words) -> facts.Item:
    limits = Limits.model_validate_json(row["limits"] or "{}")
    choices_en = dict(zip(row["options"], row["options_en"], strict=False))
    sample = f" #{row['sample_no']}" if row["sample_no"] is not None else ""
    return facts.Item(
        no=str(number),
        name=words.named(row) + sample,
        unit=words.unit(row["unit"]),
        requirement=words.limits(limits, None, choices_en),
        result=words.result(quality.show_measurement(row), None, choices_en),
        method=row["method"] or "",
        verdict=words.word("verdict", row["verdict"]),
    )


def _entries(row: Mapping[str, Any], fields: Mapping[str, Any], words: Words) -> list[facts.Entry]:
    """What the form asked besides characteristics, under its own titles."""
    properties = db.loads(row["schema"]).get("properties", {})
    return [
        facts.Entry(name=str(properties.get(name, {}).get("title") or name), value=_value(value, words))
        for name, value in db.loads(row["values"]).items()
        if value not in (None, "", []) and not fields.get(name, {}).get("characteristic_id")
    ]


def _value(value: Any, words: Words) -> str:
    if isinstance(value, bool):
        return words.say("yes" if value else "no")
    if isinstance(value, list):
        return words.join(_value(each, words) for each in value)
    return str(value)


def signer(words: Words, role: str, name: str | None, at: str = "") -> facts.Signer:
    return facts.Signer(role=words.say(f"role.{role}"), name=name or "", at=at)


def signers_of(recorded: Sequence[Mapping[str, Any]], decided: Decided | None, words: Words) -> list[facts.Signer]:
    """检验 · 审核 · 批准: who entered, who checked, who decided. Nobody known: room to sign by hand."""
    last = max((row["received_at"] for row in recorded), default=None)
    checkers = words.join(row["checker_name"] for row in recorded)
    return [
        signer(words, "inspected", words.join(row["operator_name"] for row in recorded), words.day(last)),
        signer(words, "reviewed", checkers, words.day(last) if checkers else ""),
        signer(
            words,
            "approved",
            decided.signers(words) if decided else None,
            words.day(decided.signed_at) if decided else "",
        ),
    ]


def remarks_of(decided: Decided | None, words: Words) -> list[str]:
    """What a reader must be told about the decision: its remark, a signer who inspected himself; and of what lot it is where
    this one is a part or a mixture."""
    if decided is None:
        return []
    said = []
    for each in decided.signed:
        if not decided.whole:
            key = f"remark.{'mixture' if each.merged else 'part'}_{each.decision}"
            said.append(
                words.say(
                    key, lot_no=each.lot_no, name=each.signer_name, at=words.time(each.signed_at),
                    number=each.certificate_no or "／",
                )
            )  # fmt: skip
        elif each.remark:
            said.append(words.say("remark.decision", remark=each.remark))
        if each.checklist.get("signer_inspected"):
            said.append(words.say("remark.signer_inspected"))
    return said
