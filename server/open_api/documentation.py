"""GET /openapi.json: this API, described by the tables that it is served from."""

import orjson

from server.http.answers import Raw
from server.http.openapi import document
from server.http.routes import PUBLIC, Call, RouteTable
from server.open_api.examples import living
from server.open_api.examples.demo import PARAMETERS

routes = RouteTable("documentation")


@routes.get("/openapi.json", permission=PUBLIC)
async def show_openapi(call: Call) -> Raw:
    """This description (OpenAPI 3.1)."""
    app = call.request.app
    if not hasattr(app.ctx, "openapi"):
        settings = call.services.settings
        examples = {**PARAMETERS, **await living.of_demo(settings.token_key)} if settings.mode == "demo" else PARAMETERS
        app.ctx.openapi = orjson.dumps(document(app.ctx.tables, settings.base_url, examples))
    return Raw(app.ctx.openapi, "application/json", headers={"Cache-Control": "no-cache"})
