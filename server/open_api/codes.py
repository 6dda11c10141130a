"""/api/v1: coding rules, code orders, the codes of an order, labels and symbols."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Final
from urllib.parse import unquote
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from server.core import db
from server.core.errors import FieldError, Invalid, NotFound
from server.domains import codes
from server.domains.chain.labels.coding import order_codes
from server.http.answers import Raw
from server.http.paging import PageQuery, decode_cursor, encode_cursor
from server.http.routes import Call, RouteTable
from server.open_api.codes_views import (
    ChangeOut,
    CodeItem,
    CodeItemPage,
    CodeOut,
    HistoryItem,
    HistoryPage,
    OrderOut,
    OrderPage,
    PreviewOut,
    RuleCreated,
    RuleOut,
    RulePage,
)
from server.open_api.examples import codes as codes_examples
from server.open_api.whereabouts import whereabouts

routes = RouteTable("codes")

MINTED_AT_ONCE: Final = 5_000
"""Orders up to this size are ready in the answer; larger ones are minted by a worker."""

MAX_LABELS: Final = 2_400
"""Labels of one PDF: 100 sheets. Longer orders are printed range by range."""


class OrderQuery(PageQuery):
    lot_id: UUID | None = None


class SerialQuery(BaseModel):
    """A page of codes, from serial `first` on."""

    model_config = ConfigDict(extra="forbid")
    first: int = Field(1, ge=1)
    limit: int = Field(500, ge=1, le=5_000)


class LabelQuery(BaseModel):
    """Serials `first` to `last`; `level` is the symbol's error correction, `form` what it holds."""

    model_config = ConfigDict(extra="forbid")
    first: int = Field(1, ge=1)
    last: int | None = Field(None, ge=1)
    level: codes.CorrectionLevel = "M"
    form: codes.UrlForm = "short"


class SymbolQuery(BaseModel):
    model_config = ConfigDict(extra="forbid")
    level: codes.CorrectionLevel = "M"
    form: codes.UrlForm = "short"


class HistoryQuery(BaseModel):
    """The history of one serial, where given."""

    model_config = ConfigDict(extra="forbid")
    serial: int | None = Field(None, ge=1)


@routes.post(
    "/api/v1/code-rules",
    permission="codes.define",
    body=codes.NewRule,
    returns=RuleCreated,
    status=201,
    example=codes_examples.RULE,
)
async def create_rule(call: Call, body: codes.NewRule) -> RuleCreated:
    return RuleCreated(id=await codes.create_rule(call.actor, body), version=1)


@routes.get("/api/v1/code-rules", permission="codes.read", returns=RulePage)
async def list_rules(call: Call) -> RulePage:
    found = await codes.list_rules(call.actor.tenant)
    return RulePage(items=[RuleOut.of(rule_id, version) for rule_id, version in found])


@routes.get("/api/v1/code-rules/{id}", permission="codes.read", returns=RuleOut)
async def get_rule(call: Call) -> RuleOut:
    found = await codes.newest_version(call.actor.tenant, call.id())
    if found is None:
        raise NotFound
    return RuleOut.of(call.id(), found)


@routes.post(
    "/api/v1/code-rules/{id}/versions",
    permission="codes.define",
    body=codes.NewRuleVersion,
    returns=RuleCreated,
    status=201,
    example=codes_examples.RULE_VERSION,
)
async def create_rule_version(call: Call, body: codes.NewRuleVersion) -> RuleCreated:
    return RuleCreated(id=call.id(), version=await codes.add_rule_version(call.actor, call.id(), body))


@routes.post(
    "/api/v1/code-rules/preview",
    permission="codes.define",
    body=codes.RulePreview,
    returns=PreviewOut,
    example=codes_examples.PREVIEW,
)
async def preview_rule(call: Call, body: codes.RulePreview) -> PreviewOut:
    return PreviewOut.of(await codes.preview_rule(call.actor, body), call.language)


@routes.post(
    "/api/v1/code-orders",
    permission="codes.order",
    body=codes.NewOrder,
    returns=OrderOut,
    status=201,
    example=codes_examples.ORDER,
)
async def create_order(call: Call, body: codes.NewOrder) -> OrderOut:
    settings = call.services.settings
    order_id = await order_codes(call.actor, body, settings.minting_key.version)
    if body.count <= MINTED_AT_ONCE:
        await codes.mint_step(call.actor, order_id, {each.version: each.key for each in settings.code_keys})
    return OrderOut.of(await codes.get_order(call.actor.tenant, order_id))


@routes.get("/api/v1/code-orders", permission="codes.read", query=OrderQuery, returns=OrderPage)
async def list_orders(call: Call) -> OrderPage:
    query = call.query
    found = await codes.list_orders(call.actor.tenant, query.lot_id, _before(query.after), query.limit)
    full = len(found) == query.limit
    return OrderPage(
        items=[OrderOut.of(order) for order in found],
        next=encode_cursor([str(found[-1].id)]) if full else None,
    )


def _before(cursor: str | None) -> UUID | None:
    values = decode_cursor(cursor, 1)
    try:
        return UUID(str(values[0])) if values else None
    except ValueError:
        raise Invalid([FieldError("after", "cursor_invalid")]) from None


@routes.get("/api/v1/code-orders/{id}", permission="codes.read", returns=OrderOut)
async def get_order(call: Call) -> OrderOut:
    return OrderOut.of(await codes.get_order(call.actor.tenant, call.id()))


@routes.get("/api/v1/code-orders/{id}/codes", permission="codes.read", query=SerialQuery, returns=CodeItemPage)
async def list_codes(call: Call) -> CodeItemPage:
    order = await codes.get_order(call.actor.tenant, call.id())
    last = call.query.first + call.query.limit - 1
    found = await codes.codes_of_order(call.actor.tenant, order.id, call.query.first, last)
    return CodeItemPage(
        items=[CodeItem(**code._asdict()) for code in found], next=last + 1 if last < order.stored else None
    )


@routes.get("/api/v1/code-orders/{id}/history", permission="codes.read", query=HistoryQuery, returns=HistoryPage)
async def list_history(call: Call) -> HistoryPage:
    order = await codes.get_order(call.actor.tenant, call.id())
    found = await codes.order_history(call.actor.tenant, order.id, call.query.serial)
    return HistoryPage(items=[HistoryItem(**row._asdict()) for row in found])


def _change_route(word: str, change: codes.Change) -> None:
    """POST /code-orders/{id}/{word}: the whole order, or serials `first` to `last`, by one call."""

    async def handler(call: Call, body: codes.RangeChange) -> ChangeOut:
        done = await codes.change_codes(call.actor, call.id(), change, body)
        return ChangeOut(**done._asdict())

    handler.__name__ = f"{word}_codes"
    register: Callable[[Callable[..., Awaitable[ChangeOut]]], object] = routes.post(
        f"/api/v1/code-orders/{{id}}/{word}",
        permission="codes.state",
        body=codes.RangeChange,
        returns=ChangeOut,
        example=codes_examples.CHANGES[word],
    )
    register(handler)


_change_route("print", "printed")
_change_route("activate", "activated")
_change_route("void", "voided")
_change_route("lose", "lost")
_change_route("return", "returned")


@routes.get(
    "/api/v1/code-orders/{id}/labels.pdf",
    permission="codes.read",
    query=LabelQuery,
    media_type="application/pdf",
    own_transaction=True,
)
async def get_labels(call: Call) -> Raw:
    query = call.query
    async with db.transaction(call.actor.scope()):
        order = await codes.get_order(call.actor.tenant, call.id())
        last = query.last or order.count
        if not query.first <= last <= order.count:
            field = "first" if query.first > order.count else "last"
            raise codes.RangeOutsideOrder(field=field, first=query.first, last=last, count=order.count)
        if last - query.first >= MAX_LABELS:
            raise Invalid([FieldError("last", "too_many_labels", {"limit": MAX_LABELS})])
        sheet = await codes.label_sheet(
            call.actor, order.id, query.first, last, call.services.settings.base_url, query.form, call.language
        )
        if len(sheet.labels) <= last - query.first:  # still minting: a sheet that lacks some would look whole
            raise codes.OrderNotReady(stored=order.stored, count=order.count)
    pdf = await asyncio.to_thread(codes.labels_pdf, sheet.labels, sheet.texts, query.level)
    return Raw(pdf, "application/pdf", headers={"Content-Disposition": f'inline; filename="labels-{order.id}.pdf"'})


@routes.get("/api/v1/codes/{text}", permission="codes.read", returns=CodeOut)
async def get_code(call: Call) -> CodeOut:
    code = await _code_of(call)
    history = await codes.order_history(call.actor.tenant, code.order_id, code.serial)
    place = await codes.label_place(call.actor.tenant)
    url = codes.code_url(place.origin or call.services.settings.base_url, code.text, place.space)
    shown = code._asdict() | {"first_scanned_at": code.first_scan_at, "url": url}
    del shown["first_scan_at"]
    shown |= await whereabouts(call.actor.tenant, code)
    return CodeOut(**shown, history=[HistoryItem(**row._asdict()) for row in history])


async def _code_of(call: Call) -> codes.CodeView:
    return await codes.get_code(call.actor.tenant, codes.identity_of_text(unquote(call.path["text"])))


@routes.get("/api/v1/codes/{text}/symbol.svg", permission="codes.read", query=SymbolQuery, media_type="image/svg+xml")
async def get_svg(call: Call) -> Raw:
    drawing = codes.svg(codes.matrix(await _symbol_text(call), call.query.level))
    return Raw(drawing.encode(), "image/svg+xml")


@routes.get("/api/v1/codes/{text}/symbol.png", permission="codes.read", query=SymbolQuery, media_type="image/png")
async def get_png(call: Call) -> Raw:
    return Raw(codes.png(codes.matrix(await _symbol_text(call), call.query.level)), "image/png")


async def _symbol_text(call: Call) -> str:
    code = await _code_of(call)
    sheet = await codes.label_sheet(
        call.actor, code.order_id, code.serial, code.serial, call.services.settings.base_url, call.query.form,
        call.language,
    )  # fmt: skip
    return sheet.labels[0][1]
