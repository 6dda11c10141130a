"""What is done when something was wrong: recalls."""

from server.domains.response import queries
from server.domains.response.commands import CloseRecall, OpenRecall, RecallRange
from server.domains.response.service import Opened, RecallClosed, RecallSerialsUnknown, close_recall, open_recall

__all__ = [
    "CloseRecall", "OpenRecall", "Opened", "RecallClosed", "RecallRange", "RecallSerialsUnknown", "close_recall",
    "open_recall", "queries",
]  # fmt: skip
