"""Our mini-program and our service account, as access wants them."""

import hmac
import logging
import secrets
import time
from collections.abc import Callable
from functools import partial
from typing import TypeVar

import redis
import requests
from wechatpy.exceptions import WeChatException
from wechatpy.oauth import WeChatOAuth
from wechatpy.utils import WeChatSigner

from server.adapters.threads import Busy, Threads
from server.adapters.wechat.client import Client, Session
from server.domains.access.ports import CodeRefused, PageConfiguration, VendorAway

T = TypeVar("T")
log = logging.getLogger("server.adapters.wechat")
LIMIT_SECONDS = 12.0
CODE_REFUSED = (40029, 40163, 40226)

for _name in ("wechatpy", "urllib3"):  # at their finest they write down URLs, which hold secrets
    logging.getLogger(_name).setLevel(logging.WARNING)


async def _ask(threads: Threads, work: Callable[[], T]) -> T:
    """CodeRefused or VendorAway for everything that may go wrong; nothing of the vendor's text is logged but its number."""
    try:
        return await threads.run(work, seconds=LIMIT_SECONDS)
    except WeChatException as error:
        if error.errcode in CODE_REFUSED:
            raise CodeRefused from None
        log.error("WeChat refused: errcode=%s", error.errcode)
    except (requests.RequestException, TimeoutError, Busy, KeyError, TypeError, ValueError) as error:
        log.warning("WeChat away: %s", type(error).__name__)
    raise VendorAway


class MiniProgram:
    """Signs people in by `wx.login`."""

    def __init__(self, app_id: str, secret: str, *, base_url: str, cache: "redis.Redis", threads: Threads) -> None:
        self.app_id = app_id
        self._client = Client(app_id, secret, base_url, cache)
        self._threads = threads

    async def identify(self, code: str) -> str:
        """The openid; the session key that comes with it is not kept."""
        answer = await _ask(self._threads, partial(self._client.wxa.code_to_session, code))
        return str(answer["openid"])


class OfficialAccount:
    """Signs people in on pages inside WeChat, silently (`snsapi_base`), and signs those pages."""

    def __init__(self, app_id: str, secret: str, *, base_url: str, cache: "redis.Redis", threads: Threads) -> None:
        self.app_id = app_id
        self._secret, self._base_url, self._threads = secret, base_url, threads
        self._client = Client(app_id, secret, base_url, cache)

    def authorize_url(self, redirect_url: str, state: str) -> str:
        return str(WeChatOAuth(self.app_id, "", redirect_url, "snsapi_base", state).authorize_url)

    async def identify(self, code: str) -> str:
        return await _ask(self._threads, partial(self._openid, code))

    def _openid(self, code: str) -> str:
        oauth = WeChatOAuth(self.app_id, self._secret, "")
        oauth._http = Session(self._base_url)
        with oauth._http:
            return str(oauth.fetch_access_token(code)["openid"])

    async def configure(self, url: str) -> PageConfiguration:
        """Signed with the one ticket that all processes share."""
        ticket = await _ask(self._threads, self._client.ticket.get)
        nonce, timestamp = secrets.token_urlsafe(12), int(time.time())
        signature = self._client.jsapi.get_jsapi_signature(nonce, ticket, timestamp, url.partition("#")[0])
        return PageConfiguration(self.app_id, timestamp, nonce, str(signature))


class SignedByWeChat:
    """Messages of WeChat's server: signed with the token of the account's server settings."""

    def __init__(self, token: str) -> None:
        self._token = token

    def is_signed(self, signature: str, timestamp: str, nonce: str) -> bool:
        signer = WeChatSigner()
        signer.add_data(self._token, timestamp, nonce)
        return hmac.compare_digest(str(signer.signature).encode(), signature.encode())
