"""Coding rules, minting, labels, and what a printed text says about itself without the database."""

from server.domains.codes.changes import Changed, change_codes, move_codes, ship_codes, unship_codes
from server.domains.codes.checks import Classified, Classifier, Verdict, identity_of_text, is_reserved
from server.domains.codes.commands import (
    Change,
    NewOrder,
    NewRule,
    NewRuleVersion,
    Printed,
    RangeChange,
    RulePreview,
    SerialRange,
)
from server.domains.codes.labels import LabelTexts, labels_pdf
from server.domains.codes.ordering import order_codes
from server.domains.codes.printing import Sheet, UrlForm, label_sheet, symbol_url
from server.domains.codes.problems import CodeTaken
from server.domains.codes.queries import (
    CodeView,
    LabelPlace,
    OrderView,
    RuleVersion,
    codes_of_order,
    get_code,
    get_order,
    label_place,
    list_orders,
    list_rules,
    newest_version,
    order_history,
)
from server.domains.codes.rule_service import Tried, add_rule_version, create_rule, preview_rule
from server.domains.codes.steps import CodeKeyMissing, Progress, draws_again, fail_order, mint_step, open_orders
from server.domains.codes.symbols import Level as CorrectionLevel
from server.domains.codes.symbols import matrix, png, svg
from server.domains.codes.urls import code_url, identity_of_url

__all__ = [
    "Change",
    "Changed",
    "Classified",
    "Classifier",
    "CodeKeyMissing",
    "CodeTaken",
    "CodeView",
    "CorrectionLevel",
    "LabelPlace",
    "LabelTexts",
    "NewOrder",
    "NewRule",
    "NewRuleVersion",
    "OrderView",
    "Printed",
    "Progress",
    "RangeChange",
    "RulePreview",
    "RuleVersion",
    "SerialRange",
    "Sheet",
    "Tried",
    "UrlForm",
    "Verdict",
    "add_rule_version",
    "change_codes",
    "code_url",
    "codes_of_order",
    "create_rule",
    "draws_again",
    "fail_order",
    "get_code",
    "get_order",
    "identity_of_text",
    "identity_of_url",
    "is_reserved",
    "label_place",
    "label_sheet",
    "labels_pdf",
    "list_orders",
    "list_rules",
    "matrix",
    "mint_step",
    "move_codes",
    "newest_version",
    "open_orders",
    "order_codes",
    "order_history",
    "png",
    "preview_rule",
    "ship_codes",
    "svg",
    "symbol_url",
    "unship_codes",
]
