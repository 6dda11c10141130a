"""Lots, links, operations, holds and shipments: what was made of what, and what may be used."""

from server.domains.chain import master, master_commands, models, problems, queries, rules
from server.domains.chain.chunks import plan_for_many
from server.domains.chain.coding import order_codes, printed_of
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
from server.domains.chain.hold_commands import CloseHold, NewHold
from server.domains.chain.holds import close_hold, close_holds, open_hold, open_holds
from server.domains.chain.linking import create_link, create_links
from server.domains.chain.links import end_link, open_package, reverse_link
from server.domains.chain.locking import lock_graph, lock_stock, lock_stocks, read_stocks
from server.domains.chain.lots import change_lot, create_lot, create_lots
from server.domains.chain.moves import merge_lots, pack_lots, rework_lot, split_lot
from server.domains.chain.notices import NoticeRange, NoticeText, close_notices, open_notices
from server.domains.chain.operation_commands import NewOperation
from server.domains.chain.operations import get_operation, operations_of_lot, record_operation
from server.domains.chain.receiving import receive
from server.domains.chain.releasing import mark_rejected, mark_released
from server.domains.chain.results import BulkResult, RowError
from server.domains.chain.shipment_commands import (
    CancelLine,
    Departure,
    NewShipment,
    NewShipmentLine,
    Receipt,
    ReceivedLine,
    SerialRange,
    SerialSpan,
)  # fmt: skip
from server.domains.chain.shipments import cancel_line, depart, ship
from server.domains.chain.shipping_label import shipping_label
from server.domains.chain.stock import count_lot, move_lot, scrap_lot
from server.domains.chain.stock_commands import CountLot, MoveLot, ScrapLot
from server.domains.chain.warnings import Warned, link_warnings

__all__ = [
    "BulkResult",
    "CancelLine",
    "CloseHold",
    "CountLot",
    "Departure",
    "EndLink",
    "LotChanges",
    "MergeLots",
    "MoveLot",
    "NewHold",
    "NewLink",
    "NewLot",
    "NewOperation",
    "NewShipment",
    "NewShipmentLine",
    "NoticeRange",
    "NoticeText",
    "PackLots",
    "Part",
    "Receipt",
    "ReceivedLine",
    "ReverseLink",
    "ReworkLot",
    "RowError",
    "ScrapLot",
    "SerialRange",
    "SerialSpan",
    "SplitLot",
    "Warned",
    "cancel_line",
    "change_lot",
    "close_hold",
    "close_holds",
    "close_notices",
    "count_lot",
    "create_link",
    "create_links",
    "create_lot",
    "create_lots",
    "depart",
    "end_link",
    "get_operation",
    "link_warnings",
    "lock_graph",
    "lock_stock",
    "lock_stocks",
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
    "pack_lots",
    "plan_for_many",
    "printed_of",
    "problems",
    "queries",
    "read_stocks",
    "receive",
    "record_operation",
    "reverse_link",
    "rework_lot",
    "rules",
    "scrap_lot",
    "ship",
    "shipping_label",
    "split_lot",
]
