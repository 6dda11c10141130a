"""/api/v1: plans of inspections, what is due and what was missed, quantities, second checkers, days, sampling."""

from datetime import date, datetime
from decimal import Decimal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, field_validator

from server.core.days import ZonedMoment
from server.core.errors import FieldError, Invalid
from server.domains import chain, quality
from server.domains.quality import inspection
from server.http.paging import PageQuery, decode_cursor, encode_cursor
from server.http.routes import Call, RouteTable
from server.open_api.examples import demo
from server.open_api.examples import inspections as examples
from server.open_api.inspection_views import (
    CountsOut,
    InspectionCreated,
    InspectionDetail,
    InspectionOut,
    InspectionPage,
    LateEntriesOut,
    LateFormOut,
    PartedOut,
    PlanCreated,
    PlanOut,
    PlanPage,
    ReachOut,
    RecordReach,
    SamplingOut,
    SamplingStateOut,
    SamplingStates,
    ToCheckOut,
    ToCheckPage,
    WorkingDayOut,
    WorkingDayPage,
)
from server.open_api.paged import after_of, next_of

routes = RouteTable("inspections")


class InspectionQuery(PageQuery, inspection.InspectionFilter):
    """A page of inspections: what is open the longest due first, what is done the newest first."""


class DayQuery(PageQuery, inspection.DayFilter):
    """A page of days, the newest first."""


class SamplingQuery(BaseModel):
    model_config = ConfigDict(extra="forbid")
    lot_size: Decimal = Field(gt=0, le=Decimal("1e12"))
    aql: str = Field(json_schema_extra={"enum": list(inspection.AQLS)})
    level: inspection.Level = "II"
    severity: inspection.Severity = "normal"

    @field_validator("aql")
    @classmethod
    def _listed(cls, aql: str) -> str:
        if aql not in inspection.AQLS:
            raise ValueError("not an AQL of the standard")
        return aql


class StateQuery(BaseModel):
    model_config = ConfigDict(extra="forbid")
    plan_id: UUID | None = None


class LateQuery(BaseModel):
    model_config = ConfigDict(extra="forbid")
    received_from: ZonedMoment | None = None
    received_to: ZonedMoment | None = None


@routes.post(
    "/api/v1/inspection-plans", permission="quality.define", body=inspection.NewPlan, returns=PlanCreated, status=201,
    example=examples.PLAN,
)  # fmt: skip
async def create_plan(call: Call, body: inspection.NewPlan) -> PlanCreated:
    plan_id, version = await inspection.define_plan(call.actor, body)
    return PlanCreated(id=plan_id, version=version)


@routes.get("/api/v1/inspection-plans", permission="quality.read", query=PageQuery, returns=PlanPage)
async def list_plans(call: Call) -> PlanPage:
    rows = await inspection.list_plans(call.actor.tenant, after_of(call.query), call.query.limit)
    return PlanPage(items=[PlanOut.model_validate(row) for row in rows], next=next_of(rows, call.query))


@routes.get("/api/v1/inspection-plans/{id}", permission="quality.read", returns=PlanOut)
async def get_plan(call: Call) -> PlanOut:
    return PlanOut.model_validate(await inspection.get_plan(call.actor.tenant, call.id()))


@routes.post(
    "/api/v1/inspection-plans/{id}/versions", permission="quality.define", body=inspection.NewPlanVersion,
    returns=PlanCreated, status=201, example=examples.PLAN_VERSION,
)  # fmt: skip
async def create_plan_version(call: Call, body: inspection.NewPlanVersion) -> PlanCreated:
    return PlanCreated(id=call.id(), version=await inspection.add_plan_version(call.actor, call.id(), body))


@routes.post(
    "/api/v1/inspection-plans/{id}/retire", permission="quality.define", body=inspection.RetirePlan, returns=PlanOut,
    example=examples.RETIREMENT, path_example={"id": demo.RETIRING_PLAN},
)  # fmt: skip
async def retire_plan(call: Call, body: inspection.RetirePlan) -> PlanOut:
    await inspection.retire_plan(call.actor, call.id(), body)
    return PlanOut.model_validate(await inspection.get_plan(call.actor.tenant, call.id()))


@routes.post(
    "/api/v1/inspections", permission="quality.record", body=inspection.CallInspection, returns=InspectionCreated,
    status=201, example=examples.CALL,
)  # fmt: skip
async def call_inspection(call: Call, body: inspection.CallInspection) -> InspectionCreated:
    return InspectionCreated(id=await inspection.call_inspection(call.actor, body))


def _after(query: PageQuery, of: type[datetime] | type[date]) -> tuple[datetime, UUID] | None:
    values = decode_cursor(query.after, 2)
    if values is None:
        return None
    try:
        return of.fromisoformat(str(values[0])), UUID(str(values[1]))  # type: ignore[return-value]
    except ValueError:
        raise Invalid([FieldError("after", "cursor_invalid")]) from None


@routes.get("/api/v1/inspections", permission="quality.read", query=InspectionQuery, returns=InspectionPage)
async def list_inspections(call: Call) -> InspectionPage:
    query: InspectionQuery = call.query
    wanted = inspection.InspectionFilter.model_validate(query.model_dump(exclude={"limit", "after"}))
    rows = await inspection.list_inspections(call.actor.tenant, wanted, _after(query, datetime), query.limit)
    more = None
    if len(rows) == query.limit:
        more = encode_cursor([rows[-1][inspection.time_of(wanted.state)].isoformat(), str(rows[-1]["id"])])
    return InspectionPage(items=[InspectionOut.model_validate(row) for row in rows], next=more)


@routes.get("/api/v1/inspection-counts", permission="quality.read", returns=CountsOut)
async def count_inspections(call: Call) -> CountsOut:
    return CountsOut.model_validate(await inspection.count_inspections(call.actor.tenant))


@routes.get("/api/v1/inspections/{id}", permission="quality.read", returns=InspectionDetail)
async def get_inspection(call: Call) -> InspectionDetail:
    return InspectionDetail.model_validate(await inspection.get_inspection(call.actor.tenant, call.id()))


@routes.post(
    "/api/v1/inspections/{id}/lots", permission="chain.write", body=inspection.PartLots, returns=PartedOut, status=201,
    example=examples.PARTS, path_example={"id": demo.PARTLY_INSPECTED},
)  # fmt: skip
async def part_lots(call: Call, body: inspection.PartLots) -> PartedOut:
    return PartedOut.model_validate(await inspection.part_lots(call.actor, call.id(), body))


@routes.get("/api/v1/lots/{id}/inspections", permission="quality.read", returns=InspectionPage)
async def list_lot_inspections(call: Call) -> InspectionPage:
    await chain.queries.lot(call.actor.tenant, call.id())
    rows = await inspection.lot_inspections(call.actor.tenant, call.id())
    return InspectionPage(items=[InspectionOut.model_validate(row) for row in rows])


@routes.get("/api/v1/records/{id}/reach", permission="quality.read", returns=RecordReach)
async def get_record_reach(call: Call) -> RecordReach:
    record = await quality.get_record(call.actor.tenant, call.id())
    reach = await inspection.reach_of(call.actor.tenant, call.id()) if record["verdict"] == "fail" else None
    return RecordReach(reach=ReachOut.of(reach))


@routes.post(
    "/api/v1/records/{id}/check", permission="quality.record", body=inspection.CheckRecord, status=204,
    example=examples.CHECK, path_example={"id": demo.RECORD_TO_CHECK},
)  # fmt: skip
async def check_record(call: Call, body: inspection.CheckRecord) -> None:
    await quality.confirm_record(call.actor, call.id(), body)


@routes.get("/api/v1/records-to-check", permission="quality.read", query=PageQuery, returns=ToCheckPage)
async def list_records_to_check(call: Call) -> ToCheckPage:
    rows = await inspection.records_to_check(call.actor.tenant, after_of(call.query), call.query.limit)
    return ToCheckPage(items=[ToCheckOut.model_validate(row) for row in rows], next=next_of(rows, call.query))


@routes.get("/api/v1/working-days", permission="quality.read", query=DayQuery, returns=WorkingDayPage)
async def list_working_days(call: Call) -> WorkingDayPage:
    query: DayQuery = call.query
    wanted = inspection.DayFilter.model_validate(query.model_dump(exclude={"limit", "after"}))
    rows = await inspection.list_days(call.actor.tenant, wanted, _after(query, date), query.limit)
    more = None
    if len(rows) == query.limit:
        more = encode_cursor([rows[-1]["working_day"].isoformat(), str(rows[-1]["id"])])
    return WorkingDayPage(items=[WorkingDayOut.of(row) for row in rows], next=more)


@routes.get("/api/v1/late-entries", permission="quality.read", query=LateQuery, returns=LateEntriesOut)
async def count_late_entries(call: Call) -> LateEntriesOut:
    query: LateQuery = call.query
    found = await inspection.late_counts(call.actor.tenant, query.received_from, query.received_to)
    by_form = [LateFormOut.model_validate(row) for row in found]
    limit = await inspection.late_setting(call.actor.tenant)
    return LateEntriesOut(late_after_minutes=limit, total=sum(each.late for each in by_form), by_form=by_form)


@routes.put(
    "/api/v1/late-entries", permission="quality.define", body=inspection.LateEntries, returns=LateEntriesOut,
    example=examples.LATE_ENTRIES,
)  # fmt: skip
async def set_late_entries(call: Call, body: inspection.LateEntries) -> LateEntriesOut:
    await inspection.set_late_entries(call.actor, body)
    return LateEntriesOut(late_after_minutes=body.late_after_minutes, total=0, by_form=[])


@routes.get("/api/v1/sampling-plans", permission="quality.read", query=SamplingQuery, returns=SamplingOut)
async def look_up_sampling(call: Call) -> SamplingOut:
    query: SamplingQuery = call.query
    plan = inspection.plan_for(query.lot_size, query.level, query.aql, query.severity)
    return SamplingOut.model_validate(plan._asdict() | {"reject": plan.reject})


@routes.get("/api/v1/sampling-states", permission="quality.read", query=StateQuery, returns=SamplingStates)
async def list_sampling_states(call: Call) -> SamplingStates:
    rows = await inspection.sampling_states(call.actor.tenant, call.query.plan_id)
    return SamplingStates(items=[SamplingStateOut.model_validate(row) for row in rows])


@routes.post(
    "/api/v1/sampling-resumptions", permission="quality.release", body=inspection.ResumeSampling,
    returns=InspectionCreated, status=201, example=examples.RESUMPTION,
)  # fmt: skip
async def resume_sampling(call: Call, body: inspection.ResumeSampling) -> InspectionCreated:
    return InspectionCreated(id=await inspection.resume_sampling(call.actor, body))
