"""The page that inspectors install: shell, manifest, service worker, and its files. All it says comes from the catalogs."""

import orjson

from i18n import text
from miniprogram_api.inspector import page_files
from server.core.errors import NotFound
from server.http.answers import Raw, Redirect
from server.http.pages import ADMIN_HEADERS, STATIC_HEADERS
from server.http.routes import PUBLIC, Call, RouteTable

routes = RouteTable("phone_page")
SCRIPT = "text/javascript; charset=utf-8"
_POLICY = ADMIN_HEADERS["Content-Security-Policy"].replace("img-src 'self' data:", "img-src 'self' data: blob:")
HEADERS = ADMIN_HEADERS | {
    "Content-Security-Policy": _POLICY,
    "Permissions-Policy": "camera=(self), geolocation=(), microphone=(), payment=(), usb=()",
}


@routes.get("/phone", permission=PUBLIC, media_type="text/html")
async def without_slash(call: Call) -> Redirect:
    """As people type it."""
    return Redirect("/phone/", HEADERS)


@routes.get("/phone/", permission=PUBLIC, media_type="text/html")
async def show_page(call: Call) -> Raw:
    """The whole app: it holds every word in every language, so that it opens without a network."""
    body = page_files.PAGES.render(
        "phone.html", call.language, url=page_files.url, words=page_files.words_json(), version=page_files.version()
    )
    return Raw(body.encode(), "text/html; charset=utf-8", headers=HEADERS)


@routes.get("/phone/manifest.webmanifest", permission=PUBLIC, media_type="application/manifest+json")
async def manifest(call: Call) -> Raw:
    icons = [
        {"src": page_files.url(name), "sizes": size, "type": kind, "purpose": purpose}
        for name, size, kind, purpose in (
            ("icon.svg", "any", "image/svg+xml", "any"), ("icon-192.png", "192x192", "image/png", "any"),
            ("icon-512.png", "512x512", "image/png", "any maskable"),
        )
    ]  # fmt: skip
    body = {
        "id": "/phone/", "start_url": "/phone/", "scope": "/phone/", "display": "standalone", "orientation": "portrait",
        "name": text("inspector_page.app.name", call.language), "short_name": text("inspector_page.app.short", call.language),
        "lang": call.language.replace("_", "-"), "theme_color": "#0b6b5d", "background_color": "#f4f6f6", "icons": icons,
    }  # fmt: skip
    return Raw(orjson.dumps(body), "application/manifest+json")


@routes.get("/phone/worker.js", permission=PUBLIC, media_type="text/javascript")
async def worker(call: Call) -> Raw:
    """The service worker of this version."""
    return Raw(page_files.worker_script(), SCRIPT, headers=HEADERS)


@routes.get("/static/phone/{version}/{name}", permission=PUBLIC, media_type="application/octet-stream")
async def own_file(call: Call) -> Raw:
    """A file of this very version; of another one nothing, as half an app is none."""
    file = page_files.static_file(call.path["name"]) if call.path["version"] == page_files.version() else None
    if file is None:
        raise NotFound
    if file.packed and "gzip" in (call.request.headers.get("accept-encoding") or ""):
        headers = STATIC_HEADERS | {"Content-Encoding": "gzip", "Vary": "Accept-Encoding"}
        return Raw(file.packed, file.content_type, headers=headers)
    return Raw(file.body, file.content_type, headers=STATIC_HEADERS)
