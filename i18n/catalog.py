"""The texts: every ``i18n/<language>/<area>.po``, read once and merged into one table a language.

A msgid is a dotted key, a msgstr is a ``%``-format with named placeholders (a literal percent sign is
``%%``). There are no plural forms: write "Scans: 3" where a plural would be needed.
"""

import logging
from functools import cache
from pathlib import Path

from babel.messages.pofile import read_po

LANGUAGES = ("zh_CN", "en")
FOLDER = Path(__file__).parent

log = logging.getLogger(__name__)


class MissingTextError(KeyError):
    """A key that no catalog holds, a placeholder left without a value, or an unknown language."""


def read_area(path: Path) -> dict[str, str]:
    """Return the ``{key: template}`` of one area file; an empty msgstr is left out."""
    with path.open("rb") as file:
        messages = read_po(file)
    return {
        message.id: message.string
        for message in messages
        if isinstance(message.id, str) and isinstance(message.string, str) and message.id and message.string
    }


def _read_language(language: str) -> dict[str, str]:
    merged: dict[str, str] = {}
    for path in sorted((FOLDER / language).glob("*.po")):
        merged |= read_area(path)
    return merged


_TEXTS = {language: _read_language(language) for language in LANGUAGES}
_strict = True


def set_strict(strict: bool) -> None:
    """Choose what a missing text does: raise (tests, development) or show its key and log it once."""
    global _strict
    _strict = strict


def has_key(key: str, language: str = LANGUAGES[0]) -> bool:
    """Tell whether a text of this key exists, for keys built from a value (``unit.<unit>``)."""
    return key in _TEXTS[language]


def is_whole(key: str, language: str = LANGUAGES[0]) -> bool:
    """Tell whether a text of this key exists and waits for no values."""
    return "%(" not in _TEXTS[language].get(key, "%(")


def template(key: str, language: str) -> str:
    """The text of `key` with its placeholders unfilled; KeyError where there is none."""
    return _TEXTS[language][key]


def all_keys(language: str = LANGUAGES[0]) -> frozenset[str]:
    """All keys of one language."""
    return frozenset(_TEXTS[language])


def text(key: str, language: str, /, **params: object) -> str:
    """Return the text of ``key`` in ``language`` with its placeholders filled in, not escaped.

    Raises MissingTextError for a missing key, language or placeholder; with ``set_strict(False)`` it returns
    what it has (the key or the unfilled template) and logs the fault once.
    """
    try:
        return _TEXTS[language][key] % params
    except (KeyError, TypeError, ValueError) as error:
        if _strict:
            raise MissingTextError(f"{language}:{key}: {error!r}") from error
        _log_once(key, language)
        return _TEXTS.get(language, {}).get(key, key)


@cache
def _log_once(key: str, language: str) -> None:
    log.error("text missing or wrongly filled: %s in %s", key, language)
