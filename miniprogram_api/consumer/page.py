"""The page a scan opens: one page and one set of words for each answer, readable without a script.

Rendered once per (publication version, kind, status, language), then filled per scan (``segments.py``).
"""

from collections.abc import Mapping
from functools import cache
from html import escape
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel

from i18n import text
from miniprogram_api.consumer.curve import draw
from miniprogram_api.consumer.label import items_of, nutrition_of
from miniprogram_api.consumer.segments import COUNT_HOLE, FIRST_HOLE, HINT_HOLE, TAIL_HOLE, Hints, PageSegments
from miniprogram_api.consumer.snapshot import RecallNotice, Snapshot
from server.domains.scans import Recognised
from server.http.pages import Pages, StaticFiles

FOLDER = Path(__file__).parent
LONGEST_PAGE = 100_000
"""Bytes of a page; a publication too large for it is shown in part, and the page says so."""

Status = Literal[
    "genuine",
    "lot_released",
    "expired",
    "inactive",
    "under_investigation",
    "voided",
    "recalled",
    "unknown",
    "typing_slip",
]
Kind = Literal["item", "lot"]
Reason = Literal["voided", "lost", "returned"]

WITH_DETAILS = frozenset({"genuine", "lot_released", "expired", "under_investigation", "recalled"})
"""Only these show a product: a cancelled or unsold label must not lend its lot's data to what it sticks on."""

LOT_PAGES = "/lots"
"""Below it, by lot: its label, its story, and what a scan checks. They hold no code and count no scan."""

UNCHECKED = ("contents", "data", "seller")
"""What no scan can know."""

STATIC = StaticFiles("/static/consumer", FOLDER / "static")
PAGES = Pages([FOLDER / "templates"], STATIC)

NOTHING_TOLD = frozenset({"recalled", "under_investigation"})
"""Nobody is told a brand's story of goods that should not be used."""

_ROWS_TRIED = (80, 40, 20, 10, 5)


def render_page(
    status: Status,
    language: str,
    *,
    kind: Kind = "item",
    snapshot: Mapping[str, Any] | None = None,
    recall: Mapping[str, Any] | None = None,
    reason: Reason = "voided",
    lot_page: str = "",
    asked: str = "",
    known: Recognised | None = None,
    is_preview: bool = False,
) -> PageSegments:
    """Return the page of a known code, at most LONGEST_PAGE bytes once filled.

    ``snapshot`` is the stored publication (None: nothing published yet), ``recall`` the public notice of a
    recalled lot, ``reason`` why a code is voided. What they hold beyond the allow-lists is not shown.
    ``known``: the product that the label of an unknown code names. ``lot_page``: the address below which the lot's other pages are, ``asked`` the query that they take along.
    ``is_preview``: the page as a publisher sees it beforehand, whose ways out lead nowhere.
    """
    seen = Snapshot.model_validate(snapshot) if snapshot is not None and status in WITH_DETAILS else None
    food = items_of(seen) if seen and seen.arranged.digital_label else []
    notice = RecallNotice.model_validate(recall or {}) if status == "recalled" else None
    for rows in _ROWS_TRIED:
        html = PAGES.render(
            "scan.html",
            language,
            status=status,
            words=words_of(status, kind, reason, in_date=bool(seen and seen.lot.expires_at)),
            kind=kind,
            snapshot=seen,
            food=food,
            nutrition=nutrition_of(seen) if seen and food else None,
            tab=bool(food and tells_story(seen) and status not in NOTHING_TOLD),
            lot_page=lot_page,
            asked=asked,
            details=status in WITH_DETAILS,
            recall=notice,
            known=known,
            is_preview=is_preview,
            rows=rows,
            passed=all_passed(seen),
            draw=draw,
            has_content=has_content,
            count=COUNT_HOLE,
            first=FIRST_HOLE,
            tail=TAIL_HOLE,
            hint=HINT_HOLE,
        )
        if len(html.encode()) < LONGEST_PAGE - 500:
            break
    return PageSegments(html, _hints(language))


@cache
def _hints(language: str) -> Hints:
    """What stands below the count."""
    said = (
        text("scan.count_hint", language),
        text("scan.own_some", language, own="%d"),
        text("scan.own_all", language),
    )
    return Hints(*(escape(each).encode() for each in said))


@cache
def answer_page(status: Literal["unknown", "typing_slip"], language: str) -> bytes:
    """Return the page of a code that is not ours: the same bytes for every input, nothing echoed."""
    return render_page(status, language).fill(0, "", "")


def unknown_page(known: Recognised, language: str) -> bytes:
    """The page of an unknown code whose label names a product that is known: it says where the official code is."""
    return render_page("unknown", language, known=known).fill(0, "", "")


def words_of(status: Status, kind: Kind, reason: Reason, *, in_date: bool) -> str:
    """Return the key part of the words this page speaks (``scan.<words>.verdict``)."""
    if status == "genuine":
        return "in_date" if in_date else "genuine"
    return reason if status == "voided" else status


def checks_of(*, published: bool, in_date: bool) -> list[str]:
    """What an answer rests on: keys of `scan.checked.<key>`. `in_date`: the last day of the lot is known."""
    return ["code", *(("release", "order") if published else ()), "notices", *(("expiry",) if in_date else ())]


def all_passed(snapshot: Snapshot | None) -> bool:
    """True when there are inspection items and every one passed: blank is never a pass."""
    items = [item for inspection in snapshot.inspections for item in inspection.items] if snapshot else []
    return bool(items) and all(item.verdict == "pass" for item in items)


def tells_story(snapshot: Snapshot | None) -> bool:
    """True where the brand has something to say and the page is to show it."""
    page = snapshot.arranged if snapshot else None
    return bool(page and "story" in page.blocks and page.story and has_content(page.story))


def has_content(part: BaseModel) -> bool:
    """True when any field of a part is filled."""
    return any(value not in (None, [], "") for value in part.model_dump().values())
