"""The enterprises of an authority's district of today."""

from admin.frame import show
from admin.paging import FETCHED, cut
from server.domains.access import queries
from server.http.answers import Raw
from server.http.paging import decode_id
from server.http.routes import Call


async def enterprises_page(call: Call) -> Raw:
    """A list of names; what an enterprise did is read on its own page, and that reading is written down."""
    rows, following = cut(await queries.list_tenants(decode_id(call.query.after), FETCHED))
    return await show(call, "enterprises.html", section="enterprises", enterprises=rows, following=following)
