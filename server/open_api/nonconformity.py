"""/api/v1: what failed, whose it is, what becomes of it and who signed; and what a gauge that failed had measured."""

from typing import Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict

from server.core.errors import FieldError, Invalid
from server.core.ids import parse_id
from server.domains import chain
from server.domains.quality import nonconformity
from server.http.paging import PageQuery, decode_cursor, encode_cursor
from server.http.routes import Call, RouteTable
from server.open_api.chain_views import Created
from server.open_api.examples import demo
from server.open_api.examples import nonconformity as examples
from server.open_api.nonconformity_views import (
    AffectedOut,
    AffectedResult,
    AffectedResults,
    CarriedOut,
    GaugeRuleOut,
    NeededOut,
    NonconformityOpened,
    NonconformityOut,
    NonconformityPage,
    NonconformitySummary,
    RuleList,
    RuleOut,
)
from server.open_api.paged import after_of, next_of

routes = RouteTable("nonconformities")


class NonconformityQuery(PageQuery):
    state: Literal["open", "closed"] | None = None
    lot_id: UUID | None = None
    supplier_id: UUID | None = None
    defect_class: Literal["A", "B", "C"] | None = None
    stage: Literal["material", "production", "testing", "logistics"] | None = None
    product_id: UUID | None = None


@routes.post(
    "/api/v1/nonconformities",
    permission="quality.nonconform",
    body=nonconformity.NewNonconformity,
    returns=NonconformityOpened,
    status=201,
    example=examples.NONCONFORMITY,
)
async def open_nonconformity(call: Call, body: nonconformity.NewNonconformity) -> NonconformityOpened:
    return NonconformityOpened.of(await nonconformity.open_nonconformity(call.actor, body))


@routes.get("/api/v1/nonconformities", permission="quality.read", query=NonconformityQuery, returns=NonconformityPage)
async def list_nonconformities(call: Call) -> NonconformityPage:
    query: NonconformityQuery = call.query
    wanted = nonconformity.NonconformityFilter.model_validate(query.model_dump(exclude={"limit", "after"}))
    rows = await nonconformity.list_nonconformities(call.actor.tenant, wanted, after_of(query), query.limit)
    return NonconformityPage(items=[NonconformitySummary.of(row) for row in rows], next=next_of(rows, query))


@routes.get("/api/v1/nonconformities/{id}", permission="quality.read", returns=NonconformityOut)
async def get_nonconformity(call: Call) -> NonconformityOut:
    return NonconformityOut.of(await nonconformity.get_nonconformity(call.actor.tenant, call.id()))


@routes.post(
    "/api/v1/nonconformities/{id}/evidence",
    permission="quality.nonconform",
    body=nonconformity.AddEvidence,
    status=204,
    example=examples.EVIDENCE,
)
async def add_evidence(call: Call, body: nonconformity.AddEvidence) -> None:
    await nonconformity.add_evidence(call.actor, call.id(), body)


@routes.post(
    "/api/v1/nonconformities/{id}/dispositions",
    permission="quality.nonconform",
    body=nonconformity.NewDisposition,
    returns=Created,
    status=201,
    example=examples.DISPOSITION,
)
async def propose_disposition(call: Call, body: nonconformity.NewDisposition) -> Created:
    return Created(id=await nonconformity.propose_disposition(call.actor, call.id(), body))


@routes.post(
    "/api/v1/dispositions/{id}/signatures",
    permission="quality.nonconform",
    body=nonconformity.SignDisposition,
    returns=NeededOut,
    status=201,
    example=examples.SIGNATURE,
)
async def sign_disposition(call: Call, body: nonconformity.SignDisposition) -> NeededOut:
    return NeededOut.shown(await nonconformity.sign_disposition(call.actor, call.id(), body))


@routes.post(
    "/api/v1/dispositions/{id}/carry-out",
    permission="quality.nonconform",
    body=nonconformity.CarryOut,
    returns=CarriedOut,
    status=201,
    example=examples.CARRY_OUT,
    path_example={"id": demo.APPROVED_DISPOSITION},
)
async def carry_out(call: Call, body: nonconformity.CarryOut) -> CarriedOut:
    lot_id = await nonconformity.carry_out(call.actor, call.id(), body)
    returns = await chain.supplier_returns(
        call.actor.tenant, supplier_id=None, lot_id=None, disposition_id=call.id(), before=None, limit=1
    )
    return CarriedOut(lot_id=lot_id, return_id=returns[0]["id"] if returns else None)


@routes.post(
    "/api/v1/dispositions/{id}/verify",
    permission="quality.nonconform",
    status=204,
    path_example={"id": demo.REWORKED_DISPOSITION},
)
async def verify_disposition(call: Call) -> None:
    await nonconformity.verify_disposition(call.actor, call.id())


@routes.post(
    "/api/v1/dispositions/{id}/withdraw",
    permission="quality.nonconform",
    body=nonconformity.WithdrawDisposition,
    status=204,
    example=examples.WITHDRAWAL,
    path_example={"id": demo.WITHDRAWN_DISPOSITION},
)
async def withdraw_disposition(call: Call, body: nonconformity.WithdrawDisposition) -> None:
    await nonconformity.withdraw_disposition(call.actor, call.id(), body)


@routes.post(
    "/api/v1/dispositions/{id}/reverse",
    permission="quality.nonconform",
    body=nonconformity.ReverseDisposition,
    status=204,
    example=examples.REVERSAL,
    path_example={"id": demo.REWORKED_DISPOSITION},
)
async def reverse_disposition(call: Call, body: nonconformity.ReverseDisposition) -> None:
    await nonconformity.reverse_disposition(call.actor, call.id(), body)


@routes.post(
    "/api/v1/nonconformities/{id}/close",
    permission="quality.dispose",
    body=nonconformity.CloseNonconformity,
    status=204,
    example=examples.CLOSING,
    path_example={"id": demo.REWORKED_NONCONFORMITY},
)
async def close_nonconformity(call: Call, body: nonconformity.CloseNonconformity) -> None:
    await nonconformity.close_nonconformity(call.actor, call.id(), body)


@routes.get("/api/v1/review-rules", permission="quality.read", returns=RuleList)
async def list_review_rules(call: Call) -> RuleList:
    rules = await nonconformity.review_rules(call.actor.tenant)
    return RuleList(items=[RuleOut.of(rule) for rule in rules])


@routes.put(
    "/api/v1/review-rules",
    permission="quality.define",
    body=nonconformity.ReviewRule,
    status=204,
    example=examples.REVIEW_RULE,
)
async def set_review_rule(call: Call, body: nonconformity.ReviewRule) -> None:
    await nonconformity.set_review_rule(call.actor, body)


@routes.get("/api/v1/gauge-rule", permission="quality.read", returns=GaugeRuleOut)
async def get_gauge_rule(call: Call) -> GaugeRuleOut:
    return GaugeRuleOut(overdue=await nonconformity.gauge_rule(call.actor.tenant))


@routes.put(
    "/api/v1/gauge-rule",
    permission="quality.define",
    body=nonconformity.GaugeRule,
    status=204,
    example=examples.GAUGE_RULE,
)
async def set_gauge_rule(call: Call, body: nonconformity.GaugeRule) -> None:
    await nonconformity.set_gauge_rule(call.actor, body)


class AffectedQuery(BaseModel):
    """`calibration_id`: a failed calibration; without it the newest."""

    model_config = ConfigDict(extra="forbid")
    calibration_id: UUID | None = None


class AffectedResultsQuery(PageQuery):
    """`calibration_id`: a failed calibration; without it the newest."""

    calibration_id: UUID | None = None


@routes.get("/api/v1/devices/{id}/affected", permission="quality.read", query=AffectedQuery, returns=AffectedOut)
async def get_affected(call: Call) -> AffectedOut:
    return AffectedOut.shown(await nonconformity.affected_by(call.actor, call.id(), call.query.calibration_id))


@routes.get(
    "/api/v1/devices/{id}/affected/results",
    permission="quality.read",
    query=AffectedResultsQuery,
    returns=AffectedResults,
)
async def list_affected_results(call: Call) -> AffectedResults:
    query: AffectedResultsQuery = call.query
    rows = await nonconformity.affected_results(
        call.actor.tenant, call.id(), _after(query), query.limit, query.calibration_id
    )
    items = [AffectedResult.shown(row, call.language, masked=call.masks_secrets) for row in rows]
    full = len(rows) == query.limit
    return AffectedResults(
        items=items, next=encode_cursor([rows[-1]["record_id"], rows[-1]["position"]]) if full else None
    )


def _after(query: PageQuery) -> tuple[UUID, int] | None:
    values = decode_cursor(query.after, 2)
    if values is None:
        return None
    record = parse_id(str(values[0]))
    if record is None or not isinstance(values[1], int) or not 0 <= values[1] < 2**15:
        raise Invalid([FieldError("after", "cursor_invalid")])
    return record, values[1]
