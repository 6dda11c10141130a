"""Release as an act: what a lot lacks, who waits, signing, and the urgent way."""

from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from i18n import readable, text
from server.domains import quality
from server.http.paging import PageQuery
from server.http.routes import Call, RouteTable
from server.open_api.examples import quality as quality_examples
from server.open_api.paged import after_of, next_of
from server.open_api.quality import own_lot
from server.open_api.quality_views import Out

routes = RouteTable("releases")


class Decided(Out):
    """The signed decision of each lot, by lot id."""

    releases: dict[UUID, UUID]


class ReleaseOut(Out):
    """`kind`: ordinary, urgent, or carried (signed elsewhere, brought by an import)."""

    id: UUID
    decision: str
    kind: str
    certificate_no: str | None
    remark: str | None
    urgent_reason: str | None
    requester_name: str | None
    signer_name: str
    signed_at: datetime
    checklist: dict[str, Any]


class StandingOut(Out):
    """The decision about another lot under which these goods stand: they were taken from it."""

    lot_id: UUID
    lot_no: str
    release_id: UUID
    decision: str
    kind: str
    certificate_no: str | None
    signer_name: str
    signed_at: datetime


class ReleasePage(Out):
    """`stands_under`: of a part, a mixture or a single piece that nobody decided about by itself."""

    items: list[ReleaseOut]
    stands_under: list[StandingOut]


class PointOut(Out):
    """Something to look at; `refers_to` is the row behind it (a record, an inspection, a nonconformity …)."""

    code: str
    text: str
    mandatory: bool
    refers_to: UUID | None

    @classmethod
    def of(cls, point: quality.Point, lot_no: str, language: str) -> "PointOut":
        said = text(point.key, language, **readable(point.said(lot_no), language))
        return cls(code=point.code, text=said, mandatory=point.mandatory, refers_to=point.refers_to)


class ReviewOut(Out):
    """`missing` and `unusual` are shown, the rest is in order: `in_order` records. `ready`: an ordinary release is possible.

    `signer_inspected`: the caller inspected it, so that another person must sign (unless the enterprise lets them).
    """

    lot_id: UUID
    lot_no: str
    state: str
    urgent: bool
    verdict: str
    ready: bool
    missing: list[PointOut]
    unusual: list[PointOut]
    in_order: int
    unknown_dates: list[str]
    signer_inspected: bool

    @classmethod
    def of(cls, review: quality.Review, language: str) -> "ReviewOut":
        return cls(
            lot_id=review.lot_id, lot_no=review.lot_no, state=review.state, urgent=review.is_urgent,
            verdict=review.quality.verdict, ready=not review.waits_for,
            missing=[PointOut.of(point, review.lot_no, language) for point in review.missing],
            unusual=[PointOut.of(point, review.lot_no, language) for point in review.unusual],
            in_order=review.in_order, unknown_dates=list(review.chronology.unknown), signer_inspected=review.signer_inspected,
        )  # fmt: skip


class WaitingQuery(PageQuery):
    kind: Literal["material", "intermediate", "finished", "unit", "package"] | None = None


class WaitingPage(Out):
    """Lots that wait for release, newest first; `total` is how many wait in all."""

    items: list[ReviewOut]
    total: int
    next: str | None


class UrgentQuery(PageQuery):
    state: Literal["open", "approved", "refused"] | None = None


class UrgentOut(Out):
    id: UUID
    lot_id: UUID
    lot_no: str
    reason: str
    state: str
    requester_name: str
    requested_at: datetime
    decider_name: str | None
    decided_at: datetime | None
    remark: str | None


class UrgentPage(Out):
    items: list[UrgentOut]
    next: str | None


class UrgentAsked(Out):
    id: UUID


class UrgentDecided(Out):
    """`release_id` is null where it was refused."""

    release_id: UUID | None


@routes.get("/api/v1/lots/{id}/review", permission="quality.read", returns=ReviewOut)
async def review_lot(call: Call) -> ReviewOut:
    """What is missing and what is unusual before this lot may be released."""
    lot_id = await own_lot(call)
    return ReviewOut.of((await quality.review_lots(call.actor, [lot_id]))[lot_id], call.language)


@routes.get("/api/v1/releases/waiting", permission="quality.read", query=WaitingQuery, returns=WaitingPage)
async def list_waiting(call: Call) -> WaitingPage:
    """The lots that wait for release, each with what it lacks."""
    query = call.query
    found = await quality.waiting_lots(call.actor, query.kind, after_of(query), query.limit)
    items = [ReviewOut.of(review, call.language) for review in found.reviews]
    return WaitingPage(items=items, total=found.total, next=next_of(items, query, "lot_id"))


@routes.post(
    "/api/v1/releases", permission="quality.release", body=quality.DecideLots, returns=Decided, status=201,
    example=quality_examples.RELEASE,
)  # fmt: skip
async def release_lots(call: Call, body: quality.DecideLots) -> Decided:
    """Sign the release of lots; all or none. A lot released urgently before is confirmed."""
    return Decided(releases=await quality.release_lots(call.actor, body))


@routes.post(
    "/api/v1/rejections", permission="quality.release", body=quality.DecideLots, returns=Decided, status=201,
    example=quality_examples.REJECTION,
)  # fmt: skip
async def reject_lots(call: Call, body: quality.DecideLots) -> Decided:
    """Sign the rejection of lots; all or none."""
    return Decided(releases=await quality.reject_lots(call.actor, body))


@routes.get("/api/v1/lots/{id}/releases", permission="quality.read", returns=ReleasePage)
async def list_lot_releases(call: Call) -> ReleasePage:
    """The signed decisions about a lot, newest first, each with the checklist as it stood."""
    lot_id = await own_lot(call)
    found = await quality.lot_releases(call.actor.tenant, lot_id)
    under = [] if found else (await quality.decisions_standing(call.actor.tenant, [lot_id])).get(lot_id, [])
    return ReleasePage(
        items=[ReleaseOut.model_validate(each) for each in found],
        stands_under=[StandingOut.model_validate(each, from_attributes=True) for each in under],
    )


@routes.post(
    "/api/v1/urgent-requests", permission="chain.write", body=quality.AskUrgent, returns=UrgentAsked, status=201,
    example=quality_examples.URGENT,
)  # fmt: skip
async def ask_urgent(call: Call, body: quality.AskUrgent) -> UrgentAsked:
    """Ask for a lot before its results are there."""
    return UrgentAsked(id=await quality.ask_urgent(call.actor, body))


@routes.get("/api/v1/urgent-requests", permission="quality.read", query=UrgentQuery, returns=UrgentPage)
async def list_urgent(call: Call) -> UrgentPage:
    """Requests for urgent release, newest first."""
    query = call.query
    rows = await quality.urgent_requests(call.actor.tenant, query.state, after_of(query), query.limit)
    return UrgentPage(
        items=[UrgentOut.model_validate(dict(row)) for row in rows],
        next=next_of(rows, query),
    )


@routes.post(
    "/api/v1/urgent-requests/{id}/decision", permission="quality.release", body=quality.DecideUrgent,
    returns=UrgentDecided, example=quality_examples.URGENT_DECISION,
)  # fmt: skip
async def decide_urgent(call: Call, body: quality.DecideUrgent) -> UrgentDecided:
    """Approve, which releases the lot, or refuse; never by who asked."""
    return UrgentDecided(release_id=await quality.decide_urgent(call.actor, call.id(), body))
