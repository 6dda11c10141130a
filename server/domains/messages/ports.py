"""What messages needs from outside: somebody who brings a short message to a telephone."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Literal, Protocol

Fate = Literal["waiting", "delivered", "failed"]


class NotSent(Exception):
    """Certainly nothing went out. `code` is the vendor's; `may_retry`: a later try may do better."""

    def __init__(self, code: str, *, may_retry: bool) -> None:
        super().__init__(code)
        self.code, self.may_retry = code, may_retry


class PerhapsSent(Exception):
    """The vendor was asked and did not answer: sending again might send twice."""


@dataclass(frozen=True, slots=True)
class Sms:
    """`template` is ours, the channel knows what the vendor calls it; `reference` finds it again at the vendor."""

    number: str
    template: str
    parameters: Mapping[str, str]
    reference: str


class SmsChannel(Protocol):
    async def send(self, sms: Sms) -> str:
        """The vendor's id of the message it took. NotSent, PerhapsSent."""
        ...

    async def look_up(self, number: str, reference: str, vendor_id: str | None, day: date) -> Fate | None:
        """What became of it; `day` is the one in China on which it was sent. None where the vendor knows nothing of it, or
        is away."""
        ...

    async def knows_us(self) -> bool:
        """Whether the vendor answers and accepts our account."""
        ...


@dataclass(frozen=True, slots=True)
class Received:
    """A message as the telephone would show it; `at` in Unix seconds."""

    channel: str
    to: str
    parameters: Mapping[str, str]
    at: float
    signature: str


class VendorsInbox(Protocol):
    """Of vendors that are only played: what they would have delivered."""

    async def received(self) -> list[Received]:
        """The newest first. OSError where nobody plays them at the moment."""
        ...
