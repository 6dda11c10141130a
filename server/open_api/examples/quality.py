"""Examples: characteristics, specifications, forms, records, releases."""

from server.open_api.examples import demo
from server.open_api.examples.access import OWN

CHARACTERISTIC = {"code": "NA", "name": "钠", "unit": "mg/100g", "method": "GB 5009.91", "result_kind": "number"}
CHARACTERISTIC_WORDS = {"name_en": "Appearance, by eye"}
SPECIFICATION = {
    "characteristic_id": demo.FAT, "product_id": demo.BASE, "limits": {"internal": {"low": "3.5"}}, "standard": "企业内控",
}  # fmt: skip
SPECIFICATION_VERSION = {"limits": {"legal": {"low": "3.1"}, "internal": {"low": "3.6"}}, "standard": "GB 19645"}
FORM = {
    "code": "CLEAN",
    "name": "清洁消毒记录",
    "stage": "production",
    "subject_kind": "place",
    "schema": {
        "type": "object",
        "required": ["cleaned"],
        "properties": {"cleaned": {"enum": ["是", "否"], "title": "已清洁"}},
    },
}
FORM_WORDS = {"name_en": "Ex-works inspection record"}
FORM_VERSION = {
    "schema": {
        "type": "object",
        "required": ["SENSE"],
        "properties": {"SENSE": {"title": "感官"}, "seal": {"type": "string", "title": "封口情况"}},
    },
    "ui": {"order": ["SENSE", "seal"], "fields": {"SENSE": {"characteristic_id": demo.APPEARANCE}}},
}
RECORD = {
    "form_code": "JL-09",
    "lot_id": demo.WAITING_YOGHURT_LOT,
    "values": {
        "SENSE": "正常", "FAT": "3.7", "PROTEIN": "3.4", "ACID": "82.5", "LAB": "36000000", "COLI": "0, 0, 0, 0, 0",
    },
    "report_no": "CJ20260315-Y1",
    "source": "web",
}  # fmt: skip
RELEASE = {"lot_ids": [demo.NEW_BASE_LOT], "password": OWN, "remark": "资料齐全，检验合格"}
URGENT = {"lot_id": demo.NEW_CUPS_LOT, "reason": "客户产线待料，微生物结果未出"}
URGENT_DECISION = {"approve": True, "password": OWN, "remark": "同意，结果出具后补充放行"}
REJECTION = {"lot_ids": [demo.FAILED_MILK_LOT], "password": OWN, "remark": "菌落总数超标，销毁"}
LATER_FILES = {"attachment_ids": [demo.YOGHURT_PICTURE], "reason": "照片次日才从相机导出"}
LOT_ATTACHMENT = {"attachment_id": demo.YOGHURT_PICTURE, "kind": "photo"}
