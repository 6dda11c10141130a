"""The snapshot of a lot or a shipment, as JSON-ready values: days and moments in ISO 8601, numbers as text."""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, Final
from uuid import UUID

from server.core import db
from server.core.clock import EDGE
from server.domains import quality
from server.domains.scans import allowed, sources
from server.domains.scans.content.reading import PageContent, frozen, hidden_blocks
from server.domains.scans.sources import Row

LANGUAGE = "zh_CN"
"""Results and limits are written in Chinese: what is published is one text, whoever reads it."""

PUBLIC_FILES = "/files"
PARTS_OF: Final = {
    "inspections": ("inspections",), "materials": ("materials",), "logistics": ("logistics",), "producer": ("producer",),
    "documents": ("reports", "certificates"),
}  # fmt: skip
"""The parts of a publication that a block of the page shows; they stay away with it."""


async def of_lot(tenant_id: UUID, lot: Row, page: PageContent | None) -> dict[str, Any]:
    """Everything the product's allow-list lets out, arranged by `page` (None: as everybody's); `files` names the
    digests that may be fetched."""
    files = await sources.files(tenant_id, lot["id"])
    certificates = await sources.certificates(tenant_id, lot["product_id"])
    content = {
        "product": _product(lot, files),
        "producer": _producer(lot, certificates),
        "lot": _lot(lot),
        "materials": [_material(row) for row in await sources.materials(tenant_id, lot["id"])],
        "inspections": await _inspections(tenant_id, lot["id"]),
        "reports": [_report(lot["id"], row) for row in files if row["kind"] == "inspection_report"],
        "certificates": [_certificate(row) for row in certificates],
    }
    if (shipment_id := await sources.only_shipment(tenant_id, lot["id"])) is not None:
        content["logistics"] = [await leg(tenant_id, await sources.shipment(tenant_id, shipment_id))]
    kept = allowed.apply(lot["publish_allow"], content)
    if page is not None:
        kept["page"] = await frozen(tenant_id, page, f"{PUBLIC_FILES}/{lot['id']}")
        leave_out(kept)
    kept["files"] = sorted({url.rpartition("/")[2] for url in _addresses(kept)})
    return kept


def leave_out(content: dict[str, Any]) -> None:
    """Drop the parts whose block the page does not show."""
    for block in hidden_blocks(content["page"]) if content.get("page") else ():
        for part in PARTS_OF.get(block, ()):
            content.pop(part, None)


def _addresses(value: Any) -> Iterator[str]:
    """Of every file that is named anywhere in it."""
    for each in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from _addresses(each)
    if isinstance(value, dict) and str(value.get("url") or "").startswith(f"{PUBLIC_FILES}/"):
        yield value["url"]


async def leg(tenant_id: UUID, shipment: Row) -> dict[str, Any]:
    """One move of the goods, with its temperatures where any were recorded."""
    readings = await sources.temperatures(tenant_id, shipment["id"])
    found: dict[str, Any] = {
        "from": shipment["origin"],
        "to": shipment["destination"],
        "departed_at": _iso(shipment["departed_at"]),
        "arrived_at": _iso(shipment["received_at"]),
    }
    if readings:
        found["temperature"] = {
            "unit": "℃",
            "limit_low": _plain(shipment["temperature_low"]),
            "limit_high": _plain(shipment["temperature_high"]),
            "points": [[_iso(row["at"]), _plain(row["value"])] for row in readings],
        }
    return found


def last_day(expires_at: datetime | None) -> str | None:
    """The last day at the edge on which goods that expire at this moment are good."""
    return (expires_at - timedelta(microseconds=1)).astimezone(EDGE).date().isoformat() if expires_at else None


def _product(lot: Row, files: Sequence[Row]) -> dict[str, Any]:
    names = ("name", "name_en", "spec", "brand", "gtin", "standard", "standard_edition", "category", "category_en")
    images = [
        {"url": _url(lot["id"], row), "alt": row["title"] or lot["name"]}
        for row in files
        if row["kind"] == "photo" and row["media_type"].startswith("image/")
    ]
    return {**{name: lot[name] for name in names}, "images": images, "label": db.loads(lot["label"])}


def _producer(lot: Row, certificates: Sequence[Row]) -> dict[str, Any]:
    licences = [row["number"] for row in certificates if row["product_id"] is None and "许可" in row["kind"]]
    return {
        "name": lot["tenant_name"],
        "credit_code": lot["credit_code"],
        "address": lot["address"],
        "licence_no": licences[0] if licences else None,
    }


def _certificate(row: Row) -> dict[str, Any]:
    return {
        "kind": row["kind"],
        "kind_en": row["kind_en"],
        "number": row["number"],
        "valid_to": _iso(row["valid_to"]),
    }


def _lot(lot: Row) -> dict[str, Any]:
    return {
        "lot_no": lot["lot_no"],
        "produced_at": _iso(lot["produced_on"]),
        "expires_at": last_day(lot["expires_at"]),
        "quantity": _plain(lot["quantity"]),
        "unit": lot["unit"],
    }


def _material(row: Row) -> dict[str, Any]:
    return {
        "name": row["name"],
        "name_en": row["name_en"],
        "supplier": row["supplier"],
        "origin": row["origin"],
        "lot_no": row["lot_no"],
        "received_at": _iso(row["received_at"]),
        "verdict": _verdict(row),
    }


def _verdict(row: Row) -> str:
    if row["fails"]:
        return "fail"
    return "pass" if row["records"] and not row["not_judged"] else "not_judged"


async def _inspections(tenant_id: UUID, lot_id: UUID) -> list[dict[str, Any]]:
    """The items by record, each beside its legal limit, else the customer's; an internal limit never gets here."""
    items = await quality.published_items(tenant_id, lot_id)
    names = await sources.form_names(tenant_id, list({item.record_id for item in items}))
    found: dict[UUID, dict[str, Any]] = {}
    for item in items:
        inspection = found.setdefault(
            item.record_id,
            {
                "name": names[item.record_id]["name"],
                "name_en": names[item.record_id]["name_en"],
                "method": item.method,
                "report_no": item.report_no,
                "inspected_at": _iso(item.tested_at),
                "items": [],
            },
        )
        if inspection["method"] != item.method:
            inspection["method"] = None  # several methods: none stands for all
        inspection["items"].append(_item(item))
    return sorted(found.values(), key=lambda inspection: (inspection["inspected_at"] or "", inspection["name"] or ""))


def _item(item: quality.PublishedItem) -> dict[str, Any]:
    """One item in both languages: what is published never changes, so no catalog may be asked later."""
    limit, name = (item.legal, "legal") if item.legal is not None else (item.customer, "customer")
    value = quality.result_text(item.result, None, LANGUAGE)
    unit = item.unit if any(each.isdigit() for each in value) else None
    return {
        "name": item.name,
        "name_en": item.name_en,
        "value": value,
        "value_en": quality.result_text(item.result, None, "en", item.choices_en),
        "unit": unit,
        "limit": None if limit is None else quality.limit_text(limit, None if unit else item.unit, LANGUAGE),
        "limit_en": None
        if limit is None
        else quality.limit_text(limit, None if unit else item.unit, "en", item.choices_en),
        "limit_set": None if limit is None else name,
        "standard": " ".join(filter(None, (item.standard, item.standard_edition))) or None,
        "verdict": str(item.verdict),
    }


def _report(lot_id: UUID, row: Row) -> dict[str, Any]:
    return {"title": row["title"] or row["file_name"], "digest": row["digest"], "url": _url(lot_id, row)}


def _url(lot_id: UUID, row: Row) -> str:
    return f"{PUBLIC_FILES}/{lot_id}/{row['digest']}"


def _iso(moment: Any) -> str | None:
    return None if moment is None else str(moment.isoformat())


def _plain(number: Decimal | None) -> str | None:
    return None if number is None else f"{number:f}"
