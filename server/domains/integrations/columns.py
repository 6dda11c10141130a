"""What a sheet of each kind consists of, and how a header row is understood: in Chinese, in English, or by our names."""

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Literal, NamedTuple

from i18n import has_key, text
from server.core.errors import FieldError

ImportKind = Literal["material_lots", "inspections", "consumption", "users"]
LANGUAGES = ("zh_CN", "en")
_NOT_READ = re.compile(r"[\s*＊_\-]+|[(（\[【].*?[)）\]】]")


class Column(NamedTuple):
    """One column: our name of it, and whether every row must fill it."""

    name: str
    required: bool = False


def _columns(required: str, optional: str, order: str) -> tuple[Column, ...]:
    needed, allowed = required.split(), optional.split()
    assert sorted(order.split()) == sorted(needed + allowed)
    return tuple(Column(name, name in needed) for name in order.split())


COLUMNS: dict[str, tuple[Column, ...]] = {
    "material_lots": _columns(
        "product_sku lot_no",
        "kind supplier supplier_lot_no quantity unit received_at produced_on expires_at purchase_order delivery_note"
        " production_order customer_order place released remark",
        "product_sku lot_no kind supplier supplier_lot_no quantity unit received_at produced_on expires_at"
        " purchase_order delivery_note production_order customer_order place released remark",
    ),
    "inspections": _columns(
        "form lot_no characteristic",
        "product_sku value value_unit sampled_at report_no operator checker",
        "form lot_no product_sku characteristic value value_unit sampled_at report_no operator checker",
    ),
    "consumption": _columns(
        "from_lot_no",
        "from_product_sku to_lot_no to_product_sku production_order quantity unit at",
        "from_lot_no from_product_sku to_lot_no to_product_sku production_order quantity unit at",
    ),
    "users": _columns(
        "username display_name roles", "phone workshop shift", "username display_name roles phone workshop shift"
    ),
}


@dataclass(frozen=True, slots=True)
class Layout:
    """Where a sheet has the columns of its kind: an index into its rows, None where it has none. `unread`: headers
    that mean nothing to us; they are named to the sender, never dropped in silence."""

    positions: tuple[int | None, ...]
    unread: tuple[str, ...]


def read_header(kind: str, cells: Sequence[object]) -> tuple[Layout | None, list[FieldError]]:
    """The layout, or why the header row is refused: a required column missing, or one given twice."""
    columns, words = COLUMNS[kind], _words(kind)
    found: dict[str, int] = {}
    unread, errors = [], []
    for index, cell in enumerate(cells):
        title = str(cell).strip()
        name = words.get(normal(title))
        if name is None:
            unread += [title[:80]] if title else []
        elif name in found:
            errors.append(FieldError(name, "import_column_twice"))
        else:
            found[name] = index
    errors += [
        FieldError(each.name, "import_column_missing") for each in columns if each.required and each.name not in found
    ]
    if errors:
        return None, errors
    return Layout(tuple(found.get(each.name) for each in columns), tuple(unread)), []


def normal(title: str) -> str:
    """A header as it is compared: width, case, blanks, marks and remarks in brackets do not matter."""
    return _NOT_READ.sub("", unicodedata.normalize("NFKC", title)).casefold()


@cache
def _words(kind: str) -> dict[str, str]:
    words: dict[str, str] = {}
    for column in COLUMNS[kind]:
        titles = [column.name]
        for language in LANGUAGES:
            titles.append(title_of(column.name, language))
            if has_key(f"import.alias.{column.name}", language):
                titles += text(f"import.alias.{column.name}", language).split("|")
        for title in titles:
            words.setdefault(normal(title), column.name)
    return words


def title_of(name: str, language: str) -> str:
    """The header of a column as a person reads it."""
    return text(f"import.column.{name}", language)


def example_of(kind: str, language: str) -> tuple[str, ...]:
    """The row that a template shows as its example; read back, it is skipped."""
    return tuple(text(f"import.example.{kind}.{column.name}", language) for column in COLUMNS[kind])
