"""The sandbox: WeChat, Alipay and Aliyun's short messages on this machine, for the demo and for tests.

They check every signature as the vendors document it, end tokens, refuse with the documented codes on demand, and answer
late or never on demand. Nothing leaves the machine; what a telephone would have received is kept in memory and shown.
"""

import signal
import threading
import time
from collections.abc import Callable
from dataclasses import fields
from urllib.parse import urlsplit

from server.settings import Settings
from workers.sandbox.accounts import CODE_TEMPLATE, SIGN_NAME, Accounts
from workers.sandbox.alipay import Alipay
from workers.sandbox.aliyun_sms import AliyunSms
from workers.sandbox.http import Answered, Asked, Fault, Faults, Served, as_json
from workers.sandbox.messages import Inbox, Received
from workers.sandbox.wechat import WeChat

__all__ = ["Accounts", "Fault", "Received", "Sandbox", "main"]

MESSAGES_PATH = "/sandbox/messages"
FAULTS_PATH = "/sandbox/faults"
TEMPLATES = {CODE_TEMPLATE: frozenset({"code"})}


class Sandbox:
    """All three vendors at one address: `with Sandbox(accounts) as sandbox: sandbox.base_url`."""

    def __init__(self, accounts: Accounts, *, port: int = 0, clock: Callable[[], float] = time.time) -> None:
        self.accounts = accounts
        self.inbox = Inbox()
        self.faults = Faults()
        apps = {accounts.mini_app_id: accounts.mini_secret, accounts.official_app_id: accounts.official_secret}
        self.wechat = WeChat(apps, self.inbox, self.faults, clock)
        self.alipay = Alipay(
            (accounts.alipay_app_id, accounts.alipay_page_app_id),
            accounts.app_key().public_key(),
            accounts.own_key(),
            self.faults,
            clock,
        )
        self.sms = AliyunSms(
            accounts.aliyun_key_id, accounts.aliyun_key_secret, SIGN_NAME, TEMPLATES, self.inbox, self.faults, clock
        )
        self._served = Served(self._answer, port)
        self.base_url = self._served.base_url

    def __enter__(self) -> "Sandbox":
        self._served.__enter__()
        return self

    def __exit__(self, *_: object) -> None:
        self.faults.stopping.set()
        self._served.__exit__()

    def _answer(self, asked: Asked) -> Answered:
        for vendor in (self.wechat.answer, self.alipay.answer, self.sms.answer, self._own):
            if (answered := vendor(asked)) is not None:
                return answered
        return as_json({"error": "not found"}, 404)

    def _own(self, asked: Asked) -> Answered | None:
        """For who looks on: the messages, and what is to go wrong next."""
        if (asked.method, asked.path) == ("GET", MESSAGES_PATH):
            return as_json(self.inbox.as_rows())
        if (asked.method, asked.path) == ("POST", FAULTS_PATH):
            known = {each.name for each in fields(Fault)}
            self.faults.arrange(Fault(**{name: value for name, value in asked.json().items() if name in known}))
            return as_json({}, 201)
        if (asked.method, asked.path) == ("DELETE", FAULTS_PATH):
            self.faults.clear()
            return as_json({})
        return None


def main(settings: Settings) -> None:
    """Serve until SIGTERM or SIGINT, at the port at which the settings look for WeChat."""
    stopping = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stopping.set())
    with Sandbox(Accounts.kept(settings.data_dir), port=urlsplit(settings.wechat_base_url).port or 0):
        stopping.wait()
