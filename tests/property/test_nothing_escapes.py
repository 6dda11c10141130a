"""Promise: no sequence of calls ships what may not ship — what is nonconforming and undecided, more or longer than was
conceded, reworked goods that were not inspected again, what went ahead of its results and then failed in whole or in part, and
above all nothing outside a legal limit, whatever is "corrected".

An oracle of its own keeps what the calls said (who came of whom, what was measured, what was decided) and is asked after
every shipment that went through. Random walks are seeded; a failing seed is the reproduction.
"""

import random
from collections import Counter
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

import asyncpg
import pytest

from server import wiring
from server.core import db
from server.core.actor import Actor
from server.core.constraints import problem_of
from server.core.errors import Problem
from server.core.ids import new_id
from server.domains import chain, quality
from server.domains.access import permissions_of
from server.domains.chain.shipping import shipments
from server.domains.chain.stock import gate as rules
from server.domains.chain.stock import goods
from server.domains.quality import inspection, nonconformity
from server.domains.quality.nonconformity import calling_back, law
from server.domains.quality.releasing import gathering, signing, urgent
from tests.fixtures.cluster import Database
from tests.property.cases import Cases
from tests.property.early import Early
from tests.property.leaving import BAD, GOOD, Gate, Sent

FUTURE = datetime(2099, 1, 1, tzinfo=UTC)
BLANK = ""
PASS, INTERNAL, LEGAL = "0.01", "0.035", "0.06"
KINDS = ["rework", "repair", "sort", "downgrade", "scrap", "return", *["concession"] * 5]
STEPS = 150


@dataclass
class Lot:
    """What the calls said about a lot. `made_of`: (the lot it came from, whether it was worked on in between)."""

    made_of: list[tuple[UUID, bool]] = field(default_factory=list)
    records: dict[UUID, str] = field(default_factory=dict)
    stopped: bool = False
    conceded: Decimal | None = None  # how much may still go, of this lot
    over: bool = False
    urgent: bool = False  # went ahead of its results, and nobody confirmed it
    called: set[UUID] = field(default_factory=set)  # lots that went ahead and failed, and are in these goods


class House:
    """One plant: two products with the same limits, and people of every role."""

    def __init__(self, tenant: UUID) -> None:
        self.people = {role: self._person(tenant, role) for role in ("inspector", "quality_manager", "releaser")}
        self.tenant = tenant

    def _person(self, tenant: UUID, role: str) -> Actor:
        permissions = permissions_of([role])
        return Actor("user", new_id(), role, tenant, None, frozenset({role}), permissions, "walk")

    async def run(self, role: str, command: Any, *args: Any, **options: Any) -> Any:
        actor = self.people[role]
        async with db.transaction(actor.scope()):
            return await command(actor, *args, **options)

    async def sql(self, sql: str, *args: Any) -> Any:
        async with db.transaction(db.Scope.tenant(self.tenant)):
            return await db.fetch(sql, self.tenant, *args)

    async def setup(self) -> "House":
        rows = (
            "INSERT INTO product (tenant_id, kind, sku, name, unit) VALUES ($1, 'finished', $2, $2, 'kg') RETURNING id"
        )
        self.product, self.other = [(await self.sql(rows, sku))[0]["id"] for sku in ("M", "F")]
        self.customer = (
            await self.sql("INSERT INTO customer (tenant_id, code, name) VALUES ($1, 'C', 'C') RETURNING id")
        )[0]["id"]
        self.supplier = (
            await self.sql("INSERT INTO supplier (tenant_id, code, name) VALUES ($1, 'S', 'S') RETURNING id")
        )[0]["id"]
        lead = quality.NewCharacteristic(code="Pb", name="铅", unit="mg/kg", result_kind="number")
        lead_id = await self.run("quality_manager", quality.define_characteristic, lead)
        limits = quality.Limits(
            legal=quality.LimitSet(high=Decimal("0.05")), internal=quality.LimitSet(high=Decimal("0.03"))
        )
        specification = quality.NewSpecification(characteristic_id=lead_id, limits=limits)
        await self.run("quality_manager", quality.define_specification, specification)
        ui = quality.FormUi(fields={"Pb": quality.FieldHints(characteristic_id=lead_id)})
        schema = {"type": "object", "properties": {"Pb": {}}}
        form = quality.NewForm.model_validate(
            {"code": "L", "name": "L", "stage": "testing", "schema": schema, "ui": ui}
        )
        await self.run("quality_manager", quality.define_form, form)
        digest = b"\1" * 32
        await self.sql(
            "INSERT INTO blob (tenant_id, digest, media_type, size_bytes, sealed) VALUES ($1, $2, 'x', 1, $2)", digest
        )
        files = "INSERT INTO attachment (tenant_id, digest, file_name, media_type, size_bytes) VALUES ($1, $2, 'x', 'x', 1) RETURNING id"
        self.file = (await self.sql(files, digest))[0]["id"]
        await self._gate(files, digest)
        return self

    async def _gate(self, files: str, digest: bytes) -> None:
        """A mandatory look at every shipment before it leaves, two points of sale, and a driver's signature."""
        self.signature = (await self.sql(files.replace("'x', 'x', 1", "'x', 'image/png', 1"), digest))[0]["id"]
        outlets = "INSERT INTO outlet (tenant_id, customer_id, name) VALUES ($1, $2, $3) RETURNING id"
        self.outlet, self.other_outlet = [(await self.sql(outlets, self.customer, name))[0]["id"] for name in "AB"]
        look = quality.NewCharacteristic(code="look", name="外观", result_kind="option", options=[GOOD, BAD])
        look_id = await self.run("quality_manager", quality.define_characteristic, look)
        limits = quality.Limits(internal=quality.LimitSet(allowed=[GOOD]))
        specification = quality.NewSpecification(characteristic_id=look_id, limits=limits)
        await self.run("quality_manager", quality.define_specification, specification)
        ui = quality.FormUi(fields={"look": quality.FieldHints(characteristic_id=look_id)})
        schema = {"type": "object", "required": ["look"], "properties": {"look": {}}}
        body = {
            "code": "OUT",
            "name": "OUT",
            "stage": "logistics",
            "subject_kind": "shipment",
            "schema": schema,
            "ui": ui,
        }
        await self.run("quality_manager", quality.define_form, quality.NewForm.model_validate(body))
        (form,) = await self.sql("SELECT id FROM form WHERE tenant_id = $1 AND code = 'OUT'")
        plan = inspection.NewPlan(
            code="OUT", name="OUT", trigger="before_shipment", form_id=form["id"], within_minutes=60
        )
        self.plan, _ = await self.run("quality_manager", inspection.define_plan, plan)


class Walk(Gate, Early, Cases):
    """One random walk; every method does one call and keeps the oracle in step."""

    passing, failing = PASS, INTERNAL
    values = (PASS, INTERNAL, LEGAL)

    def __init__(self, house: House, seed: int) -> None:
        self.house, self.random = house, random.Random(seed)
        self.lots: dict[UUID, Lot] = {}
        self.opened: dict[UUID, UUID] = {}  # nonconformity -> lot
        self.shipped = {"plain": 0, "conceded": 0, "reworked": 0}
        self.entered: dict[UUID, tuple[str, UUID | None, str]] = {}  # record -> by whom, what it corrects, the value
        self.prepare_gate()
        self.prepare_early()
        self.prepare_cases()

    def any(self) -> UUID:
        return self.random.choice(list(self.lots)[-8:])

    def quantity(self) -> Decimal:
        return Decimal(self.random.choice(["1", "5", "10", "30", "60"]))

    async def call(self, role: str, command: Any, *args: Any, **options: Any) -> Any:
        try:
            return await self.house.run(role, command, *args, **options)
        except Problem:
            return None
        except asyncpg.IntegrityConstraintViolationError as error:
            if problem_of(error) is None:  # else the guard says what it means
                raise
            return None

    # what the oracle says

    def goods(self, lot: UUID) -> list[tuple[UUID, int]]:
        """The lot and all it came from, with how many times it was worked on since."""
        found, front = [], [(lot, 0)]
        while front:
            one, level = front.pop()
            found.append((one, level))
            front += [(source, level + worked) for source, worked in self.lots[one].made_of]
        return found

    def why_not(self, lot: UUID, quantity: Decimal) -> str | None:
        goods, one = self.goods(lot), self.lots[lot]
        for source, level in goods:
            if LEGAL not in self.lots[source].records.values():
                continue
            later = [value for other, near in goods if near < level for value in self.lots[other].records.values()]
            if level == 0 or (PASS not in later and INTERNAL not in later):
                return "outside a legal limit"
        if one.called:
            return "went ahead of a result that failed"
        if one.stopped:
            return "nonconforming and undecided"
        if one.conceded is not None and (one.over or quantity > one.conceded):
            return "beyond its concession"
        worked = max(level for _, level in goods) > 0
        near = [value for other, level in goods if level == 0 for value in self.lots[other].records.values()]
        return "not inspected since it was reworked" if worked and PASS not in near else None

    # what people do

    def judged_now(self, lot: UUID) -> bool:
        return self.judged(lot, INTERNAL, LEGAL, PASS)

    def good_again(self, lot: UUID) -> bool:
        """Worked on again, and passed since."""
        near = [each for each, level in self.goods(lot) if level == 0]
        worked = any(level > 0 for _, level in self.goods(lot))
        return worked and any(PASS in self.lots[each].records.values() for each in near)

    async def fresh(self) -> UUID:
        command = chain.NewLot(
            kind="finished", product_id=self.house.product, lot_no=new_id().hex, quantity=Decimal(100), supplier_id=self.house.supplier
        )  # fmt: skip
        lot = await self.house.run("quality_manager", chain.create_lot, command)
        self.lots[lot] = Lot()
        return lot

    async def new(self) -> None:
        lot = await self.fresh()
        await self.record(lot, self.random.choice([PASS, PASS, INTERNAL, INTERNAL, LEGAL]))
        await self.release(lot)

    async def record(self, lot: UUID | None = None, value: str | None = None, corrects: UUID | None = None) -> None:
        lot, value = lot or self.any(), value or self.random.choice([PASS, PASS, INTERNAL, LEGAL])
        role = "inspector" if corrects is None else self.random.choice(["inspector", "quality_manager"])
        if corrects is not None and self.random.random() < 0.5:
            value = BLANK
        command = quality.NewRecord(
            form_code="L", lot_id=lot, values={"Pb": value} if value else {}, corrects=corrects,
            correction_reason="x" if corrects else None,
        )  # fmt: skip
        stored = await self.call(role, quality.record_entry, command)
        if stored is None:
            return
        legal = self.legal_before(corrects)
        self.entered[stored.record_id] = (role, corrects, value)
        if corrects is not None:
            del self.lots[lot].records[corrects]
        # What measures nothing answers for nothing.
        self.lots[lot].records[stored.record_id] = LEGAL if value == BLANK and legal else value
        if value in (INTERNAL, LEGAL):
            self.failed(lot)

    def legal_before(self, record: UUID | None) -> set[str]:
        """Who entered something outside the law here, or in what this one corrects."""
        found = set()
        while record is not None:
            role, record, value = self.entered[record]
            if value == LEGAL:
                found.add(role)
        return found

    async def correct(self) -> None:
        lot = self.any()
        if self.lots[lot].records:
            await self.record(lot, corrects=self.random.choice(list(self.lots[lot].records)))

    async def release(self, lot: UUID | None = None) -> None:
        await self.call("releaser", quality.decide_lots, [lot or self.any()], "released", None)

    def any_conceded(self) -> UUID:
        """One under a concession, if there is any."""
        found = [lot for lot, one in self.lots.items() if one.conceded is not None]
        return self.random.choice(found) if found else self.any()

    async def ship(self) -> None:
        lot, quantity = self.random.choice([self.any, self.any, self.any_conceded])(), self.quantity()
        line = chain.NewShipmentLine(lot_id=lot, quantity=quantity)
        outlet = self.random.choice([None, self.house.outlet])
        command = chain.NewShipment(
            shipment_no=new_id().hex, customer_id=self.house.customer, outlet_id=outlet, lines=[line]
        )
        shipment = await self.call("quality_manager", chain.ship, command)
        if shipment is None:
            return
        self.sent[shipment] = Sent(lot)
        assert self.why_not(lot, quantity) is None, (lot, self.why_not(lot, quantity), self.lots[lot])
        one = self.lots[lot]
        kind = "conceded" if one.conceded is not None else "reworked" if any(w for _, w in one.made_of) else "plain"
        self.shipped[kind] += 1
        if one.conceded is not None:
            one.conceded -= quantity

    async def split(self) -> None:
        lot, quantity = self.any(), self.quantity()
        part = await self.call(
            "quality_manager", chain.split_lot, lot, chain.SplitLot(lot_no=new_id().hex, quantity=quantity)
        )
        if part is not None:
            self.part_of(lot, part, quantity)

    def part_of(self, lot: UUID, part: UUID, quantity: Decimal) -> None:
        whole = self.lots[lot]
        self.lots[part] = Lot([(lot, False)], stopped=whole.stopped, over=whole.over, called=set(whole.called))
        if whole.conceded is not None:
            assert quantity <= whole.conceded
            whole.conceded -= quantity
            self.lots[part].conceded = quantity

    async def merge(self) -> None:
        lots = list({self.any(), self.any()})
        parts = [chain.Part(lot_id=lot, quantity=self.quantity()) for lot in lots]
        if len(parts) == 2:
            merged = await self.call(
                "quality_manager", chain.merge_lots, chain.MergeLots(lot_no=new_id().hex, parts=parts)
            )
            if merged is not None:
                assert not any(
                    self.lots[lot].stopped or self.lots[lot].called or self.lots[lot].conceded is not None
                    for lot in lots
                )
                self.lots[merged] = Lot([(lot, False) for lot in lots])

    async def rework(self) -> None:
        lot, quantity = self.any(), self.quantity()
        command = chain.ReworkLot(lot_no=new_id().hex, quantity=quantity)
        made = await self.call("quality_manager", chain.rework_lot, lot, command)
        if made is not None:
            assert not self.lots[lot].stopped
            self.lots[made] = Lot([(lot, True)], called=set(self.lots[lot].called))
            if (conceded := self.lots[lot].conceded) is not None:
                self.lots[lot].conceded = conceded - quantity

    async def count(self) -> None:
        await self.call("quality_manager", chain.count_lot, self.any(), chain.CountLot(quantity=self.quantity()))

    async def scrap(self) -> None:
        await self.call("quality_manager", chain.scrap_lot, self.any(), chain.ScrapLot(quantity=Decimal(5), reason="x"))

    async def open(self) -> None:
        lot = self.any()
        quantity = self.random.choice([None, self.quantity()])
        command = nonconformity.NewNonconformity(
            lot_id=lot, quantity=quantity, defect="x", defect_class="A", stage="testing"
        )
        opened = await self.call("inspector", nonconformity.open_nonconformity, command)
        if opened is None:
            return
        if opened.lot_id != lot:
            self.part_of(lot, opened.lot_id, quantity or Decimal(0))
        self.lots[opened.lot_id].stopped = True
        self.opened[opened.id] = opened.lot_id
        self.disposed |= {lot, opened.lot_id}

    async def propose(self) -> None:
        if not self.opened:
            return
        kind = self.random.choice(KINDS)
        command = nonconformity.NewDisposition(
            kind=kind, quantity=self.random.choice([None, self.quantity()]), reason="x",
            expires_at=FUTURE if kind == "concession" else None, product_id=self.house.other if kind == "downgrade" else None,
        )  # fmt: skip
        role = self.random.choice(["inspector", "quality_manager"])
        await self.call(role, nonconformity.propose_disposition, self.random.choice(list(self.opened)[-4:]), command)

    async def some(self, state: str) -> Any:
        rows = await self.house.sql(
            "SELECT d.*, n.lot_id FROM disposition d JOIN nonconformity n ON n.tenant_id = $1 AND n.id = d.nonconformity_id"
            " WHERE d.tenant_id = $1 AND d.state = $2 ORDER BY d.id", state,
        )  # fmt: skip
        return self.random.choice(rows) if rows else None

    async def sign(self) -> None:
        disposition = await self.some("proposed")
        if disposition is None:
            return
        decision = self.random.choice(["approve"] * 5 + ["refuse"])
        role = self.random.choice(["inspector", "quality_manager", "releaser"])
        needed = await self.call(role, nonconformity.add_signature, disposition["id"], decision)
        if needed is not None and needed.complete and decision == "approve" and disposition["kind"] == "concession":
            (row,) = await self.house.sql(
                "SELECT result_lot_id FROM disposition WHERE tenant_id = $1 AND id = $2", disposition["id"]
            )
            self.conceded(disposition["lot_id"], row["result_lot_id"], disposition["quantity"])

    def conceded(self, lot: UUID, result: UUID, quantity: Decimal) -> None:
        if result != lot:
            self.lots[result] = Lot([(lot, False)], called=set(self.lots[lot].called))
        self.disposed |= {lot, result}
        one = self.lots[result]
        one.stopped, one.conceded, one.over = False, quantity, False

    async def carry_out(self) -> None:
        disposition = await self.some("approved")
        if disposition is None:
            return
        good = self.random.choice([Decimal(1), disposition["quantity"]])
        command = nonconformity.CarryOut(good_quantity=good, attachment_ids=self.random.choice([[], [self.house.file]]))
        made = await self.call("inspector", nonconformity.carry_out, disposition["id"], command)
        if made is not None:
            sorted_out = disposition["kind"] == "sort"
            source = disposition["lot_id"]
            self.lots[made] = Lot([(source, not sorted_out)], stopped=sorted_out, called=set(self.lots[source].called))
            self.disposed |= {source, made}

    async def verify(self) -> None:
        disposition = await self.some("carried_out")
        if disposition is None or disposition["kind"] == "concession":
            return
        await self.call("inspector", nonconformity.verify_disposition, disposition["id"])
        await self.sorted(disposition["id"])

    async def sorted(self, disposition_id: UUID) -> None:
        """What was verified is free, but for an own inspection that the oracle asks of it as of reworked goods."""
        (row,) = await self.house.sql(
            "SELECT kind, state, result_lot_id FROM disposition WHERE tenant_id = $1 AND id = $2", disposition_id
        )
        if row["kind"] == "sort" and row["state"] == "verified" and row["result_lot_id"] is not None:
            lot = self.lots[row["result_lot_id"]]
            if lot.stopped and row["result_lot_id"] not in self.opened.values():
                assert PASS in lot.records.values()
                lot.stopped = False

    async def close(self) -> None:
        if self.opened:
            chosen = self.random.choice(list(self.opened))
            await self.call(
                "quality_manager", nonconformity.close_nonconformity, chosen, nonconformity.CloseNonconformity()
            )
            for row in await self.house.sql(
                "SELECT id FROM disposition WHERE tenant_id = $1 AND nonconformity_id = $2", chosen
            ):
                await self.sorted(row["id"])

    async def expire(self) -> None:
        lot = self.any_conceded()
        if self.lots[lot].conceded is not None and not self.lots[lot].over:
            await self.house.sql(
                "UPDATE lot SET conceded_until = now() - interval '1 second' WHERE tenant_id = $1 AND id = $2 RETURNING id",
                lot,
            )
            self.lots[lot].over = True

    async def reverse(self) -> None:
        rows = await self.house.sql(
            "SELECT id, from_lot, to_lot, quantity FROM link WHERE tenant_id = $1 AND reverses IS NULL ORDER BY id"
        )
        if rows:
            link = self.random.choice(rows)
            before = self.lots[link["from_lot"]].conceded
            if not await self.call("quality_manager", chain.reverse_link, link["id"], chain.ReverseLink(reason="x")):
                return
            self.undone.add((link["from_lot"], link["to_lot"]))
            if before is not None:
                self.lots[link["from_lot"]].conceded = before + (link["quantity"] or 0)

    async def run(self) -> None:
        for _ in range(4):
            await self.new()
        steps = [self.new, self.record, *[self.correct] * 3, *[self.release] * 3, *[self.ship] * 7, self.split, self.merge, self.rework,
                 self.count, self.scrap, *[self.open] * 4, *[self.propose] * 3, *[self.sign] * 7, *[self.carry_out] * 3,
                 *[self.verify] * 2, self.close, self.expire, self.reverse, self.lift, *[self.look] * 4, *[self.depart] * 4,
                 *[self.go_ahead] * 2, *[self.confirm] * 2, *[self.lift] * 2,
                 *[self.pack] * 2, *[self.look_at_case] * 2, *[self.ship_case] * 3, *[self.open_case] * 2,
                 self.enter_as_gone, self.expect, self.call_off, self.take_in]  # fmt: skip
        for _ in range(STEPS):
            await self.random.choice(steps)()
        await self.returns_are_told()


@pytest.fixture
async def database(fresh_database: Database, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Database]:
    """A database of the test's own, with the pool open; the walk's people have no password to sign with."""
    monkeypatch.setattr(urgent, "verify_password", _nothing)
    await db.open_pool(fresh_database.app_dsn, wiring.MODELS, size=4)
    yield fresh_database
    await db.close()


async def walked(seed: int) -> Walk:
    """One walk through a plant of its own."""
    async with db.transaction(db.Scope.system()):
        tenant = await db.fetchval(
            "INSERT INTO tenant (name, credit_code, division_code) VALUES ($1, $2, '330106') RETURNING id",
            new_id().hex, "91330106" + str(new_id().int)[-10:],
        )  # fmt: skip
    walk = Walk(await House(tenant).setup(), seed)
    await walk.run()
    return walk


@pytest.mark.parametrize("seeds", [range(0, 20)], ids=str)
async def test_no_sequence_of_calls_ships_what_may_not_ship(database: Database, seeds: range) -> None:
    shipped = {"plain": 0, "conceded": 0, "reworked": 0}
    left_by: Counter[str] = Counter()
    early: Counter[str] = Counter()
    packed: Counter[str] = Counter()
    for seed in seeds:
        walk = await walked(seed)
        shipped = {kind: count + walk.shipped[kind] for kind, count in shipped.items()}
        left_by.update(walk.left_by)
        early.update(walk.early)
        packed.update(walk.packed)
    assert min(early.values()) > 0, early
    assert min(packed.values()) > 0, packed
    assert min(left_by.values()) > 0, left_by  # every way out was taken, and refused
    assert shipped["plain"] > 3, shipped
    assert shipped["conceded"] > 0, shipped  # the walks do use what was decided


async def walk_until_found_out() -> None:
    for seed in range(40):
        await walked(seed)


async def _nothing(*_: Any, **__: Any) -> Any:
    return {}


@pytest.mark.parametrize(
    "forgotten",
    ["law", "later failures", "end of concessions", "looking before", "blank corrections", "parts", "cases"],
)
async def test_control_a_house_that_forgets_something_is_found_out(
    database: Database, monkeypatch: pytest.MonkeyPatch, forgotten: str
) -> None:
    if forgotten == "law":
        connection = await asyncpg.connect(database.superuser_dsn)
        await connection.execute("DROP TRIGGER lot_within_law ON lot")
        await connection.close()
        for module in (signing, gathering):
            monkeypatch.setattr(module, "release_bars", _nothing)
    elif forgotten == "looking before":
        connection = await asyncpg.connect(database.superuser_dsn)
        await connection.execute("DROP TRIGGER shipment_inspected_when_leaving ON shipment")
        await connection.close()
        monkeypatch.setattr(shipments, "assert_inspected", _nothing)
    elif forgotten == "blank corrections":
        connection = await asyncpg.connect(database.superuser_dsn)
        await connection.execute(
            "CREATE OR REPLACE FUNCTION legal_failure_stands(tenant uuid, failed_record uuid, characteristic uuid) RETURNS boolean"
            " LANGUAGE sql STABLE AS 'SELECT NOT EXISTS (SELECT FROM record WHERE tenant_id = tenant AND corrects = failed_record)'"
        )
        await connection.close()
    elif forgotten == "parts":
        goods_below = calling_back._URGENT.replace("k.to_lot = o.lot", "k.to_lot = o.lot AND false")
        assert goods_below != calling_back._URGENT
        monkeypatch.setattr(calling_back, "_URGENT", goods_below)
    elif forgotten == "cases":
        monkeypatch.setattr(rules, "contents", lambda stock: ())
    elif forgotten == "later failures":
        monkeypatch.setattr(law, "stop_outside_law", _nothing)
    else:
        real = rules.why_unusable

        def forgetful(stock: goods.Stock) -> Problem | None:
            found = real(stock)
            return None if isinstance(found, chain.problems.ConcessionOver) else found

        monkeypatch.setattr(shipments, "why_unusable", forgetful)
    with pytest.raises(AssertionError):
        await walk_until_found_out()
