"""/api/v1/lots/{id}/labels: material tag, traveller and status label as PDF, with the lot's internal code."""

import asyncio

from server.domains import chain
from server.http.answers import Raw
from server.http.routes import Call, RouteTable
from server.open_api.examples import materials as examples

routes = RouteTable("internal_labels")


@routes.post(
    "/api/v1/lots/{id}/labels", permission="quality.record", body=chain.PrintLabel, media_type="application/pdf", status=200,
    example=examples.LABEL,
)  # fmt: skip
async def print_label(call: Call, body: chain.PrintLabel) -> Raw:
    """A print is an act: it is on record, and the first makes the code."""
    settings = call.services.settings
    keys = {each.version: each.key for each in settings.code_keys}
    label = await chain.label_of(call.actor, call.id(), body, keys, settings.minting_key.version, settings.base_url)
    pdf = await asyncio.to_thread(chain.label_pdf, label)
    return Raw(pdf, "application/pdf", headers={"Content-Disposition": f'inline; filename="{body.kind}.pdf"'})
