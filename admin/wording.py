"""How facts are said on a page: states, results beside their limits, quantities. Pure; nothing here reads."""

from collections.abc import Callable, Mapping
from datetime import date, datetime
from decimal import Decimal
from functools import partial
from typing import Any

from i18n import SHANGHAI, format_datetime, format_quantity, has_key, text
from server.core import db
from server.core.clock import now
from server.domains.quality import show_measurement

ABSENT_SIGN = "ND"


def functions(language: str) -> dict[str, Callable[..., Any]]:
    """What every template may call, bound to the reader's language."""
    return {
        "amount": partial(amount, language),
        "plainly": plainly,
        "word": partial(word, language),
        "result": partial(result, language),
        "limits_of": partial(limits_of, language),
        "state_of": state_of,
        "is_past": is_past,
        "expiry": expiry,
        "moment": moment,
        "day_is_past": lambda day: day < today(),
    }


def state_of(lot: Mapping[str, Any]) -> str:
    """The one word for a lot: what stops it first. `held` and `recalled` tell of open holds."""
    if lot["recalled"]:
        return "recalled"
    if lot["state"] == "rejected":
        return "rejected"
    if lot["held"]:
        return "held"
    if is_past(lot["expires_at"]):
        return "expired"
    return str(lot["state"])


def is_past(moment: datetime | None) -> bool:
    return moment is not None and moment <= now()


def expiry(moment: datetime | None) -> str:
    """The last good day, as a label prints it: an expiry at midnight ends the day before."""
    if moment is None:
        return ""
    local = moment.astimezone(SHANGHAI)
    last = local.fromtimestamp(local.timestamp() - 1, SHANGHAI) if (local.hour, local.minute) == (0, 0) else local
    return last.date().isoformat()


def moment(value: datetime | str | None) -> str:
    """A time as it is read; one that the database wrote as text is read first."""
    if value is None:
        return "—"
    return format_datetime(datetime.fromisoformat(value) if isinstance(value, str) else value)


def plainly(value: Decimal) -> Decimal:
    """The same number without zeros that only the arithmetic left behind."""
    short = value.normalize()
    exponent = short.as_tuple().exponent
    return short.quantize(Decimal(1)) if isinstance(exponent, int) and exponent > 0 else short


def amount(language: str, value: Decimal | None, unit: str | None) -> str:
    return "—" if value is None else format_quantity(plainly(value), unit, language)


def word(language: str, group: str, value: str | None) -> str:
    """The text of a value of a fixed list (`lot_kind.material`); an unknown one is shown as it is."""
    if value is None:
        return "—"
    for key in (f"admin.{group}.{value}", f"{group}.{value}"):
        if has_key(key, language):
            return text(key, language)
    return value


def result(language: str, row: Mapping[str, Any]) -> str:
    """A measured value as it is printed, with its unit."""
    shown = show_measurement(row)
    if not shown:
        return text("admin.blank", language)
    if shown == ABSENT_SIGN:
        return text("admin.not_detected", language)
    if shown.startswith(ABSENT_SIGN):
        shown = text("admin.not_detected", language) + shown.removeprefix(ABSENT_SIGN)
    return f"{shown} {row['unit']}" if row["unit"] else shown


def limits_of(language: str, limits_json: str | None, *, with_internal: bool = True) -> list[dict[str, str]]:
    """The sets that held, each as `{name, text}` such as `国标`, `≤ 0.05`."""
    limits = db.loads(limits_json) or {}
    names = ("legal", "customer", "internal") if with_internal else ("legal", "customer")
    return [
        {"set": name, "name": text(f"limit_set.{name}", language), "text": limit_text(language, limits[name])}
        for name in names
        if name in limits
    ]


def form_range(keywords: Mapping[str, Any]) -> str:
    """The range that a form's schema states, from its keywords; empty where it states none."""
    limit: dict[str, Any] = {}
    for side, closed, opened in (("low", "minimum", "exclusiveMinimum"), ("high", "maximum", "exclusiveMaximum")):
        if closed in keywords or opened in keywords:
            limit |= {side: keywords.get(closed, keywords.get(opened)), f"{side}_inclusive": closed in keywords}
    return _range(limit)


def limit_text(language: str, limit: Mapping[str, Any]) -> str:
    """One requirement in the signs that a test report uses."""
    if limit.get("absent"):
        return text("admin.limit.absent", language)
    if "n" in limit:
        return ", ".join(f"{part}={limit[part]}" for part in ("n", "c", "m", "M") if part in limit)
    if limit.get("allowed"):
        return " / ".join(limit["allowed"])
    if "at_least" in limit:
        return text("admin.limit.at_least", language, grade=limit["at_least"])
    return _range(limit)


def _range(limit: Mapping[str, Any]) -> str:
    low, high = limit.get("low"), limit.get("high")
    closed = limit.get("low_inclusive", True) and limit.get("high_inclusive", True)
    if low is not None and high is not None and closed:
        return f"{low} – {high}"
    parts = []
    if low is not None:
        parts.append(f"{'≥' if limit.get('low_inclusive', True) else '>'} {low}")
    if high is not None:
        parts.append(f"{'≤' if limit.get('high_inclusive', True) else '<'} {high}")
    return ", ".join(parts)


def today() -> date:
    """The day at the edge."""
    return now().astimezone(SHANGHAI).date()
