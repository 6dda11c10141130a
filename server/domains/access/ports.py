"""What access needs from outside: whose a vendor's sign-in code is, and a signature for pages inside WeChat."""

from dataclasses import dataclass
from typing import Protocol


class CodeRefused(Exception):
    """The vendor does not take this code: used before, ended, or not its own."""


class VendorAway(Exception):
    """No answer in time, or one that helps nobody; the same may be tried again later."""


class IdentityProvider(Protocol):
    """One app of ours at a vendor. `app_id` is part of an identity: the same person has another name in another app."""

    @property
    def app_id(self) -> str: ...

    async def identify(self, code: str) -> str:
        """The vendor's name (openid) for whoever got this code. CodeRefused, VendorAway. A code is good for one call."""
        ...


class RedirectProvider(IdentityProvider, Protocol):
    """One whose codes come back to a page of ours."""

    def authorize_url(self, redirect_url: str, state: str) -> str:
        """Where a browser goes to fetch a code without asking the person anything; it comes back with `state`."""
        ...


@dataclass(frozen=True, slots=True)
class PageConfiguration:
    """The four values that wx.config wants. `timestamp` in Unix seconds."""

    app_id: str
    timestamp: int
    nonce: str
    signature: str


class PageSigner(Protocol):
    """Lets pages of ours use WeChat's scanner."""

    async def configure(self, url: str) -> PageConfiguration:
        """For the page at this very URL; its fragment does not count. VendorAway."""
        ...


class ServerMessages(Protocol):
    """Knows what WeChat's server has signed."""

    def is_signed(self, signature: str, timestamp: str, nonce: str) -> bool:
        """Whether these three belong together."""
        ...
