"""What gathering the facts of a document gives."""

from typing import NamedTuple

from server.domains.reports.facts import Facts


class Gathered(NamedTuple):
    """`about`: what the document is about, as its number is known outside. `confidential`: holds trade secrets."""

    facts: Facts
    about: str
    confidential: bool
