"""The bytes of an answer: rendered once for all scans that see the same, then filled with count and first scan.

The key holds the versions that the counting statement returned, so a new publication or notice is a new key and
nothing is ever invalidated.
"""

from collections import OrderedDict
from collections.abc import Hashable
from datetime import UTC, datetime
from functools import cache, lru_cache
from typing import Any, Literal

import orjson
from pydantic import BaseModel

from i18n import format_datetime, has_key, text
from miniprogram_api.consumer.label import DigitalLabel, digital_label
from miniprogram_api.consumer.notes import RecallTold, about_site, compare_of, notes_of, recall_told
from miniprogram_api.consumer.page import (
    LOT_PAGES,
    NOTHING_TOLD,
    UNCHECKED,
    WITH_DETAILS,
    Kind,
    all_passed,
    checks_of,
    render_page,
    words_of,
)
from miniprogram_api.consumer.segments import PageSegments
from miniprogram_api.consumer.snapshot import Snapshot
from server.domains.scans import LOT_KIND, SAME_ANSWER, Recognised, Result, Seen, content_of, notice_of

MOST_BYTES = 64 * 1024 * 1024


class KnownProduct(BaseModel):
    """Of an unknown code: the product its label names, and where on its pack the official code stands."""

    company: str
    name: str
    code_place: str | None


class Answer(BaseModel):
    """What a mini-program gets: exactly these fields, of a snapshot exactly those of `Snapshot`.

    `digital_label` is what comes first where it is there, in order; `blocks` names what follows it and its order. `checked` and
    `not_checked` say what this answer rests on; `official_host` is where our pages are, and nowhere else (`about_site` says so in
    words). `notes` and `compare` are the remarks of the page: what to mind, and what to hold against the pack.
    `kind` is null where the code is not ours; `first_scanned_at` and `tail`, the last four characters of the code, are null then
    and for a lot code.
    """

    kind: Kind | None
    status: str
    reason: str | None = None
    title: str
    explain: str
    advice: str | None = None
    recall: RecallTold | None = None
    publication: Snapshot | None = None
    digital_label: DigitalLabel | None = None
    checked: list[str] = []
    not_checked: list[str] = []
    official_host: str | None = None
    about_site: list[str] = []
    blocks: list[str] = []
    all_passed: bool = False
    notes: list[str] = []
    compare: list[str] = []
    product: KnownProduct | None = None
    tail: str | None = None
    scan_count: int = 0
    first_scanned_at: str | None = None


_FILLED = {"tail", "scan_count", "first_scanned_at"}


@lru_cache(maxsize=4096)
def _minute(number: int) -> bytes:
    """A minute since 1970 as people read it; most first scans are of now."""
    return format_datetime(datetime.fromtimestamp(number * 60, UTC)).encode()


class Prepared:
    """An answer without its two counters, as a page or as JSON."""

    __slots__ = ("_is_item", "_json", "_page", "size")

    def __init__(self, page: PageSegments | None, json: bytes, *, is_item: bool) -> None:
        self._page = page
        self._is_item = is_item
        self._json = json
        self.size = len(json) if page is None else len(page.fill(0, "", ""))

    def fill(self, seen: Seen, own: int) -> bytes:
        facts = seen.facts
        first = facts["first_scan_at"] if self._is_item else None
        if self._page is not None:
            minute = b"" if first is None else _minute(int(first.timestamp()) // 60)
            return self._page.fill_with(seen.number, minute, facts["text"][-4:], own)
        at = b"null" if first is None else b'"%s"' % first.isoformat().encode()
        tail = orjson.dumps(facts["text"][-4:]) if self._is_item else b"null"
        return b'%s,"tail":%s,"scan_count":%d,"first_scanned_at":%s}' % (self._json, tail, seen.number, at)


class Answers:
    """The answers of one process, least recently used out first."""

    def __init__(self, pool: Any, host: str | None) -> None:
        self._pool = pool
        self._host = host
        self._kept: OrderedDict[Hashable, Prepared] = OrderedDict()
        self._bytes = 0

    async def answer(self, seen: Seen, language: str, own: int = 0, *, is_api: bool) -> bytes:
        """The body for one scan; reads the publication only where nobody asked for this answer before. `own`: earlier
        scans of the code by this device."""
        key = seen.facts[SAME_ANSWER], language, is_api
        prepared = self._kept.get(key)
        if prepared is None:
            prepared = await self._prepare(seen.facts, language, is_api)
            self._keep(key, prepared)
        elif is_api:
            self._kept.move_to_end(key)
        return prepared.fill(seen, own)

    def ready(self, seen: Seen, language: str, own: int) -> bytes | None:
        """The page, where it was asked for before."""
        key = seen.facts[SAME_ANSWER], language, False
        prepared = self._kept.get(key)
        if prepared is None:
            return None
        self._kept.move_to_end(key)
        return prepared.fill(seen, own)

    def _keep(self, key: Hashable, prepared: Prepared) -> None:
        replaced = self._kept.pop(key, None)
        self._bytes += prepared.size - (replaced.size if replaced else 0)
        self._kept[key] = prepared
        while self._bytes > MOST_BYTES:
            self._bytes -= self._kept.popitem(last=False)[1].size

    async def _prepare(self, facts: Any, language: str, is_api: bool) -> Prepared:
        result = Result(facts["result"])
        kind: Kind = "lot" if facts["kind"] == LOT_KIND else "item"
        content = await content_of(self._pool, facts) if result.status in WITH_DETAILS else None
        recall = await notice_of(self._pool, facts, language) if result is Result.RECALLED else None
        if not is_api:
            page = render_page(
                result.status, language, kind=kind, snapshot=content, recall=recall, reason=result.reason or "voided",
                lot_page=f"{LOT_PAGES}/{facts['lot_id']}",
            )  # fmt: skip
            return Prepared(page, b"", is_item=kind == "item")
        return Prepared(None, _json_head(result, kind, content, recall, language, self._host), is_item=kind == "item")


def _json_head(
    result: Result,
    kind: Kind,
    content: dict[str, Any] | None,
    recall: dict[str, Any] | None,
    language: str,
    host: str | None,
) -> bytes:
    publication = None if content is None else _told(Snapshot.model_validate(content), result.status)
    in_date = publication is not None and publication.lot.expires_at is not None
    words = words_of(result.status, kind, result.reason or "voided", in_date=in_date)
    told = result.status in WITH_DETAILS
    site = publication.arranged.site if publication else None
    answer = Answer(
        kind=kind, status=result.status, reason=result.reason, **_words(words, language), publication=publication,
        recall=None if recall is None else recall_told(recall, language), blocks=publication.blocks() if publication and publication.version else [],
        official_host=site or host, **_checks(result.status, publication, language), all_passed=result.status in ("genuine", "lot_released") and all_passed(publication),
        about_site=about_site(host, site, language) if told else [], compare=compare_of(kind, language) if told else [],
        notes=notes_of(result.status, kind, publication, language),
        digital_label=digital_label(publication, language) if publication else None,
    )  # fmt: skip
    return orjson.dumps(answer.model_dump(mode="json", by_alias=True, exclude=_FILLED))[:-1]


@cache
def not_ours(status: Literal["unknown", "typing_slip"], language: str) -> bytes:
    """The JSON for a code that is not ours: the same bytes for every input, nothing echoed."""
    return Answer(kind=None, status=status, **_words(status, language)).model_dump_json(by_alias=True).encode()


def unknown_of(known: Recognised, language: str) -> bytes:
    """The same where the label names a product that is known."""
    english = language == "en"
    product = KnownProduct(
        company=known.company,
        name=(english and known.product_en) or known.product,
        code_place=(english and known.code_place_en) or known.code_place,
    )
    answer = Answer(kind=None, status="unknown", **_words("unknown", language), product=product)
    return answer.model_dump_json(by_alias=True).encode()


def _told(publication: Snapshot, status: str) -> Snapshot:
    """Without the brand's story where the page would not tell it."""
    if publication.page is None or status not in NOTHING_TOLD:
        return publication
    return publication.model_copy(update={"page": publication.page.model_copy(update={"story": None})})


def _checks(status: str, publication: Snapshot | None, language: str) -> dict[str, list[str]]:
    if status not in WITH_DETAILS:
        return {}
    published = publication is not None and publication.version is not None
    in_date = publication is not None and publication.lot.expires_at is not None
    found = checks_of(published=published, in_date=in_date)
    return {
        "checked": [text(f"scan.checked.{key}", language) for key in found],
        "not_checked": [text(f"scan.unchecked.{key}", language) for key in UNCHECKED],
    }


def _words(words: str, language: str) -> dict[str, Any]:
    advice = f"scan.{words}.advice"
    return {
        "title": text(f"scan.{words}.verdict", language),
        "explain": text(f"scan.{words}.explain", language),
        "advice": text(advice, language) if has_key(advice) else None,
    }
