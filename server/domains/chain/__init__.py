"""Lots, links, operations, holds and shipments: what was made of what, and what may be used."""

from server.domains.chain import master, models, problems, queries
from server.domains.chain.commands import (
    EndLink,
    LotChanges,
    MergeLots,
    NewLink,
    NewLot,
    PackLots,
    Part,
    ReverseLink,
    ReworkLot,
    SplitLot,
)  # fmt: skip
from server.domains.chain.deliveries.commands import (
    AnnouncedLot,
    CancelDelivery,
    HandOverShipment,
    NewDelivery,
    NewDeliveryLink,
    ReceiveDelivery,
)
from server.domains.chain.deliveries.expected import (
    TO_ANNOUNCE,
    TO_RECEIVE,
    announce_lot,
    cancel_delivery,
    create_delivery,
    deliveries,
    delivery,
)
from server.domains.chain.deliveries.handovers import Received, hand_over_shipment, handovers, receive_delivery
from server.domains.chain.deliveries.links import (
    MadeLink,
    actor_of_link,
    digest_of_token,
    make_delivery_link,
    revoke_delivery_link,
    tenant_of_token,
)
from server.domains.chain.holds.coded_pieces import NoticeRange, coded_pieces, parted_unnamed, uncoded_contents
from server.domains.chain.holds.commands import CloseHold, NewHold
from server.domains.chain.holds.notices import NoticeText, close_notices, open_notices
from server.domains.chain.holds.opening import close_hold, close_holds, open_hold, open_holds
from server.domains.chain.holds.states import mark_rejected, mark_released
from server.domains.chain.labels.coding import order_codes, printed_of
from server.domains.chain.labels.drawing import label_pdf
from server.domains.chain.labels.internal import LotLabel, PrintLabel, label_of, lot_of_label
from server.domains.chain.labels.shipping import shipping_label
from server.domains.chain.links.ending import end_link, open_package, reverse_link
from server.domains.chain.links.linking import create_link, create_links
from server.domains.chain.links.warnings import Warned, link_warnings
from server.domains.chain.lots.correcting import corrections
from server.domains.chain.lots.creating import change_lot, create_lot, create_lots
from server.domains.chain.lots.moves import merge_lots, pack_lots, rework_lot, split_lot
from server.domains.chain.lots.unpacking import free_number, take_apart
from server.domains.chain.master import commands as master_commands
from server.domains.chain.master.licences import ExpiredLicence, licences_expired
from server.domains.chain.operations.commands import EndOperation, NewOperation
from server.domains.chain.operations.ending import Ended, end_operation
from server.domains.chain.operations.recording import get_operation, operations_of_lot, record_operation
from server.domains.chain.recipes.balance_rules import MassBalance
from server.domains.chain.recipes.balances import balances
from server.domains.chain.recipes.charging import load_charging
from server.domains.chain.recipes.commands import NewRecipe, NewRecipeVersion, RecipeLine, SetRecipe
from server.domains.chain.recipes.handed_on import origins_unreleased
from server.domains.chain.recipes.proposing import (
    ChargeFinding,
    ChargeLine,
    ChargeState,
    Proposed,
    charge_findings,
    charge_state,
    charge_warnings,
)
from server.domains.chain.recipes.versions import add_recipe_version, create_recipe, recipe, recipes, set_recipe
from server.domains.chain.results import BulkResult, RowError
from server.domains.chain.serial_ranges import SerialRange
from server.domains.chain.shipping.commands import (
    CancelLine,
    Departure,
    NewShipment,
    NewShipmentLine,
    Receipt,
    ReceivedLine,
    SerialSpan,
)  # fmt: skip
from server.domains.chain.shipping.receiving import receive
from server.domains.chain.shipping.shipments import cancel_line, depart, ship
from server.domains.chain.shipping.warnings import LeftEarly, left_before_release
from server.domains.chain.stock import gate as rules
from server.domains.chain.stock.chunks import plan_for_many
from server.domains.chain.stock.commands import CountLot, MoveLot, ScrapLot
from server.domains.chain.stock.counting import count_lot, move_lot, scrap_lot
from server.domains.chain.stock.locking import lock_graph, lock_stock, lock_stocks, read_stocks
from server.domains.chain.stock.returns import Leaving, return_to_supplier, supplier_return, supplier_returns
from server.domains.chain.stock.withdrawals import Withdrawn, withdraw

__all__ = [
    "TO_ANNOUNCE",
    "TO_RECEIVE",
    "AnnouncedLot",
    "BulkResult",
    "CancelDelivery",
    "CancelLine",
    "ChargeFinding",
    "ChargeLine",
    "ChargeState",
    "CloseHold",
    "CountLot",
    "Departure",
    "EndLink",
    "EndOperation",
    "Ended",
    "ExpiredLicence",
    "HandOverShipment",
    "Leaving",
    "LeftEarly",
    "LotChanges",
    "LotLabel",
    "MadeLink",
    "MassBalance",
    "MergeLots",
    "MoveLot",
    "NewDelivery",
    "NewDeliveryLink",
    "NewHold",
    "NewLink",
    "NewLot",
    "NewOperation",
    "NewRecipe",
    "NewRecipeVersion",
    "NewShipment",
    "NewShipmentLine",
    "NoticeRange",
    "NoticeText",
    "PackLots",
    "Part",
    "PrintLabel",
    "Proposed",
    "Receipt",
    "ReceiveDelivery",
    "Received",
    "ReceivedLine",
    "RecipeLine",
    "ReverseLink",
    "ReworkLot",
    "RowError",
    "ScrapLot",
    "SerialRange",
    "SerialSpan",
    "SetRecipe",
    "SplitLot",
    "Warned",
    "Withdrawn",
    "actor_of_link",
    "add_recipe_version",
    "announce_lot",
    "balances",
    "cancel_delivery",
    "cancel_line",
    "change_lot",
    "charge_findings",
    "charge_state",
    "charge_warnings",
    "close_hold",
    "close_holds",
    "close_notices",
    "coded_pieces",
    "corrections",
    "count_lot",
    "create_delivery",
    "create_link",
    "create_links",
    "create_lot",
    "create_lots",
    "create_recipe",
    "deliveries",
    "delivery",
    "depart",
    "digest_of_token",
    "end_link",
    "end_operation",
    "free_number",
    "get_operation",
    "hand_over_shipment",
    "handovers",
    "label_of",
    "label_pdf",
    "left_before_release",
    "licences_expired",
    "link_warnings",
    "load_charging",
    "lock_graph",
    "lock_stock",
    "lock_stocks",
    "lot_of_label",
    "make_delivery_link",
    "mark_rejected",
    "mark_released",
    "master",
    "master_commands",
    "merge_lots",
    "models",
    "move_lot",
    "open_hold",
    "open_holds",
    "open_notices",
    "open_package",
    "operations_of_lot",
    "order_codes",
    "origins_unreleased",
    "pack_lots",
    "parted_unnamed",
    "plan_for_many",
    "printed_of",
    "problems",
    "queries",
    "read_stocks",
    "receive",
    "receive_delivery",
    "recipe",
    "recipes",
    "record_operation",
    "return_to_supplier",
    "reverse_link",
    "revoke_delivery_link",
    "rework_lot",
    "rules",
    "scrap_lot",
    "set_recipe",
    "ship",
    "shipping_label",
    "split_lot",
    "supplier_return",
    "supplier_returns",
    "take_apart",
    "tenant_of_token",
    "uncoded_contents",
    "withdraw",
]
