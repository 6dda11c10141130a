"""Examples: plans of inspections, inspections, second checkers, sampling."""

from server.open_api.examples import demo

PLAN = {
    "code": "JH-20", "name": "生乳进货查验", "trigger": "receipt", "product_id": demo.RAW_MILK, "form_id": demo.INCOMING_FORM,
    "within_minutes": 60,
}  # fmt: skip
PLAN_VERSION = {
    "form_id": demo.MATERIALS_FORM, "within_minutes": 240, "sampling": {"aql": "0.65", "level": "II"},
}  # fmt: skip
RETIREMENT = {"reason": "改由在线检测代替"}
CALL = {"plan_id": demo.SAMPLED_PLAN, "lot_id": demo.NEW_CUPS_LOT, "remark": "客户投诉同批封膜，加抽一次"}
PARTS = {"accepted_lot_no": "FL20260315P9-H1", "rejected_lot_no": "FL20260315P9-B1"}
CHECK: dict[str, str] = {}
LATE_ENTRIES = {"late_after_minutes": 2880}
RESUMPTION = {
    "plan_id": demo.SAMPLED_PLAN, "product_id": demo.CUPS, "supplier_id": demo.PACKER, "reason": "供应商已更换封膜模具，整改报告附后",
}  # fmt: skip
