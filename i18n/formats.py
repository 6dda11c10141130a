"""Dates, times and quantities as people read them. UTC ends here: everything is shown in China time."""

from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from i18n.catalog import has_key, text
from i18n.retelling import retold

SHANGHAI = ZoneInfo("Asia/Shanghai")
_TWO = tuple(f"{number:02d}" for number in range(60))


def format_datetime(value: datetime, *, seconds: bool = False) -> str:
    """Return ``2026-03-01 08:05`` (China time) for an aware datetime; a naive one is refused.

    The same digits in both languages: it is what labels print (GB 7718-2025) and nobody misreads it.
    """
    if value.tzinfo is None:
        raise ValueError("a time without a zone")
    here, two = value.astimezone(SHANGHAI), _TWO  # a table: every scan shows a time, and isoformat takes twice as long
    text = f"{here.year:04d}-{two[here.month]}-{two[here.day]} {two[here.hour]}:{two[here.minute]}"
    return f"{text}:{two[here.second]}" if seconds else text


def format_date(value: date | datetime) -> str:
    """Return ``2026-03-01``; a datetime gives its day in China."""
    return format_datetime(value)[:10] if isinstance(value, datetime) else value.isoformat()


def readable(params: Mapping[str, Any], language: str | None = None) -> dict[str, Any]:
    """What fills a text, with moments and days as people read them, and sentences of ours in the reader's language."""
    return {
        name: format_date(value) if type(value) is date else _said(value, language) for name, value in params.items()
    }


def _said(value: Any, language: str | None) -> Any:
    if isinstance(value, datetime):
        return format_datetime(value)
    return retold(value, language) if language is not None and isinstance(value, str) else value


def format_quantity(value: Decimal | int, unit: str | None, language: str) -> str:
    """Return ``8,420.50 kg``: thousands grouped, every given decimal kept, the unit in the reader's words.

    A unit with a text ``unit.<unit>`` (piece, box …) is translated, one of it by ``unit.<unit>.one`` where there is
    such a text (case, cases); any other is shown as it is.
    """
    number = f"{value:,f}" if isinstance(value, Decimal) else f"{value:,d}"
    if not unit:
        return number
    key = f"unit.{unit}"
    if value == 1 and has_key(f"{key}.one", language):
        key = f"{key}.one"
    return f"{number} {text(key, language) if has_key(key, language) else unit}"
