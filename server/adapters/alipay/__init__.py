"""Alipay: whose a code is. Through python-alipay-sdk, which signs what is asked and checks what is answered."""

import logging
import re
import textwrap
from functools import partial
from typing import Any
from urllib.parse import urlencode

from alipay import AliPay, AliPayConfig
from alipay.exceptions import AliPayException, AliPayValidationError

from server.adapters.threads import Busy, Threads
from server.domains.access.ports import CodeRefused, VendorAway

__all__ = ["AlipayApp", "AlipayPages"]

log = logging.getLogger("server.adapters.alipay")
ANSWER_SECONDS = 5
LIMIT_SECONDS = 12.0
OAUTH = "alipay.system.oauth.token"
_SUB_CODE = re.compile(r'"sub_code"\s*:\s*"([\w.\-]{1,80})"')


class AlipayApp:
    """Signs people in by `my.getAuthCode`. Keys as base64 on one line, or as PEM."""

    def __init__(self, app_id: str, app_key: str, public_key: str, *, gateway: str, threads: Threads) -> None:
        self.app_id = app_id
        self._threads = threads
        self._sdk = AliPay(
            app_id, app_private_key_string=_pem(app_key, "PRIVATE KEY"), alipay_public_key_string=_pem(public_key, "PUBLIC KEY"),
            sign_type="RSA2", config=AliPayConfig(timeout=ANSWER_SECONDS),
        )  # fmt: skip
        self._sdk._gateway = gateway

    async def identify(self, code: str) -> str:
        """The open_id, or the user_id of apps that still have it."""
        asked = partial(self._sdk.server_api, OAUTH, grant_type="authorization_code", code=code)
        try:
            answer = await self._threads.run(asked, seconds=LIMIT_SECONDS)
            return _identity(answer)
        except AliPayException as error:  # its code is hidden; its text holds the answer
            sub_code = _SUB_CODE.search(str(error))
            raise _refusal(sub_code[1] if sub_code else "?") from None
        except (OSError, TimeoutError, Busy, AliPayValidationError, ValueError) as error:  # a URLError is an OSError
            log.warning("Alipay away: %s", type(error).__name__)
            raise VendorAway from None


class AlipayPages(AlipayApp):
    """Signs people in on pages inside Alipay, silently (`auth_base`): another app there than a mini-program."""

    def __init__(
        self, app_id: str, app_key: str, public_key: str, *, gateway: str, authorize_url: str, threads: Threads
    ) -> None:
        super().__init__(app_id, app_key, public_key, gateway=gateway, threads=threads)
        self._authorize_url = authorize_url

    def authorize_url(self, redirect_url: str, state: str) -> str:
        """It comes back with `auth_code` and `state`."""
        asked = {"app_id": self.app_id, "scope": "auth_base", "redirect_uri": redirect_url, "state": state}
        return f"{self._authorize_url}?{urlencode(asked)}"


def _identity(answer: dict[str, Any]) -> str:
    """A refusal may come signed, as an answer like any other."""
    if answer.get("code", "10000") != "10000":
        raise _refusal(str(answer.get("sub_code", "?"))) from None
    return str(answer.get("open_id") or answer["user_id"])


def _refusal(sub_code: str) -> Exception:
    if sub_code == "isv.code-invalid":
        return CodeRefused()
    log.error("Alipay refused: %s", sub_code)
    return VendorAway()


def _pem(key: str, kind: str) -> str:
    """Alipay's tool writes keys without their frame, which the SDK needs. PKCS#1 and PKCS#8 are told apart by what is inside."""
    if "-----BEGIN" in key:
        return key
    return f"-----BEGIN {kind}-----\n{textwrap.fill(key, 64)}\n-----END {kind}-----"
