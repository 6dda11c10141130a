"""Who scans, as far as a scan needs to know: through what, whether it is a person looking, and a hash of the device."""

import hashlib
import re
import time
from enum import IntEnum
from functools import lru_cache

from sanic import Request

from server.http.client import address_of


class Channel(IntEnum):
    """`scan.channel`."""

    BROWSER = 1
    WECHAT = 2
    ALIPAY = 3
    API = 4


PREVIEW_AGENTS = (
    "facebookexternalhit", "Facebot", "Twitterbot", "Slackbot", "Slack-ImgProxy", "TelegramBot", "WhatsApp", "Discordbot",
    "LinkedInBot", "SkypeUriPreview", "DingTalkBot", "Feishu-Bot", "LarkUrlPreview", "vkShare", "redditbot", "Embedly",
    "Iframely", "Googlebot", "Google-PageRenderer", "bingbot", "BingPreview", "Baiduspider", "Sogou web spider",
    "360Spider", "YisouSpider", "Bytespider", "PetalBot", "YandexBot", "Applebot",
)  # fmt: skip
"""Programs that fetch a link before, or without, a person opening it. They see the page and are not counted."""

_PREVIEW = re.compile("|".join(map(re.escape, PREVIEW_AGENTS)), re.IGNORECASE)
_FETCHED_AHEAD = frozenset({"purpose", "sec-purpose", "x-purpose", "x-moz"})
LONGEST_AGENT = 400
DAY_SECONDS = 86_400
REMEMBERED_SECONDS = 180 * DAY_SECONDS
_REMEMBERED = re.compile(r"(?:^|; )own=([1-9][0-9]{0,5})(?:;|$)")
_IN_PATHS = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789/-_.~%"
_AHEAD = re.compile("prefetch|prerender|preview", re.IGNORECASE)


@lru_cache(maxsize=4096)
def _agent(user_agent: str) -> tuple[Channel, bool]:
    """(channel, whether it is a preview agent)."""
    if "MicroMessenger" in user_agent:
        channel = Channel.WECHAT
    elif "AlipayClient" in user_agent:
        channel = Channel.ALIPAY
    else:
        channel = Channel.BROWSER
    return channel, _PREVIEW.search(user_agent) is not None


def visit_of(request: Request, *, is_api: bool = False) -> Channel | None:
    """The app a person's scan came through; None where it is no person's scan: HEAD, fetched ahead, a preview.

    A call of the JSON address by neither of the two apps is API.
    """
    headers = request.headers
    channel, is_preview = _agent(headers.get("user-agent", "")[:LONGEST_AGENT])
    if is_preview or request.method == "HEAD":
        return None
    if not _FETCHED_AHEAD.isdisjoint(headers):
        for name in _FETCHED_AHEAD:
            if name in headers and _AHEAD.search(headers[name]):
                return None
    return Channel.API if is_api and channel is Channel.BROWSER else channel


class Memory:
    """How often this device scanned this code: a cookie of the code's own address, so no two codes can be joined by it, and
    nobody else can say that a device has been here. It holds the number and nothing more."""

    def __init__(self, *, secure: bool) -> None:
        rest = f"; Max-Age={REMEMBERED_SECONDS}; HttpOnly; SameSite=Lax{'; Secure' if secure else ''}; Path="
        self._rest = rest.encode()
        self._first = b"\r\nset-cookie: own=1%b/t/" % self._rest

    def earlier(self, request: Request) -> int:
        """0 for a device that was not here, or does not remember."""
        cookies = request.headers.get("cookie")
        if cookies is None:
            return 0
        found = _REMEMBERED.search(cookies)
        return int(found[1]) if found else 0

    def header(self, request: Request, code: str, times: int) -> bytes:
        """The line of the header that keeps it; empty where the address holds more than a path may. `code`: one of ours as it
        is minted, so that the commonest address is known without being looked at; empty for any other."""
        if times == 1 and code and request.path == f"/t/{code}":
            return self._first + code.encode()
        path = request.path.encode()
        if path.translate(None, _IN_PATHS):
            return b""
        return b"\r\nset-cookie: own=%d%b%b" % (times, self._rest, path)


class Devices:
    """Hashes of devices. The key changes every day (UTC), so days cannot be joined; no address is kept."""

    def __init__(self, salt: bytes) -> None:
        self._salt = salt
        self._day = -1
        self._keyed = hashlib.blake2b()

    def hash_of(self, request: Request) -> bytes:
        """16 bytes: equal for one device on one day, as far as its address, program and languages tell."""
        if (day := int(time.time()) // DAY_SECONDS) != self._day:
            key = hashlib.blake2b(day.to_bytes(4, "big"), key=self._salt[:64], digest_size=32).digest()
            self._keyed, self._day = hashlib.blake2b(key=key, digest_size=16), day
        headers = request.headers
        seen = f"{address_of(request)}\n{headers.get('user-agent', '')}\n{headers.get('accept-language', '')}"
        digest = self._keyed.copy()  # the key is already in it: half the work of a keyed hash is its key
        digest.update(seen.encode("utf-8", "replace"))
        return digest.digest()
