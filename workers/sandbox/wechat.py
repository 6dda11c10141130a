"""WeChat as far as we use it: tokens, sign-in codes, the ticket of JS-SDK, template and subscription messages."""

import secrets
import threading
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from workers.sandbox.http import Answered, Asked, Faults, as_json
from workers.sandbox.messages import Inbox, Received

TOKEN_SECONDS = TICKET_SECONDS = 7200
OLD_TOKEN_SECONDS = 300  # for so long the one before stays good
CODE_SECONDS = 300
OPEN_CODE = "sandbox-"  # sandbox-OPENID-ANYTHING is a code of that openid, once
THING_CHARS = 20
MESSAGES: Mapping[int, str] = {
    40001: "invalid credential, access_token is invalid or not latest",
    40003: "invalid openid",
    40013: "invalid appid",
    40014: "invalid access_token",
    40029: "invalid code",
    40037: "invalid template_id",
    40125: "invalid appsecret",
    40163: "code been used",
    42001: "access_token expired",
    43101: "user refuse to accept the msg",
    45009: "reach max api daily quota limit",
    47001: "data format error",
    47003: "argument invalid",
    48001: "api unauthorized",
}


class Refused(Exception):
    def __init__(self, code: int) -> None:
        super().__init__(code)
        self.code = code


@dataclass
class _Token:
    app_id: str
    good_until: float
    expired: bool = False


class WeChat:
    """Answers as api.weixin.qq.com does. `apps` are the secrets by app id; `calls` counts by operation."""

    def __init__(self, apps: Mapping[str, str], inbox: Inbox, faults: Faults, clock: Callable[[], float]) -> None:
        self._apps = apps
        self._inbox = inbox
        self._faults = faults
        self._clock = clock
        self._lock = threading.RLock()
        self._tokens: dict[str, _Token] = {}
        self._stable: dict[str, str] = {}
        self._codes: dict[str, tuple[str, str, float]] = {}
        self._used_codes: set[tuple[str, str]] = set()
        self._tickets: dict[str, tuple[str, float]] = {}
        self.refusing: set[str] = set()  # openids that take no subscription messages
        self.calls: Counter[str] = Counter()
        self._operations: dict[str, Callable[[Asked], dict[str, object]]] = {
            "/cgi-bin/stable_token": self._stable_token,
            "/cgi-bin/token": self._token,
            "/sns/jscode2session": self._session_of_code,
            "/sns/oauth2/access_token": self._access_of_code,
            "/cgi-bin/ticket/getticket": self._ticket,
            "/cgi-bin/message/template/send": self._send_template,
            "/cgi-bin/message/subscribe/send": self._send_subscribed,
        }

    def answer(self, asked: Asked) -> Answered | None:
        """None where the path is not WeChat's."""
        operation = self._operations.get(asked.path)
        if operation is None:
            return None
        with self._lock:
            self.calls[asked.path] += 1
        return self._faults.meet(asked.path, lambda code: _error(int(code)), lambda: self._work(operation, asked))

    def _work(self, operation: Callable[[Asked], dict[str, object]], asked: Asked) -> Answered:
        try:
            with self._lock:
                return as_json(operation(asked))
        except Refused as refused:
            return _error(refused.code)

    def code_for(self, app_id: str, openid: str) -> str:
        """What wx.login, or the redirect of a page, would have handed out."""
        code = secrets.token_urlsafe(24)
        with self._lock:
            self._codes[code] = (app_id, openid, self._clock() + CODE_SECONDS)
        return code

    def expire_tokens(self) -> None:
        """Every access token has come to its end."""
        with self._lock:
            for token in self._tokens.values():
                token.good_until = self._clock()
            self._stable.clear()

    def current_ticket(self, app_id: str) -> str:
        """The ticket that pages of this app are signed with."""
        return self._tickets[app_id][0]

    def _secret(self, app_id: str | None, secret: str | None) -> str:
        if app_id is None or app_id not in self._apps:
            raise Refused(40013)
        if not secrets.compare_digest(self._apps[app_id], secret or ""):
            raise Refused(40125)
        return app_id

    def _stable_token(self, asked: Asked) -> dict[str, object]:
        """The same token for as long as it lives; the one before a forced renewal stays good for five minutes."""
        body = asked.json()
        if body.get("grant_type") != "client_credential" or asked.method != "POST":
            raise Refused(47001)
        app_id = self._secret(body.get("appid"), body.get("secret"))
        token = self._stable.get(app_id)
        forced = bool(body.get("force_refresh"))
        if token and forced:
            self._tokens[token].good_until = min(self._tokens[token].good_until, self._clock() + OLD_TOKEN_SECONDS)
        if token is None or forced or self._tokens[token].good_until <= self._clock():
            token = self._stable[app_id] = self._new_token(app_id)
        return {"access_token": token, "expires_in": int(self._tokens[token].good_until - self._clock())}

    def _token(self, asked: Asked) -> dict[str, object]:
        app_id = self._secret(asked.query.get("appid"), asked.query.get("secret"))
        return {"access_token": self._new_token(app_id), "expires_in": TOKEN_SECONDS}

    def _new_token(self, app_id: str) -> str:
        token = secrets.token_urlsafe(60)
        self._tokens[token] = _Token(app_id, self._clock() + TOKEN_SECONDS)
        return token

    def _app_of_token(self, asked: Asked) -> str:
        token = self._tokens.get(asked.query.get("access_token", ""))
        if token is None:
            raise Refused(40001)
        if token.good_until <= self._clock():
            raise Refused(42001)
        return token.app_id

    def _openid(self, app_id: str, code: str) -> str:
        """Who stands behind a code, which is good for one use and five minutes."""
        if (app_id, code) in self._used_codes:
            raise Refused(40163)
        found = self._codes.get(code)
        if found is None and code.startswith(OPEN_CODE) and code.count("-") >= 2:
            found = (app_id, code.removeprefix(OPEN_CODE).rpartition("-")[0], self._clock() + CODE_SECONDS)
        if found is None or found[0] != app_id or found[2] <= self._clock():
            raise Refused(40029)
        self._used_codes.add((app_id, code))
        return found[1]

    def _session_of_code(self, asked: Asked) -> dict[str, object]:
        app_id = self._secret(asked.query.get("appid"), asked.query.get("secret"))
        openid = self._openid(app_id, asked.query.get("js_code", ""))
        return {"openid": openid, "session_key": secrets.token_urlsafe(18)}

    def _access_of_code(self, asked: Asked) -> dict[str, object]:
        app_id = self._secret(asked.query.get("appid"), asked.query.get("secret"))
        openid = self._openid(app_id, asked.query.get("code", ""))
        return {
            "access_token": secrets.token_urlsafe(60), "expires_in": TOKEN_SECONDS, "refresh_token": secrets.token_urlsafe(60),
            "openid": openid, "scope": "snsapi_base",
        }  # fmt: skip

    def _ticket(self, asked: Asked) -> dict[str, object]:
        app_id = self._app_of_token(asked)
        ticket, good_until = self._tickets.get(app_id, ("", 0.0))
        if good_until <= self._clock():
            ticket, good_until = secrets.token_urlsafe(60), self._clock() + TICKET_SECONDS
            self._tickets[app_id] = ticket, good_until
        return {"errcode": 0, "errmsg": "ok", "ticket": ticket, "expires_in": int(good_until - self._clock())}

    def _send_template(self, asked: Asked) -> dict[str, object]:
        message = self._message(asked)
        self._inbox.put(message)
        return {"errcode": 0, "errmsg": "ok", "msgid": secrets.randbits(52)}

    def _send_subscribed(self, asked: Asked) -> dict[str, object]:
        message = self._message(asked)
        if message.to in self.refusing:
            raise Refused(43101)
        things = [text for name, text in message.parameters.items() if name.startswith("thing")]
        if any(len(str(text)) > THING_CHARS for text in things):
            raise Refused(47003)
        self._inbox.put(message)
        return {"errcode": 0, "errmsg": "ok"}

    def _message(self, asked: Asked) -> Received:
        self._app_of_token(asked)
        body = asked.json()
        data = body.get("data")
        if not isinstance(data, dict):
            raise Refused(47001)
        if not body.get("touser"):
            raise Refused(40003)
        if not body.get("template_id"):
            raise Refused(40037)
        values = {name: entry.get("value") if isinstance(entry, dict) else entry for name, entry in data.items()}
        return Received("wechat", body["touser"], body["template_id"], values, self._clock())


def _error(code: int) -> Answered:
    return as_json({"errcode": code, "errmsg": f"{MESSAGES.get(code, 'error')} rid: {secrets.token_hex(8)}"})
