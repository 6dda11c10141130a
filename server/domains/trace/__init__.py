"""Where a lot came from and where it went, over all levels; what a recall must reach; finding lots. Owns no table."""

from server.domains.trace.ends import CodeRange, Ends, Row, stayed
from server.domains.trace.goods import SameGoods, SameGoodsReason, same_goods
from server.domains.trace.graph import Cut, Direction, Limits, Trace
from server.domains.trace.problems import OneStartRequired, TraceIncomplete, TraceTookTooLong
from server.domains.trace.rules import Verdict, verdict_of
from server.domains.trace.scope import Affected, affected
from server.domains.trace.search import Found, LotSearch, search_everything, search_lots
from server.domains.trace.service import trace, trace_materials, trace_products
from server.domains.trace.starts import Start, find_starts
from server.domains.trace.summary import Quantities, Summary, summarize

__all__ = [
    "Affected", "CodeRange", "Cut", "Direction", "Ends", "Found", "Limits", "LotSearch", "OneStartRequired",
    "Quantities", "Row", "SameGoods", "SameGoodsReason", "Start", "Summary", "Trace", "TraceIncomplete", "TraceTookTooLong", "Verdict", "affected", "find_starts",
    "same_goods", "search_everything", "search_lots", "stayed", "summarize", "trace", "trace_materials", "trace_products", "verdict_of",
]  # fmt: skip
