"""What the dairy measures, against which limits, on which forms."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple
from uuid import UUID

from server.domains import quality
from workers.seed.dairy.house import Dairy
from workers.seed.plant import MANAGER

Values = dict[str, Any]
_EXAMPLE = "示例"
# code, name, English name, unit, method, kind, options with their English words
_CHARACTERISTICS: tuple[tuple[Any, ...], ...] = (
    (
        "SENSE",
        "感官",
        "Appearance, smell and taste",
        None,
        "GB 19645",
        "option",
        {"正常": "Normal", "异常": "Abnormal"},
    ),
    ("FAT", "脂肪", "Fat", "g/100g", "GB 5009.6", "number", {}),
    ("PROTEIN", "蛋白质", "Protein", "g/100g", "GB 5009.5", "number", {}),
    ("SNF", "非脂乳固体", "Non-fat milk solids", "g/100g", "GB 5413.39", "number", {}),
    ("ACID", "酸度", "Acidity", "°T", "GB 5009.239", "number", {}),
    ("PB", "铅（以 Pb 计）", "Lead (as Pb)", "mg/kg", "GB 5009.12", "number", {}),
    ("AFM1", "黄曲霉毒素 M1", "Aflatoxin M1", "μg/kg", "GB 5009.24", "number", {}),
    ("TPC", "菌落总数", "Total plate count", "CFU/mL", "GB 4789.2", "count", {}),
    ("COLI", "大肠菌群", "Coliforms", "CFU/mL", "GB 4789.3", "count", {}),
    ("LAB", "乳酸菌数", "Lactic acid bacteria", "CFU/g", "GB 4789.35", "number", {}),
    ("ANTI", "抗生素残留（快检）", "Antibiotics (rapid test)", None, "快速检测卡", "number", {}),
    ("TEMP", "温度", "Temperature", "°C", None, "number", {}),
    ("PASTT", "杀菌温度", "Pasteurising temperature", "°C", None, "number", {}),
    ("PASTS", "保持时间", "Holding time", "s", None, "number", {}),
)
_RANGE = {
    "fat": {"low": "3.1"}, "protein": {"low": "2.9"}, "snf": {"low": "8.1"}, "acid": {"low": "12", "high": "18"},
    "lead": {"high": "0.05"}, "aflatoxin": {"high": "0.5"}, "acid_yoghurt": {"low": "70"}, "lab": {"low": "1000000"},
}  # fmt: skip
_NORMAL = {"allowed": ["正常"]}
_TPC = {"n": 5, "c": 2, "m": "50000", "M": "100000"}
_COLI = {"n": 5, "c": 2, "m": "1", "M": "5"}
# product (None: of all), characteristic, limits, standard, edition
_SPECIFICATIONS: tuple[tuple[str | None, str, Values, str | None, str | None], ...] = (
    ("RAW", "SENSE", {"legal": _NORMAL}, "GB 19301", _EXAMPLE),
    ("RAW", "FAT", {"legal": _RANGE["fat"], "internal": {"low": "3.3"}}, "GB 19301", _EXAMPLE),
    ("RAW", "PROTEIN", {"legal": {"low": "2.8"}, "internal": {"low": "3.0"}}, "GB 19301", _EXAMPLE),
    ("RAW", "ACID", {"legal": _RANGE["acid"]}, "GB 19301", _EXAMPLE),
    ("RAW", "ANTI", {"legal": {"absent": True}}, "GB 31650", _EXAMPLE),
    ("RAW", "TEMP", {"internal": {"high": "6"}, "warning": {"high": "5.5"}}, "企业内控", _EXAMPLE),
    ("BOTTLE", "SENSE", {"internal": _NORMAL}, "企业内控", _EXAMPLE),
    ("CUP", "SENSE", {"internal": _NORMAL}, "企业内控", _EXAMPLE),
    ("CULTURE", "SENSE", {"internal": _NORMAL}, "企业内控", _EXAMPLE),
    ("BASE", "PASTT", {"internal": {"low": "85", "high": "90"}, "warning": {"low": "85.5", "high": "89.5"}}, "企业内控", _EXAMPLE),
    ("BASE", "PASTS", {"internal": {"low": "15"}}, "企业内控", _EXAMPLE),
    ("MILK950", "SENSE", {"legal": _NORMAL}, "GB 19645", None),
    ("MILK950", "FAT", {"legal": _RANGE["fat"], "internal": {"low": "3.5"}}, "GB 19645", None),
    ("MILK950", "PROTEIN", {"legal": _RANGE["protein"], "internal": {"low": "3.1"}}, "GB 19645", None),
    ("MILK950", "SNF", {"legal": _RANGE["snf"]}, "GB 19645", None),
    ("MILK950", "ACID", {"legal": _RANGE["acid"], "warning": {"low": "12.5", "high": "16"}}, "GB 19645", None),
    ("MILK950", "PB", {"legal": _RANGE["lead"]}, "GB 2762", _EXAMPLE),
    ("MILK950", "AFM1", {"legal": _RANGE["aflatoxin"]}, "GB 2761", _EXAMPLE),
    ("MILK950", "TPC", {"legal": _TPC}, "GB 19645", _EXAMPLE),
    ("MILK950", "COLI", {"legal": _COLI}, "GB 19645", _EXAMPLE),
    ("YOG230", "SENSE", {"legal": _NORMAL}, "GB 19302", _EXAMPLE),
    ("YOG230", "FAT", {"legal": _RANGE["fat"]}, "GB 19302", _EXAMPLE),
    ("YOG230", "PROTEIN", {"legal": _RANGE["protein"]}, "GB 19302", _EXAMPLE),
    ("YOG230", "ACID", {"legal": _RANGE["acid_yoghurt"]}, "GB 19302", _EXAMPLE),
    ("YOG230", "LAB", {"legal": _RANGE["lab"]}, "GB 19302", _EXAMPLE),
    ("YOG230", "COLI", {"legal": _COLI}, "GB 19302", _EXAMPLE),
    (None, "TEMP", {"customer": {"low": "0", "high": "8"}, "warning": {"low": "2", "high": "6"}}, "冷链配送约定", _EXAMPLE),
)  # fmt: skip


class _Form(NamedTuple):
    code: str
    name: str
    name_en: str
    stage: str
    product: str | None
    fields: Sequence[str]
    subject: str = "lot"


_FORMS = (
    _Form("JL-01", "生乳进货查验记录", "Raw milk: incoming inspection", "material", "RAW", ("SENSE", "TEMP", "FAT", "PROTEIN", "ACID", "ANTI")),
    _Form("JL-02", "包材与辅料进货查验记录", "Packaging and ingredients: incoming inspection", "material", None, ("SENSE",)),
    _Form("JL-05", "CCP1 巴氏杀菌记录", "CCP1: pasteurisation", "production", "BASE", ("PASTT", "PASTS")),
    _Form("JL-08", "出厂检验（鲜牛奶）", "Release test: fresh milk", "testing", "MILK950",
          ("SENSE", "FAT", "PROTEIN", "SNF", "ACID", "PB", "AFM1", "TPC", "COLI")),
    _Form("JL-09", "出厂检验（酸奶）", "Release test: yoghurt", "testing", "YOG230", ("SENSE", "FAT", "PROTEIN", "ACID", "LAB", "COLI")),
    _Form("JL-12", "冷链运输温度记录", "Cold chain: temperatures on the way", "logistics", None, ("TEMP",), "shipment"),
)  # fmt: skip


async def make_standards(dairy: Dairy) -> None:
    """Characteristics, specifications, and the forms that ask for them."""
    known: dict[str, UUID] = {}
    for code, name, name_en, unit, method, kind, options in _CHARACTERISTICS:
        characteristic = quality.NewCharacteristic(
            code=code,
            name=name,
            name_en=name_en,
            unit=unit,
            method=method,
            result_kind=kind,
            options=tuple(options),
            options_en=tuple(options.values()),
        )
        known[code] = await dairy.plant.do(MANAGER, quality.define_characteristic, characteristic)
    for product, code, limits, standard, edition in _SPECIFICATIONS:
        specification = quality.NewSpecification(
            characteristic_id=known[code],
            product_id=dairy.products[product] if product else None,
            limits=quality.Limits.model_validate(limits),
            standard=standard,
            standard_edition=edition,
        )
        await dairy.plant.do(MANAGER, quality.define_specification, specification)
    for form in _FORMS:
        await _define(dairy, form, known)


async def _define(dairy: Dairy, form: _Form, known: dict[str, UUID]) -> None:
    names = {row[0]: row[1] for row in _CHARACTERISTICS}
    schema = {
        "type": "object",
        "properties": {code: {"title": names[code]} for code in form.fields},
        "required": list(form.fields),
    }
    fields = {code: quality.FieldHints(characteristic_id=known[code]) for code in form.fields}
    command = quality.NewForm.model_validate(
        {
            "code": form.code,
            "name": form.name,
            "name_en": form.name_en,
            "stage": form.stage,
            "subject_kind": form.subject,
            "product_id": dairy.products[form.product] if form.product else None,
            "document_no": f"YQL-{form.code}",
            "keep_years": 2,
            "schema": schema,
            "ui": quality.FormUi(order=tuple(form.fields), fields=fields),
        }
    )
    await dairy.plant.do(MANAGER, quality.define_form, command)


def limits_shown(values: Mapping[str, str]) -> list[tuple[str, str, str]]:
    """Name, result and legal limit of each value of a finished product, for its printed report."""
    product = "MILK950" if "SNF" in values else "YOG230"
    names = {row[0]: (row[1], row[3]) for row in _CHARACTERISTICS}
    limits = {
        code: each["legal"] for owner, code, each, _, _ in _SPECIFICATIONS if owner == product and "legal" in each
    }
    shown = []
    for code, value in values.items():
        name, unit = names[code]
        limit = quality.limit_text(quality.LimitSet.model_validate(limits[code]), unit, "zh_CN")
        shown.append((name, value, limit))
    return shown
