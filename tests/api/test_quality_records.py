"""Promise: a record is stored once, judged by the limits it was entered under, and never changed by what comes later."""

from decimal import Decimal
from uuid import UUID

import pytest

from server.core import db
from server.core.constraints import problem_of
from server.core.errors import Invalid, NotFound
from server.core.ids import new_id
from server.domains.quality.commands import (
    FieldHints,
    FormUi,
    NewCharacteristic,
    NewForm,
    NewFormVersion,
    NewRecord,
    NewSpecification,
    NewSpecificationVersion,
    RecordFilter,
)
from server.domains.quality.definitions import (
    add_form_version,
    add_specification_version,
    define_characteristic,
    define_form,
    define_specification,
)
from server.domains.quality.limits import Limits, LimitSet
from server.domains.quality.problems import AlreadyCorrected, EntryConflict
from server.domains.quality.published import published_items
from server.domains.quality.queries import get_record, list_records, lot_records
from server.domains.quality.records import record_entry
from server.domains.quality.replays import Stored
from server.domains.quality.rollup import LotQuality, lot_quality
from tests.fixtures.quality import MODELS, Plant, make_plant

SCHEMA = {
    "type": "object",
    "required": ["lead", "clean"],
    "properties": {
        "lead": {"type": "number", "title": "铅"},
        "clean": {"enum": ["yes", "no"], "title": "清场"},
        "recipe": {"type": "string", "title": "配方"},
        "temperature": {"type": "number", "minimum": 0, "maximum": 10, "title": "出库温度"},
    },
}


@pytest.fixture
async def pool(database):
    await db.open_pool(database.app_dsn, MODELS, size=4)
    yield
    await db.close()


@pytest.fixture
async def plant(pool) -> Plant:
    return await make_plant()


class Setup:
    """A form of the plant's product that measures lead: legal ≤ 0.05 mg/kg, internal ≤ 0.03."""

    def __init__(self, plant: Plant) -> None:
        self.plant = plant
        self.actor = plant.actor

    async def make(self) -> "Setup":
        async with db.transaction(self.plant.scope()):
            self.lead = await define_characteristic(
                self.actor, NewCharacteristic(code="Pb", name="铅", unit="mg/kg", result_kind="number")
            )
            limits = Limits(legal=LimitSet(high=Decimal("0.05")), internal=LimitSet(high=Decimal("0.03")))
            self.specification, _ = await define_specification(
                self.actor,
                NewSpecification(
                    characteristic_id=self.lead, product_id=self.plant.product_id, limits=limits, standard="GB 2762"
                ),
            )
            self.form, self.version = await define_form(
                self.actor,
                NewForm(
                    code="QC",
                    name="出厂检验",
                    stage="testing",
                    product_id=self.plant.product_id,
                    schema=SCHEMA,
                    ui=self.ui(),
                ),
            )
        return self

    def ui(self) -> FormUi:
        return FormUi(
            fields={
                "lead": FieldHints(characteristic_id=self.lead, titles={"en": "Lead"}),
                "recipe": FieldHints(secret=True),
            }
        )

    async def record(self, lead: object = "0.01", **more: object) -> Stored:
        body = {"form_id": self.form, "lot_id": self.plant.lot_id, "values": {"lead": lead, "clean": "yes"}, **more}
        if "form_version_id" in more:
            del body["form_id"]
        async with db.transaction(self.plant.scope()):
            return await record_entry(self.actor, NewRecord.model_validate(body))

    async def quality(self) -> LotQuality:
        async with db.transaction(self.plant.scope()):
            return (await lot_quality(self.actor.tenant, [self.plant.lot_id]))[self.plant.lot_id]


@pytest.fixture
async def setup(plant: Plant) -> Setup:
    return await Setup(plant).make()


async def test_a_record_is_judged_and_counted(setup: Setup) -> None:
    stored = await setup.record()
    assert (stored.verdict, stored.failed_sets, stored.replayed) == ("pass", (), False)
    quality = await setup.quality()
    assert (quality.records, quality.fails, quality.verdict) == (1, 0, "pass")


async def test_beyond_a_limit_is_accepted_red_and_named(setup: Setup) -> None:
    stored = await setup.record("0.04")
    assert (stored.verdict, stored.failed_sets) == ("fail", ("internal",))
    assert [(each.field, each.code) for each in stored.warned] == [("lead", "limit_failed")]
    assert (await setup.quality()).legal_fails == 0
    assert (await setup.record("0.06")).failed_sets == ("legal", "internal")
    assert (await setup.quality()).legal_fails == 1


async def test_beyond_the_range_of_the_form_is_red_by_its_own_name_and_a_warning(setup: Setup) -> None:
    values = {"lead": "0.01", "clean": "yes", "temperature": 15}
    stored = await setup.record(values=values)
    assert (stored.verdict, stored.failed_sets, stored.warning) == ("fail", ("range",), True)
    assert [(each.field, each.code) for each in stored.warned] == [("temperature", "out_of_range")]
    quality = await setup.quality()
    assert (quality.fails, quality.warnings, quality.legal_fails) == (1, 1, 0)
    both = await setup.record(values={**values, "lead": "0.04"})
    assert both.failed_sets == ("internal", "range")
    mended = {"values": {**values, "temperature": 5}, "correction_reason": "录错"}
    for wrong in (stored, both):
        await setup.record(corrects=wrong.record_id, **mended)
    assert (await setup.quality())[:4] == (2, 0, 0, 0)


async def test_a_missing_required_field_is_named_in_the_readers_language(setup: Setup) -> None:
    with pytest.raises(Invalid) as refused:
        await setup.record(None)
    assert [(each.field, each.code, each.params["title"]) for each in refused.value.errors] == [
        ("values.lead", "field_missing", "铅")
    ]


async def test_an_incomplete_record_is_kept_not_judged_and_listed(setup: Setup) -> None:
    stored = await setup.record("", incomplete=True)
    assert stored.verdict == "not_judged"
    async with db.transaction(setup.plant.scope()):
        listed = await list_records(setup.actor.tenant, RecordFilter(to_complete=True), None, 10)
    assert [(row["id"], row["missing"]) for row in listed] == [(stored.record_id, ["lead"])]
    assert (await setup.quality()).verdict == "not_judged"


@pytest.mark.parametrize(
    ("lead", "code"),
    [
        ("abc", "not_a_number"),
        ({"value": 1, "unit": "furlong"}, "unit_unknown"),
        ({"value": 1, "unit": "L"}, "unit_other_dimension"),
        ({"value": 1, "more": 1}, "value_impossible"),
        ("-1", "value_negative"),
        ({"value": "<-1", "unit": "g/100g"}, "value_negative"),
    ],
)
async def test_the_impossible_is_refused_and_nothing_stored(setup: Setup, lead: object, code: str) -> None:
    with pytest.raises(Invalid) as refused:
        await setup.record(lead)
    assert [each.code for each in refused.value.errors] == [code]
    async with db.transaction(setup.plant.scope()):
        assert await list_records(setup.actor.tenant, RecordFilter(), None, 10) == []


async def test_units_are_converted_before_judging(setup: Setup) -> None:
    assert (await setup.record({"value": "40", "unit": "μg/kg"})).failed_sets == ("internal",)


async def test_a_replay_is_the_same_row_and_another_body_a_conflict(setup: Setup) -> None:
    entry_id = new_id()
    first = await setup.record("0.04", entry_id=entry_id)
    again = await setup.record("0.04", entry_id=entry_id)
    assert again == first._replace(replayed=True)
    assert (await setup.quality()).records == 1
    with pytest.raises(EntryConflict):
        await setup.record("0.02", entry_id=entry_id)


async def test_a_correction_is_a_new_row_and_only_it_counts(setup: Setup) -> None:
    wrong = await setup.record("0.04")
    right = await setup.record("0.01", corrects=wrong.record_id, correction_reason="小数点录错")
    quality = await setup.quality()
    assert quality._replace(last_record_at=None) == LotQuality(records=1)
    async with db.transaction(setup.plant.scope()):
        original = await get_record(setup.actor.tenant, wrong.record_id)
        current = await lot_records(setup.actor.tenant, [setup.plant.lot_id])
    assert (original["verdict"], original["values"]["lead"]) == ("fail", "0.04")
    assert original["corrected_by"] == right.record_id
    assert [row["id"] for row in current[setup.plant.lot_id]] == [right.record_id]
    with pytest.raises(Exception, match="record_corrected_once") as twice:
        await setup.record("0.02", corrects=wrong.record_id, correction_reason="again")
    assert isinstance(problem_of(twice.value), AlreadyCorrected)


async def test_editing_a_form_touches_no_recorded_value_and_both_verdicts_are_kept(setup: Setup) -> None:
    before = await setup.record("0.04")
    async with db.transaction(setup.plant.scope()):
        relaxed = Limits(legal=LimitSet(high=Decimal("0.05")))
        await add_specification_version(setup.actor, setup.specification, NewSpecificationVersion(limits=relaxed))
    entered_offline = await setup.record("0.04", form_version_id=setup.version)
    assert (entered_offline.verdict, entered_offline.verdict_in_force) == ("fail", "pass")
    entered_now = await setup.record("0.04")
    assert (entered_now.verdict, entered_now.verdict_in_force) == ("pass", None)
    async with db.transaction(setup.plant.scope()):
        kept = await get_record(setup.actor.tenant, before.record_id)
    assert kept["verdict"] == "fail"
    assert '"high": "0.03"' in kept["measurements"][0]["limits"]


async def test_a_new_form_version_asks_new_things_of_new_records_only(setup: Setup) -> None:
    stored = await setup.record()
    schema = {**SCHEMA, "required": ["lead", "clean", "recipe"]}
    async with db.transaction(setup.plant.scope()):
        await add_form_version(setup.actor, setup.form, NewFormVersion(schema=schema, ui=setup.ui()))
        assert (await get_record(setup.actor.tenant, stored.record_id))["form_version"] == 1
    with pytest.raises(Invalid):
        await setup.record()
    assert (await setup.record(form_version_id=setup.version)).verdict_in_force == "not_judged"


async def test_internal_limits_and_secret_fields_are_not_published(setup: Setup) -> None:
    await setup.record("0.04")
    async with db.transaction(setup.plant.scope()):
        (item,) = await published_items(setup.actor.tenant, setup.plant.lot_id)
    assert (item.result, item.unit, item.verdict, item.standard) == ("0.04", "mg/kg", "pass", "GB 2762")
    assert item.legal == LimitSet(high=Decimal("0.05"))
    assert "0.03" not in repr(item)


async def test_a_record_about_another_kind_of_thing_or_a_strangers_lot_is_refused(setup: Setup) -> None:
    body = {"form_id": setup.form, "values": {"lead": "0.01", "clean": "yes"}}
    async with db.transaction(setup.plant.scope()):
        with pytest.raises(Invalid):
            await record_entry(setup.actor, NewRecord.model_validate({**body, "working_day": "2026-01-01"}))
    other = await make_plant()
    for stranger in (other.lot_id, new_id()):
        async with db.transaction(setup.plant.scope()):
            with pytest.raises(NotFound):
                await record_entry(setup.actor, NewRecord.model_validate({**body, "lot_id": stranger}))


async def make_code(plant: Plant, text: str, kind: int) -> None:
    async with db.transaction(plant.scope()):
        await db.execute(
            "INSERT INTO code (text, tenant_id, order_id, lot_id, serial, kind) VALUES ($1, $2, $3, $4, 1, $5)",
            text, plant.actor.tenant, new_id(), plant.lot_id, kind,
        )  # fmt: skip


async def test_an_item_code_becomes_a_unit_lot_and_a_lot_code_stands_for_its_lot(setup: Setup) -> None:
    item, whole = f"I{new_id().hex[:18]}", f"L{new_id().hex[:18]}"
    await make_code(setup.plant, item, kind=1)
    await make_code(setup.plant, whole, kind=2)
    stored = [await setup.record(lot_id=None, code=code) for code in (item, item, whole)]
    async with db.transaction(setup.plant.scope()):
        lots = [(await get_record(setup.actor.tenant, each.record_id))["lot_id"] for each in stored]
        unit = await db.fetchrow("SELECT kind, product_id FROM lot WHERE id = $1", lots[0])
        parents = await db.fetch("SELECT from_lot FROM link WHERE to_lot = $1", lots[0])
    assert lots[0] == lots[1] != lots[2] == setup.plant.lot_id
    assert unit is not None
    assert tuple(unit) == ("unit", setup.plant.product_id)
    assert [row["from_lot"] for row in parents] == [setup.plant.lot_id]
    with pytest.raises(NotFound):
        await setup.record(lot_id=None, code="NOSUCHCODE")


async def test_measurements_hold_copies_for_reports(setup: Setup) -> None:
    stored = await setup.record("<0.01")
    async with db.transaction(setup.plant.scope()):
        row = await db.fetchrow("SELECT * FROM measurement WHERE record_id = $1", stored.record_id)
    assert row is not None
    copies = (row["lot_id"], row["product_id"], row["stage"], row["operator_id"])
    assert copies == (setup.plant.lot_id, setup.plant.product_id, "testing", setup.actor.id)
    assert (row["value"], row["qualifier"], row["verdict"]) == (Decimal("0.01"), "<", "pass")


def ids(rows: list[dict[str, UUID]]) -> list[UUID]:
    return [row["id"] for row in rows]


async def test_paging_is_stable_while_rows_are_added(setup: Setup) -> None:
    stored = [(await setup.record()).record_id for _ in range(5)]
    async with db.transaction(setup.plant.scope()):
        first = ids(await list_records(setup.actor.tenant, RecordFilter(), None, 2))  # type: ignore[arg-type]
    await setup.record()
    async with db.transaction(setup.plant.scope()):
        second = ids(await list_records(setup.actor.tenant, RecordFilter(), first[-1], 9))  # type: ignore[arg-type]
    assert first + second == stored[::-1]
