"""What is tried while Valkey misbehaves, and what must come of it: nothing is lost, nothing is unlimited, no 5xx."""

import random
import time
from collections import Counter
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

import httpx
import redis.asyncio

from server.core import db
from server.core.ids import new_id
from server.domains.codes.alphabet import ALPHABET
from server.domains.codes.checks import Classifier, Verdict
from tests.fault.tcp_proxy import Mode, Proxy
from tests.fixtures.api import PASSWORD, Api, Plant, Server
from tests.fixtures.scans import CodedLot, coded_lot, stored

FAULTS = ("well", "away", "slow", "silent", "wrong", "lying", "flushed", "wrong_types")
UNKNOWN_PER_MINUTE = 30
TRIES = 2 * UNKNOWN_PER_MINUTE + 1  # the minute may turn once meanwhile
WRONG_PASSWORDS = 10


@dataclass
class Trial:
    """One plant under one server whose Valkey is behind the proxy."""

    server: Server
    api: Api
    plant: Plant
    lot: CodedLot
    proxy: Proxy
    valkey_url: str
    size: int
    product: str = ""
    statuses: Counter[int] = field(default_factory=Counter)
    scan_seconds: dict[str, list[float]] = field(default_factory=dict)
    scans: int = 0
    lots: list[str] = field(default_factory=list)

    @classmethod
    async def make(cls, server: Server, api: Api, proxy: Proxy, valkey_url: str, size: int) -> "Trial":
        plant = await api.plant()
        trial = cls(server, api, plant, await coded_lot(api.settings, plant.tenant_id), proxy, valkey_url, size)
        body = {"kind": "material", "sku": "R", "name": "R", "unit": "kg"}
        trial.product = (await plant.client("quality_manager").post("/api/v1/products", json=body)).json()["id"]
        return trial

    async def under(self, fault: str) -> None:
        """Bring the fault about, try everything, and let Valkey be well again."""
        if fault == "flushed":
            await self._flush()
        elif fault == "wrong_types":
            await self._spoil()
        else:
            self.proxy.mode = Mode(fault)
        self.server.app.ctx.services.limiter._broken_until = 0.0  # the second in which Valkey is not tried is over
        try:
            await self._everything(fault)
        finally:
            self.proxy.mode = Mode.WELL

    async def prove(self) -> None:
        """What was acknowledged is there, exactly once, and nothing else."""
        async with db.transaction(self.plant.actor("viewer").scope()):
            rows = await db.fetch("SELECT id FROM lot WHERE tenant_id = $1 AND product_id = $2", self.plant.tenant_id, UUID(self.product))  # fmt: skip
        assert sorted(str(row["id"]) for row in rows) == sorted(self.lots)
        counted = await stored(self.lot.codes[0], self.plant.tenant_id)
        assert counted["scan_count"] == counted["scans"] == self.scans
        assert not [status for status in self.statuses if status >= 500]

    async def _everything(self, fault: str) -> None:
        await self._writes()
        await self._genuine_scans(fault)
        rng = random.Random(f"{fault} {self.scans} {self.plant.tenant_id}")
        address = f"127.{rng.randrange(1, 255)}.{rng.randrange(256)}.{rng.randrange(1, 255)}"
        transport = httpx.AsyncHTTPTransport(local_address=address)  # of this trial alone
        async with httpx.AsyncClient(base_url=self.api.base_url, transport=transport, timeout=30) as client:
            await self._guessed_codes(client, fault, rng)
            await self._guessed_passwords(client)
        ready = await self.api.anonymous.get("/readyz")
        assert ready.status_code == 200, ready.text

    async def _writes(self) -> None:
        client = self.plant.client("quality_manager")
        for _ in range(self.size):
            body = {"kind": "material", "product_id": self.product, "lot_no": new_id().hex}
            answer = self._note(await client.post("/api/v1/lots", json=body, headers={"Idempotency-Key": body["lot_no"]}))  # fmt: skip
            assert answer.status_code == 201, answer.text
            self.lots.append(answer.json()["id"])

    async def _genuine_scans(self, fault: str) -> None:
        seconds = self.scan_seconds.setdefault(fault, [])
        client = self.api.anonymous
        for _ in range(self.size):
            began = time.perf_counter()
            answer = self._note(await client.get(f"/api/v1/public/codes/{self.lot.codes[0]}"))
            seconds.append(time.perf_counter() - began)
            self.scans += 1
            assert answer.json()["scan_count"] == self.scans

    async def _guessed_codes(self, client: httpx.AsyncClient, fault: str, rng: random.Random) -> None:
        """After at most a minute's number of misses the guesser is told to wait."""
        for _ in range(TRIES):
            answer = self._note(await client.get(f"/api/v1/public/codes/{self._made_up(rng)}"))
            if answer.status_code == 429:
                assert int(answer.headers["retry-after"]) >= 1
                return
        raise AssertionError(f"never limited: {fault}")

    def _made_up(self, rng: random.Random) -> str:
        classifier = Classifier({key.version: key.key for key in self.api.settings.code_keys})
        while True:
            text = self.lot.codes[0][:2] + "".join(rng.choice(ALPHABET) for _ in range(18))
            if classifier.classify(text).verdict is Verdict.UNKNOWN:
                return text

    async def _guessed_passwords(self, client: httpx.AsyncClient) -> None:
        """One account locks; another person signs in."""
        victim, other = await self.api.person(self.plant, "viewer"), await self.api.person(self.plant, "viewer")
        tried = []
        for _ in range(WRONG_PASSWORDS):
            body = {"username": victim.username, "password": "wrong"}
            tried.append(self._note(await client.post("/api/v1/auth/login", json=body)).status_code)
        assert tried[0] == 401
        assert tried[-1] == 429
        body = {"username": other.username, "password": PASSWORD}
        answer = self._note(await client.post("/api/v1/auth/login", json=body))
        assert answer.status_code == 200, answer.text

    def _note(self, answer: httpx.Response) -> httpx.Response:
        self.statuses[answer.status_code] += 1
        assert answer.status_code < 500, answer.text
        return answer

    async def _flush(self) -> None:
        async with redis.asyncio.Redis.from_url(self.valkey_url) as client:
            await client.flushdb()

    async def _spoil(self) -> None:
        """Every counter becomes text; a rewritten script makes new ones texts as well."""
        async with redis.asyncio.Redis.from_url(self.valkey_url) as client:
            await client.script_flush()
            for name in await client.keys("limit:*"):
                await client.set(name, "not a number")


def through(valkey_url: str, proxy: Proxy) -> str:
    """The address of Valkey as seen through the proxy."""
    parts = urlsplit(valkey_url)
    return parts._replace(netloc=f":{parts.password}@127.0.0.1:{proxy.port}").geturl()


def port_of(valkey_url: str) -> int:
    found: Any = urlsplit(valkey_url).port
    return int(found)
