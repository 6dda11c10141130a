"""Examples: coding rules, code orders, and what happens to their codes."""

from collections.abc import Mapping
from typing import Any

from server.open_api.examples import demo

RULE = {
    "name": "单品防伪码", "audience": "public", "level": "item", "unguessable": True, "segments": [{"kind": "minted"}],
}  # fmt: skip
RULE_VERSION = {"unguessable": True, "segments": [{"kind": "minted"}]}
PREVIEW = {
    "audience": "internal", "count": 1000, "lot_no": "M20260315A1",
    "segments": [{"kind": "lot_no"}, {"kind": "literal", "text": "-"}, {"kind": "serial", "width": 5}],
}  # fmt: skip
ORDER = {"lot_id": demo.MILK_LOT, "rule_id": demo.ITEM_RULE, "count": 100}
CHANGES: Mapping[str, dict[str, Any]] = {
    "print": {"first": 231, "last": 240},
    "activate": {"first": 217, "last": 230, "reason": "已贴标"},
    "void": {"first": 205, "last": 210, "reason": "标签破损"},
    "lose": {"first": 199, "last": 204, "reason": "整卷遗失"},
    "return": {"first": 1, "last": 6, "reason": "门店退货"},
}
