"""Examples: what failed, what becomes of it, gauges."""

from server.open_api.examples import demo
from server.open_api.examples.access import OWN

NONCONFORMITY = {
    "lot_id": demo.NEW_CUPS_LOT, "quantity": "500", "defect": "杯口毛边", "defect_class": "C", "stage": "material",
    "party": "supplier", "supplier_id": demo.PACKER, "party_reason": "同一模号集中出现，供应商已确认",
    "attachment_ids": [demo.YOGHURT_PICTURE],
}  # fmt: skip
EVIDENCE = {"attachment_ids": [demo.YOGHURT_PICTURE]}
DISPOSITION = {
    "kind": "concession", "quantity": "20", "reason": "毛边不影响封口和食用安全，限本厂自用", "expires_at": "2099-12-31",
}  # fmt: skip
SIGNATURE = {"password": OWN, "decision": "approve", "remark": "同意"}
CARRY_OUT = {"attachment_ids": [demo.YOGHURT_PICTURE], "detail": "破碎后交回收单位，两人在场"}
WITHDRAWAL = {"reason": "供应商要求到场确认后再定"}
REVERSAL = {"password": OWN, "reason": "选错批次，返工的不是这一批"}
CLOSING = {"remark": "返工后检验合格，数量已核对"}
REVIEW_RULE = {
    "product_id": demo.MILK, "roles": ["quality_manager", "enterprise_admin"], "people": 2, "customer_consent": True,
}  # fmt: skip
GAUGE_RULE = {"overdue": "mark"}
