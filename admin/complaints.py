"""What consumers reported: the enterprise's own, and for the platform what is nobody's yet."""

from typing import Any, get_args
from uuid import UUID

from admin.frame import PAGE, PageArgs, Wrong, attempt, back, form, show
from admin.paging import FETCHED, cut
from server.core import db
from server.domains import scans
from server.domains.scans import complaints
from server.http.answers import Raw, Redirect
from server.http.paging import decode_id
from server.http.routes import Call, RouteTable

routes = RouteTable("admin_complaints")
# A browser that shows a picture by itself writes a style into the page it makes around it; a picture brings none of its own.
_ALONE = "default-src 'none'; style-src 'unsafe-inline'; sandbox"
OFFICE, PLATFORM = "/admin/complaints", "/admin/platform/complaints"
STATES: tuple[str, ...] = get_args(complaints.ComplaintState)


class ComplaintArgs(PageArgs):
    """`state`: one of them, or all."""

    state: str = "open"
    doubtful: bool = False
    lot: UUID | None = None


def _base(call: Call) -> str:
    return OFFICE if call.actor.tenant_id else PLATFORM


async def _list(call: Call) -> Raw:
    state = call.query.state if call.query.state in STATES and not call.query.doubtful else None
    rows, following = cut(
        await complaints.complaints(
            call.actor.tenant_id, state=state, doubtful=call.query.doubtful, lot_id=call.query.lot,
            before=decode_id(call.query.after), limit=FETCHED,
        )
    )  # fmt: skip
    return await show(
        call, "complaints.html", section="complaints", complaints=[_shown(row, call.language) for row in rows], following=following, base=_base(call),
        states=STATES, state=state, doubtful=call.query.doubtful, lot=call.query.lot,
    )  # fmt: skip


def _shown(row: Any, language: str) -> dict[str, Any]:
    city = scans.cities().get(row["city_code"] or "")
    return {**dict(row), "city": city.whole(language) if city else None}


async def _show(call: Call) -> Raw:
    return await _one(call)


async def _one(call: Call, wrong: Wrong | None = None, contact: str | None = None) -> Raw:
    tenant, found = call.actor.tenant_id, await complaints.complaint(call.actor.tenant_id, call.id())
    return await show(
        call, "complaint.html", section="complaints", status=wrong.status if wrong else 200, c=_shown(found, call.language), wrong=wrong, contact=contact,
        steps=await complaints.steps(tenant, call.id()), photos=await complaints.photos(tenant, call.id()), base=_base(call),
        given=form(call) if wrong else {}, tenants=[] if tenant else await _enterprises(), writes="scans.complaints" if tenant else "platform.write",
    )  # fmt: skip


async def _enterprises() -> list[tuple[str, str]]:
    rows = await db.fetch("SELECT id, name FROM tenant WHERE state = 'active' ORDER BY name LIMIT 2000")
    return [(str(row["id"]), row["name"]) for row in rows]


async def _photo(call: Call) -> Raw:
    """One photo of a complaint, as it was kept."""
    number = int(call.path["number"]) if call.path["number"] in ("1", "2", "3") else 0
    media_type, body = await complaints.photo(call.actor.tenant_id, call.services.files, call.id(), number)
    return Raw(body, media_type, headers={"Content-Security-Policy": _ALONE})


async def _contact(call: Call) -> Raw:
    """The page once more with the contact on it, and a line in the trail."""
    return await _one(call, contact=await complaints.contact_of(call.actor, call.services.files, call.id()) or "—")


async def _answer(call: Call) -> Raw | Redirect:
    async def act() -> None:
        given = form(call)
        command = {"words": given.get("words"), "close": "close" in given}
        await complaints.answer(call.actor, call.id(), complaints.AnswerComplaint.model_validate(command))

    return await _done(call, await attempt(call, act), "answered")


async def _close(call: Call) -> Raw | Redirect:
    async def act() -> None:
        await complaints.close(
            call.actor, call.id(), complaints.CloseComplaint.model_validate({"reason": form(call).get("reason")})
        )

    return await _done(call, await attempt(call, act), "saved")


async def _reopen(call: Call) -> Raw | Redirect:
    async def act() -> None:
        await complaints.reopen(
            call.actor, call.id(), complaints.CloseComplaint.model_validate({"reason": form(call).get("reason")})
        )

    return await _done(call, await attempt(call, act), "saved")


async def _done(call: Call, done: Wrong | None, said: str) -> Raw | Redirect:
    return await _one(call, done) if isinstance(done, Wrong) else back(call, f"{_base(call)}/{call.path['id']}", said)


def _declare(base: str, reads: str, writes: str, room: str) -> None:
    """The same pages for the enterprise and for the platform."""

    def add(
        method: str, path: str, act: Any, permission: str, query: type[PageArgs] = PageArgs, media_type: str = PAGE
    ) -> None:
        async def handler(call: Call) -> Raw | Redirect:
            answer: Raw | Redirect = await act(call)
            return answer

        handler.__name__ = f"{act.__name__.strip('_')}_{room}"
        routes.add(method, base + path, permission=permission, query=query, media_type=media_type)(handler)  # type: ignore[arg-type]

    add("GET", "", _list, reads, ComplaintArgs)
    add("GET", "/{id}", _show, reads)
    add("GET", "/{id}/photos/{number}", _photo, reads, media_type="image/jpeg")
    add("POST", "/{id}/contact", _contact, writes)
    add("POST", "/{id}/answers", _answer, writes)
    add("POST", "/{id}/close", _close, writes)
    add("POST", "/{id}/reopen", _reopen, writes)


_declare(OFFICE, "scans.complaints", "scans.complaints", "office")
_declare(PLATFORM, "platform.read", "platform.write", "platform")


@routes.post(f"{PLATFORM}/{{id}}/pass-on", permission="platform.write", query=PageArgs, media_type=PAGE)
async def pass_on(call: Call) -> Raw | Redirect:
    """It is then the enterprise's, and no longer here."""

    async def act() -> None:
        await complaints.pass_on(
            call.actor, call.id(), complaints.PassOn.model_validate({"tenant_id": form(call).get("tenant_id")})
        )

    done = await attempt(call, act)
    return await _one(call, done) if isinstance(done, Wrong) else back(call, PLATFORM, "passed_on")
