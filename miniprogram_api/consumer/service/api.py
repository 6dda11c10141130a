"""The same for mini-programs: a report with its photos one by one, as they can send them, and what became of it."""

from datetime import datetime

from pydantic import BaseModel
from sanic.request import File

from miniprogram_api.consumer.service import limits
from miniprogram_api.consumer.service.filing import clean, stranger, take_in
from miniprogram_api.consumer.service.frame import language_of
from server.core import db
from server.core.errors import NotFound, TooMany
from server.domains import scans
from server.domains.scans import complaints
from server.http.routes import PUBLIC, Call, RouteTable

routes = RouteTable("public_complaints")
EXAMPLE = {
    "entry_id": "0190d2a4-7c3e-7b41-9f0e-2f6a5d8c1b77", "topic": "package", "words": "收到时盒子已经鼓起来了", "source": "other", "product": "纯牛奶",
    "lot": "20260310A", "city": "330100",
}  # fmt: skip


class ComplaintTicket(BaseModel):
    """Keep `ticket`: it alone shows the answer. `url` is its page."""

    ticket: str
    url: str


class TicketStep(BaseModel):
    kind: str
    at: datetime
    words: str | None


class TicketOut(BaseModel):
    """`state`: open, answered, closed. `company` is null while nobody knows whose product it is."""

    state: str
    created_at: datetime
    topic: str
    words: str
    company: str | None
    product: str | None
    lot_no: str | None
    photos: int
    steps: list[TicketStep]


class PhotoKept(BaseModel):
    number: int


class CityOut(BaseModel):
    code: str
    province: str
    name: str


class CityList(BaseModel):
    items: list[CityOut]


@routes.get("/api/v1/public/cities", permission=PUBLIC, returns=CityList)
async def list_cities(call: Call) -> CityList:
    """Where a report may come from: as near as a place is ever kept."""
    language = language_of(call)
    found = scans.cities().values()
    return CityList(
        items=[CityOut(code=each.code, province=each.province(language), name=each.name(language)) for each in found]
    )


@routes.post(
    "/api/v1/public/complaints", permission=PUBLIC, body=complaints.FileComplaint, returns=ComplaintTicket, status=201, example=EXAMPLE
)  # fmt: skip
async def send_complaint(call: Call, body: complaints.FileComplaint) -> ComplaintTicket:
    """No account. Sent again with the same `entry_id` it is the same complaint; with other words a conflict."""
    if wait := await limits.sender_wait(call.services.limiter, call.request):
        raise TooMany(retry_after_seconds=wait)
    filed = await take_in(call, body, (), language_of(call))
    return ComplaintTicket(ticket=filed.ticket, url=f"{call.services.settings.base_url}/ticket/{filed.ticket}")


async def _ticket(call: Call) -> complaints.Ticket:
    if wait := await limits.ticket_wait(call.services.limiter, call.request):
        raise TooMany(retry_after_seconds=wait)
    found = await complaints.of_ticket(call.services.public_pool, call.path["ticket"], language_of(call))
    if found is None:
        raise NotFound
    return found


@routes.get("/api/v1/public/tickets/{ticket}", permission=PUBLIC, returns=TicketOut)
async def show_ticket(call: Call) -> TicketOut:
    found = await _ticket(call)
    steps = [TicketStep(kind=kind, at=at, words=words) for kind, at, words in found.steps]
    return TicketOut(**{name: getattr(found, name) for name in TicketOut.model_fields if name != "steps"}, steps=steps)


@routes.post("/api/v1/public/tickets/{ticket}/photos", permission=PUBLIC, returns=PhotoKept, status=201, upload=True)
async def add_photo(call: Call) -> PhotoKept:
    """One JPEG or PNG in `file`, within the hour and three at most; what the camera wrote beside the picture is not kept."""
    found, services = await _ticket(call), call.services
    if wait := await limits.photo_wait(services.limiter, call.request):
        raise TooMany(retry_after_seconds=wait)
    sent = call.request.files.get("file") if call.request.files else None
    picture = await clean(call, sent.body if isinstance(sent, File) else b"")
    actor = stranger(call, found.tenant_id, language_of(call))
    async with db.transaction(actor.scope()):
        return PhotoKept(number=await complaints.add_photo(actor, services.files, found.id, *picture))
