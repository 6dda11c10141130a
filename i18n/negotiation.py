"""Which of our languages a reader gets, from the Accept-Language header."""

import re
from functools import lru_cache

DEFAULT_LANGUAGE = "zh_CN"
_BY_PRIMARY_SUBTAG = {"zh": "zh_CN", "en": "en"}
_LONGEST_HEADER = 200  # what is beyond decides nothing and must not fill the cache


def negotiate(accept_language: str | None) -> str:
    """Return "zh_CN" or "en" for an Accept-Language header (RFC 9110 §12.5.4, q-values honoured).

    Every zh tag (zh, zh-Hans-CN, zh_TW as WeChat writes it) is zh_CN; absent, unknown or malformed is
    zh_CN too. Babel's ``negotiate_locale`` is not used: it answers "en" to "zh-CN, zh, en".
    """
    return _negotiate(accept_language[:_LONGEST_HEADER]) if accept_language else DEFAULT_LANGUAGE


@lru_cache(maxsize=512)
def _negotiate(header: str) -> str:
    best, best_quality = DEFAULT_LANGUAGE, 0.0
    for part in header.split(","):
        tag, _, parameter = part.partition(";")
        primary = re.split("[-_]", tag.strip().lower(), maxsplit=1)[0]
        language = DEFAULT_LANGUAGE if primary == "*" else _BY_PRIMARY_SUBTAG.get(primary)
        quality = _quality(parameter)
        if language and quality > best_quality:
            best, best_quality = language, quality
    return best


def _quality(parameter: str) -> float:
    """Return the q-value of one entry; 1 where there is none, 0 where it is no number from 0 to 1."""
    if not parameter.strip():
        return 1.0
    match = re.fullmatch(r"\s*q\s*=\s*([01](?:\.\d{0,3})?)\s*", parameter, re.IGNORECASE)
    return min(float(match[1]), 1.0) if match else 0.0
