"""What consumers reported: for the enterprise whose product it is, and for the platform where nobody's is known."""

from datetime import datetime
from typing import Any
from uuid import UUID

from pydantic import BaseModel

from server.domains import scans
from server.domains.scans import complaints
from server.http.answers import Raw
from server.http.paging import PageQuery, decode_id, encode_cursor
from server.http.routes import Call, RouteTable
from server.open_api.examples import demo

routes = RouteTable("complaints")
PHOTO_HEADERS = {
    "Content-Security-Policy": "default-src 'none'; sandbox",
    "Cross-Origin-Resource-Policy": "same-origin",
}
ANSWER = {"words": "您好，请凭包装到购买处换货，我们已通知门店。"}
REASON = {"reason": "重复提交"}


class ComplaintQuery(PageQuery):
    """`doubtful`: those that look like a flood's, which stand apart."""

    state: complaints.ComplaintState | None = None
    doubtful: bool = False
    lot_id: UUID | None = None


class ComplaintOut(BaseModel):
    """`product_said` and `lot_said` are the consumer's words; `contact` is read at an address of its own, on the record."""

    id: UUID
    state: str
    topic: str
    source: str
    words: str
    code: str | None
    product_id: UUID | None
    product_name: str | None
    lot_id: UUID | None
    lot_no: str | None
    product_said: str | None
    lot_said: str | None
    city: str | None
    language: str
    photos: int
    has_contact: bool
    contact_erased_at: datetime | None
    is_doubtful: bool
    created_at: datetime


class ComplaintPage(BaseModel):
    items: list[ComplaintOut]
    next: str | None


class StepOut(BaseModel):
    kind: str
    words: str | None
    at: datetime
    actor_name: str


class ComplaintWhole(ComplaintOut):
    steps: list[StepOut]


class ContactOut(BaseModel):
    contact: str | None


def _out(row: Any, language: str) -> dict[str, Any]:
    city = scans.cities().get(row["city_code"] or "")
    return {**dict(row), "code": row["code_text"], "city": city.whole(language) if city else None}


async def _list(call: Call) -> ComplaintPage:
    q: ComplaintQuery = call.query
    rows = await complaints.complaints(
        call.actor.tenant_id, state=q.state, doubtful=q.doubtful, lot_id=q.lot_id, before=decode_id(q.after), limit=q.limit
    )  # fmt: skip
    following = encode_cursor([rows[-1]["id"]]) if len(rows) == q.limit else None
    return ComplaintPage(items=[ComplaintOut.model_validate(_out(row, call.language)) for row in rows], next=following)


async def _show(call: Call) -> ComplaintWhole:
    row = await complaints.complaint(call.actor.tenant_id, call.id())
    steps = [
        StepOut(**{name: step[name] for name in StepOut.model_fields})
        for step in await complaints.steps(call.actor.tenant_id, call.id())
    ]
    return ComplaintWhole.model_validate({**_out(row, call.language), "steps": steps})


async def photo_of(call: Call) -> Raw:
    """One photo, as it was kept."""
    number = int(call.path["number"]) if call.path["number"] in ("1", "2", "3") else 0
    media_type, body = await complaints.photo(call.actor.tenant_id, call.services.files, call.id(), number)
    return Raw(body, media_type, headers=PHOTO_HEADERS)


async def _contact(call: Call) -> ContactOut:
    return ContactOut(contact=await complaints.contact_of(call.actor, call.services.files, call.id()))


async def _answer(call: Call, body: complaints.AnswerComplaint) -> None:
    await complaints.answer(call.actor, call.id(), body)


async def _close(call: Call, body: complaints.CloseComplaint) -> None:
    await complaints.close(call.actor, call.id(), body)


async def _reopen(call: Call, body: complaints.CloseComplaint) -> None:
    await complaints.reopen(call.actor, call.id(), body)


def _declare(base: str, reads: str, writes: str, suffix: str) -> None:
    """The same routes for the enterprise and for the platform; whose complaints they are, the actor says."""

    numbers = {"number": "1"}

    def add(method: str, path: str, act: Any, permission: str, **options: Any) -> None:
        async def handler(call: Call, *body: Any) -> Any:
            return await act(call, *body)

        handler.__name__, handler.__doc__ = f"{act.__name__.strip('_')}{suffix}", act.__doc__
        where = {"id": demo.COMPLAINT_OF_NOBODY} if suffix else {}
        routes.add(method, base + path, permission=permission, path_example={**where, **numbers}, **options)(handler)  # type: ignore[arg-type]

    one = "/{id}"
    add("GET", "", _list, reads, query=ComplaintQuery, returns=ComplaintPage)
    add("GET", one, _show, reads, returns=ComplaintWhole)
    add("GET", one + "/photos/{number}", photo_of, reads, media_type="image/jpeg")
    add("GET", one + "/contact", _contact, writes, returns=ContactOut)
    add("POST", one + "/answers", _answer, writes, body=complaints.AnswerComplaint, status=204, example=ANSWER)
    add("POST", one + "/close", _close, writes, body=complaints.CloseComplaint, status=204, example=REASON)
    add("POST", one + "/reopen", _reopen, writes, body=complaints.CloseComplaint, status=204, example=REASON)


_declare("/api/v1/complaints", "scans.complaints", "scans.complaints", "")
_declare("/api/v1/platform/complaints", "platform.read", "platform.write", "_of_platform")


@routes.post(
    "/api/v1/platform/complaints/{id}/pass-on", permission="platform.write", body=complaints.PassOn, status=204,
    example={"tenant_id": demo.DAIRY}, path_example={"id": demo.COMPLAINT_OF_NOBODY},
)  # fmt: skip
async def pass_on(call: Call, body: complaints.PassOn) -> None:
    """To the enterprise whose product it is, with its photos and what was written."""
    await complaints.pass_on(call.actor, call.id(), body)
