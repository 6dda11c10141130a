"""The trace of a lot: a headline, a picture, and a complete table. And the one search box."""

from collections.abc import Iterable
from decimal import Decimal
from typing import Any, Literal

from pydantic import Field

from admin import wording
from admin.drawing import Amount, Box, Drawing, Edge, Link, Node, depths, draw, for_people
from admin.enterprise import lot_reads as reads
from admin.frame import PAGE, PageArgs, show
from admin.navigation import address
from i18n import text
from server.domains.trace import Summary, Trace, search_everything, summarize, trace
from server.http.answers import Raw
from server.http.routes import Call, RouteTable

routes = RouteTable("admin_trace")

MOST_ROWS = 2_000


class TraceArgs(PageArgs):
    direction: Literal["both", "materials", "products"] = "both"
    all: bool = False


class SearchArgs(PageArgs):
    q: str = Field("", max_length=500)


@routes.get("/admin/search", permission="trace.read", query=SearchArgs, media_type=PAGE)
async def search(call: Call) -> Raw:
    """One box: what the text names, by kind."""
    found = await search_everything(call.actor, call.query.q)
    groups = [
        (name, getattr(found, name))
        for name in ("by_code", "by_lot_no", "by_supplier_lot_no", "by_order_no")
        if getattr(found, name)
    ]
    partners = [
        (name, getattr(found, name))
        for name in ("products", "shipments", "suppliers", "customers")
        if getattr(found, name)
    ]
    return await show(call, "search.html", query=call.query.q, groups=groups, partners=partners)


@routes.get("/admin/lots/{id}/trace", permission="trace.read", query=TraceArgs, media_type=PAGE)
async def lot_trace(call: Call) -> Raw:
    """Both directions in words and as a table; the picture is drawn by a script from `lot_trace_graph`."""
    lot = await reads.get_lot(call.actor.tenant, call.id())
    found = await trace(call.actor, [call.id()], call.query.direction)
    rows = _rows(found, call.masks_secrets)
    shown = rows if call.query.all else rows[:MOST_ROWS]
    return await show(
        call, "lot_trace.html", section="lots", tab="trace", lot=lot, trace=found, summary=_headline(found),
        direction=call.query.direction, sides=_sides(found), rows=shown, total=len(rows), deliveries=_deliveries(found), products=sum(row["depth"] > 0 for row in rows),
        too_many=MOST_ROWS,
    )  # fmt: skip


def _sides(found: Trace) -> dict[str, dict[str, int]]:
    """How many lots of each kind stand left and right."""
    sides: dict[str, dict[str, int]] = {"materials": {}, "products": {}}
    for lot_id, depth in found.depth.items():
        if depth and lot_id in found.lots:
            side = sides["materials" if depth < 0 else "products"]
            kind = str(found.lots[lot_id]["kind"])
            side[kind] = side.get(kind, 0) + 1
    return sides


def _rows(found: Trace, masks: bool) -> list[dict[str, Any]]:
    """Every lot with the quantity that ties it to the next lot towards the start, nearest first."""
    inward: dict[str, list[Any]] = {}
    for link in found.links:
        outer = link["from_lot"] if found.depth.get(link["from_lot"], 0) < 0 else link["to_lot"]
        inward.setdefault(outer, []).append(link)
    rows = [
        {
            **lot,
            "depth": found.depth[lot_id],
            "product_name": found.products[lot["product_id"]]["name"],
            "supplier_name": found.suppliers[lot["supplier_id"]]["name"] if lot["supplier_id"] else None,
            "verdict": found.verdict(lot_id),
            "failed": found.failed(lot_id),
            "held": lot_id in found.holds,
            "recalled": "recalled" in found.holds.get(lot_id, ()),
            "left": _number(lot["left"]),
            "documents": found.documents.get(lot_id, ()),
            "links": [
                {**link, "quantity": _number(link["quantity"]), "hidden": masks and found.is_formula(link)}
                for link in inward.get(lot_id, [])
            ],
        }
        for lot_id, lot in found.lots.items()
    ]
    return sorted(rows, key=lambda row: (abs(row["depth"]), row["depth"], row["product_name"], row["lot_no"]))


def _number(value: str | None) -> Decimal | None:
    return None if value is None else for_people(Decimal(value))


def _headline(found: Trace) -> Summary:
    """The numbers of the headline, as people read them."""
    summary = summarize(found)
    for each in summary.quantities:
        for name in ("shipped", "in_transit", "delivered", "returned", "in_stock", "unexplained"):
            setattr(each, name, for_people(getattr(each, name)))
    return summary


def _deliveries(found: Trace) -> list[dict[str, Any]]:
    customers = {row["id"]: row["name"] for row in found.ends.customers}
    outlets = {row["id"]: row["name"] for row in found.ends.outlets}
    return [
        {
            **row,
            "lot_no": found.lots[row["lot_id"]]["lot_no"],
            "customer": customers.get(row["customer_id"], ""),
            "outlet": outlets.get(row["outlet_id"]),
            "quantity": _number(row["quantity"]),
            "refused": for_people(Decimal(row["refused_quantity"])),
        }
        for row in found.ends.deliveries[:MOST_ROWS]
    ]


@routes.get("/admin/lots/{id}/trace/graph", permission="trace.read", query=TraceArgs)
async def lot_trace_graph(call: Call) -> dict[str, Any]:
    """Boxes and edges in the reader's words, ready to paint."""
    found = await trace(call.actor, [call.id()], call.query.direction)
    drawing = _drawing(found, call)
    return {
        "columns": drawing.columns,
        "rows": drawing.rows,
        "message": _message(drawing, len(found.lots), call.language),
        "boxes": [_box(box, found, call, str(call.id())) for box in drawing.boxes],
        "links": [_edge(edge, call.language) for edge in drawing.links],
    }


def _drawing(found: Trace, call: Call) -> Drawing:
    root = found.starts[0]
    columns = depths(root, [(link["from_lot"], link["to_lot"]) for link in found.links])
    nodes = [
        Node(lot_id, lot["lot_no"], found.products[lot["product_id"]]["name"], _tone(found, lot_id), columns[lot_id])
        for lot_id, lot in found.lots.items()
        if lot_id in columns
    ]
    links = [
        Link(
            link["from_lot"], link["to_lot"], None if link["quantity"] is None else Decimal(link["quantity"]), link["unit"],
            link["until"] is not None, call.masks_secrets and link["quantity"] is not None and found.is_formula(link),
        )
        for link in found.links
    ]  # fmt: skip
    return draw(root, nodes, links, lambda n: text("admin.trace.lots", call.language, n=n))


def _tone(found: Trace, lot_id: str) -> str:
    if found.failed(lot_id):
        return "fail"
    if lot_id in found.holds:
        return "held"
    return "pass" if found.verdict(lot_id) == "pass" else "plain"


def _edge(edge: Edge, language: str) -> dict[str, Any]:
    """Ready to paint; `quantities` are the raw sums, unit by unit."""
    return {
        "source": edge.source,
        "target": edge.target,
        "label": _label(edge, language),
        "quantities": [
            {"quantity": str(each.quantity), "unit": each.unit, "ended": each.ended} for each in edge.amounts
        ],
        "unknown": edge.unknown,
        "hidden": edge.hidden,
    }


def _label(edge: Edge, language: str) -> str:
    """The quantities, unit by unit; a dot for the formula that the reader may not know, a question mark beside known
    quantities where another is not, nothing where none is known."""
    signs = [*_amounts((each for each in edge.amounts if not each.ended), language), *(["•"] if edge.hidden else [])]
    if ended := _amounts((each for each in edge.amounts if each.ended), language):
        signs.append(f"({text('admin.link.ended', language)} {' + '.join(ended)})")
    return " + ".join([*signs, "?"] if signs and edge.unknown else signs)


def _amounts(amounts: Iterable[Amount], language: str) -> list[str]:
    return [wording.amount(language, for_people(each.quantity), each.unit) for each in amounts]


def _message(drawing: Drawing, lots: int, language: str) -> str:
    if drawing.left_out:
        return text("admin.trace.left_out", language, lots=lots, n=drawing.left_out)
    return text("admin.trace.grouped", language, lots=lots) if drawing.grouped else ""


def _box(box: Box, found: Trace, call: Call, root: str) -> dict[str, Any]:
    lot = found.lots.get(box.id)
    state = _state_text(box, found, call.language)
    return {
        "id": box.id,
        "title": box.title,
        "subtitle": box.subtitle,
        "state": state,
        "tone": box.tone,
        "count": box.count,
        "root": box.id == root,
        "column": box.column,
        "row": box.row,
        "href": address(call, f"/admin/lots/{box.id}/trace") if lot else "",
    }


def _state_text(box: Box, found: Trace, language: str) -> str:
    if box.tone == "fail":
        return text("verdict.fail", language)
    if box.tone == "held":
        recalled = any("recalled" in found.holds.get(member, ()) for member in box.members)
        return wording.word(language, "lot_state", "recalled" if recalled else "held")
    return text("verdict.pass" if box.tone == "pass" else "verdict.not_judged", language)
