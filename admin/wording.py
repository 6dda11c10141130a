"""How facts are said on a page: states, results beside their limits, quantities. Pure; nothing here reads."""

import re
from collections.abc import Callable, Mapping
from datetime import date, datetime, timedelta
from decimal import Decimal
from functools import partial
from typing import Any

from i18n import SHANGHAI, format_datetime, format_quantity, has_key, is_whole, text
from server.core import db
from server.core.clock import now
from server.domains.quality import show_measurement

ABSENT_SIGN = "ND"
SOON_DAYS = 60
"""How long before its last day a licence is marked as ending soon."""


def functions(language: str) -> dict[str, Callable[..., Any]]:
    """What every template may call, bound to the reader's language."""
    return {
        "amount": partial(amount, language),
        "plainly": plainly,
        "word": partial(word, language),
        "result": partial(result, language),
        "limits_of": partial(limits_of, language),
        "limit_sets": partial(limit_sets, language),
        "temperature_range": temperature_range,
        "field_name": partial(field_name, language),
        "part_name": partial(part_name, language),
        "part_choices": lambda names: [(name, part_name(language, name), "") for name in names],
        "kind_choices": lambda kinds: [(kind, word(language, "product_kind", kind)) for kind in kinds],
        "place_choices": lambda kinds: [(kind, word(language, "place_kind", kind)) for kind in kinds],
        "role_choices": lambda roles: [
            (role, word(language, "role", role), text(f"admin.role.{role}.may", language)) for role in roles
        ],
        "state_of": state_of,
        "is_past": is_past,
        "expiry": expiry,
        "moment": moment,
        "day_is_past": lambda day: day < today(),
        "day_is_near": lambda day: today() <= day <= today() + timedelta(days=SOON_DAYS),
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
    if lot.get("kind") == "package" and lot["state"] == "pending":
        return "packed"  # nobody releases a package: it is as good as what is in it
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
    if language == "en" and row.get("option_en"):
        shown = row["option_en"]
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


def limit_sets(language: str, limits_json: str | None) -> dict[str, str]:
    """All four sets of one characteristic as text, empty where a set does not exist."""
    limits = db.loads(limits_json) or {}
    names = ("legal", "customer", "internal", "warning")
    return {name: limit_text(language, limits[name]) if limits.get(name) else "" for name in names}


def temperature_range(shipment: Mapping[str, Any]) -> str:
    """What was asked for on the way, with its unit."""
    low, high = (shipment[f"temperature_{side}"] for side in ("low", "high"))
    limit = {"low": None if low is None else plainly(low), "high": None if high is None else plainly(high)}
    return f"{_range(limit)} {shipment['temperature_unit']}"


_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d")
_GROUPS = {
    "state": "lot_state",
    "kind": "lot_kind",
    "roles": "role",
    "stage": "stage",
    "verdict": "verdict",
    "source": "source",
}


def field_name(language: str, object_type: str, name: str) -> str:
    """What a person calls a field of the trail; one without a name keeps its own."""
    keys = (f"admin.{object_type}.{name}", f"admin.field.{name}", f"admin.{name}", f"admin.product.{name}")
    return next((text(key, language) for key in keys if is_whole(key, language)), name)


def plain_value(language: str, name: str, value: Any) -> str:
    """A value of the trail as a person reads it: times at the edge, yes and no, lists with commas."""
    if value is None or value in ("", [], {}):
        return "—"
    if isinstance(value, bool):
        return text("value.yes" if value else "value.no", language)
    if isinstance(value, list):
        return ("、" if language == "zh_CN" else ", ").join(plain_value(language, name, each) for each in value)
    if isinstance(value, dict):
        return "; ".join(
            f"{field_name(language, '', key)}: {plain_value(language, key, each)}" for key, each in value.items()
        )
    if isinstance(value, str) and _TIME.match(value):
        return _time(value)
    return word(language, _GROUPS[name], value) if name in _GROUPS and isinstance(value, str) else str(value)


def _time(value: str) -> str:
    try:
        return moment(value)
    except ValueError:
        return value


def part_name(language: str, name: str) -> str:
    """A part of a publication (`materials`), or one field of a part (`materials.origin`), as a person calls it."""
    part, _, field = name.partition(".")
    named = word(language, "part", part)
    if not field:
        return named
    key = next((key for key in (f"published.{name}", f"admin.part.{name}") if has_key(key, language)), None)
    return f"{named} · {text(key, language) if key else field}"


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
