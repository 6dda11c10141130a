"""/api/v1/scans: what the public asked about the enterprise's codes. Devices are hashes that change every day."""

from datetime import datetime
from typing import Literal

from pydantic import BaseModel, Field

from server.core.errors import FieldError, Invalid
from server.domains import scans
from server.http.paging import PageQuery, decode_cursor, encode_cursor
from server.http.routes import Call, RouteTable

routes = RouteTable("scans")
CHANNELS: dict[int, Literal["browser", "wechat", "alipay", "api"]] = {1: "browser", 2: "wechat", 3: "alipay", 4: "api"}


class ScanQuery(PageQuery):
    """The scans of one code, newest first."""

    code: str = Field(min_length=1, max_length=200)


class ScanOut(BaseModel):
    at: datetime
    channel: Literal["browser", "wechat", "alipay", "api"]
    status: str
    device: str | None


class ScanPage(BaseModel):
    items: list[ScanOut]
    next: str | None


@routes.get("/api/v1/scans", permission="scans.read", query=ScanQuery, returns=ScanPage)
async def list_scans(call: Call) -> ScanPage:
    query: ScanQuery = call.query
    rows = await scans.scans_of(call.actor.tenant, query.code, _before(query.after), query.limit)
    items = [
        ScanOut(
            at=row["at"],
            channel=CHANNELS[row["channel"]],
            status=scans.Result(row["result"]).status,
            device=row["device_hash"].hex() if row["device_hash"] else None,
        )
        for row in rows
    ]
    last = rows[-1] if len(rows) == query.limit else None
    return ScanPage(items=items, next=encode_cursor([last["at"].isoformat(), last["id"]]) if last else None)


def _before(cursor: str | None) -> tuple[datetime, int] | None:
    values = decode_cursor(cursor, 2)
    if values is None:
        return None
    try:
        return datetime.fromisoformat(values[0]), int(values[1])
    except (TypeError, ValueError):
        raise Invalid([FieldError("after", "cursor_invalid")]) from None
