"""Aliyun's short message service as far as we use it: SendSms and QuerySendDetails, with its signature and its limits."""

import hmac
import json
import re
import secrets
import threading
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone

from workers.sandbox.http import Answered, Asked, Faults, as_json
from workers.sandbox.messages import Inbox, Received
from workers.sandbox.signatures import aliyun_signature, aliyun_string_to_sign

CLOCK_SECONDS = 900
LIMITS = ((60, 1), (3600, 5), (86400, 10))  # codes to one number under one signature
DELIVERED, FAILED, WAITING = 3, 2, 1
_CHINA = timezone(timedelta(hours=8))
_NUMBER = re.compile(r"(?:\+?86)?1[3-9][0-9]{9}")


class Refused(Exception):
    def __init__(self, code: str, status: int = 200, message: str | None = None) -> None:
        super().__init__(code)
        self.code, self.status, self.message = code, status, message or code


@dataclass
class Sent:
    """One message as the vendor keeps it; `state` is its SendStatus."""

    biz_id: str
    out_id: str
    number: str
    template: str
    at: float
    state: int = DELIVERED


class AliyunSms:
    """Answers as dysmsapi.aliyuncs.com does. `templates`: the placeholders of each approved template."""

    def __init__(
        self, key_id: str, secret: str, sign_name: str, templates: Mapping[str, frozenset[str]], inbox: Inbox, faults: Faults,
        clock: Callable[[], float],
    ) -> None:  # fmt: skip
        self._key_id, self._secret, self._sign_name, self._templates = key_id, secret, sign_name, templates
        self._inbox, self._faults, self._clock = inbox, faults, clock
        self._lock = threading.Lock()
        self._nonces: set[str] = set()
        self.sent: list[Sent] = []
        self.calls: Counter[str] = Counter()

    def answer(self, asked: Asked) -> Answered | None:
        """None where no action of ours is named."""
        action = asked.given.get("Action")
        work = {"SendSms": self._send, "QuerySendDetails": self._details}.get(action or "")
        if asked.path != "/" or action is None or work is None:
            return None
        with self._lock:
            self.calls[action] += 1
        return self._faults.meet(action, lambda code: _error(Refused(code)), lambda: self._work(work, asked))

    def _work(self, work: Callable[[dict[str, str]], Answered], asked: Asked) -> Answered:
        try:
            with self._lock:
                self._check(asked)
                return work(asked.given)
        except Refused as refused:
            return _error(refused)

    def _check(self, asked: Asked) -> None:
        given = asked.given
        if given.get("AccessKeyId") != self._key_id:
            raise Refused("InvalidAccessKeyId.NotFound", 404)
        if (given.get("SignatureMethod"), given.get("SignatureVersion")) != ("HMAC-SHA1", "1.0"):
            raise Refused("InvalidParameter", 400)
        self._check_time(given.get("Timestamp", ""))
        text = aliyun_string_to_sign(asked.method, given)
        if not hmac.compare_digest(aliyun_signature(text, self._secret), given.get("Signature", "")):
            said = f"Specified signature is not matched with our calculation. server string to sign is:{text}"
            raise Refused("SignatureDoesNotMatch", 400, said)
        nonce = given.get("SignatureNonce", "")
        if not nonce or nonce in self._nonces:
            raise Refused("SignatureNonceUsed", 400)
        self._nonces.add(nonce)

    def _check_time(self, text: str) -> None:
        try:
            at = datetime.strptime(text, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC).timestamp()
        except ValueError:
            raise Refused("InvalidTimeStamp.Format", 400) from None
        if abs(at - self._clock()) > CLOCK_SECONDS:
            raise Refused("InvalidTimeStamp.Expired", 400)

    def _send(self, given: dict[str, str]) -> Answered:
        number, template = given.get("PhoneNumbers", ""), given.get("TemplateCode", "")
        if not _NUMBER.fullmatch(number):
            raise Refused("isv.MOBILE_NUMBER_ILLEGAL")
        if given.get("SignName") != self._sign_name:
            raise Refused("isv.SMS_SIGNATURE_ILLEGAL")
        if template not in self._templates:
            raise Refused("isv.SMS_TEMPLATE_ILLEGAL")
        parameters = self._parameters(given.get("TemplateParam", "{}"), template)
        self._limit(number)
        sent = Sent(f"{secrets.randbits(60)}^0", given.get("OutId", ""), number, template, self._clock())
        self.sent.append(sent)
        self._inbox.put(Received("sms", number, template, parameters, self._clock(), self._sign_name))
        return as_json({"Message": "OK", "RequestId": _request_id(), "Code": "OK", "BizId": sent.biz_id})

    def _parameters(self, text: str, template: str) -> dict[str, str]:
        try:
            parameters = json.loads(text)
        except ValueError:
            raise Refused("isv.INVALID_JSON_PARAM") from None
        if not isinstance(parameters, dict):
            raise Refused("isv.INVALID_JSON_PARAM")
        if not self._templates[template] <= parameters.keys():
            raise Refused("isv.TEMPLATE_MISSING_PARAMETERS")
        return parameters

    def _limit(self, number: str) -> None:
        for seconds, most in LIMITS:
            recent = [each for each in self.sent if each.number == number and each.at > self._clock() - seconds]
            if len(recent) >= most:
                raise Refused("isv.BUSINESS_LIMIT_CONTROL")

    def _details(self, given: dict[str, str]) -> Answered:
        """What became of the messages to one number on one day, as China counts days."""
        found = [
            each for each in self.sent
            if each.number == given.get("PhoneNumber") and _day(each.at) == given.get("SendDate")
            and given.get("BizId") in (None, "", each.biz_id)
        ]  # fmt: skip
        details = [
            {"SendStatus": each.state, "PhoneNum": each.number, "OutId": each.out_id, "TemplateCode": each.template,
             "ErrCode": "DELIVERED" if each.state == DELIVERED else "MOBILE_NOT_ON_SERVICE", "SendDate": _moment(each.at)}
            for each in reversed(found)
        ]  # fmt: skip
        return as_json({
            "Code": "OK", "Message": "OK", "RequestId": _request_id(), "TotalCount": len(details),
            "SmsSendDetailDTOs": {"SmsSendDetailDTO": details[: int(given.get("PageSize", "10"))]},
        })  # fmt: skip


def _day(at: float) -> str:
    return datetime.fromtimestamp(at, _CHINA).strftime("%Y%m%d")


def _moment(at: float) -> str:
    return datetime.fromtimestamp(at, _CHINA).strftime("%Y-%m-%d %H:%M:%S")


def _request_id() -> str:
    return secrets.token_hex(16).upper()


def _error(refused: Refused) -> Answered:
    return as_json({"Code": refused.code, "Message": refused.message, "RequestId": _request_id()}, refused.status)
