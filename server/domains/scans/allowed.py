"""What of a lot may be published: the product's allow-list, applied to the snapshot before it is stored."""

from collections.abc import Collection
from typing import Any, Final

STANDARD: Final = (
    "product", "producer", "lot", "materials.name", "materials.origin", "materials.received_at", "materials.verdict",
    "inspections", "reports", "certificates", "logistics",
)  # fmt: skip
"""What an empty list stands for. Suppliers' names and lot numbers are published only where the enterprise says so."""

ALWAYS: Final = ("product.name", "product.name_en", "lot.lot_no", "lot.expires_at")
"""Whoever holds the goods reads these on the pack."""

PARTS: Final = ("product", "producer", "lot", "materials", "inspections", "reports", "certificates", "logistics")


def apply(allow: Collection[str], content: dict[str, Any]) -> dict[str, Any]:
    """`content` with the allowed parts (`materials`) and fields of parts (`materials.origin`) alone. A field brings its
    English words along."""
    names = {*(allow or STANDARD), *ALWAYS}
    names |= {f"{name}_en" for name in names if "." in name}
    kept: dict[str, Any] = {}
    for part in PARTS:
        value = content.get(part)
        if value is None or not any(name.partition(".")[0] == part for name in names):
            continue
        kept[part] = value if part in names else _fields(part, names, value)
    return kept


def _fields(part: str, names: Collection[str], value: Any) -> Any:
    if isinstance(value, list):
        return [_fields(part, names, each) for each in value]
    return {field: each for field, each in value.items() if f"{part}.{field}" in names}
