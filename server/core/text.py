"""Text that people type: what it may hold, for every command that takes some."""

import unicodedata

from server.core.impossible import ImpossibleValue

# Controls, and formats that turn the reading direction or hide: "\u202e" makes a lot number read backwards.
_HIDDEN = ("Cc", "Cf", "Cs")
_LINES = {"\n", "\r", "\t"}


def one_line(value: str) -> str:
    """The text, if it is one line of visible characters; ImpossibleValue otherwise."""
    if any(unicodedata.category(sign) in _HIDDEN for sign in value):
        raise ImpossibleValue("input_hidden_characters")
    return value


def lines(value: str) -> str:
    """The text, if it holds nothing hidden but line breaks and tabs; ImpossibleValue otherwise."""
    one_line("".join(sign for sign in value if sign not in _LINES))
    return value
