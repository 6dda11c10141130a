"""Plant one: finished lots, what they were made of, lab values, process conditions and quality, all from real data."""

from decimal import Decimal
from statistics import fmean, stdev
from typing import NamedTuple
from uuid import UUID

from server.core.ids import new_id
from server.domains import chain, quality
from server.domains.chain.operations.commands import Parameter
from server.domains.scans import publish_lot
from workers.seed import coding
from workers.seed.pharma_data import GROUPS, PharmaData, Table, columns, exact
from workers.seed.plant import INSPECTOR, MANAGER, OPERATOR, RELEASER, Plant

PUBLISHED = 3  # so many lots get codes and a page
_CODES_EACH = 20
_PLACES = Decimal("1e-12")  # what a quantity can hold
_SHARE = "占本组物料投料量的百分比；来源数据只有比例，没有重量"
_NO_DATES = "来源数据没有日期，均记为未知"
_EXAMPLE = "示例：来源数据均值 ± 3 倍标准差"


class Measured(NamedTuple):
    """A form and the characteristic behind each column of a table."""

    form_version_id: UUID
    characteristics: dict[str, UUID]


async def make_pharma(plant: Plant, data: PharmaData) -> list[str]:
    """Fill the plant; the codes of its published lots."""
    products = {group: await _material(plant, group, data.materials[group]) for group in GROUPS}
    tablets = await _tablets(plant)
    materials: dict[str, UUID] = {}
    for group in GROUPS:
        materials |= await _lots(plant, "material", products[group], list(data.materials[group]))
        form = await _measured(
            plant,
            products[group],
            f"M{group}",
            (f"物料组 {group} 检验", f"Tests of material group {group}"),
            "material",
            data.materials[group],
        )
        await _records(plant, form, "material", materials, data.materials[group])
    await _release(plant, list(materials.values()))
    finished = await _lots(plant, "finished", tablets, list(data.quality))
    await _consume(plant, data, materials, finished)
    await _operations(plant, data, materials, finished)
    form = await _measured(plant, tablets, "FP", ("成品质量指标", "Quality of the product"), "testing", data.quality)
    await _records(plant, form, "testing", finished, data.quality)
    await _release(plant, list(finished.values()))
    return await _publish(plant, list(finished.values())[:PUBLISHED])


async def _material(plant: Plant, group: int, table: Table) -> UUID:
    prefix = next(iter(table)).rstrip("0123456789")
    return await plant.product(
        kind="material",
        sku=f"GROUP{group}",
        name=f"物料组 {group}（批号 {prefix}…）",
        name_en=f"Material group {group} (lots {prefix}…)",
        spec=_SHARE,
        unit="%",
    )


async def _tablets(plant: Plant) -> UUID:
    return await plant.product(
        kind="finished",
        sku="FP",
        name="口服固体制剂（匿名数据）",
        name_en="Oral solid dosage form (anonymised data)",
        category="药品",
        unit="pcs",
        label=[
            {"name": "数据来源", "value": "公开数据集 pyphi「JRPLS and TPLS」，MIT 许可；批号已匿名"},
            {"name": "日期", "value": _NO_DATES},
        ],
        publish_allow=["product", "producer", "lot", "certificates", "logistics"],
        trade_secrets=["formula", "parameter:var8"],
    )


async def _lots(plant: Plant, kind: chain.commands.LotKind, product_id: UUID, names: list[str]) -> dict[str, UUID]:
    rows = [chain.NewLot(kind=kind, product_id=product_id, lot_no=name, remark=_NO_DATES) for name in names]
    made = await plant.do(OPERATOR, chain.create_lots, rows, all_or_nothing=True)
    return {name: lot_id for name, lot_id in zip(names, made.ids, strict=True) if lot_id is not None}


async def _measured(
    plant: Plant, product_id: UUID, prefix: str, names: tuple[str, str], stage: quality.commands.Stage, table: Table
) -> Measured:
    """Characteristics with limits made of the data itself, and a form that asks for all of them."""
    made = {
        column: await _characteristic(plant, product_id, f"{prefix}-{column}", column, table)
        for column in columns(table)
    }
    codes = {column: f"{prefix}-{column}" for column in made}
    schema = {"type": "object", "properties": {code: {"title": column} for column, code in codes.items()}}
    fields = {codes[column]: quality.FieldHints(characteristic_id=id) for column, id in made.items()}
    form = quality.NewForm(
        code=prefix,
        name=names[0],
        name_en=names[1],
        stage=stage,
        product_id=product_id,
        json_schema=schema,
        ui=quality.FormUi(fields=fields),
    )
    _, version_id = await plant.do(MANAGER, quality.define_form, form)
    return Measured(version_id, made)


async def _characteristic(plant: Plant, product_id: UUID, code: str, column: str, table: Table) -> UUID:
    characteristic = quality.NewCharacteristic(code=code, name=column, result_kind="number")
    id = await plant.do(MANAGER, quality.define_characteristic, characteristic)
    numbers = [float(values[column]) for values in table.values() if column in values]
    middle, spread = fmean(numbers), 3 * stdev(numbers)
    low, high = (Decimal(f"{middle + side * spread:.6g}") for side in (-1, 1))
    limits = quality.Limits(internal=quality.LimitSet(low=low, high=high))
    specification = quality.NewSpecification(
        characteristic_id=id, product_id=product_id, limits=limits, required=False, standard=_EXAMPLE
    )
    await plant.do(MANAGER, quality.define_specification, specification)
    return id


async def _records(plant: Plant, form: Measured, stage: str, lots: dict[str, UUID], table: Table) -> None:
    records = [
        quality.BulkRecord(
            new_id(),
            lots[name],
            [quality.BulkResult(line, form.characteristics[column], text) for column, text in values.items()],
            plant.actors[INSPECTOR].name,
        )
        for line, (name, values) in enumerate(table.items(), 2)
    ]
    await plant.do(INSPECTOR, quality.store_records, form.form_version_id, stage, records, all_or_nothing=True)


async def _consume(plant: Plant, data: PharmaData, materials: dict[str, UUID], finished: dict[str, UUID]) -> None:
    links = [
        chain.NewLink(
            from_lot=materials[row.material_lot],
            to_lot=finished[row.product_lot],
            kind="consumed",
            quantity=(row.fraction * 100).quantize(_PLACES),
            unit="%",
        )
        for row in data.consumptions
    ]
    await plant.do(OPERATOR, chain.create_links, links, all_or_nothing=True)


async def _operations(plant: Plant, data: PharmaData, materials: dict[str, UUID], finished: dict[str, UUID]) -> None:
    inputs: dict[str, list[UUID]] = {}
    for row in data.consumptions:
        inputs.setdefault(row.product_lot, []).append(materials[row.material_lot])
    for name, values in data.process.items():
        parameters = [
            Parameter(name=column, value=exact(text), secret=column == "var8") for column, text in values.items()
        ]
        command = chain.NewOperation(
            name="生产过程（来源未说明工序）", lots_in=inputs[name], lots_out=[finished[name]], parameters=parameters
        )
        await plant.do(OPERATOR, chain.record_operation, command)


async def _release(plant: Plant, lot_ids: list[UUID]) -> None:
    """One signature over all, by somebody who entered none of the results."""
    command = quality.DecideLots(lot_ids=tuple(lot_ids), password=plant.passwords[RELEASER], remark="演示数据放行")
    await plant.do(RELEASER, quality.release_lots, command)


async def _publish(plant: Plant, lot_ids: list[UUID]) -> list[str]:
    rule_id = await coding.make_rule(plant, "最小销售单元追溯码", "item")
    texts = []
    for lot_id in lot_ids:
        await plant.do(MANAGER, publish_lot, lot_id)
        order_id = await coding.mint(plant, lot_id, rule_id, _CODES_EACH)
        await coding.activate(plant, order_id)
        texts.append(await coding.text_of(plant, order_id, 1))
    return texts
