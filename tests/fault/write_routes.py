"""The write routes that matter most, each with what it needs: `prepare` makes a body that can be sent just once."""

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import Any, NamedTuple

from server.core.ids import new_id
from tests.fault.interruption import House
from tests.fixtures.api import PASSWORD, Plant

SCHEMA = {"type": "object", "required": ["clean"], "properties": {"clean": {"enum": ["yes", "no"], "title": "清场"}}}


class Write(NamedTuple):
    """One request: a route of the table, its path parameters and its body."""

    route: str
    path: dict[str, str]
    body: dict[str, Any]


class Works:
    """An enterprise ready to be written to."""

    def __init__(self, house: House, plant: Plant) -> None:
        self.house, self.plant = house, plant
        self.token = plant.person("quality_manager").token

    async def done(self, route: str, body: dict[str, Any], **path: str) -> dict[str, Any]:
        answer = await self.house.send(self.token, route, body, **path)
        assert answer.status is not None, route
        assert answer.status < 300, (route, answer.body)
        found: dict[str, Any] = answer.json() if answer.body else {}
        return found

    async def prepare(self) -> "Works":
        self.products: dict[str, str] = {}
        for kind in ("material", "finished"):
            body = {"kind": kind, "sku": kind, "name": kind, "unit": "kg", "publish_allow": ["product", "lot"]}
            self.products[kind] = (await self.done("POST /api/v1/products", body))["id"]
        self.customer = (await self.done("POST /api/v1/customers", {"code": "C", "name": "城西超市"}))["id"]
        form = {"code": "CLEAN", "name": "清场记录", "stage": "production", "schema": SCHEMA}
        self.form = (await self.done("POST /api/v1/forms", form))["id"]
        rule = {"name": "防伪码", "unguessable": True, "segments": [{"kind": "minted"}]}
        self.rule = (await self.done("POST /api/v1/code-rules", rule))["id"]
        self.stock = await self.lot("material", quantity="1000000", released=True)
        return self

    def new_lot(self, kind: str = "material", **fields: Any) -> dict[str, Any]:
        moment = datetime(2026, 3, 7, tzinfo=UTC).isoformat()
        lot = {"kind": kind, "product_id": self.products[kind], "lot_no": new_id().hex, "quantity": "100"}
        return lot | ({"produced_at": moment} if kind == "finished" else {}) | fields

    async def lot(self, kind: str = "material", *, released: bool = False, **fields: Any) -> str:
        lot = str((await self.done("POST /api/v1/lots", self.new_lot(kind, **fields)))["id"])
        if released:
            await self.done("POST /api/v1/releases", {"lot_ids": [lot], "password": PASSWORD})
        return lot

    async def order(self) -> str:
        body = {"lot_id": await self.lot("finished"), "rule_id": self.rule, "count": 5}
        return str((await self.done("POST /api/v1/code-orders", body))["id"])


Prepare = Callable[[Works], Awaitable[Write]]
WRITES: dict[str, Prepare] = {}


def write(prepare: Prepare) -> Prepare:
    WRITES[prepare.__name__] = prepare
    return prepare


@write
async def lots(works: Works) -> Write:
    return Write("POST /api/v1/lots", {}, works.new_lot())


@write
async def links(works: Works) -> Write:
    target = await works.lot("finished")
    body = {"from_lot": works.stock, "to_lot": target, "kind": "consumed", "quantity": "1", "unit": "kg"}
    return Write("POST /api/v1/links", {}, body)


@write
async def records(works: Works) -> Write:
    body = {"entry_id": str(new_id()), "form_id": works.form, "lot_id": await works.lot(), "values": {"clean": "yes"}}
    return Write("POST /api/v1/records", {}, body)


@write
async def releases(works: Works) -> Write:
    return Write("POST /api/v1/releases", {}, {"lot_ids": [await works.lot()], "password": PASSWORD})


@write
async def holds(works: Works) -> Write:
    return Write("POST /api/v1/holds", {}, {"lot_ids": [await works.lot()], "kind": "on_hold", "reason": "复检"})


@write
async def shipments(works: Works) -> Write:
    line = {"lot_id": works.stock, "quantity": "1", "unit": "kg"}
    return Write(
        "POST /api/v1/shipments", {}, {"shipment_no": new_id().hex, "customer_id": works.customer, "lines": [line]}
    )


@write
async def splits(works: Works) -> Write:
    body = {"lot_no": new_id().hex, "quantity": "1"}
    return Write("POST /api/v1/lots/{id}/split", {"id": works.stock}, body)


@write
async def packages(works: Works) -> Write:
    contents = [{"lot_id": works.stock, "quantity": "1"}]
    return Write("POST /api/v1/packages", {}, {"lot_no": new_id().hex, "contents": contents})


@write
async def scraps(works: Works) -> Write:
    return Write("POST /api/v1/lots/{id}/scrap", {"id": works.stock}, {"quantity": "1", "unit": "kg", "reason": "破损"})


@write
async def recalls(works: Works) -> Write:
    words = {"level": 1, "reason": "灭菌温度不足", "advice": "停止食用，退回购买处"}
    return Write("POST /api/v1/recalls", {}, words | {"lots": [await works.lot("finished")]})


@write
async def code_orders(works: Works) -> Write:
    body = {"lot_id": await works.lot("finished"), "rule_id": works.rule, "count": 5}
    return Write("POST /api/v1/code-orders", {}, body)


@write
async def activations(works: Works) -> Write:
    order = await works.order()
    await works.done("POST /api/v1/code-orders/{id}/print", {"first": 1, "last": 5, "reason": "印刷"}, id=order)
    body = {"first": 1, "last": 5, "reason": "下线"}
    return Write("POST /api/v1/code-orders/{id}/activate", {"id": order}, body)


@write
async def publications(works: Works) -> Write:
    return Write("POST /api/v1/lots/{id}/publish", {"id": await works.lot("finished", released=True)}, {})
