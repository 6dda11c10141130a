"""wechatpy's client without its edges: one retry at most, every call with a time limit, one token for all processes."""

from typing import Any
from urllib.parse import urlsplit, urlunsplit

import redis
import requests
from requests.adapters import HTTPAdapter
from urllib3 import Retry
from wechatpy import WeChatClient
from wechatpy.exceptions import WeChatClientException

from server.adapters.shared import Fetched, Shared

HOME = "https://api.weixin.qq.com"
CONNECT_SECONDS = 3.0
ANSWER_SECONDS = 5.0
TOKEN_REFUSED = (40001, 40014, 42001)
# Only what certainly never left is sent again: a sign-in code is good for one call.
_RETRY = Retry(total=1, connect=1, read=0, redirect=0, status=0, other=0)


class Session(requests.Session):
    """Every call ends; none is sent on to another address; WeChat is where the settings say."""

    def __init__(self, base_url: str) -> None:
        super().__init__()
        self.max_redirects = 0
        self.trust_env = base_url.startswith("https://")
        self.mount(f"{HOME}/", _At(base_url))

    def request(self, method: str, url: str, **options: Any) -> requests.Response:  # type: ignore[override]
        options["timeout"] = (CONNECT_SECONDS, ANSWER_SECONDS)
        return super().request(method, url, **options)


class _At(HTTPAdapter):
    """The SDK's addresses are fixed in many places; this one place leads them where we want."""

    def __init__(self, base_url: str) -> None:
        self._base = urlsplit(base_url)
        super().__init__(pool_maxsize=32, max_retries=_RETRY)

    def send(self, request: requests.PreparedRequest, *args: Any, **options: Any) -> requests.Response:
        parts = urlsplit(str(request.url))
        request.url = urlunsplit((self._base.scheme, self._base.netloc, parts.path, parts.query, ""))
        return super().send(request, *args, **options)


class Client(WeChatClient):  # type: ignore[misc]  # untyped
    """wechatpy's own retry fetches tokens without end, and every process its own: both are taken over here."""

    def __init__(self, app_id: str, secret: str, base_url: str, cache: "redis.Redis") -> None:
        super().__init__(app_id, secret, auto_retry=False)
        self._http = Session(base_url)
        self._token = Shared(cache, f"vendor:wechat:{app_id}:token", self._fetch_token)
        self.ticket = Shared(cache, f"vendor:wechat:{app_id}:ticket", self._fetch_ticket)

    @property
    def access_token(self) -> str:
        return self._token.get()

    def _fetch_token(self) -> Fetched:
        """The stable token: the same for everybody who asks during its life, and nobody else's is ended by it."""
        body = {"grant_type": "client_credential", "appid": self.appid, "secret": self.secret}
        answer = self._handle_result(self._http.post(f"{HOME}/cgi-bin/stable_token", json=body))
        return Fetched(str(answer["access_token"]), int(answer["expires_in"]))

    def _fetch_ticket(self) -> Fetched:
        answer = self.jsapi.get_ticket()
        return Fetched(str(answer["ticket"]), int(answer["expires_in"]))

    def _request(self, method: str, url_or_endpoint: str, **options: Any) -> Any:
        """One call; a second one, with another token, where the first one's was refused."""
        parameters = dict(options.pop("params", None) or {})
        if "sns/" in url_or_endpoint:  # signing in takes no token, and must not wait for one
            return super()._request(method, url_or_endpoint, params={**parameters, "access_token": ""}, **options)
        token = self._token.get()
        try:
            return super()._request(method, url_or_endpoint, params={**parameters, "access_token": token}, **options)
        except WeChatClientException as error:
            if error.errcode not in TOKEN_REFUSED:
                raise
        token = self._token.get(stale=token)
        return super()._request(method, url_or_endpoint, params={**parameters, "access_token": token}, **options)
