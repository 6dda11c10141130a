"""The vendors that a demo plays on its own machine: what they would have delivered."""

from functools import partial

import requests

from server.adapters.threads import Busy, Threads
from server.domains.messages.ports import Received

MESSAGES = "/sandbox/messages"
LIMIT_SECONDS = 3.0


class SandboxInbox:
    def __init__(self, base_url: str, threads: Threads) -> None:
        self._url = f"{base_url}{MESSAGES}"
        self._threads = threads

    async def received(self) -> list[Received]:
        try:
            answer = await self._threads.run(partial(_get, self._url), seconds=LIMIT_SECONDS)
            rows = answer.json()
        except Busy:
            raise OSError from None
        return [Received(row["channel"], row["to"], row["parameters"], row["at"], row["signature"]) for row in rows]


def _get(url: str) -> requests.Response:
    with requests.Session() as session:
        session.trust_env = False
        return session.get(url, timeout=LIMIT_SECONDS)
