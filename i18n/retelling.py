"""Sentences of ours that are kept where they were caused (why a hold opened by itself, and why it ended), told to each reader in his own
language. What a person wrote stays as it was written."""

import re
from collections.abc import Iterator
from functools import cache

from i18n.catalog import LANGUAGES, template, text

KEPT = (
    "nonconformity.hold_reason", "nonconformity.customer_hold", "nonconformity.inspection_hold", "nonconformity.legal_hold",
    "nonconformity.gauge_reason", "nonconformity.customer_answered", "nonconformity.record_corrected",
    "nonconformity.within_law_again", "nonconformity.conceded", "nonconformity.sorted_good", "nonconformity.taken_over",
    "release.urgent_failed",
)  # fmt: skip
REMARKED = ("chain.refused", "chain.refused_at_loading")
"""Those that what the receiver said may follow."""


def retold(sentence: str, language: str) -> str:
    """The sentence in `language` where it is one of ours, kept in another; else as it is."""
    for key, pattern in _patterns(language):
        if found := pattern.fullmatch(sentence):
            values = found.groupdict()
            remark = values.pop("remark", None) or ""
            return text(key, language, **values) + remark
    return sentence


@cache
def _patterns(language: str) -> list[tuple[str, re.Pattern[str]]]:
    """What each kept sentence looks like in the other languages."""
    others = [other for other in LANGUAGES if other != language]
    return [(key, re.compile(_pattern(template(key, other)), re.DOTALL)) for other in others for key in KEPT] + [
        (key, re.compile(_pattern(template(key, other)) + "(?P<remark> .+)?", re.DOTALL))
        for other in others
        for key in REMARKED
    ]


def _pattern(said: str) -> str:
    return "".join(_parts(said))


def _parts(said: str) -> Iterator[str]:
    for literal, name in re.findall(r"((?:[^%]|%%)*)(?:%\((\w+)\)s)?", said):
        yield re.escape(literal.replace("%%", "%"))
        if name:
            yield f"(?P<{name}>.+?)"
