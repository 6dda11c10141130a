"""Promise: an order's codes are stored once each, counted from what is stored, and changed by the range in one call."""

import pytest

from server.core import db
from server.core.constraints import problem_of
from server.core.errors import Invalid, NotFound
from server.core.ids import new_id
from server.domains.codes import (
    Classifier,
    NewRule,
    NewRuleVersion,
    Printed,
    RangeChange,
    RulePreview,
    SerialRange,
    Verdict,
    add_rule_version,
    change_codes,
    changes,
    codes_of_order,
    get_code,
    get_order,
    label_sheet,
    labels_pdf,
    list_orders,
    list_rules,
    mint_step,
    move_codes,
    open_orders,
    order_history,
    preview_rule,
    ship_codes,
    unship_codes,
)
from server.domains.codes.problems import (
    CodeTaken,
    OrderNotReady,
    RangeOfOtherLot,
    RangeOutsideOrder,
    RuleNameTaken,
    TooManyAtOnce,
)
from tests.fixtures.codes import KEYS, MODELS, PRINTED, SERIALS, CodePlant, make_code_plant


@pytest.fixture
async def plant(database) -> CodePlant:
    await db.open_pool(database.app_dsn, MODELS, size=4)
    yield await make_code_plant()
    await db.close()


async def ready_order(plant: CodePlant, count: int = 10):
    order_id = await plant.order(await plant.rule(), count)
    await plant.mint(order_id)
    return order_id


async def test_a_minted_order_is_stored_whole_and_judged_genuine(plant):
    order_id = await plant.order(await plant.rule(), 2_500)
    async with db.transaction(db.Scope.system()):
        assert (plant.actor.tenant, order_id) in await open_orders(1_000)
    async with db.transaction(plant.scope()):
        assert not (await mint_step(plant.actor, order_id, KEYS, 1_000)).done
        view = await get_order(plant.actor.tenant, order_id)
        assert (view.stored, view.count, view.state) == (1_000, 2_500, "minting")
    await plant.mint(order_id)
    texts = await plant.texts(order_id)
    assert len(set(texts)) == 2_500
    assert {Classifier(KEYS).classify(text).verdict for text in texts} == {Verdict.MINTED}
    async with db.transaction(plant.scope()):
        view = await get_order(plant.actor.tenant, order_id)
        assert (view.stored, view.state, view.rule_name) == (2_500, "ready", "规则")
        assert [o.id for o in await list_orders(plant.actor.tenant, plant.lot_id, None, 10)] == [order_id]
        assert await list_orders(plant.actor.tenant, plant.lot_id, order_id, 10) == []
        code = await get_code(plant.actor.tenant, texts[6])
        assert (code.serial, code.state, code.lot_id, code.level) == (7, "issued", plant.lot_id, "item")
        assert (await mint_step(plant.actor, order_id, KEYS)).done
    async with db.transaction(db.Scope.system()):
        assert (plant.actor.tenant, order_id) not in await open_orders(1_000)


async def test_serials_go_on_counting_within_what_the_other_segments_print(plant):
    rule_id = await plant.rule(**SERIALS)
    first, second = await plant.order(rule_id, 3), await plant.order(rule_id, 2)
    other = await plant.order(rule_id, 1, PRINTED.model_copy(update={"product": "YN500"}))
    for order_id in (second, first, other):
        await plant.mint(order_id, chunk=2)
    head = plant.credit_code
    assert await plant.texts(first) == [f"{head}YN250{n:06d}" for n in (1, 2, 3)]
    assert await plant.texts(second) == [f"{head}YN250{n:06d}" for n in (4, 5)]
    assert await plant.texts(other) == [f"{head}YN500000001"]


async def test_a_lot_code_is_one_and_a_second_of_the_same_lot_is_refused(plant):
    segments = [{"kind": "enterprise"}, {"kind": "product"}, {"kind": "literal", "text": "_"}, {"kind": "lot_no"}]
    rule_id = await plant.rule(level="lot", segments=segments)
    with pytest.raises(Invalid):
        await plant.order(rule_id, 2)
    first, second = await plant.order(rule_id, 1), await plant.order(rule_id, 1)
    await plant.mint(first)
    assert await plant.texts(first) == [f"{plant.credit_code}YN250_A-2026.01"]
    with pytest.raises(Exception) as caught:  # noqa: PT011 - the driver's own class
        await plant.mint(second)
    assert isinstance(problem_of(caught.value), CodeTaken)
    assert await plant.texts(second) == []


async def test_rules_are_versioned_and_refused_where_unsound(plant):
    rule_id = await plant.rule(**SERIALS)
    async with db.transaction(plant.scope()):
        version = NewRuleVersion.model_validate({"segments": [{"kind": "enterprise"}, {"kind": "serial", "width": 9}]})
        assert await add_rule_version(plant.actor, rule_id, version) == 2
        ((listed, newest),) = await list_rules(plant.actor.tenant)
        assert (listed, newest.version, newest.name) == (rule_id, 2, "规则")
        with pytest.raises(NotFound):
            await add_rule_version(plant.actor, new_id(), version)
    with pytest.raises(Invalid) as refused:
        await plant.rule(name="另一规则", segments=[{"kind": "enterprise"}, {"kind": "random", "length": 9}])
    assert {error.code for error in refused.value.errors} == {"code_rule_collides"}
    with pytest.raises(Exception) as caught:  # noqa: PT011 - the driver's own class
        await plant.rule()
    assert isinstance(problem_of(caught.value), RuleNameTaken)


async def test_a_preview_shows_texts_capacity_and_faults(plant):
    async with db.transaction(plant.scope()):
        good = await preview_rule(plant.actor, RulePreview.model_validate({**SERIALS, "count": 10}))
        assert good.texts[0] == f"{plant.credit_code}P001000001"
        assert (good.capacity.distinct, good.capacity.enough, good.faults) == (999_999, True, [])
        bad = await preview_rule(plant.actor, RulePreview.model_validate({"segments": [{"kind": "product"}]}))
        assert bad.texts == []
        assert {fault.code for fault in bad.faults} >= {"code_rule_enterprise_first"}


async def test_values_that_cannot_stand_in_a_code_are_refused_when_ordering(plant):
    rule_id = await plant.rule(**SERIALS)
    for printed in (PRINTED.model_copy(update={"product": "牛奶"}), Printed(lot_no="1", product="", product_name="x")):
        with pytest.raises(Invalid):
            await plant.order(rule_id, 1, printed)
    with pytest.raises(Invalid) as refused:
        await plant.order(rule_id, 1_000_000)
    assert refused.value.errors[0].code == "code_capacity_exceeded"


async def test_a_range_is_activated_and_voided_by_one_call_each(plant):
    order_id = await ready_order(plant)
    tenant = plant.actor.tenant
    async with db.transaction(plant.scope()):
        assert (await change_codes(plant.actor, order_id, "activated", RangeChange())).changed == 10
        assert (await change_codes(plant.actor, order_id, "activated", RangeChange())).changed == 0
        voided = await change_codes(plant.actor, order_id, "voided", RangeChange(first=3, last=5, reason="标签印坏"))
        assert voided == (3, 5, 3)
        states = [code.state for code in await codes_of_order(tenant, order_id, 1, 10)]
        assert states == ["active"] * 2 + ["voided"] * 3 + ["active"] * 5
        history = await order_history(tenant, order_id)
        assert [(row.change, row.first, row.last, row.changed) for row in history] == [
            ("voided", 3, 5, 3),
            ("activated", 1, 10, 10),
        ]
        assert history[0].detail == {"reason": "标签印坏"}
        assert [row.change for row in await order_history(tenant, order_id, serial=9)] == ["activated"]
        audited = await db.fetchval(
            "SELECT count(*) FROM audit_entry WHERE tenant_id = $1 AND object_id = $2 AND action LIKE 'codes.%'",
            tenant, str(order_id),
        )  # fmt: skip
        assert audited == 2


async def test_changes_start_only_from_states_they_may(plant):
    order_id = await ready_order(plant)
    shipment = new_id()
    async with db.transaction(plant.scope()):
        assert (await change_codes(plant.actor, order_id, "printed", RangeChange())).changed == 10
        await change_codes(plant.actor, order_id, "activated", RangeChange(first=1, last=2))
        assert (await ship_codes(plant.actor, order_id, SerialRange(first=1, last=4), shipment)).changed == 4
        rows = await codes_of_order(plant.actor.tenant, order_id, 1, 5)
        assert [row.state for row in rows] == ["shipped", "shipped", "printed", "printed", "printed"]
        text = rows[2].text
        assert (await get_code(plant.actor.tenant, text)).shipment_id == shipment
        await change_codes(plant.actor, order_id, "activated", RangeChange())
        rows = await codes_of_order(plant.actor.tenant, order_id, 1, 5)
        assert [row.state for row in rows] == ["shipped"] * 4 + ["active"]
        assert (await get_code(plant.actor.tenant, text)).shipment_id == shipment
        text = rows[0].text
        assert (await unship_codes(plant.actor, order_id, SerialRange(first=1, last=1))).changed == 1
        assert (await get_code(plant.actor.tenant, text)).shipment_id is None
        assert (await change_codes(plant.actor, order_id, "returned", RangeChange(first=2, last=2))).changed == 1
        assert (await change_codes(plant.actor, order_id, "lost", RangeChange())).changed == 9
        assert (await change_codes(plant.actor, order_id, "activated", RangeChange())).changed == 0


async def test_more_codes_than_one_call_changes_are_refused_with_the_remedy(plant, monkeypatch):
    order_id = await ready_order(plant)
    monkeypatch.setattr(changes, "MOST_AT_ONCE", 4)
    async with db.transaction(plant.scope()):
        with pytest.raises(TooManyAtOnce) as refused:
            await change_codes(plant.actor, order_id, "voided", RangeChange())
        assert (refused.value.field, dict(refused.value.params)) == ("last", {"limit": 4, "count": 10})
        for first, last in ((1, 4), (5, 8), (9, 10)):
            await change_codes(plant.actor, order_id, "voided", RangeChange(first=first, last=last))
        assert {row.state for row in await codes_of_order(plant.actor.tenant, order_id, 1, 10)} == {"voided"}


async def test_nothing_is_changed_before_the_order_is_ready_or_outside_it(plant):
    order_id = await plant.order(await plant.rule(), 10)
    async with db.transaction(plant.scope()):
        with pytest.raises(OrderNotReady):
            await change_codes(plant.actor, order_id, "activated", RangeChange())
    await plant.mint(order_id)
    async with db.transaction(plant.scope()):
        for first, last in ((1, 11), (11, 11), (7, None)):
            if last is None:
                assert (await change_codes(plant.actor, order_id, "printed", RangeChange(first=first))).changed == 4
                continue
            with pytest.raises(RangeOutsideOrder):
                await change_codes(plant.actor, order_id, "activated", RangeChange(first=first, last=last))


async def test_a_split_moves_serials_and_their_ranges(plant):
    order_id, other = await ready_order(plant), await plant.lot()
    async with db.transaction(plant.scope()):
        ranges = [SerialRange(first=1, last=2), SerialRange(first=6, last=7)]
        assert await move_codes(plant.actor, order_id, ranges, plant.lot_id, other) == 4
        rows = await db.fetch(
            "SELECT lot_id, lower(serials) AS low, upper(serials) AS high FROM code_range WHERE order_id = $1"
            " ORDER BY serials",
            order_id,
        )
        mine = plant.lot_id
        assert [tuple(row) for row in rows] == [(other, 1, 3), (mine, 3, 6), (other, 6, 8), (mine, 8, 11)]
        lots = await db.fetch("SELECT lot_id FROM code WHERE order_id = $1 ORDER BY serial", order_id)
        assert [row["lot_id"] == other for row in lots] == [s in (1, 2, 6, 7) for s in range(1, 11)]
        with pytest.raises(RangeOfOtherLot):
            await move_codes(plant.actor, order_id, [SerialRange(first=5, last=6)], plant.lot_id, other)


async def test_labels_say_the_lot_and_hold_the_chosen_url(plant):
    order_id = await ready_order(plant, 3)
    async with db.transaction(plant.scope()):
        short = await label_sheet(plant.actor, order_id, 1, 3, "https://q.example", "short", "zh_CN")
        await db.execute(
            "UPDATE tenant SET settings = $2::jsonb WHERE id = $1",
            plant.actor.tenant, db.dumps({"label_origin": "https://milk.example", "label_space": "milk"}),
        )  # fmt: skip
        own = await label_sheet(plant.actor, order_id, 2, 2, "https://q.example", "short", "zh_CN")
        link = await label_sheet(plant.actor, order_id, 2, 2, "https://q.example", "digital_link", "en")
    texts = await plant.texts(order_id)
    assert short.labels == [(text, f"https://q.example/t/{text}") for text in texts]
    assert list(short.texts.lines) == ["批号 A-2026.01", "生产日期 2026-03-07", "保质期至 2026-09-06"]
    assert own.labels == [(texts[1], f"https://milk.example/t/milk/{texts[1]}")]
    assert link.labels == [(texts[1], f"https://milk.example/01/06901234567892/10/A-2026.01/21/{texts[1]}")]
    assert labels_pdf(short.labels, short.texts).startswith(b"%PDF")


async def test_another_enterprise_sees_and_touches_nothing(plant):
    order_id = await ready_order(plant)
    stranger = await make_code_plant()
    async with db.transaction(stranger.scope()):
        for attempt in (
            get_order(stranger.actor.tenant, order_id),
            change_codes(stranger.actor, order_id, "voided", RangeChange()),
            get_code(stranger.actor.tenant, (await plant_text(plant, order_id))),
            mint_step(stranger.actor, order_id, KEYS),
        ):
            with pytest.raises(NotFound):
                await attempt
        assert await codes_of_order(stranger.actor.tenant, order_id, 1, 10) == []


async def plant_text(plant: CodePlant, order_id) -> str:
    """Any text in the form of the plant's codes: a stranger cannot read the real ones."""
    return f"T5{str(order_id)[:18].upper()}"


def test_wire_models_refuse_what_is_not_theirs():
    with pytest.raises(ValueError, match="extra"):
        NewRule.model_validate({"name": "x", **SERIALS, "tenant_id": str(new_id())})
