"""Lots, links, operations, holds and shipments: what was made of what, and what may be used."""

from server.domains.chain import master, master_commands, models, problems, queries, rules
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
from server.domains.chain.linking import create_link, create_links
from server.domains.chain.links import end_link, open_package, reverse_link
from server.domains.chain.locking import lock_graph, lock_stock, lock_stocks, read_stocks
from server.domains.chain.lots import change_lot, create_lot, create_lots
from server.domains.chain.moves import merge_lots, pack_lots, rework_lot, split_lot
from server.domains.chain.releasing import mark_rejected, mark_released
from server.domains.chain.results import BulkResult, RowError

__all__ = [
    "BulkResult", "EndLink", "LotChanges", "MergeLots", "NewLink", "NewLot", "PackLots", "Part", "ReverseLink",
    "ReworkLot", "RowError", "SplitLot", "change_lot", "create_link", "create_links", "create_lot", "create_lots",
    "end_link", "lock_graph", "lock_stock", "lock_stocks", "mark_rejected", "mark_released", "master",
    "master_commands", "merge_lots", "models", "open_package", "pack_lots", "problems", "queries", "read_stocks",
    "reverse_link", "rework_lot", "rules", "split_lot",
]  # fmt: skip
