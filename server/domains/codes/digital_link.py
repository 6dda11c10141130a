"""GS1 Digital Link URIs: built for labels, read from any host, reduced to one canonical identity.

The shape of the URI is checked here as GS1's own engine does (the rightmost key wins, no zero-suppressed
GTINs, no names in place of numbers); what an application identifier may hold is biip's knowledge. In lot and
serial `% & / < > ?` are refused, which GB/T 33993 forbids: one code is then legal under both rules.
"""

import re
from datetime import date
from typing import Final, NamedTuple
from urllib.parse import quote, unquote, unquote_plus

from biip import ParseError
from biip.checksums import gs1_standard_check_digit
from biip.gs1_element_strings import GS1ElementString

MAX_LENGTH: Final = 2_048

_ITEM: Final = ("22", "10", "21")
KEY_QUALIFIERS: Final[dict[str, tuple[tuple[str, ...], ...]]] = {
    "00": ((),), "01": (_ITEM, ("235",)), "253": ((),), "255": ((),), "401": ((),), "402": ((),),
    "414": (("254",), ("7040",)), "415": (("8020",),), "417": (("7040",),),
    "8003": ((),), "8004": (("7040",),), "8006": (_ITEM,), "8010": (("8011",),), "8013": ((),),
    "8017": (("8019",),), "8018": (("8019",),),
}  # fmt: skip
"""Primary keys and the sequences of qualifiers each may carry in the path."""

PATH_ONLY: Final = frozenset({
    "03", "21", "22", "235", "254", "7040", "7041", "8011", "8014", "8019", "8020",
    "8040", "8041", "8042", "8043", "8200",
})  # fmt: skip
"""Identifiers that may not stand in the query."""

_URI: Final = re.compile(
    r"(?:https?|HTTPS?)://"
    r"(?:[A-Za-z0-9.-]+|\[[0-9A-Fa-f:.]+\])(?::[0-9]{1,5})?"
    r"(?P<path>/[A-Za-z0-9._~:/\[\]@!$&'()*+,;=%-]*)"
    r"(?:\?(?P<query>[A-Za-z0-9._~:/?\[\]@!$&'()*+,;=%-]*))?"
    r"(?:#[A-Za-z0-9._~:/?\[\]@!$&'()*+,;=%-]*)?"
)
_FORBIDDEN: Final = frozenset("%&/<>?")
_CSET82: Final = frozenset("!\"%&'()*+,-./0123456789:;<=>?ABCDEFGHIJKLMNOPQRSTUVWXYZ_abcdefghijklmnopqrstuvwxyz")
LOT_AND_SERIAL_SYMBOLS: Final = _CSET82 - _FORBIDDEN
"""What a lot number or serial may be written in to stand in a Digital Link."""

MAX_LOT_OR_SERIAL: Final = 20


class NotADigitalLink(ValueError):
    """No GS1 Digital Link that we accept; the message says why, in English, for logs and tests."""


class DigitalLink(NamedTuple):
    """The application identifiers of a link with their values, in its order: key, qualifiers, query."""

    key: tuple[str, str]
    qualifiers: tuple[tuple[str, str], ...]
    attributes: tuple[tuple[str, str], ...]

    def value(self, ai: str) -> str | None:
        """The value of an identifier, wherever it stands."""
        elements = (self.key, *self.qualifiers, *self.attributes)
        return next((value for name, value in elements if name == ai), None)

    @property
    def identity(self) -> str:
        """The canonical text of what is identified.

        A GTIN with a serial names one item, whatever lot the label adds: `01…21…`; with a lot alone
        `01…10…`. Other keys carry all their qualifiers.
        """
        qualifiers = self.qualifiers
        if self.key[0] == "01":
            names = dict(qualifiers)
            strongest = next((ai for ai in ("21", "235", "10") if ai in names), None)
            qualifiers = ((strongest, names[strongest]),) if strongest else ()
        return "".join(ai + value for ai, value in (self.key, *qualifiers))


def is_gtin(text: str) -> bool:
    """Whether `text` is a GTIN of 14 digits with the right check digit."""
    return (
        len(text) == 14 and text.isascii() and text.isdecimal() and str(gs1_standard_check_digit(text[:-1])) == text[-1]
    )


def build(
    origin: str,
    gtin: str,
    *,
    lot: str | None = None,
    serial: str | None = None,
    expires_on: date | None = None,
) -> str:
    """The URI `{origin}/01/{gtin}/10/{lot}/21/{serial}?17=YYMMDD`; parts left out are not printed.

    `gtin` has 14 digits. Raises NotADigitalLink where a part is not allowed.
    """
    if not is_gtin(gtin):
        raise NotADigitalLink("not a GTIN of 14 digits with a right check digit")
    path = f"/01/{gtin}"
    for ai, value in (("10", lot), ("21", serial)):
        if value is not None:
            _refuse_forbidden(ai, value)
            path += f"/{ai}/{quote(value, safe='')}"
    return f"{origin}{path}" + (f"?17={expires_on:%y%m%d}" if expires_on else "")


def parse(uri: str) -> DigitalLink:
    """The link in `uri`, on any host and below any path; raises NotADigitalLink, never anything else."""
    match = _URI.fullmatch(uri) if len(uri) <= MAX_LENGTH else None
    if match is None:
        raise NotADigitalLink("not a plain http or https URI")
    key, qualifiers = _split_path(match["path"].split("/")[1:])
    attributes = _split_query(match["query"] or "")
    named = [key[0], *(ai for ai, _ in (*qualifiers, *attributes))]
    if len(set(named)) != len(named):
        raise NotADigitalLink("an identifier is repeated")
    path_qualifiers = {ai for ai, _ in qualifiers}
    for ai, _ in attributes:
        if any({ai, *path_qualifiers} <= set(allowed) for allowed in KEY_QUALIFIERS[key[0]]):
            raise NotADigitalLink(f"({ai}) belongs into the path")
    for ai, value in (key, *qualifiers, *attributes):
        _check_value(ai, value)
    return DigitalLink(key, qualifiers, attributes)


def _split_path(segments: list[str]) -> tuple[tuple[str, str], tuple[tuple[str, str], ...]]:
    """Key and qualifiers, read from the right: what stands before the rightmost key is the stem."""
    pairs: list[tuple[str, str]] = []
    for at in range(len(segments) - 2, -1, -2):
        ai = segments[at]
        pairs.insert(0, (ai, unquote(segments[at + 1], errors="replace")))
        if ai in KEY_QUALIFIERS:
            qualifiers = tuple(pairs[1:])
            if not _in_order([name for name, _ in qualifiers], KEY_QUALIFIERS[ai]):
                raise NotADigitalLink("qualifiers in the wrong order, or not of this key")
            return pairs[0], qualifiers
        if len(pairs) > 3:
            break
    raise NotADigitalLink("no key in the path")


def _in_order(names: list[str], sequences: tuple[tuple[str, ...], ...]) -> bool:
    return any(names == [ai for ai in sequence if ai in names] for sequence in sequences)


def _split_query(query: str) -> tuple[tuple[str, str], ...]:
    """The identifiers of the query; other names and words without a value are somebody else's."""
    pairs = (part.split("=", 1) for part in query.split("&") if "=" in part)
    attributes = tuple((name, unquote_plus(value, errors="replace")) for name, value in pairs if name.isdecimal())
    for ai, _ in attributes:
        if ai in PATH_ONLY:
            raise NotADigitalLink(f"({ai}) may not stand in the query")
    return attributes


def _check_value(ai: str, value: str) -> None:
    if not _CSET82.issuperset(value):
        raise NotADigitalLink(f"({ai}) holds characters outside the set of GS1")
    if ai in ("10", "21"):
        _refuse_forbidden(ai, value)
    try:
        element = GS1ElementString.parse(ai + value)
    except (ParseError, ValueError, OverflowError) as error:
        raise NotADigitalLink(f"({ai}) is unknown or malformed") from error
    wrong = element.gtin_error or element.gln_error or element.sscc_error
    if element.ai.ai != ai or element.value != value or wrong:
        raise NotADigitalLink(f"({ai}) is malformed")


def _refuse_forbidden(ai: str, value: str) -> None:
    if not (0 < len(value) <= MAX_LOT_OR_SERIAL and LOT_AND_SERIAL_SYMBOLS.issuperset(value)):
        raise NotADigitalLink(f"({ai}) must be 1 to 20 characters, none of % & / < > ?")
