"""What the telephones would have received."""

import threading
from collections import deque
from dataclasses import asdict, dataclass
from typing import Any

KEPT = 200


@dataclass(frozen=True, slots=True)
class Received:
    """One message: `to` is a telephone number or an openid, `at` is in Unix seconds."""

    channel: str
    to: str
    template: str
    parameters: dict[str, Any]
    at: float
    signature: str = ""


class Inbox:
    """The last messages of all vendors, in the order in which they came."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._kept: deque[Received] = deque(maxlen=KEPT)

    def put(self, message: Received) -> None:
        with self._lock:
            self._kept.append(message)

    def all(self) -> list[Received]:
        with self._lock:
            return list(self._kept)

    def as_rows(self) -> list[dict[str, Any]]:
        """The newest first."""
        return [asdict(message) for message in reversed(self.all())]
