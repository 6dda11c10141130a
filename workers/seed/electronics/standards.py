"""What the board maker measures, on which forms, and what falls due when."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple
from uuid import UUID

from server.domains import quality
from server.domains.quality import inspection
from workers.seed.house import House
from workers.seed.plant import MANAGER

_OK = {"合格": "Acceptable", "不合格": "Not acceptable"}
# code, name, English name, unit, kind, options with their English words
_CHARACTERISTICS: tuple[tuple[Any, ...], ...] = (
    ("LOOK", "外观", "Appearance", None, "option", _OK),
    ("THICK", "板厚", "Board thickness", "mm", "number", {}),
    ("HOLE", "孔径", "Hole diameter", "mm", "number", {}),
    ("POS", "孔位偏差", "Hole position deviation", "mm", "number", {}),
    ("NICK", "线路缺口", "Conductor nick", "%", "number", {}),
    ("CU", "铜离子", "Copper", "g/L", "number", {}),
    ("H2SO4", "硫酸", "Sulphuric acid", "g/L", "number", {}),
    ("CL", "氯离子", "Chloride", "mg/L", "number", {}),
    ("HOLECU", "孔铜厚度", "Hole copper thickness", "μm", "number", {}),
    ("IMP", "特性阻抗", "Characteristic impedance", "Ω", "number", {}),
    ("CURR", "上电电流", "Supply current", "A", "number", {}),
    ("FCT", "功能测试", "Functional test", None, "option", {"通过": "Pass", "不通过": "Fail"}),
)  # fmt: skip
# characteristic, product (None: all), limits
_SPECIFICATIONS: tuple[tuple[str, str | None, Mapping[str, Any]], ...] = (
    ("LOOK", None, {"customer": {"allowed": ["合格"]}}),
    ("THICK", None, {"customer": {"low": "1.47", "high": "1.73"}, "warning": {"low": "1.50", "high": "1.70"}}),
    ("HOLE", "PNL", {"internal": {"low": "0.25", "high": "0.35"}, "warning": {"low": "0.27", "high": "0.33"}}),
    ("POS", "PNL", {"internal": {"high": "0.075"}}),
    ("NICK", "PNL", {"customer": {"high": "20"}, "warning": {"high": "15"}}),
    ("CU", None, {"internal": {"low": "60", "high": "80"}}),
    ("H2SO4", None, {"internal": {"low": "180", "high": "220"}}),
    ("CL", None, {"internal": {"low": "40", "high": "80"}, "warning": {"low": "45", "high": "75"}}),
    ("HOLECU", "PNL", {"customer": {"low": "20"}, "warning": {"low": "21"}}),
    ("IMP", "PCB", {"customer": {"low": "45", "high": "55"}}),
    ("CURR", "BOARD", {"internal": {"high": "0.5"}}),
    ("FCT", "BOARD", {"customer": {"allowed": ["通过"]}}),
)


class _Form(NamedTuple):
    code: str
    name: str
    stage: str
    product: str | None
    fields: Sequence[str]
    subject: str = "lot"


_FORMS = (
    _Form("LJ-01", "来料检验单（覆铜板）", "material", "CCL", ("LOOK", "THICK")),
    _Form("LJ-02", "来料检验单（元器件）", "material", None, ("LOOK",)),
    _Form("SJ-01", "钻孔首件检验记录", "production", "PNL", ("HOLE", "POS", "LOOK")),
    _Form("XJ-02", "AOI 巡检记录", "production", "PNL", ("NICK",)),
    _Form("YS-03", "镀铜槽药水分析记录", "production", None, ("CU", "H2SO4", "CL"), "place"),
    _Form("QP-04", "切片孔铜测量记录", "production", "PNL", ("HOLECU",)),
    _Form("CJ-05", "光板出货检验记录", "testing", "PCB", ("LOOK", "THICK", "IMP")),
    _Form("FT-06", "控制板功能测试记录", "testing", "BOARD", ("CURR", "FCT")),
)


async def make_standards(works: House) -> None:
    """Characteristics, specifications, and the forms that ask for them."""
    known: dict[str, UUID] = {}
    for code, name, name_en, unit, kind, options in _CHARACTERISTICS:
        new = quality.NewCharacteristic(
            code=code,
            name=name,
            name_en=name_en,
            unit=unit,
            result_kind=kind,
            options=tuple(options),
            options_en=tuple(options.values()),
        )
        known[code] = await works.plant.do(MANAGER, quality.define_characteristic, new)
    for code, product, limits in _SPECIFICATIONS:
        specification = quality.NewSpecification(
            characteristic_id=known[code], product_id=works.products[product] if product else None,
            limits=quality.Limits.model_validate(limits), standard="CB-210 检验规范", standard_edition="示例",
        )  # fmt: skip
        await works.plant.do(MANAGER, quality.define_specification, specification)
    names = {row[0]: row[1] for row in _CHARACTERISTICS}
    for form in _FORMS:
        hints = {each: quality.FieldHints(characteristic_id=known[each]) for each in form.fields}
        command = quality.NewForm.model_validate(
            {"code": form.code, "name": form.name, "stage": form.stage, "subject_kind": form.subject,
             "product_id": works.products[form.product] if form.product else None, "document_no": f"LXY-{form.code}", "keep_years": 3,
             "schema": {"type": "object", "properties": {each: {"title": names[each]} for each in form.fields}, "required": list(form.fields)},
             "ui": quality.FormUi(order=tuple(form.fields), fields=hints)}
        )  # fmt: skip
        works.rules[form.code], _ = await works.plant.do(MANAGER, quality.define_form, command)


async def make_plans(works: House) -> None:
    """In force from the first minute of the working day: what was there before is asked for nothing."""
    works.plant.tell(works.at(1, "00:00"))
    for code, name, trigger, form, minutes, more in (
        ("JH-01", "覆铜板进料检验", "receipt", "LJ-01", 5 * 1440, {"product_id": works.products["CCL"]}),
        (
            "JH-02",
            "连接器进料抽样检验",
            "receipt",
            "LJ-02",
            480,
            {"product_id": works.products["CONN"], "sampling": {"aql": "0.65"}},
        ),
        (
            "JH-03",
            "钻孔首件检验",
            "first_piece",
            "SJ-01",
            45,
            {"step_id": works.steps["DRILL"], "first_piece_on": ["shift_start", "program"]},
        ),
        ("JH-04", "AOI 每 2 小时巡检", "hours", "XJ-02", 40, {"step_id": works.steps["AOI"], "every_hours": "2"}),
        (
            "JH-05",
            "镀铜槽药水每 4 小时分析",
            "hours",
            "YS-03",
            60,
            {"place_id": works.places["bath"], "every_hours": "4"},
        ),
    ):
        values: dict[str, Any] = {
            "code": code,
            "name": name,
            "trigger": trigger,
            "form_id": works.rules[form],
            "within_minutes": minutes,
        }
        command = inspection.NewPlan.model_validate(values | more)
        works.rules[code], _ = await works.plant.do(MANAGER, inspection.define_plan, command)
