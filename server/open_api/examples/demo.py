"""What the demo's objects are called: their ids are the same on every installation (`workers/seed` makes them in order).

Who changes what the seed makes, or its order, brings these up to date; every example is sent to a demo by its test.
"""

from collections.abc import Mapping
from typing import Final

from server.http.paging import encode_cursor


def _pharma(number: int) -> str:
    return f"019b76da-a800-7000-8001-{number:012x}"


def _dairy(number: int) -> str:
    return f"019b76da-a800-7000-8002-{number:012x}"


def _material(number: int) -> str:
    return f"019b76da-a800-7000-8020-{number:012x}"


DAIRY = _dairy(1)
DAIRY_NAME = "杭州云畦岭乳业有限公司（演示）"
PHARMA = _pharma(1)
PHARMA_VIEWER = _pharma(8)


def _inspected(number: int) -> str:
    return f"019b76da-a800-7000-8030-{number:012x}"


def _failed(number: int) -> str:
    return f"019b76da-a800-7000-8031-{number:012x}"


def _urgent(number: int) -> str:
    return f"019b76da-a800-7000-8032-{number:012x}"


def _said(number: int) -> str:
    return f"019b76da-a800-7000-8038-{number:012x}"


COMPLAINT, COMPLAINT_OF_NOBODY = _said(1), _said(4)
COMPLAINT_ENTRY = _said(0xFFFF)

AUTHORITY = "019b76da-a800-7000-8003-000000000001"
INSPECTOR, VIEWER = _dairy(6), _dairy(8)
FARM, PACKER = _dairy(0x0F), _dairy(0x11)
RAW_MILK, BASE, MILK = _dairy(0x13), _dairy(0x18), _dairy(0x19)
CUPS = _dairy(0x15)
BOTTLING, FERMENTING = _dairy(0x1D), _dairy(0x1E)
FARM_CERTIFICATE = _dairy(0x21)
CUSTOMER, OUTLET = _dairy(0x26), _dairy(0x27)
SITE, LINE, COLD_STORE = _dairy(0x2A), _dairy(0x2C), _dairy(0x2D)
THERMOMETER, LOGGER = _dairy(0x2F), _dairy(0x31)
APPEARANCE, FAT = _dairy(0x33), _dairy(0x34)
FAT_OF_MILK = _dairy(0x59)  # a specification
INCOMING_FORM, MATERIALS_FORM = _dairy(0x79), _dairy(0x7B)
YOGHURT_PICTURE = _dairy(0x84)
ITEM_RULE = _dairy(0x85)
BOTTLES_LOT, CUPS_LOT, CULTURE_LOT = _dairy(0x89), _dairy(0x8C), _dairy(0x8F)
EXPIRED_MILK_LOT = _dairy(0xA3)
BASE_LOT_OF_LAST_WEEK, BASE_LOT = _dairy(0xB8), _dairy(0x122)
REWORKED_YOGHURT_LOT = _dairy(0xD1)
RECALL = _dairy(0x112)
MILK_LOT = _dairy(0x128)  # released, in the shops and in the store
MILK_RECORD, MILK_OPERATION = _dairy(0x12D), _dairy(0x129)
WAITING_YOGHURT_LOT = _dairy(0x131)  # a result is missing
CUPS_INTO_YOGHURT = _dairy(0x134)  # a link
FAILED_MILK_LOT, FAILED_MILK_HOLD = _dairy(0x138), _dairy(0x13E)
CODE_ORDER = _dairy(0x13F)
PALLET_LOT, CASE_ON_PALLET = _dairy(0x1A5), _dairy(0x1A6)  # the case: a link
DEPARTED_SHIPMENT, LOADED_SHIPMENT = _dairy(0x161), _dairy(0x1AC)
MILK_LINE, CODED_LINE = _dairy(0x1AA), _dairy(0x1AB)
NEW_CUPS_LOT = _dairy(0x1AE)  # tested, not released

SAMPLED_PLAN, RETIRING_PLAN = _inspected(1), _inspected(3)
RECORD_TO_CHECK, PARTLY_INSPECTED = _inspected(0x0A), _inspected(0x1A)
CUP, CULTURE, YOGHURT = _dairy(0x15), _dairy(0x16), _dairy(0x1A)
RECIPE, RECIPE_VERSION = _material(0x01), _material(0x02)
CHARGED_YOGHURT_LOT, PLANNED_YOGHURT_LOT = _material(0x06), _material(0x07)
EXPECTED_DELIVERY, LINKED_DELIVERY, ANNOUNCED_DELIVERY = _material(0x0B), _material(0x0D), _material(0x10)
ANNOUNCED_LINE = _material(0x13)
SIGNATURE, HANDOVER_SHIPMENT, HANDOVER_LINE = _material(0x14), _material(0x16), _material(0x15)
SAMPLE, OLD_SAMPLE = _material(0x18), _material(0x1C)
URGENT_REQUEST = _urgent(2)
NEW_BASE_LOT = _urgent(3)  # not released
NONCONFORMITY, REWORKED_NONCONFORMITY = _failed(4), _failed(0x0D)
PROPOSED_DISPOSITION, APPROVED_DISPOSITION, WITHDRAWN_DISPOSITION = _failed(6), _failed(7), _failed(9)
REWORKED_DISPOSITION = _failed(0x0F)
FAILED_CALIBRATION = _failed(0x15)  # of the thermometer


def _phone(number: int) -> str:
    return f"019b76da-a800-7000-8036-{number:012x}"


TERMINAL, BADGE, PHOTO = _phone(1), _phone(2), _phone(4)
ENTRY_CONFLICT, HANDED_OVER = _phone(0x0A), _phone(0x0B)
RUNNING_OPERATION = "019b76da-a800-7000-8039-000000000001"
PAGE_DRAFT = "019b76da-a800-7000-8035-000000000004"

NOBODYS = "019b76da-a800-7000-8000-000000000000"  # of what the seed does not make

PARAMETERS: Final[Mapping[str, str]] = {
    "complaints": COMPLAINT,
    "verification-files": NOBODYS,
    "recalls.product": "鲜牛奶",
    "recalls.gtin": "6901234567892",
    "recalls.lot": "20260310A",
    "recalls.produced_on": "2026-03-10",
    "recalls.expires_on": "2026-03-31",
    "recalls.serial": "SN-0001",
    "accounts": PHARMA_VIEWER,
    "attachments": YOGHURT_PICTURE,
    "authorities": AUTHORITY,
    "certificates": FARM_CERTIFICATE,
    "characteristics": APPEARANCE,
    "code-orders": CODE_ORDER,
    "code-rules": ITEM_RULE,
    "customers": CUSTOMER,
    "devices": THERMOMETER,
    "forms": INCOMING_FORM,
    "holds": FAILED_MILK_HOLD,
    "lines": CODED_LINE,
    "inspection-plans": SAMPLED_PLAN,
    "inspections": PARTLY_INSPECTED,
    "links": CUPS_INTO_YOGHURT,
    "lots": MILK_LOT,
    "operations": MILK_OPERATION,
    "outlets": OUTLET,
    "places": COLD_STORE,
    "products": MILK,
    "page-contents": PAGE_DRAFT,
    "page_content_id": PAGE_DRAFT,
    "publications": MILK_LOT,
    "deliveries": EXPECTED_DELIVERY,
    "recalls": RECALL,
    "recipes": RECIPE,
    "retained-samples": SAMPLE,
    "records": MILK_RECORD,
    "shipments": LOADED_SHIPMENT,
    "sites": SITE,
    "specifications": FAT_OF_MILK,
    "steps": BOTTLING,
    "suppliers": FARM,
    "templates": "material_lots",
    "terminals": TERMINAL,
    "badges": BADGE,
    "phones": NOBODYS,
    "photos": PHOTO,
    "conflicts": ENTRY_CONFLICT,
    "handovers": HANDED_OVER,
    "inspection_id": PARTLY_INSPECTED,
    "lookup.last": "0000",
    "day": "2026-03-15",
    "badge_id": BADGE,
    "urgent-requests": URGENT_REQUEST,
    "tenants": PHARMA,
    "users": VIEWER,
    "from": "2026-01-01",
    "to": "2026-12-31",
    "customer_id": CUSTOMER,
    "delivery_id": ANNOUNCED_DELIVERY,
    "device_id": THERMOMETER,
    "calibration_id": FAILED_CALIBRATION,
    "dispositions": PROPOSED_DISPOSITION,
    "nonconformities": NONCONFORMITY,
    "enterprise": DAIRY,
    "aql": "1.0",
    "lot_id": MILK_LOT,
    "lot_size": "2000",
    "plan_id": SAMPLED_PLAN,
    "outlet_id": OUTLET,
    "place_id": COLD_STORE,
    "product_id": MILK,
    "shipment_id": LOADED_SHIPMENT,
    "site_id": SITE,
    "supplier_id": FARM,
    "subject_id": MILK_LOT,
    "actor_id": INSPECTOR,
    "authorization.page": "/m/sign-in",
    "page-configuration.page": "/m/scan",
    "invitations": "01a20470-0000-7000-8000-000000000001",  # as every installation makes its own
    "identities": "01a20470-0000-7000-8000-000000000002",
    "disposition_id": APPROVED_DISPOSITION,
    "object_id": MILK_LOT,
    "object_type": "lot",
    "action": "lot.created",
    "since": "2026-01-01T00:00:00+08:00",
    "until": "2030-01-01T00:00:00+08:00",
    "at": "2026-03-15T08:00:00+08:00",
    "received_from": "2026-01-01T00:00:00+08:00",
    "received_to": "2030-01-01T00:00:00+08:00",
    "lots.received_from": "2026-01-01",
    "lots.received_to": "2030-01-01",
    "produced_from": "2026-01-01",
    "produced_to": "2030-01-01",
    "expires_from": "2026-01-01",
    "expires_to": "2030-01-01",
    "day_from": "2026-01-01",
    "day_to": "2030-01-01",
    "suppliers.code": "FARM1",
    "customers.code": "DIST1",
    "devices.code": "TT-101",
    "sku": "MILK950",
    "gtin": "9520000000103",
    "forms.stage": "material",
    "lots.kind": "finished",
    "lots.state": "released",
    "products.kind": "finished",
    "after": encode_cursor([MILK_LOT]),
    "errors.after": encode_cursor([1]),
    "inspections.after": encode_cursor(["2026-01-01T00:00:00+08:00", MILK_LOT]),
    "working-days.after": encode_cursor(["2026-01-01", MILK_LOT]),
    "results.after": encode_cursor([MILK_RECORD, 1]),
    "scans.after": encode_cursor(["2030-01-01T00:00:00+08:00", 1]),
    # What differs from demo to demo is read from the one that is served; elsewhere these stand for one's own.
    "lot_no": "M20260315A1",
    "supplier_lot_no": "YQL-0315",
    "produced_on": "2026-03-15",
    "code": "1A7K2M4QXR9TBC3DW5HE",
    "codes": "1A7K2M4QXR9TBC3DW5HE",
    "q": "M20260315A1",
    "order_no": "SN20260315-01",
    "production_order": "SC20260315-1",
    "purchase_order": "CG20260315-1",
    "delivery_note": "SN20260315-01",
    "customer_order": "DD20260315-1",
    "shipment_no": "CK20260315-1",
    "delivery_no": "DH20260315-1",
    "number": "JY20260315-1",
    **dict.fromkeys(("api-keys", "documents", "document-templates", "imports", "receiver-links", "sessions"), NOBODYS),
    **dict.fromkeys(("jurisdictions", "supplier-returns"), NOBODYS),
}
"""Examples of parameters: of a path by the word before it (`/lots/{id}`), of a query by name; `customers.code` of one list."""
