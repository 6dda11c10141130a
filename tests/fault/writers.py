"""Writers that keep a ledger: what each sent under which key, and what it was told.

What nobody answered is sent again with its key, as a real client does, until there is an answer.
"""

import asyncio
from collections import Counter
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import httpx
import orjson

from server.core import db
from server.core.ids import new_id
from tests.fixtures.api import PASSWORD, Plant

REST_SECONDS = 0.2


@dataclass
class Entry:
    """One write: its request, and the first answer that acknowledged it."""

    key: str
    path: str
    body: bytes
    answer: bytes | None = None


@dataclass
class Ledger:
    """All writes of one storm, and what was counted on the way."""

    entries: list[Entry] = field(default_factory=list)
    statuses: Counter[str] = field(default_factory=Counter)

    def acknowledged(self) -> list[Entry]:
        return [entry for entry in self.entries if entry.answer is not None]


class Writers:
    """`count` writers on one plant; half of them make lots, half use up a stock of their own."""

    def __init__(self, plant: Plant, count: int) -> None:
        self.plant, self.count, self.ledger = plant, count, Ledger()
        self.client = plant.client("quality_manager")
        self._stopping = asyncio.Event()

    async def prepare(self) -> "Writers":
        body = {"kind": "material", "sku": "R", "name": "R", "unit": "kg"}
        self.product = (await self._made("/api/v1/products", body))["id"]
        self.stocks = [await self._lot("1000000") for _ in range(self.count // 2)]
        await self._made("/api/v1/releases", {"lot_ids": self.stocks, "password": PASSWORD})
        return self

    async def run(self) -> None:
        """Write until `stop`, then settle what is open."""
        await asyncio.gather(*(self._write(number) for number in range(self.count)))

    def stop(self) -> None:
        self._stopping.set()

    async def repeat(self, most: int) -> None:
        """Send as many again with their keys: every answer must be the one already given, byte by byte."""
        gate = asyncio.Semaphore(8)

        async def again(entry: Entry) -> None:
            async with gate:
                answer = await self._send(entry)
            assert answer is not None
            assert answer.headers.get("idempotency-replayed") == "true", answer.text
            assert answer.content == entry.answer

        step = max(1, len(self.ledger.entries) // most)
        await asyncio.gather(*(again(entry) for entry in self.ledger.entries[::step]))

    async def _write(self, number: int) -> None:
        while not self._stopping.is_set():
            entry = self._next(number)
            self.ledger.entries.append(entry)
            await self._settle(entry)

    async def _settle(self, entry: Entry) -> None:
        while entry.answer is None:
            answer = await self._send(entry)
            if answer is not None and answer.status_code == 201:
                entry.answer = answer.content
            else:
                await asyncio.sleep(REST_SECONDS)

    async def _send(self, entry: Entry) -> httpx.Response | None:
        """The answer, or None where there was none. Anything but done, away and in flight is a failure."""
        headers = {"Idempotency-Key": entry.key, "Content-Type": "application/json"}
        try:
            answer = await self.client.post(entry.path, content=entry.body, headers=headers)
        except httpx.TransportError as error:
            self.ledger.statuses[type(error).__name__] += 1
            return None
        self.ledger.statuses[str(answer.status_code)] += 1
        assert answer.status_code in (201, 503, 409), answer.text
        if answer.status_code == 409:
            assert answer.json()["code"] == "idempotency_key_in_flight", answer.text
        if answer.status_code != 201:
            assert int(answer.headers["retry-after"]) >= 1
        return answer

    def _next(self, number: int) -> Entry:
        key = new_id().hex
        if number % 2:
            line = {"quantity": "1", "unit": "kg", "reason": key}
            return Entry(key, f"/api/v1/lots/{self.stocks[number // 2]}/scrap", orjson.dumps(line))
        return Entry(key, "/api/v1/lots", orjson.dumps(self._lot_body(key, "1")))

    def _lot_body(self, lot_no: str, quantity: str) -> dict[str, Any]:
        return {"kind": "material", "product_id": self.product, "lot_no": lot_no, "quantity": quantity}

    async def _lot(self, quantity: str) -> str:
        return str((await self._made("/api/v1/lots", self._lot_body(new_id().hex, quantity)))["id"])

    async def _made(self, path: str, body: dict[str, Any]) -> dict[str, Any]:
        answer = await self.client.post(path, json=body)
        assert answer.is_success, answer.text
        return dict(answer.json()) if answer.content else {}


async def prove(writers: Writers) -> dict[str, int]:
    """Compare the ledger with the database: every write there exactly once, each with its audit row, the books exact."""
    entries = writers.ledger.entries
    assert len(writers.ledger.acknowledged()) == len(entries)
    tenant_id = writers.plant.tenant_id
    async with db.transaction(writers.plant.actor("quality_manager").scope()):
        lots = [row["lot_no"] for row in await db.fetch("SELECT lot_no FROM lot WHERE tenant_id = $1 AND quantity = 1", tenant_id)]  # fmt: skip
        scraps = await db.fetch("SELECT lot_id, reason FROM scrap WHERE tenant_id = $1", tenant_id)
        used = {row["id"]: row["used_quantity"] for row in await db.fetch("SELECT id, used_quantity FROM lot WHERE tenant_id = $1 AND id = ANY ($2)", tenant_id, [UUID(stock) for stock in writers.stocks])}  # fmt: skip
        audited = await db.fetchval("SELECT count(*) FROM audit_entry WHERE tenant_id = $1 AND action = ANY ('{lot.created,lot.scrapped}')", tenant_id)  # fmt: skip
        keys = [row["key"] for row in await db.fetch("SELECT key FROM idempotency_key WHERE owner_id = $1", tenant_id)]
    stored = Counter([*lots, *(row["reason"] for row in scraps)])
    assert stored == Counter(entry.key for entry in entries)
    assert Counter(keys) == stored
    assert audited == len(entries) + len(writers.stocks)
    assert used == Counter(row["lot_id"] for row in scraps)
    return {"writes": len(entries), "missing": 0, "duplicates": 0}
