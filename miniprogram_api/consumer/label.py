"""The digital label of a food: the items of its printed label as plain text, in the order in which GB 7718-2025 names them."""

import re
from collections.abc import Iterator
from typing import Final, NamedTuple

from pydantic import BaseModel

from i18n import format_date, text
from miniprogram_api.consumer.snapshot import Snapshot
from server.domains.scans import content

_BEFORE_DATES: Final = ("ingredients", "allergens", "net_content")
_AFTER_DATES: Final = ("shelf_life", "storage", "maker")
_LAST: Final = ("contact",)
_BETWEEN: Final = re.compile(r"\s*[·；;]\s*")
_ROW: Final = re.compile(r"(\S.*?)\s+([<＜≤]?\s*\d[\d.,]*\s*[^\s\d]\S*?)(?:\s+(\d+(?:\.\d+)?\s*%))?")


class Item(NamedTuple):
    """One item. `key` names the text `scan.food.<key>`, `name` is the printed one; where both are there, the text serves
    readers of other languages. `printed`: the value stands in Chinese on the pack."""

    key: str | None
    name: str | None
    value: str
    printed: bool = True


class Nutrient(BaseModel):
    """A row of the nutrition table: what, how much, and its share of the reference value (None: there is none)."""

    name: str
    amount: str
    share: str | None


class Nutrition(BaseModel):
    """`rows` is empty where the printed text is no list of nutrients: `text` is shown as it is."""

    name: str
    text: str
    rows: list[Nutrient]


class LabelLine(BaseModel):
    """One item as it is shown: its name in the reader's language, its value as printed."""

    name: str
    value: str


class DigitalLabel(BaseModel):
    """What the first screen of a food shows, in order; a nutrition table without rows is its text."""

    items: list[LabelLine]
    nutrition: Nutrition | None


def digital_label(snapshot: Snapshot, language: str) -> DigitalLabel | None:
    """None where the page is not arranged as one."""
    if not snapshot.arranged.digital_label:
        return None
    named = [(item, text(f"scan.food.{item.key}", language) if item.key else "") for item in items_of(snapshot)]
    lines = [
        LabelLine(name=word if word and (language == "en" or not item.name) else item.name or "", value=item.value)
        for item, word in named
    ]
    return DigitalLabel(items=lines, nutrition=nutrition_of(snapshot))


def items_of(snapshot: Snapshot) -> list[Item]:
    """All of them but nutrition; nothing that was not published."""
    product, lot, producer = snapshot.product, snapshot.lot, snapshot.producer
    lines: dict[str | None, list[Item]] = {}
    for line in product.label:
        if line.name and line.value:
            kind = content.item_of(line.name)
            lines.setdefault(kind, []).append(Item(kind, line.name, line.value))
    standard = "-".join(filter(None, (product.standard, product.standard_edition)))
    spec = product.spec if "net_content" not in lines else None
    found = [
        _fact("name", product.name),
        *_of(lines, _BEFORE_DATES),
        _fact("net_content", spec),
        _fact("produced_at", format_date(lot.produced_at) if lot.produced_at else None, printed=False),
        _fact("expires_at", format_date(lot.expires_at) if lot.expires_at else None, printed=False),
        *_of(lines, _AFTER_DATES),
        _fact("producer", producer.name),
        _fact("address", producer.address),
        *_of(lines, _LAST),
        _fact("licence_no", producer.licence_no, printed=False),
        _fact("standard", standard, printed=False),
        _fact("category", product.category),
        *lines.get(None, ()),
    ]
    return [item for item in found if item is not None]


def nutrition_of(snapshot: Snapshot) -> Nutrition | None:
    """The nutrition table, where the label has one."""
    for line in snapshot.product.label:
        if line.name and line.value and content.item_of(line.name) == "nutrition":
            return Nutrition(name=line.name, text=line.value, rows=_rows(line.value))
    return None


def _of(lines: dict[str | None, list[Item]], kinds: tuple[str, ...]) -> Iterator[Item]:
    for kind in kinds:
        yield from lines.get(kind, ())


def _fact(key: str, value: str | None, *, printed: bool = True) -> Item | None:
    return Item(key, None, value, printed) if value else None


def _rows(value: str) -> list[Nutrient]:
    """Every part must read as a nutrient; else none is torn apart."""
    found = [_ROW.fullmatch(part) for part in _BETWEEN.split(value.strip(" ·；;。")) if part]
    rows = [Nutrient(name=match[1], amount=match[2], share=match[3]) for match in found if match]
    return rows if len(rows) == len(found) > 1 else []
