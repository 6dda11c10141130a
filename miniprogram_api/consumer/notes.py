"""What a page says around the facts, as lines of text: for readers whose page is drawn elsewhere."""

from collections.abc import Iterator, Mapping
from typing import Any

from i18n import has_key, text
from miniprogram_api.consumer.page import WITH_DETAILS, Kind
from miniprogram_api.consumer.snapshot import RecallNotice, Snapshot, Text


class RecallTold(RecallNotice):
    """A notice as it is read out: the level in words, and what to do where the producer wrote nothing."""

    level_text: Text = None


def recall_told(notice: Mapping[str, Any], language: str) -> RecallTold:
    found = RecallNotice.model_validate(notice)
    level = f"scan.recall.level_{found.level}"
    more = {
        "level_text": text(level, language) if has_key(level) else found.level,
        "what_to_do": found.what_to_do or text("scan.recall.default_what_to_do", language),
    }
    return RecallTold.model_validate(found.model_dump() | more)


def notes_of(status: str, kind: Kind, snapshot: Snapshot | None, language: str) -> list[str]:
    """The remarks of the page, in its order; none where it shows no product."""
    return [text(f"scan.{key}", language) for key in _notes(status, kind, snapshot)]


def _notes(status: str, kind: Kind, snapshot: Snapshot | None) -> Iterator[str]:
    if status not in WITH_DETAILS:
        return
    if kind == "lot":
        yield "shared_code"
    elif status != "recalled":
        yield "count_hint"
    if snapshot is None or not snapshot.version:
        yield "not_published"
    elif status in ("recalled", "under_investigation"):
        yield "published_before"
    yield "footer"


def compare_of(kind: Kind, language: str) -> list[str]:
    """What to hold against the pack in one's hand."""
    return [text(f"scan.pack.{key}", language) for key in (*(("tail",) if kind == "item" else ()), "lot", "other")]


def about_site(host: str | None, site: str | None, language: str) -> list[str]:
    """Which address is ours, and whose other one leads here."""
    if not host:
        return []
    also = [text("scan.official.also", language, host=site)] if site and site != host else []
    return [text("scan.official.only", language, host=host), *also]
