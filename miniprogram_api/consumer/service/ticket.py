"""`/ticket`: what became of a report, for whoever holds its ticket. No account; whatever is wrong with a ticket, the answer is one."""

from urllib.parse import quote

from miniprogram_api.consumer.service import limits
from miniprogram_api.consumer.service.frame import HEADERS, guarded, language_of, notice, show
from server.domains.scans import complaints
from server.http.answers import Raw, Redirect
from server.http.routes import PUBLIC, Call, RouteTable

routes = RouteTable("ticket")


@routes.get("/ticket", permission=PUBLIC, media_type="text/html")
@guarded
async def find_ticket(call: Call) -> Raw | Redirect:
    """Where a ticket is typed in; the address of its page is the ticket itself."""
    typed = (call.request.args.get("no") or "").strip()[:40]
    if typed:
        return Redirect(f"/ticket/{quote(typed, safe='')}", HEADERS)
    return show(call, "find_ticket.html", unknown=False)


@routes.get("/ticket/{ticket}", permission=PUBLIC, media_type="text/html")
@guarded
async def ticket_page(call: Call) -> Raw | Redirect:
    if wait := await limits.ticket_wait(call.services.limiter, call.request):
        return notice(call, "wait", 429, wait)
    ticket = call.path["ticket"]
    found = await complaints.of_ticket(call.services.public_pool, ticket, language_of(call))
    if found is None:
        return show(call, "find_ticket.html", status=404, unknown=True)
    address = f"{call.services.settings.base_url}/ticket/{ticket}"
    return show(
        call, "ticket.html", ticket=ticket.upper(), found=found, address=address, is_new="new" in call.request.args
    )
