"""What the receiver of one shipment may see: its goods, their test reports, the licences in force. Nothing else of the sender.

Everything here runs in the tenant scope of the link's own enterprise and asks by the link's own shipment.
"""

import io
import zipfile
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import Any, Final, NamedTuple
from uuid import UUID

from i18n import text
from server.core import db
from server.core.errors import NotFound
from server.core.files import FileBox
from server.domains.reports import delivery_note, facts, vault
from server.domains.reports.words import Words
from server.domains.scans import content

_HEAD = """
SELECT s.shipment_no, s.delivery_note, s.vehicle, s.seal, s.temperature_low, s.temperature_high, s.temperature_unit,
       s.departed_at, t.name AS sender, c.name AS receiver, o.name AS outlet
FROM shipment s JOIN tenant t ON t.id = s.tenant_id
JOIN customer c ON c.tenant_id = s.tenant_id AND c.id = s.customer_id
LEFT JOIN outlet o ON o.tenant_id = s.tenant_id AND o.id = s.outlet_id
WHERE s.tenant_id = $1 AND s.id = $2
"""
# The lots of the lines and what lies in their packages, at any depth. A recall of numbers counts where some of them are here.
_LOTS = """
WITH RECURSIVE inside(lot) AS (
    SELECT lot_id FROM shipment_line WHERE tenant_id = $1 AND shipment_id = $2 AND returned_at IS NULL
  UNION
    SELECT x.lot FROM inside i CROSS JOIN LATERAL (
        SELECT l.from_lot AS lot FROM link l WHERE l.tenant_id = $1 AND l.to_lot = i.lot AND l.kind = 'packed'
          AND l.until IS NULL AND l.reverses IS NULL
          AND NOT EXISTS (SELECT FROM link r WHERE r.tenant_id = $1 AND r.reverses = l.id)
        UNION ALL
        SELECT c.lot_id FROM code c WHERE c.tenant_id = $1 AND c.package_id = i.lot) x
)
SELECT l.id, l.lot_no, l.kind, l.product_id, p.name, p.name_en,
       EXISTS (SELECT FROM hold h WHERE h.tenant_id = $1 AND h.lot_id = l.id AND h.kind = 'recalled' AND h.closed_at IS NULL)
       OR EXISTS (SELECT FROM public_notice n WHERE n.tenant_id = $1 AND n.lot_id = l.id AND n.kind = 'recall' AND n.closed_at IS NULL
                  AND (n.order_id IS NULL OR EXISTS (
                      SELECT FROM code c WHERE c.tenant_id = $1 AND c.order_id = n.order_id AND c.serial >= lower(n.serials)
                      AND c.serial < upper(n.serials) AND c.shipment_id = $2))) AS recalled,
       EXISTS (SELECT FROM hold h WHERE h.tenant_id = $1 AND h.lot_id = l.id AND h.kind <> 'recalled' AND h.closed_at IS NULL)
       OR l.state = 'rejected' AS held
FROM inside i JOIN lot l ON l.tenant_id = $1 AND l.id = i.lot JOIN product p ON p.tenant_id = $1 AND p.id = l.product_id
ORDER BY p.name, l.lot_no
"""
# The newest version of the report of each lot, in the reader's language or, where there is none, in the other; of a part
# or mixture without one those of what it was taken from. `lots`: which of the shipment's goods it speaks for.
_REPORTS = """
WITH subjects(lot, subject) AS (
    SELECT id, id FROM unnest($2::uuid[]) AS id UNION SELECT root, origin FROM decisions_standing($1, $2::uuid[])
), papers AS (
    SELECT DISTINCT ON (s.lot, s.subject) s.lot, s.subject, d.id, d.number, d.version, d.issued_at, d.pdf_digest
    FROM subjects s JOIN document d ON d.tenant_id = $1 AND d.kind = 'test_report' AND d.subject_id = s.subject
    ORDER BY s.lot, s.subject, d.version DESC, d.language = $3 DESC
)
SELECT p.id, l.lot_no, d.name, d.name_en, p.number, p.version, p.issued_at, p.pdf_digest, array_agg(p.lot ORDER BY p.lot) AS lots
FROM papers p JOIN lot l ON l.tenant_id = $1 AND l.id = p.subject JOIN product d ON d.tenant_id = $1 AND d.id = l.product_id
WHERE p.lot = p.subject OR NOT EXISTS (SELECT FROM papers o WHERE o.lot = p.lot AND o.subject = p.lot)
GROUP BY p.id, l.lot_no, d.name, d.name_en, p.number, p.version, p.issued_at, p.pdf_digest ORDER BY d.name, l.lot_no, p.id
"""
_LICENCES = """
SELECT c.id, c.kind, c.number, c.valid_to, a.media_type, a.digest FROM certificate c
LEFT JOIN attachment a ON a.tenant_id = c.tenant_id AND a.id = c.attachment_id
WHERE c.tenant_id = $1 AND c.supplier_id IS NULL AND (c.product_id IS NULL OR c.product_id = ANY($2::uuid[]))
  AND (c.valid_from IS NULL OR c.valid_from <= edge_today()) AND (c.valid_to IS NULL OR c.valid_to >= edge_today())
ORDER BY c.product_id NULLS FIRST, c.id LIMIT 50
"""
_SUFFIX: Final = {"application/pdf": "pdf", "image/jpeg": "jpg", "image/png": "png"}
PART_BYTES: Final = 60 * 1024 * 1024
"""One download holds no more, but for a single file that is larger; the rest is in further parts."""
_FIXED_DATE: Final = (1980, 1, 1, 0, 0, 0)


class Report(NamedTuple):
    """A test report of `lot_no`. `parts`: the lots of this shipment that were taken from that lot and go with its report."""

    id: UUID
    number: str
    version: int
    issued_at: datetime
    product: str
    lot_no: str
    parts: list[str]


class Licence(NamedTuple):
    """A licence in force today; `has_file`: its picture or PDF may be opened."""

    id: UUID
    kind: str
    number: str
    valid_to: date | None
    has_file: bool


class Handling(NamedTuple):
    """What the sender tells of a product to whoever takes it in."""

    product: str
    words: str
    code_place: str


class Papers(NamedTuple):
    """The papers of one shipment. `without_report`: lots that have none yet. `recalled`: lots under recall now. `held`: others
    that the sender has stopped or rejected since, whatever for. `parts`: the downloads in which all the files are, one where they are few."""

    shipment_no: str
    delivery_note: str
    sender: str
    receiver: str
    outlet: str
    vehicle: str
    seal: str
    temperature: str
    departed_at: datetime | None
    lines: list[facts.Line]
    reports: list[Report]
    without_report: list[str]
    licences: list[Licence]
    recalled: list[str]
    held: list[str]
    parts: list["Part"]
    handling: list[Handling]


class PaperFile(NamedTuple):
    """One file of them."""

    name: str
    media_type: str
    digest: bytes
    size_bytes: int


class Part(NamedTuple):
    """So many of the files, each in one part and one alone."""

    number: int
    files: Sequence[PaperFile]

    @property
    def size_bytes(self) -> int:
        return sum(each.size_bytes for each in self.files)


def parts_of(files: Iterable[PaperFile], most_bytes: int | None = None) -> list[Part]:
    """All files in their order, in as few parts of at most so many bytes as that order allows."""
    most = PART_BYTES if most_bytes is None else most_bytes
    parts: list[list[PaperFile]] = []
    left = 0
    for each in files:
        if not parts or each.size_bytes > left:
            parts.append([])
            left = most
        parts[-1].append(each)
        left -= each.size_bytes
    return [Part(number, part) for number, part in enumerate(parts, 1)]


async def papers_of(tenant_id: UUID, shipment_id: UUID, language: str) -> Papers:
    """What the page shows; NotFound where the shipment is gone."""
    head = await db.fetchrow(_HEAD, tenant_id, shipment_id)
    if head is None:
        raise NotFound
    words = Words(language)
    lines = await db.fetch(delivery_note.LINES, tenant_id, shipment_id)
    lots = {row["id"]: dict(row) for row in await db.fetch(_LOTS, tenant_id, shipment_id)}
    reports = await _report_rows(tenant_id, lots, language)
    reported = {lot_id for row in reports for lot_id in row["lots"]}
    licences = await _licence_rows(tenant_id, lots)
    return Papers(
        head["shipment_no"], head["delivery_note"] or "", head["sender"], head["receiver"], head["outlet"] or "",
        head["vehicle"] or "", head["seal"] or "",
        delivery_note.temperature_text(head["temperature_low"], head["temperature_high"], head["temperature_unit"]),
        head["departed_at"], [delivery_note.line_facts(n, dict(line), words) for n, line in enumerate(lines, 1)],
        [
            Report(
                row["id"], row["number"], row["version"], row["issued_at"], words.named(row), row["lot_no"],
                [lots[each]["lot_no"] for each in row["lots"] if lots[each]["lot_no"] != row["lot_no"]],
            )
            for row in reports
        ],
        [lot["lot_no"] for lot_id, lot in lots.items() if lot["kind"] != "package" and lot_id not in reported],
        [Licence(row["id"], row["kind"], row["number"], row["valid_to"], row["digest"] is not None) for row in licences],
        [lot["lot_no"] for lot in lots.values() if lot["recalled"]],
        [lot["lot_no"] for lot in lots.values() if lot["held"] and not lot["recalled"]],
        parts_of((await files_of(tenant_id, shipment_id, language)).values()),
        await _handling(tenant_id, lots.values(), words),
    )  # fmt: skip


async def _handling(tenant_id: UUID, lots: Iterable[Mapping[str, Any]], words: Words) -> list[Handling]:
    """By product, in the reader's language where the sender wrote in it."""
    names = {lot["product_id"]: words.named(lot) for lot in lots}
    told = await content.for_receivers(tenant_id, names)
    found = []
    for product_id, page in told.items():
        pack = page.get("pack") or {}
        handling, place = _said(page, "handling", words.language), _said(pack, "code_place", words.language)
        if handling or place:
            found.append(Handling(names[product_id], handling, place))
    return sorted(found)


def _said(part: Mapping[str, Any], name: str, language: str) -> str:
    english = part.get(f"{name}_en") if language == "en" else None
    return str(english or part.get(name) or "")


async def _report_rows(tenant_id: UUID, lots: Mapping[UUID, Any], language: str) -> Sequence[Mapping[str, Any]]:
    return [dict(row) for row in await db.fetch(_REPORTS, tenant_id, list(lots), language)]


async def _licence_rows(tenant_id: UUID, lots: Mapping[UUID, Mapping[str, Any]]) -> Sequence[Mapping[str, Any]]:
    rows = await db.fetch(_LICENCES, tenant_id, list({lot["product_id"] for lot in lots.values()}))
    return [dict(row) for row in rows]


async def files_of(tenant_id: UUID, shipment_id: UUID, language: str) -> dict[UUID, PaperFile]:
    """Every file that the page offers, by the id of its report or licence; anything else is not to be had."""
    lots = {row["id"]: dict(row) for row in await db.fetch(_LOTS, tenant_id, shipment_id)}
    found: dict[UUID, tuple[str, str, bytes]] = {}
    for row in await _report_rows(tenant_id, lots, language):
        name = f"{row['number']}-V{row['version']}_{row['lot_no']}.pdf"
        found[row["id"]] = (name, vault.PDF, row["pdf_digest"])
    for row in await _licence_rows(tenant_id, lots):
        if row["digest"] is not None:
            name = f"{row['kind']}_{row['number']}.{_SUFFIX[row['media_type']]}"
            found[row["id"]] = (name, row["media_type"], row["digest"])
    sizes = await vault.sizes(tenant_id, [digest for _, _, digest in found.values()])
    return {file_id: PaperFile(*file, sizes[file[2]]) for file_id, file in found.items()}


async def read_paper(
    tenant_id: UUID, box: FileBox, shipment_id: UUID, file_id: UUID, language: str
) -> tuple[PaperFile, bytes]:
    """One of these files; NotFound for any other of the enterprise."""
    wanted = (await files_of(tenant_id, shipment_id, language)).get(file_id)
    if wanted is None:
        raise NotFound
    return wanted, await vault.fetch(tenant_id, box, wanted.digest)


async def all_papers(
    tenant_id: UUID, box: FileBox, shipment_id: UUID, language: str, number: int
) -> tuple[int, list[tuple[str, bytes]]]:
    """How many parts there are, and (name, bytes) of what is in this one. Where there are several, each holds a list that
    says which file is in which part. NotFound for a part that there is not."""
    parts = parts_of((await files_of(tenant_id, shipment_id, language)).values())
    part = next((each for each in parts if each.number == number), None)
    if part is None:
        raise NotFound
    files = [(each.name, await vault.fetch(tenant_id, box, each.digest)) for each in part.files]
    if len(parts) > 1:
        files.insert(0, (text("receiver.contents_file", language), _contents(parts, number, language)))
    return len(parts), files


def _contents(parts: Sequence[Part], here: int, language: str) -> bytes:
    lines = [text("receiver.contents_head", language, part=here, parts=len(parts))]
    for part in parts:
        lines += ["", text("receiver.part", language, part=part.number, parts=len(parts), count=len(part.files))]
        lines += [f"  {each.name}" for each in part.files]
    return "\r\n".join(lines).encode("utf-8-sig")  # readers on any system


def zip_of(files: Sequence[tuple[str, bytes]]) -> bytes:
    """One file of all; no name in it leads out of its folder, and none comes twice."""
    out, used = io.BytesIO(), set[str]()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_STORED) as archive:
        for number, (name, body) in enumerate(files, 1):
            safe = "".join(each if each.isprintable() and each not in '/\\:*?"<>|' else "_" for each in name).lstrip(
                "."
            )
            safe = safe if safe not in used else f"{number}_{safe}"
            used.add(safe)
            archive.writestr(zipfile.ZipInfo(safe, _FIXED_DATE), body)
    return out.getvalue()
