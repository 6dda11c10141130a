"""A plant's graph: 100,000 lots on 14 levels, 300,000 links, shipments at the end, quality rolled up on every lot."""

from dataclasses import dataclass
from decimal import Decimal
from uuid import UUID

import asyncpg
import numpy as np

from server.core.ids import new_id
from tests.bench.harness import DataSet

Connection = asyncpg.Connection


@dataclass(frozen=True, slots=True)
class Shape:
    """How large: every lot above level 0 is made from lots near it (within `window`) one level, at times two, below."""

    lots: int = 100_000
    links: int = 300_000
    levels: int = 14
    window: int = 80
    seed: int = 7


TENANT = UUID("00000000-0000-7000-8000-000000000001")
KINDS = ("consumed", "split", "merged", "reworked", "packed")


async def build(data: DataSet, shape: Shape | None = None) -> None:
    """Fill an empty, migrated database; written by the owner of everything, read by nobody but the role of the app."""
    shape = shape or Shape()
    connection = await asyncpg.connect(data.superuser_dsn)
    try:
        async with connection.transaction():
            await connection.execute("SET LOCAL session_replication_role = replica")  # sound by construction
            await _fill(connection, shape)
    finally:
        await connection.close()


async def _fill(connection: Connection, shape: Shape) -> None:
    generator = np.random.default_rng(shape.seed)
    await connection.execute(
        "INSERT INTO tenant (id, name, credit_code, division_code) VALUES ($1, 'Bench', '91330106BENCH00001', '330106')",
        TENANT,
    )
    products = await _products(connection, shape.levels)
    suppliers = await _named(connection, "supplier", 60)
    customers = await _named(connection, "customer", 300)
    lots = [new_id() for _ in range(shape.lots)]
    levels = np.arange(shape.lots) * shape.levels // shape.lots
    await _lots(connection, lots, levels, products, suppliers, shape)
    await _links(connection, lots, edges(levels, shape, generator), generator)
    await _quality(connection, lots, generator)
    await _shipments(
        connection, [lot for lot, level in zip(lots, levels, strict=True) if level == shape.levels - 1], customers
    )


def edges(
    levels: "np.ndarray[tuple[int], np.dtype[np.int64]]", shape: Shape, generator: np.random.Generator
) -> list[tuple[int, int]]:
    """Pairs (from, to), without repeats, from a lower level to a higher one."""
    per_level = shape.lots // shape.levels
    made = np.flatnonzero(levels > 0)
    to = np.concatenate([made, generator.choice(made, size=int(shape.links * 1.02) - len(made))])
    drop = np.where((generator.random(len(to)) < 0.1) & (levels[to] > 1), 2, 1)
    source = to - drop * per_level + generator.integers(-shape.window, shape.window + 1, size=len(to))
    source = np.clip(source, 0, shape.lots - 1)
    keep = levels[source] < levels[to]
    pairs = np.unique(np.stack([source[keep], to[keep]], axis=1), axis=0)
    chosen = generator.permutation(len(pairs))[: shape.links]
    return [(int(a), int(b)) for a, b in pairs[np.sort(chosen)]]


async def _products(connection: Connection, levels: int) -> list[list[UUID]]:
    """Ten products a level."""
    kinds = ["material"] + ["intermediate"] * (levels - 2) + ["finished"]
    ids = [[new_id() for _ in range(10)] for _ in range(levels)]
    rows = [
        (TENANT, ids[level][n], kinds[level], f"P{level:02}-{n}", f"Product {level:02}-{n}", "kg")
        for level in range(levels) for n in range(10)
    ]  # fmt: skip
    await connection.copy_records_to_table(
        "product", records=rows, columns=["tenant_id", "id", "kind", "sku", "name", "unit"]
    )
    return ids


async def _named(connection: Connection, table: str, count: int) -> list[UUID]:
    ids = [new_id() for _ in range(count)]
    rows = [(TENANT, ids[n], f"{table[0].upper()}{n:04}", f"{table.title()} {n:04}") for n in range(count)]
    await connection.copy_records_to_table(table, records=rows, columns=["tenant_id", "id", "code", "name"])
    return ids


async def _lots(
    connection: Connection, lots: list[UUID], levels: "np.ndarray[tuple[int], np.dtype[np.int64]]",
    products: list[list[UUID]], suppliers: list[UUID], shape: Shape,
) -> None:  # fmt: skip
    top = shape.levels - 1
    rows = []
    for n, lot in enumerate(lots):
        level = int(levels[n])
        kind = "material" if level == 0 else "finished" if level == top else "intermediate"
        supplier = (suppliers[n % len(suppliers)], f"SUP-{n // 3:06}") if level == 0 else (None, None)
        rows.append((TENANT, lot, kind, products[level][n % 10], f"L{level:02}-{n:06}", *supplier,
                     Decimal(1000), "kg", Decimal(n % 900), "released"))  # fmt: skip
    columns = ["tenant_id", "id", "kind", "product_id", "lot_no", "supplier_id", "supplier_lot_no",
               "quantity", "unit", "used_quantity", "state"]  # fmt: skip
    await connection.copy_records_to_table("lot", records=rows, columns=columns)


async def _links(
    connection: Connection, lots: list[UUID], pairs: list[tuple[int, int]], generator: np.random.Generator
) -> None:
    kinds = generator.choice(len(KINDS), size=len(pairs), p=[0.8, 0.08, 0.06, 0.03, 0.03])
    at = await connection.fetchval("SELECT now()")
    rows = [
        (TENANT, new_id(), lots[a], lots[b], KINDS[k], Decimal(n % 1000) / 8, "kg", Decimal(n % 1000) / 8, at)
        for n, ((a, b), k) in enumerate(zip(pairs, kinds, strict=True))
    ]
    columns = ["tenant_id", "id", "from_lot", "to_lot", "kind", "quantity", "unit", "drawn_quantity", "at"]
    await connection.copy_records_to_table("link", records=rows, columns=columns)


async def _quality(connection: Connection, lots: list[UUID], generator: np.random.Generator) -> None:
    fails = generator.random(len(lots)) < 0.01
    rows = [
        (TENANT, lot, 4, int(fail), int(n % 7 == 0), 0, 0, n % 3)
        for n, (lot, fail) in enumerate(zip(lots, fails, strict=True))
    ]
    columns = ["tenant_id", "lot_id", "records", "fails", "not_judged", "warnings", "legal_fails", "documents"]
    await connection.copy_records_to_table("lot_quality", records=rows, columns=columns)
    held = [(TENANT, lot, "on_hold", "manual", "bench") for lot in lots[::500]]
    await connection.copy_records_to_table(
        "hold", records=held, columns=["tenant_id", "lot_id", "kind", "cause", "reason"]
    )


async def _shipments(connection: Connection, finished: list[UUID], customers: list[UUID]) -> None:
    """Each finished lot goes to two customers, in two deliveries."""
    shipments, lines = [], []
    for n, lot in enumerate(finished):
        for part in range(2):
            shipment = new_id()
            shipments.append(
                (TENANT, shipment, f"S{n:06}-{part}", customers[(n * 7 + part * 13) % len(customers)], f"DN{n:06}")
            )
            lines.append((TENANT, shipment, lot, Decimal(300), "kg", Decimal(300)))
    columns = ["tenant_id", "id", "shipment_no", "customer_id", "delivery_note"]
    await connection.copy_records_to_table("shipment", records=shipments, columns=columns)
    columns = ["tenant_id", "shipment_id", "lot_id", "quantity", "unit", "drawn_quantity"]
    await connection.copy_records_to_table("shipment_line", records=lines, columns=columns)
