"""The trail of changes, and the log of what authorities read."""

from datetime import datetime
from typing import Any
from uuid import UUID

from pydantic import BaseModel, Field

from server.core import db
from server.core.days import ZonedMoment
from server.domains.access import queries
from server.http.paging import PageQuery, decode_id, encode_cursor
from server.http.routes import Call, RouteTable

routes = RouteTable("audit")


class AuditQuery(PageQuery):
    """`action` is exact, or ends in `.*`; times with an offset, `since` included, `until` not."""

    object_type: str | None = Field(default=None, max_length=80)
    object_id: str | None = Field(default=None, max_length=200)
    actor_id: UUID | None = None
    action: str | None = Field(default=None, max_length=80)
    since: ZonedMoment | None = None
    until: ZonedMoment | None = None


class AuditEntryOut(BaseModel):
    id: UUID
    at: datetime
    actor_kind: str
    actor_id: UUID | None
    actor_name: str
    action: str
    object_type: str
    object_id: str
    before: dict[str, Any] | None
    after: dict[str, Any] | None
    request_id: str


class AuditList(BaseModel):
    items: list[AuditEntryOut]
    next: str | None


class ReadLogQuery(PageQuery):
    since: ZonedMoment | None = None
    until: ZonedMoment | None = None


class ReadOut(BaseModel):
    """One reading by an authority, with the division codes that gave it the right."""

    id: UUID
    at: datetime
    authority_name: str
    user_name: str
    division_codes: list[str]
    route: str
    object_type: str
    object_id: str | None
    query: dict[str, Any]
    request_id: str


class ReadLog(BaseModel):
    items: list[ReadOut]
    next: str | None


@routes.get("/api/v1/audit", permission="audit.read", query=AuditQuery, returns=AuditList)
async def list_audit(call: Call) -> AuditList:
    """Who changed what, when, from what to what, newest first; for the platform its own entries."""
    q: AuditQuery = call.query
    rows = await queries.audit_trail(
        call.actor.tenant_id, object_type=q.object_type, object_id=q.object_id, actor_id=q.actor_id, action=q.action,
        since=q.since, until=q.until, after=decode_id(q.after), limit=q.limit + 1,
    )  # fmt: skip
    items = [
        AuditEntryOut(**{**row, "before": db.loads(row["before"]), "after": db.loads(row["after"])})
        for row in rows[: q.limit]
    ]
    return AuditList(items=items, next=encode_cursor([items[-1].id]) if len(rows) > q.limit else None)


@routes.get("/api/v1/read-log", permission="access.read_log", query=ReadLogQuery, returns=ReadLog)
async def list_read_log(call: Call) -> ReadLog:
    """What authorities read of the enterprise, newest first."""
    q: ReadLogQuery = call.query
    rows = await queries.read_log(call.actor.tenant, q.since, q.until, decode_id(q.after), q.limit + 1)
    items = [ReadOut(**{**row, "query": db.loads(row["query"])}) for row in rows[: q.limit]]
    return ReadLog(items=items, next=encode_cursor([items[-1].id]) if len(rows) > q.limit else None)
