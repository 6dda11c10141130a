"""What stands around the dairy's lots: a recipe and a batch charged under it, deliveries on their way, retained samples."""

from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from server.core import db
from server.core.clock import EDGE, now
from server.domains import chain, quality
from server.domains.chain import master, models
from server.domains.chain.master import commands as master_commands
from workers.seed.dairy.papers import picture_png
from workers.seed.plant import INSPECTOR, MANAGER, OPERATOR, Plant

_HOURS = 72


@dataclass(frozen=True, slots=True)
class _Found:
    """Of the story so far: products, suppliers and customers by code, the newest usable lot of a product, places by kind."""

    products: dict[str, UUID]
    suppliers: dict[str, UUID]
    customers: dict[str, UUID]
    lots: dict[str, UUID]
    store: UUID


async def make_materials(plant: Plant) -> None:
    """Told after the story, with ids of its own."""
    plant.told = None
    found = await _look(plant)
    await _product_rules(plant, found)
    await _recipe(plant, found)
    await _deliveries(plant, found)
    await _shipment(plant, found)
    await _samples(plant, found)


async def _look(plant: Plant) -> _Found:
    tenant = plant.tenant_id

    async def by_code(table: str, column: str) -> dict[str, UUID]:
        rows = await db.fetch(f"SELECT {column} AS code, id FROM {table} WHERE tenant_id = $1", tenant)  # noqa: S608 - fixed names
        return {row["code"]: row["id"] for row in rows}

    async with db.transaction(plant.actors[OPERATOR].scope()):
        usable = await db.fetch(
            "SELECT DISTINCT ON (p.sku) p.sku, l.id FROM lot l JOIN product p ON p.tenant_id = $1 AND p.id = l.product_id"
            " WHERE l.tenant_id = $1 AND l.state = 'released' AND l.kind <> 'package' AND coalesce(l.expires_at > now(), true)"
            " AND NOT EXISTS (SELECT FROM hold h WHERE h.tenant_id = $1 AND h.lot_id = l.id AND h.closed_at IS NULL)"
            " AND l.quantity + l.counted_difference - l.used_quantity > 0"
            " ORDER BY p.sku, l.quantity - l.used_quantity DESC",
            tenant,
        )  # fmt: skip
        store = await db.fetchval(
            "SELECT id FROM place WHERE tenant_id = $1 AND kind = 'cold_store' ORDER BY id LIMIT 1", tenant
        )
        return _Found(
            await by_code("product", "sku"), await by_code("supplier", "code"), await by_code("customer", "code"),
            {row["sku"]: row["id"] for row in usable}, store,
        )  # fmt: skip


async def _product_rules(plant: Plant, found: _Found) -> None:
    """Tolerances are examples, to be confirmed by the plant."""
    rules: dict[str, dict[str, Any]] = {
        "YOG230": {
            "balance_tolerance_percent": "1.5",
            "yield_low_percent": "97",
            "yield_high_percent": "101",
            "retain_days": 30,
        },
        "MILK950": {"retain_days": 30},
    }
    for sku, values in rules.items():
        command = master_commands.ProductChanges.model_validate(values)
        await plant.do(MANAGER, master.change, models.Product, found.products[sku], command)


async def _recipe(plant: Plant, found: _Found) -> None:
    """A thousand bottles of yoghurt; one batch of 500 is charged under it, the next one is only planned."""
    lines = [
        {
            "product_id": found.products["BASE"],
            "quantity": "230",
            "unit": "kg",
            "below_percent": "2",
            "above_percent": "2",
        },
        {
            "product_id": found.products["CULTURE"],
            "quantity": "200",
            "unit": "g",
            "below_percent": "2",
            "above_percent": "2",
        },
        {
            "product_id": found.products["CUP"],
            "quantity": "1000",
            "unit": "pcs",
            "above_percent": "3",
            "balanced": False,
        },
    ]
    recipe = chain.NewRecipe.model_validate(
        {
            "product_id": found.products["YOG230"],
            "name": "原味酸奶 230 g",
            "batch_quantity": "1000",
            "unit": "pcs",
            "lines": lines,
        }
    )
    recipe_id = await plant.do(MANAGER, chain.create_recipe, recipe)
    async with db.transaction(plant.actors[MANAGER].scope()):
        version_id = (await chain.recipe(plant.tenant_id, recipe_id))["versions"][0]["id"]
    day = now().astimezone(EDGE)
    charged = await _batch(plant, found, f"Y{day:%Y%m%d}B1", "500")
    await _batch(plant, found, f"Y{day:%Y%m%d}B2", "1000")
    await plant.do(OPERATOR, chain.set_recipe, charged, chain.SetRecipe(version_id=version_id))
    drawn = (("BASE", "115", "kg"), ("CULTURE", "100", "g"), ("CUP", "505", "pcs"))
    links = [
        chain.NewLink(
            from_lot=found.lots[sku], to_lot=charged, kind="consumed", quantity=Decimal(quantity), unit=unit, at=day
        )
        for sku, quantity, unit in drawn
    ]
    await plant.do(OPERATOR, chain.create_links, links, all_or_nothing=True)


async def _batch(plant: Plant, found: _Found, lot_no: str, quantity: str) -> UUID:
    command = chain.NewLot(
        kind="finished", product_id=found.products["YOG230"], lot_no=lot_no, quantity=Decimal(quantity)
    )
    return await plant.do(OPERATOR, chain.create_lot, command)


async def _deliveries(plant: Plant, found: _Found) -> None:
    """One expected, one whose supplier has a link, one announced and on the road."""
    made = []
    for order, items in (("CG-B1", ["CUP"]), ("CG-B2", ["CUP", "BOTTLE"]), ("CG-B3", ["CUP"])):
        command = chain.NewDelivery.model_validate(
            {
                "supplier_id": found.suppliers["PACK"], "purchase_order": order,
                "expected_on": (now().astimezone(EDGE) + timedelta(days=1)).date(),
                "items": [{"product_id": found.products[sku], "quantity": "30400"} for sku in items],
            }
        )  # fmt: skip
        made.append((await plant.do(OPERATOR, chain.create_delivery, command))[0])
    link = chain.NewDeliveryLink(valid_hours=_HOURS)
    await plant.do(OPERATOR, chain.make_delivery_link, made[1], link, b"the demo shows no address of this one")
    today = now().astimezone(EDGE).date()
    lot = chain.AnnouncedLot(
        product_id=found.products["CUP"], supplier_lot_no=f"{today - timedelta(days=6):%Y%m%d}-P2", quantity=Decimal(30400),
        produced_on=today - timedelta(days=6), expires_on=today + timedelta(days=360),
    )  # fmt: skip
    await plant.do(OPERATOR, chain.announce_lot, made[2], lot)


async def _shipment(plant: Plant, found: _Found) -> None:
    """Loaded, to be handed to the carrier; and the drawn signature of a driver."""
    keys = plant.keys
    await plant.do(
        OPERATOR, quality.store_attachment, keys.files, picture_png("MILK950"), "signature.png", "司机签名（演示）",
        most_bytes=keys.attachment_max_bytes,
    )  # fmt: skip
    line = chain.NewShipmentLine(lot_id=found.lots["MILK950"], quantity=Decimal(24), unit="pcs", packages=2)
    number = f"CK{now().astimezone(EDGE):%Y%m%d}09"
    command = chain.NewShipment(
        shipment_no=number, customer_id=found.customers["DIST2"], carrier="云畦岭冷链车队", temperature_low=Decimal(2),
        temperature_high=Decimal(6), lines=[line],
    )  # fmt: skip
    await plant.do(OPERATOR, chain.ship, command)


async def _samples(plant: Plant, found: _Found) -> None:
    """One to be looked at since yesterday, one whose time is over."""
    today = now().astimezone(EDGE).date()
    dates = [today - timedelta(days=1), today + timedelta(days=14)]
    taken = now() - timedelta(days=2)
    kept = quality.RetainSample(
        quantity=Decimal(6), unit="pcs", place_id=found.store, conditions="2–6 ℃", taken_at=taken, observe_on=dates
    )
    await plant.do(INSPECTOR, quality.retain_sample, found.lots["MILK950"], kept)
    old = quality.RetainSample(  # of a material, for which the plant has no rule
        quantity=Decimal(2), unit="g", place_id=found.store, conditions="2–6 ℃", taken_at=now() - timedelta(days=19),
        keep_until=today - timedelta(days=1),
    )  # fmt: skip
    await plant.do(INSPECTOR, quality.retain_sample, found.lots["CULTURE"], old)
