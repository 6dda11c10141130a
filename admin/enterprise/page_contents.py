"""What a product's pages show: arranged and written here, tried on a real lot in a phone's frame, then put in use."""

from typing import Any, Final, Literal
from uuid import UUID

from pydantic import Field

from admin.frame import PAGE, PageArgs, Wrong, attempt, back, form, show
from admin.rows import keep_file
from server.core import db
from server.core.errors import Invalid, NotFound, Problem
from server.domains import scans
from server.domains.scans import content
from server.http.answers import Raw, Redirect
from server.http.routes import Call, RouteTable

routes = RouteTable("admin_page_contents")
PICTURES: Final = ("origin", "pack", "story0", "story1", "story2")
LOTS_OFFERED: Final = 20
TABS: Final = ("scan", "label", "story", "genuine")
_LOTS = """
SELECT id, lot_no FROM lot
WHERE tenant_id = $1 AND product_id = $2 AND state = 'released' AND kind <> 'material' ORDER BY id DESC LIMIT $3
"""


class ContentArgs(PageArgs):
    """`version`: the one shown and begun with, the newest where none is named; `lot`, `language` and `tab` of the preview."""

    audience: content.Audience = "consumer"
    version: int | None = Field(None, ge=1)
    lot: UUID | None = None
    language: Literal["zh_CN", "en"] | None = None
    tab: Literal["scan", "label", "story", "genuine"] = "scan"


@routes.get("/admin/products/{id}/page", permission="scans.publish", query=ContentArgs, media_type=PAGE)
async def content_page(call: Call) -> Raw:
    return await _page(call, None)


@routes.post("/admin/products/{id}/page", permission="scans.publish", query=ContentArgs, media_type=PAGE)
async def draft(call: Call) -> Raw | Redirect:
    """The next version, from the form."""

    async def act() -> content.PageContent:
        command = content.NewPageContent.model_validate(await _command(call))
        return await content.draft_content(call.actor, call.services.files, call.id(), command)

    done = await attempt(call, act)
    if isinstance(done, Wrong):
        return await _page(call, done)
    return back(call, call.request.path, "page_drafted", audience=call.query.audience)


@routes.post("/admin/products/{id}/page/{content}/use", permission="scans.publish", query=ContentArgs, media_type=PAGE)
async def use(call: Call) -> Raw | Redirect:
    done = await attempt(call, lambda: content.put_in_use(call.actor, call.id("content")))
    if isinstance(done, Wrong):
        return await _page(call, done)
    return back(call, f"/admin/products/{call.path['id']}/page", "page_in_use", audience=done.audience)


@routes.get("/admin/products/{id}/label", permission="scans.publish", query=PageArgs, media_type=PAGE)
async def label_history(call: Call) -> Raw:
    """What the label said, and who changed it when."""
    found = await content.label_versions(call.actor.tenant, call.id())
    return await show(call, "label_history.html", section="products", product=await _product(call), versions=found)


async def _page(call: Call, wrong: Wrong | None) -> Raw:
    q: ContentArgs = call.query
    product = await _product(call)
    versions = await content.content_versions(call.actor.tenant, call.id(), q.audience)
    chosen = next((each for each in versions if each.version == q.version), versions[0] if versions else None)
    given = form(call) if wrong and call.request.form else _given(chosen)
    return await show(
        call, "page_content.html", section="products", status=wrong.status if wrong else 200, wrong=wrong, product=product,
        versions=versions, chosen=chosen, used=await content.in_use(call.actor.tenant, call.id(), q.audience),
        given=given, blocks=_blocks(given), pictures=PICTURES, audience=q.audience, tabs=TABS, q=q,
        **await _tried(call, chosen),
    )  # fmt: skip


async def _tried(call: Call, chosen: content.PageContent | None) -> dict[str, Any]:
    """The lot that the preview shows and the address of the frame; why there is none; what the label lacks."""
    q: ContentArgs = call.query
    lots = await db.fetch(_LOTS, call.actor.tenant, call.id(), LOTS_OFFERED)
    lot = next((each["id"] for each in lots if each["id"] == q.lot), lots[0]["id"] if lots else None)
    found: dict[str, Any] = {"lots": lots, "lot": lot, "refused": None, "missing": []}
    if lot is None or chosen is None or q.audience != "consumer":
        return found
    tried = await attempt(call, lambda: scans.preview_lot(call.actor, lot, chosen.id))
    if isinstance(tried, Wrong):
        found["refused"] = tried
    elif chosen.content["digital_label"]:
        found["missing"] = content.items_missing(tried)
    return found


async def _product(call: Call) -> Any:
    row = await db.fetchrow(
        "SELECT id, name, sku, kind FROM product WHERE tenant_id = $1 AND id = $2", call.actor.tenant, call.id()
    )
    if row is None:
        raise NotFound
    return row


def _given(chosen: content.PageContent | None) -> dict[str, str]:
    """A version as the form's fields; the arrangement of everybody where there is none."""
    page: dict[str, Any] = chosen.content if chosen else {"digital_label": False, "blocks": [*content.BLOCKS]}
    given = {"layout": "digital_label" if page["digital_label"] else "standard"}
    shown = content.shown_blocks(page)
    for place, block in enumerate([*shown, *(each for each in content.BLOCKS if each not in shown)], 1):
        given[f"place.{block}"] = str(place)
        given |= {f"show.{block}": "1"} if block in shown else {}
    for part in ("origin", "story", "pack"):
        given |= {f"{part}_{name}": value for name, value in (page.get(part) or {}).items() if isinstance(value, str)}
    given |= {name: page[name] for name in ("handling", "handling_en") if page.get(name)}
    story = (page.get("story") or {}).get("pictures") or []
    pictures = {"origin": (page.get("origin") or {}).get("picture"), "pack": (page.get("pack") or {}).get("picture")}
    for slot, picture in {**pictures, **{f"story{number}": each for number, each in enumerate(story)}}.items():
        if picture:
            given |= {f"{slot}_kept": picture["attachment_id"], f"{slot}_alt": picture["alt"]}
            given |= {f"{slot}_alt_en": picture["alt_en"]} if picture["alt_en"] else {}
    return given


def _blocks(given: dict[str, str]) -> list[tuple[str, int, bool]]:
    """(block, its place, whether it is shown) in their order."""
    found = [(block, _place(given, block), f"show.{block}" in given) for block in content.BLOCKS]
    return sorted(found, key=lambda each: each[1])


def _place(given: dict[str, str], block: str) -> int:
    text = given.get(f"place.{block}", "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 4 else 99


async def _command(call: Call) -> dict[str, Any]:
    given = form(call)
    command: dict[str, Any] = {"audience": call.query.audience, "note": given.get("note")}
    pack = {name: given.get(f"pack_{name}") for name in ("code_place", "code_place_en")}
    if call.query.audience == "receiver":
        handling = {name: given.get(name) for name in ("handling", "handling_en")}
        return command | handling | {"pack": pack if any(pack.values()) else None}
    pictures = {slot: await _picture(call, given, slot) for slot in PICTURES}
    origin = {"text": given.get("origin_text"), "text_en": given.get("origin_text_en"), "picture": pictures["origin"]}
    story: dict[str, Any] = {name: given.get(f"story_{name}") for name in ("title", "title_en", "text", "text_en")}
    story["pictures"] = [pictures[slot] for slot in PICTURES if slot.startswith("story") and pictures[slot]]
    parts = {"origin": origin, "story": story, "pack": pack | {"picture": pictures["pack"]}}
    return command | {
        "digital_label": given.get("layout") == "digital_label",
        "blocks": [block for block, _, shown in _blocks(given) if shown],
        **{name: part if any(part.values()) else None for name, part in parts.items()},
    }


async def _picture(call: Call, given: dict[str, str], slot: str) -> dict[str, Any] | None:
    """The file that was chosen, else the one that was there, unless it is to go."""
    if f"{slot}_drop" in given:
        return None
    try:
        kept = await keep_file(call, f"{slot}_file", given.get(f"{slot}_alt"), is_shown=True)
    except Problem as problem:
        raise Invalid([type(error)(f"{slot}_file", error.code, error.params) for error in problem.errors]) from None
    picture = str(kept.id) if kept else given.get(f"{slot}_kept")
    if picture is None:
        return None
    return {"attachment_id": picture, "alt": given.get(f"{slot}_alt"), "alt_en": given.get(f"{slot}_alt_en")}
