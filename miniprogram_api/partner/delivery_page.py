"""The page behind a supplier's link: one form, one lot at a time, no script. It shows this delivery's materials and what
was entered by this link's supplier, and nothing else of anybody."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, Literal

from server.http.pages import FORM_HEADERS, Pages, StaticFiles

FOLDER = Path(__file__).parent
STATIC = StaticFiles("/static/partner", FOLDER / "static")
PAGES = Pages([FOLDER / "templates"], STATIC)
HEADERS = FORM_HEADERS | {"Cache-Control": "no-store", "Vary": "Accept-Language", "X-Robots-Tag": "noindex"}

Message = Literal["ended", "wait", "away", "too_large"]


@dataclass(frozen=True, slots=True)
class Shown:
    """What the page may say: an allow-list. `number` is told once something was entered."""

    buyer: str
    supplier: str
    number: str | None
    link_expires_at: datetime
    materials: Sequence[Mapping[str, Any]]
    lines: Sequence[Mapping[str, Any]]

    @classmethod
    def of(cls, buyer: str, delivery: Mapping[str, Any]) -> "Shown":
        own = [line for line in delivery["lines"] if line["source"] == "supplier"]
        return cls(
            buyer, delivery["supplier_name"], delivery["delivery_no"] if own else None, delivery["link_expires_at"],
            [{name: item[name] for name in ("product_id", "product_name", "unit")} for item in delivery["items"]],
            [{name: line[name] for name in _LINE} for line in own],
        )  # fmt: skip


_LINE = ("product_name", "supplier_lot_no", "quantity", "unit", "produced_on", "expires_on", "report_id")


@dataclass(frozen=True, slots=True)
class Entry:
    """The form as it was sent, and what is wrong with which field."""

    given: Mapping[str, str] = field(default_factory=dict)
    wrong: Mapping[str, str] = field(default_factory=dict)
    saved: bool = False


def delivery_page(language: str, shown: Shown, entry: Entry, address: str, most_mebibytes: int) -> bytes:
    """The form in the reader's language; `address` is where it is sent."""
    return PAGES.render(
        "delivery.html", language, shown=shown, given=entry.given, wrong=entry.wrong, saved=entry.saved, address=address,
        most=most_mebibytes,
    ).encode()  # fmt: skip


def message_page(message: Message, language: str) -> bytes:
    """The same page for every link that answers nothing: unknown, expired, withdrawn, done."""
    return PAGES.render("message.html", language, message=message).encode()
