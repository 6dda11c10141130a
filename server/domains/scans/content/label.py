"""The label of a prepacked food: which items GB 7718-2025 asks for, what is missing, and every change of it.

Items are known by their printed names. The label's versions are read from the trail, which keeps what, who and when of
each change and cannot be edited; there is no second copy.
"""

import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final, NamedTuple
from uuid import UUID

from server.core import db
from server.domains.scans.corrections import Change

ITEMS: Final[dict[str, re.Pattern[str]]] = {
    name: re.compile(pattern)
    for name, pattern in {
        "ingredients": r"配料|原料与辅料",
        "allergens": r"致敏|过敏",
        "net_content": r"净含量|规格",
        "storage": r"贮存|储存|保存条件|保存方法",
        "contact": r"联系|电话|热线",
        "nutrition": r"营养成分|营养标签",
        "shelf_life": r"保质期",
        "maker": r"^(?:生产者|生产商|制造商|委托方|受委托方|经销者)",
    }.items()
}
"""What a line of a label is, by the words that its printed name holds; the first that fits."""

_ASKED: Final = ("ingredients", "net_content", "storage", "contact", "nutrition", "allergens")
FACTS: Final = ("name", "name_en", "spec", "category", "standard", "standard_edition", "gtin", "shelf_life_days")
"""Fields of a product that its label prints, besides the lines of `label`."""


def item_of(name: str) -> str | None:
    """Which item of a food label a line of this printed name is; None for any other."""
    return next((item for item, words in ITEMS.items() if words.search(name)), None)


def items_missing(content: Mapping[str, Any]) -> list[str]:
    """Of what publishing would show: the items a food label must have that nothing says. Some foods are exempt from
    some, so this is told and never refused."""
    product, producer, lot = (content.get(name) or {} for name in ("product", "producer", "lot"))
    said = {item_of(line["name"]) for line in product.get("label") or ()}
    held = {
        "name": product.get("name"),
        "standard": product.get("standard"),
        "producer": producer.get("name"),
        "address": producer.get("address"),
        "licence_no": producer.get("licence_no"),
        "produced_at": lot.get("produced_at"),
        "expires_at": lot.get("expires_at"),
    }
    missing = [name for name, value in held.items() if not value]
    if "net_content" not in said and product.get("spec"):
        said.add("net_content")
    return missing + [item for item in _ASKED if item not in said]


class LabelVersion(NamedTuple):
    """One change of what the label says: who, when, and each value before (None: absent) and after."""

    version: int
    at: datetime
    actor_name: str
    changes: list[Change]


PRODUCER: Final = ("name", "address")
"""Of the enterprise, which a label prints too."""

_TRAIL = """
SELECT object_type, at, actor_name, before::text AS before, after::text AS after FROM audit_entry
WHERE tenant_id = $1 AND (object_type = 'product' AND object_id = $2 AND action IN ('product.created', 'product.changed')
                          OR object_type = 'tenant' AND object_id = $1::text AND action IN ('tenant.created', 'tenant.changed'))
ORDER BY id
"""


async def label_versions(tenant_id: UUID, product_id: UUID) -> list[LabelVersion]:
    """Newest first; the first is what the product was entered with, and the producer of that day. What the producer is called,
    and where he is, counts from then on, whoever changed it."""
    trail = [_Step(row) for row in await db.fetch(_TRAIL, tenant_id, str(product_id))]
    producer = await _producer_at_first(tenant_id, trail)
    found: list[LabelVersion] = []
    for step in trail:
        if step.is_product:
            made = _changes(step.old, step.new)
            if made and not found:
                made += [Change(("producer", name), None, value) for name, value in producer.items() if value]
        else:
            made = _producer_changes(step, producer) if found else []
            producer |= {name: _text(step.new[name]) for name in PRODUCER if name in step.new}
        if made:
            found.append(LabelVersion(len(found) + 1, step.at, step.actor_name, made))
    return found[::-1]


class _Step:
    """One entry of the trail."""

    def __init__(self, row: Any) -> None:
        self.is_product: bool = row["object_type"] == "product"
        self.at: datetime = row["at"]
        self.actor_name: str = row["actor_name"]
        self.old: dict[str, Any] = db.loads(row["before"]) or {}
        self.new: dict[str, Any] = db.loads(row["after"]) or {}


async def _producer_at_first(tenant_id: UUID, trail: Sequence[_Step]) -> dict[str, str | None]:
    """As the producer was before anything in this trail: what the first change of a field replaced, else what it is now."""
    row = await db.fetchrow("SELECT name, address FROM tenant WHERE id = $1", tenant_id)
    found = {name: _text(row and row[name]) for name in PRODUCER}
    for step in reversed(trail):
        if not step.is_product:
            found |= {name: _text(step.old[name]) for name in PRODUCER if name in step.old}
    return found


def _producer_changes(step: _Step, before: Mapping[str, str | None]) -> list[Change]:
    said = {name: _text(step.new[name]) for name in PRODUCER if name in step.new}
    return [Change(("producer", name), before[name], new) for name, new in said.items() if new != before[name]]


def _changes(old: Mapping[str, Any], new: Mapping[str, Any]) -> list[Change]:
    facts = [
        Change((name,), _text(old.get(name)), _text(new[name]))
        for name in FACTS
        if name in new and old.get(name) != new[name]
    ]
    before, after = _lines(old.get("label")), _lines(new["label"] if "label" in new else old.get("label"))
    names = [*after, *(name for name in before if name not in after)]
    lines = [
        Change(("label", name), before.get(name), after.get(name))
        for name in names
        if before.get(name) != after.get(name)
    ]
    return facts + lines


def _lines(label: Sequence[Mapping[str, str]] | None) -> dict[str, str]:
    return {line["name"]: line["value"] for line in label or ()}


def _text(value: Any) -> str | None:
    return None if value in (None, "") else str(value)
