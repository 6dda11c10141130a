"""The lots that wait for release, and the review of one lot: what is missing and what is unusual, in words."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any, Literal, NamedTuple
from uuid import UUID

from admin.enterprise import lot_reads as reads
from admin.frame import PAGE, PageArgs, show
from admin.paging import FETCHED, cut
from admin.wording import moment
from i18n import format_date, has_key, readable, text
from server.core import db
from server.core.actor import Actor
from server.domains import chain, quality
from server.domains.access.tenants import enterprise_settings
from server.http.answers import Raw
from server.http.paging import decode_id
from server.http.routes import Call, RouteTable

routes = RouteTable("admin_reviewing")
KINDS = ("material", "intermediate", "finished", "unit", "package")
_BY_RECORD = "inspection.unusual."
_OF_RECORDS = (
    "release_second_check_missing", "release_paper_unchecked", "release_legal_correction_unconfirmed", "release_not_judged",
    "release_limit_failed", "release_in_warning_range", "release_customer_limit_failed", "release_patrol_failed", "release_patrol_uncounted",
)  # fmt: skip


class Line(NamedTuple):
    """One point as it is read; `path`: the page of what it speaks of, empty where there is none."""

    text: str
    mandatory: bool
    path: str


class WaitingFilter(PageArgs):
    kind: Literal["material", "intermediate", "finished", "unit", "package"] | None = None


@routes.get("/admin/releases", permission="quality.read", query=WaitingFilter, media_type=PAGE)
async def list_waiting(call: Call) -> Raw:
    """Requests for urgent release first, then every lot that waits, the newest first."""
    wanted: WaitingFilter = call.query
    tenant = call.actor.tenant
    found = await quality.waiting_lots(call.actor, wanted.kind, decode_id(wanted.after), FETCHED)
    reviews, following = cut(found.reviews, "lot_id")
    ids = [review.lot_id for review in reviews]
    heads = {head["id"]: head for head in await reads.lot_heads(tenant, ids)}
    balances = await _balances(call, ids)
    waiting = [
        {"review": review, "lot": heads[review.lot_id], "balance": balances.get(review.lot_id)} for review in reviews
    ]
    return await show(
        call, "releases.html", section="releases", waiting=waiting, total=found.total, following=following, wanted=wanted, kinds=KINDS,
        filters=wanted.model_dump(exclude_none=True, exclude={"done", "after"}),
        urgent=await quality.urgent_requests(tenant, "open", None, 100) if not wanted.after else [],
    )  # fmt: skip


async def review_of(call: Call, lot_id: UUID) -> dict[str, Any] | None:
    """What the card of a lot's review shows; None where nothing waits for a signature."""
    tenant = call.actor.tenant
    review = (await quality.review_lots(call.actor, [lot_id]))[lot_id]
    if review.state == "released" and not review.is_urgent:
        return None
    balance = await _balances(call, [lot_id])
    missing = sorted(review.missing, key=lambda point: not point.mandatory)
    noted = {point.refers_to for point in (*review.missing, *review.unusual)}
    records = (await quality.lot_records(tenant, [lot_id])).get(lot_id, [])
    return {
        "missing": lines(missing, review.lot_no, lot_id, call.language),
        "unusual": lines(review.unusual, review.lot_no, lot_id, call.language),
        "waits_for": len(review.waits_for), "in_order": review.in_order, "is_urgent": review.is_urgent, "balance": balance.get(lot_id),
        "good": [each for each in records if each["id"] not in noted and each["verdict"] == "pass"],
        "by_inspector": review.signer_inspected and not await _inspector_may(call.actor),
    }  # fmt: skip


async def _balances(call: Call, lot_ids: list[UUID]) -> dict[UUID, chain.MassBalance]:
    """None of them for an authority: what went into a lot may be its secret."""
    return {} if call.masks_secrets else await chain.balances(call.actor.tenant, lot_ids)


async def _inspector_may(actor: Actor) -> bool:
    return (await enterprise_settings(actor.tenant)).inspector_may_release


async def asked_urgently(tenant_id: UUID, lot_id: UUID) -> Any:
    """The newest request for an urgent release of this lot, or None."""
    return await db.fetchrow(
        "SELECT id, reason, state, requested_by, requester_name, requested_at, decider_name, decided_at, remark FROM urgent_request"
        " WHERE tenant_id = $1 AND lot_id = $2 ORDER BY id DESC LIMIT 1",
        tenant_id, lot_id,
    )  # fmt: skip


def lines(points: Iterable[quality.Point], lot_no: str, lot_id: UUID, language: str) -> list[Line]:
    """The points of one lot, which its page need not name again."""
    return [Line(said(p.key, p.said(lot_no), language), p.mandatory, _path(p.key, p.refers_to, lot_id)) for p in points]


def said(key: str, params: Mapping[str, Any], language: str) -> str:
    """In a page's own words where there are any: they do not repeat the lot's number."""
    own = f"admin.point.{key.rpartition('.')[2]}"
    return text(own if has_key(own, language) else key, language, **readable(params, language))


def _path(key: str, refers_to: UUID | None, lot_id: UUID) -> str:
    code = key.rpartition(".")[2]
    if refers_to and code == "release_nonconformity_open":
        return f"/admin/nonconformities/{refers_to}"
    if refers_to and code == "release_licence_expired":
        return f"/admin/certificates/{refers_to}"
    by_record = key.startswith(_BY_RECORD) and code != "operation_running"
    return f"/admin/lots/{lot_id}/records" if by_record or code in _OF_RECORDS else ""


async def signed(tenant_id: UUID, lot_id: UUID, language: str) -> list[dict[str, Any]]:
    """The signed decisions about a lot, newest first, each with its checklist in words."""
    found = []
    for each in await quality.lot_releases(tenant_id, lot_id):
        kept = each["checklist"] or {}
        words = {name: _kept(kept.get(name, []), language) for name in ("missing", "unusual")}
        found.append({**each, **words, "in_order": kept.get("in_order", 0)})
    return found


def _kept(points: Iterable[Mapping[str, Any]], language: str) -> list[str]:
    """Points that were kept as they stood, with their times as people read them."""
    return [
        said(p["key"], {"lot_no": "", **{n: _time(v) for n, v in p["params"].items()}}, language) for p in points
    ]  # fmt: skip


def _time(value: Any) -> Any:
    if not isinstance(value, str) or len(value) < len("2026-01-01"):
        return value
    try:
        at = datetime.fromisoformat(value)
    except ValueError:
        return value
    return format_date(at.date()) if len(value) == len("2026-01-01") else moment(at)
