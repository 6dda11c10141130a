"""Every text a person reads, by key and language.

``text("lot.released", "zh_CN", lot_no="A1")`` is the only way a text enters a page, an answer or a
message. Imports nobody above itself.
"""

from i18n.catalog import LANGUAGES, MissingTextError, all_keys, has_key, is_whole, set_strict, text
from i18n.formats import SHANGHAI, format_date, format_datetime, format_quantity, readable
from i18n.negotiation import DEFAULT_LANGUAGE, negotiate
from i18n.retelling import retold

__all__ = [
    "DEFAULT_LANGUAGE",
    "LANGUAGES",
    "SHANGHAI",
    "MissingTextError",
    "all_keys",
    "format_date",
    "format_datetime",
    "format_quantity",
    "has_key",
    "is_whole",
    "negotiate",
    "readable",
    "retold",
    "set_strict",
    "text",
]
