"""`/sandbox`, in a demo alone: what the telephones would have received. Nothing is sent to anybody there."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from miniprogram_api.partner.receiver import STATIC
from server.core.errors import NotFound, Unavailable
from server.domains.messages.ports import VendorsInbox
from server.http.answers import Raw
from server.http.pages import READ_ONLY_HEADERS, Pages
from server.http.routes import PUBLIC, Call, RouteTable

routes = RouteTable("sandbox")
PAGES: Final = Pages(
    [Path(__file__).parent / "templates", Path(__file__).parents[1] / "partner" / "receiver_templates"], STATIC
)
HEADERS: Final = READ_ONLY_HEADERS | {"Cache-Control": "no-store", "X-Robots-Tag": "noindex"}
SHOWN = 50


@routes.get("/sandbox", permission=PUBLIC, media_type="text/html")
async def show_messages(call: Call) -> Raw:
    """The newest messages first. NotFound where real vendors are behind this installation."""
    inbox: VendorsInbox | None = call.services.vendors.inbox
    if inbox is None:
        raise NotFound
    try:
        received = await inbox.received()
    except OSError:
        raise Unavailable(retry_after_seconds=2) from None
    rows = [
        {"channel": each.channel, "to": each.to, "at": datetime.fromtimestamp(each.at, UTC), "signature": each.signature,
         "code": each.parameters.get("code") if each.channel == "sms" else None, "parameters": each.parameters}
        for each in received[:SHOWN]
    ]  # fmt: skip
    return Raw(
        PAGES.render("sandbox.html", call.language, messages=rows).encode(), "text/html; charset=utf-8", headers=HEADERS
    )
