"""Aliyun's short messages. Through aliyun-python-sdk-core, which signs; the SDK's defaults (GET, plain http) are not ours."""

import json
import logging
from collections.abc import Mapping, Sequence
from datetime import date
from functools import partial
from typing import Any, cast
from urllib.parse import urlsplit

from aliyunsdkcore.acs_exception.exceptions import ClientException, ServerException
from aliyunsdkcore.client import AcsClient
from aliyunsdkcore.request import CommonRequest

from server.adapters.threads import Busy, Threads
from server.core.clock import EDGE, now
from server.domains.messages.ports import Fate, NotSent, PerhapsSent, Sms

__all__ = ["AliyunSms"]

log = logging.getLogger("server.adapters.aliyun_sms")
logging.getLogger("aliyunsdkcore").setLevel(logging.CRITICAL)  # its errors quote what was signed, numbers and all
NOBODYS_NUMBER = "13800000000"
CONNECT_SECONDS, ANSWER_SECONDS, LIMIT_SECONDS = 3, 5, 12.0
_NOT_CONNECTED = ("NewConnectionError", "ConnectTimeoutError", "Failed to establish", "Name or service not known")
_PASSING = ("Throttling", "ServiceUnavailable", "InternalError", "isp.SYSTEM_ERROR", "isp.GATEWAY")
_FATES: Mapping[int, Fate] = {1: "waiting", 2: "failed", 3: "delivered"}


class AliyunSms:
    """One account. `templates`: our names of templates to the vendor's codes."""

    def __init__(
        self, key_id: str, key_secret: str, *, url: str, sign_name: str, templates: Mapping[str, str], threads: Threads,
    ) -> None:  # fmt: skip
        parts = urlsplit(url)
        self._scheme, self._host = parts.scheme, parts.netloc
        self._sign_name, self._templates, self._threads = sign_name, templates, threads
        self._client = AcsClient(
            key_id, key_secret, "cn-hangzhou", auto_retry=False, connect_timeout=CONNECT_SECONDS, timeout=ANSWER_SECONDS, pool_size=32,
        )  # fmt: skip

    async def send(self, sms: Sms) -> str:
        body = {
            "PhoneNumbers": sms.number, "SignName": self._sign_name, "TemplateCode": self._templates[sms.template],
            "TemplateParam": json.dumps(dict(sms.parameters), ensure_ascii=False), "OutId": sms.reference,
        }  # fmt: skip
        try:
            answer = await self._threads.run(partial(self._ask, "SendSms", body), seconds=LIMIT_SECONDS)
        except Busy:
            raise NotSent("busy", may_retry=True) from None
        except (TimeoutError, ValueError):
            raise PerhapsSent from None
        except ServerException as error:
            raise _refusal(str(error.get_error_code())) from None
        except ClientException as error:
            if any(sign in str(error) for sign in _NOT_CONNECTED):
                raise NotSent("not_connected", may_retry=True) from None
            raise PerhapsSent from None
        if answer.get("Code") != "OK":  # with HTTP 200
            raise _refusal(str(answer.get("Code")))
        return str(answer.get("BizId"))

    async def look_up(self, number: str, reference: str, vendor_id: str | None, day: date) -> Fate | None:
        details = await self._details(number, vendor_id, day) or ()
        return next((_FATES.get(each["SendStatus"]) for each in details if each.get("OutId") == reference), None)

    async def knows_us(self) -> bool:
        return await self._details(NOBODYS_NUMBER, None, now().astimezone(EDGE).date()) is not None

    async def _details(self, number: str, vendor_id: str | None, day: date) -> Sequence[Mapping[str, Any]] | None:
        body = {"PhoneNumber": number, "SendDate": day.strftime("%Y%m%d"), "PageSize": "50", "CurrentPage": "1"}
        body |= {"BizId": vendor_id} if vendor_id else {}
        try:
            answer = await self._threads.run(partial(self._ask, "QuerySendDetails", body), seconds=LIMIT_SECONDS)
            return cast(Sequence[Mapping[str, Any]], answer["SmsSendDetailDTOs"]["SmsSendDetailDTO"])
        except (Busy, TimeoutError, ServerException, ClientException, ValueError, KeyError, TypeError) as error:
            log.warning("Aliyun does not say what became of a message: %s", type(error).__name__)
            return None

    def _ask(self, action: str, body: Mapping[str, str]) -> dict[str, Any]:
        """Parameters go in the body, so that no number stands in a URL."""
        request = CommonRequest(domain=self._host, version="2017-05-25", action_name=action)
        request.set_method("POST")
        request.set_protocol_type(self._scheme)
        request.set_accept_format("json")
        for name, value in body.items():
            request.add_body_params(name, value)
        return cast(dict[str, Any], json.loads(self._client.do_action_with_exception(request)))


def _refusal(code: str) -> NotSent:
    log.error("Aliyun refused a message: %s", code)
    return NotSent(code, may_retry=code.startswith(_PASSING))
