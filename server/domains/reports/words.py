"""Facts as people read them on paper, in one language."""

from collections.abc import Iterable, Mapping
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any, Final

from i18n import format_date, format_datetime, format_quantity, has_key, retold, text
from server.domains.quality import Limits, LimitSet, limit_text, result_text

_NONE: Final[Mapping[str, str]] = {}


class Words:
    """The words of one language."""

    def __init__(self, language: str) -> None:
        self.language = language

    def say(self, key: str, **params: Any) -> str:
        return text(f"sheet.{key}", self.language, **params)

    def label(self, name: str) -> str:
        return text(f"sheet.label.{name}", self.language)

    def word(self, area: str, value: str | None) -> str:
        """The word for one of a few values of a column; the value itself where it is nobody's word."""
        if not value:
            return ""
        key = f"sheet.{area}.{value}"
        return text(key, self.language) if has_key(key) else value

    def retold(self, sentence: str | None) -> str:
        """A sentence that was kept: one of ours in this language, a person's as it was written."""
        return retold(sentence or "", self.language)

    def day(self, value: date | datetime | None) -> str:
        return "" if value is None else format_date(value)

    def last_day(self, expires_at: datetime | None) -> str:
        """The last day on which goods that expire at this moment are good."""
        return "" if expires_at is None else format_date(expires_at - timedelta(microseconds=1))

    def time(self, value: datetime | None) -> str:
        return "" if value is None else format_datetime(value)

    def quantity(self, value: Decimal | None, unit: str | None) -> str:
        if value is None:
            return self.say("unknown")
        plain = value.normalize() if value == value.to_integral() else value
        return format_quantity(Decimal(f"{plain:f}"), unit, self.language)

    def rounded(self, value: Decimal | None, unit: str | None) -> str:
        """A computed quantity: three decimals at most."""
        return self.quantity(None if value is None else round(value, 3).normalize(), unit)

    def unit(self, unit: str | None) -> str:
        key = f"unit.{unit}"
        return text(key, self.language) if unit and has_key(key) else (unit or "")

    def join(self, parts: Any) -> str:
        """What is not empty, each once, in order."""
        return ("、" if self.language == "zh_CN" else ", ").join(dict.fromkeys(each for each in parts if each))

    def clauses(self, parts: Iterable[str]) -> str:
        """Short sentences in one line."""
        return ("；" if self.language == "zh_CN" else "; ").join(each for each in parts if each)

    def beside(self, said: str, more: str) -> str:
        """What is said, and in brackets what belongs to it."""
        return f"{said}（{more}）" if self.language == "zh_CN" else f"{said} ({more})"

    def occasion(self, reason: str) -> str:
        """What made an inspection due, in words; what is said freely stays as it was said."""
        key = f"inspection.reason.{reason}"
        return text(key, self.language) if has_key(key) else reason

    def percent(self, value: Decimal | None) -> str:
        """Two decimals; "／" where nobody knows it."""
        return "／" if value is None else f"{round(value, 2).normalize():f} %"

    def between(self, low: Decimal | None, high: Decimal | None, unit: str | None) -> str:
        """From one to the other; open where a side is not limited, "／" where neither is."""
        ends = [self.rounded(each, None) for each in (low, high) if each is not None]
        if not ends:
            return "／"
        sign = "" if len(ends) == 2 else "≥ " if high is None else "≤ "
        return f"{sign}{'–'.join(ends)} {self.unit(unit)}".strip()

    def result(self, shown: str, unit: str | None = None, choices_en: Mapping[str, str] = _NONE) -> str:
        """A language-free result for readers; "／" where nothing was entered."""
        return result_text(shown, unit, self.language, choices_en) if shown else "／"

    def limits(self, limits: Limits, unit: str | None, choices_en: Mapping[str, str] = _NONE) -> str:
        """Each limit set on a line of its own, named where there are several."""
        sets = limits.sets()
        if len(sets) == 1:
            return self.limit(sets[0][1], unit, choices_en)
        told = (self.say(f"limit.{name}", limit=self.limit(limit, unit, choices_en)) for name, limit in sets)
        return "\n".join(told) or "／"

    def limit(self, limit: LimitSet, unit: str | None, choices_en: Mapping[str, str] = _NONE) -> str:
        return limit_text(limit, unit, self.language, choices_en)

    def named(self, row: Mapping[str, Any]) -> str:
        """The name of a characteristic or product in this language, where it has one."""
        english = row.get("name_en") if self.language == "en" else None
        return str(english or row["name"])
