"""/api/v1/retained-samples: what is kept of lots, when somebody looks at it, and what became of it."""

from datetime import date, datetime, timedelta
from decimal import Decimal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from server.core.clock import EDGE, now
from server.domains import chain, quality
from server.http.paging import PageQuery
from server.http.routes import Call, RouteTable
from server.open_api.chain_views import Created, Out
from server.open_api.examples import demo
from server.open_api.examples import materials as examples
from server.open_api.paged import after_of, next_of

routes = RouteTable("retained")


class SampleQuery(PageQuery):
    """`kept`: not disposed of yet."""

    lot_id: UUID | None = None
    kept: bool | None = None


class SampleSummary(Out):
    """`left_over`: what is left of it, in `unit`. `keep_rule`: after_expiry (by the product's rule) or stated."""

    id: UUID
    sample_no: str
    lot_id: UUID
    lot_no: str
    product_name: str
    quantity: Decimal
    left_over: Decimal
    unit: str
    place_id: UUID | None
    place_name: str | None
    conditions: str | None
    taken_at: datetime
    taker_name: str
    keep_until: date
    keep_rule: str
    disposed_at: datetime | None
    disposer_name: str | None
    disposal: str | None
    witness_name: str | None


class SamplePage(Out):
    items: list[SampleSummary]
    next: str | None


class ObservationOut(Out):
    """Open until `observed_at`."""

    due_on: date
    observed_at: datetime | None
    observer_name: str | None
    result: str | None
    remark: str | None


class UseOut(Out):
    quantity: Decimal
    reason: str
    at: datetime
    user_name: str


class SampleOut(SampleSummary):
    observations: list[ObservationOut]
    uses: list[UseOut]


class SampleLeft(Out):
    left_over: Decimal


class DueQuery(BaseModel):
    """Observations due up to so many days from today."""

    model_config = ConfigDict(extra="forbid")
    within_days: int = Field(0, ge=0, le=366)
    limit: int = Field(100, ge=1, le=500)


class DueOut(Out):
    """`days_late`: below 0 where it is still to come."""

    sample_id: UUID
    sample_no: str
    lot_id: UUID
    lot_no: str
    product_name: str
    place_name: str | None
    due_on: date
    days_late: int


class DueList(Out):
    items: list[DueOut]


@routes.post(
    "/api/v1/lots/{id}/retained-samples", permission="quality.record", body=quality.RetainSample, returns=Created, status=201,
    example=examples.RETAINED,
)  # fmt: skip
async def retain_sample(call: Call, body: quality.RetainSample) -> Created:
    return Created(id=await quality.retain_sample(call.actor, call.id(), body))


@routes.get("/api/v1/lots/{id}/retained-samples", permission="quality.read", query=PageQuery, returns=SamplePage)
async def list_of_lot(call: Call) -> SamplePage:
    await chain.queries.lot(call.actor.tenant, call.id())
    return await _page(call, call.id(), None)


@routes.get("/api/v1/retained-samples", permission="quality.read", query=SampleQuery, returns=SamplePage)
async def list_samples(call: Call) -> SamplePage:
    return await _page(call, call.query.lot_id, call.query.kept)


async def _page(call: Call, lot_id: UUID | None, kept: bool | None) -> SamplePage:
    rows = await quality.samples(
        call.actor.tenant, lot_id=lot_id, kept=kept, before=after_of(call.query), limit=call.query.limit
    )
    return SamplePage(items=[SampleSummary.of(row) for row in rows], next=next_of(rows, call.query))


@routes.get("/api/v1/retained-samples/{id}", permission="quality.read", returns=SampleOut)
async def get_sample(call: Call) -> SampleOut:
    return SampleOut.of(await quality.sample(call.actor.tenant, call.id()))


@routes.get("/api/v1/retained-observations", permission="quality.read", query=DueQuery, returns=DueList)
async def list_due(call: Call) -> DueList:
    query: DueQuery = call.query
    until = now().astimezone(EDGE).date() + timedelta(days=query.within_days)
    rows = await quality.observations_due(call.actor.tenant, until, query.limit)
    return DueList(items=[DueOut.of(row) for row in rows])


@routes.post(
    "/api/v1/retained-samples/{id}/observations", permission="quality.record", body=quality.Observation, returns=Created, status=201,
    example=examples.OBSERVATION,
)  # fmt: skip
async def observe_sample(call: Call, body: quality.Observation) -> Created:
    return Created(id=await quality.observe_sample(call.actor, call.id(), body))


@routes.post(
    "/api/v1/retained-samples/{id}/uses", permission="quality.record", body=quality.UseRetained, returns=SampleLeft, status=201,
    example=examples.RETAINED_USE,
)  # fmt: skip
async def use_sample(call: Call, body: quality.UseRetained) -> SampleLeft:
    return SampleLeft(left_over=await quality.use_sample(call.actor, call.id(), body))


@routes.post(
    "/api/v1/retained-samples/{id}/disposal", permission="quality.record", body=quality.DisposeRetained, status=204,
    example=examples.DISPOSAL, path_example={"id": demo.OLD_SAMPLE},
)  # fmt: skip
async def dispose_sample(call: Call, body: quality.DisposeRetained) -> None:
    await quality.dispose_sample(call.actor, call.id(), body)
