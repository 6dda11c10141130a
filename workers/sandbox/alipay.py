"""Alipay's gateway as far as we use it: the signature of every request is checked, every answer is signed."""

import json
import re
import secrets
import threading
from collections import Counter
from collections.abc import Callable
from datetime import datetime
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey

from workers.sandbox.accounts import AUTHORIZE
from workers.sandbox.http import Answered, Asked, Faults, as_json
from workers.sandbox.signatures import alipay_string, rsa2_sign, rsa2_verifies

GATEWAY = "/gateway.do"
CODE_SECONDS = 300
TOKEN_SECONDS = 1296000
OPEN_CODE = "sandbox-"
OWNER_COOKIE = "alipay_owner"
_OWNER = re.compile(rf"{OWNER_COOKIE}=([0-9a-f]{{24}})")
OAUTH = "alipay.system.oauth.token"
_NEEDED = ("app_id", "method", "charset", "sign_type", "sign", "timestamp", "version")


class Refused(Exception):
    """`code` is the gateway's, `sub_code` says more."""

    def __init__(self, code: str, sub_code: str) -> None:
        super().__init__(sub_code)
        self.code, self.sub_code = code, sub_code


class Alipay:
    """Answers as openapi.alipay.com/gateway.do and openauth.alipay.com do for two apps: a mini-program's and a page's."""

    def __init__(
        self, app_ids: tuple[str, str], app_key: RSAPublicKey, own_key: RSAPrivateKey, faults: Faults,
        clock: Callable[[], float],
    ) -> None:  # fmt: skip
        self._app_ids, self._app_key, self._own_key = app_ids, app_key, own_key
        self._faults = faults
        self._clock = clock
        self._lock = threading.Lock()
        self._codes: dict[str, tuple[str, str, float]] = {}
        self._used_codes: set[str] = set()
        self.calls: Counter[str] = Counter()

    def code_for(self, open_id: str, *, on_page: bool = False) -> str:
        """What my.getAuthCode, or the redirect of a page, would have handed out."""
        code = secrets.token_hex(16)
        with self._lock:
            self._codes[code] = (self._app_ids[on_page], open_id, self._clock() + CODE_SECONDS)
        return code

    def _authorize(self, asked: Asked) -> Answered:
        """Silently back to the page: the browser is whoever it was the first time, as Alipay knows who has it open."""
        given = asked.query
        back = urlsplit(given.get("redirect_uri", ""))
        if (
            given.get("app_id") != self._app_ids[True]
            or given.get("scope") != "auth_base"
            or back.scheme not in ("http", "https")
        ):
            return as_json({"error": "isv.invalid-app-id" if back.scheme else "REDIRECT_URI_ERROR"}, 400)
        found = _OWNER.search(asked.cookie)
        owner = found[1] if found else secrets.token_hex(12)
        told = {
            "auth_code": self.code_for(owner, on_page=True), "app_id": given["app_id"], "source": "alipay_wallet",
            "scope": "auth_base", "state": given.get("state", ""),
        }  # fmt: skip
        query = urlencode([*parse_qsl(back.query), *told.items()])
        headers = (
            ("Location", urlunsplit(back._replace(query=query))),
            ("Set-Cookie", f"{OWNER_COOKIE}={owner}; Path=/; HttpOnly"),
        )
        return Answered(302, b"", "text/html", headers)

    def answer(self, asked: Asked) -> Answered | None:
        """None where the path is not Alipay's."""
        if (asked.method, asked.path) == ("GET", AUTHORIZE):
            return self._authorize(asked)
        if asked.path != GATEWAY:
            return None
        given = asked.given
        method = given.get("method", "")
        with self._lock:
            self.calls[method] += 1

        def refuse(sub_code: str) -> Answered:
            return self._error(method, Refused("20000" if sub_code.startswith("isp.") else "40002", sub_code))

        return self._faults.meet(method, refuse, lambda: self._work(method, given))

    def _work(self, method: str, given: dict[str, str]) -> Answered:
        try:
            self._check(given)
            with self._lock:
                return self._signed(_response_name(method), self._token(given))
        except Refused as refused:
            return self._error(method, refused)

    def _check(self, given: dict[str, str]) -> None:
        missing = [name for name in _NEEDED if not given.get(name)]
        if missing:
            raise Refused("40001", f"isv.missing-{missing[0].replace('_', '-')}")
        if given["app_id"] not in self._app_ids:
            raise Refused("40002", "isv.invalid-app-id")
        if given["sign_type"] != "RSA2":
            raise Refused("40002", "isv.invalid-signature-type")
        if given["charset"].lower() != "utf-8":
            raise Refused("40002", "isv.invalid-charset")
        try:
            datetime.strptime(given["timestamp"], "%Y-%m-%d %H:%M:%S")  # noqa: DTZ007 - only its form is checked
        except ValueError:
            raise Refused("40002", "isv.invalid-timestamp") from None
        if not rsa2_verifies(self._app_key, alipay_string(given, drop_sign_type=False), given["sign"]):
            raise Refused("40002", "isv.invalid-signature")
        if given["method"] != OAUTH:
            raise Refused("40002", "isv.invalid-method")

    def _token(self, given: dict[str, str]) -> dict[str, Any]:
        code = given.get("code", "")
        if given.get("grant_type") != "authorization_code":
            raise Refused("40002", "isv.grant-type-invalid")
        found = self._codes.get(code)
        if found is None and code.startswith(OPEN_CODE) and code.count("-") >= 2:
            found = (given["app_id"], code.removeprefix(OPEN_CODE).rpartition("-")[0], self._clock() + CODE_SECONDS)
        if found is None or found[0] != given["app_id"] or code in self._used_codes or found[2] <= self._clock():
            raise Refused("40002", "isv.code-invalid")
        self._used_codes.add(code)
        return {
            "access_token": secrets.token_hex(20), "auth_start": datetime.fromtimestamp(self._clock()).strftime("%Y-%m-%d %H:%M:%S"),  # noqa: DTZ006
            "expires_in": TOKEN_SECONDS, "open_id": found[1], "re_expires_in": TOKEN_SECONDS * 2, "refresh_token": secrets.token_hex(20),
        }  # fmt: skip

    def _error(self, method: str, refused: Refused) -> Answered:
        """Refused codes of sign-in come as `error_response`, everything else under the method's own name."""
        own = refused.sub_code == "isv.code-invalid"
        content = {
            "code": refused.code,
            "msg": "Invalid Arguments",
            "sub_code": refused.sub_code,
            "sub_msg": refused.sub_code,
        }
        return self._signed("error_response" if own else _response_name(method), content)

    def _signed(self, name: str, content: dict[str, Any]) -> Answered:
        """The signature covers the very text that stands under `name`."""
        text = json.dumps(content, ensure_ascii=False, separators=(",", ":"))
        body = f'{{"{name}":{text},"sign":"{rsa2_sign(self._own_key, text)}"}}'
        return Answered(200, body.encode())


def _response_name(method: str) -> str:
    return f"{method.replace('.', '_')}_response"
