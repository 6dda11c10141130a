"""Promise: any interleaving of phones, copies of queues, retries, connections that break, and clock jumps ends with the ledger of
entries equal to the ledger of rows: each entry is one row, with a body that was sent under its id, and whatever was sent
under it beside that is kept as a conflict. A house that gives an entry another id each time is found out."""

import asyncio
import json
import socket
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import accumulate
from typing import Any, TypeVar
from urllib.parse import urlsplit
from uuid import UUID

import httpx
import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule, run_state_machine_as_test

from server.core import db
from server.core.clock import now
from server.core.ids import new_id
from server.domains.quality import phone as phones
from tests.fixtures.api import Api
from tests.fixtures.inspections import FAIL, PASS, Line, make_line
from tests.fixtures.inspector import version_of

T = TypeVar("T")
PHONES = st.integers(0, 2)
CLOSELY = settings(
    max_examples=12, stateful_step_count=25, derandomize=True, deadline=None, suppress_health_check=list(HealthCheck)
)
_ROWS = """
SELECT entry_id::text, values::text AS values FROM record WHERE tenant_id = $1 AND lot_id = $2
"""


@dataclass
class World:
    """One plant, as threads outside the test's loop reach it."""

    line: Line
    base_url: str
    tokens: list[str]
    version: str
    loop: asyncio.AbstractEventLoop

    def ask(self, work: Coroutine[Any, Any, T]) -> T:
        return asyncio.run_coroutine_threadsafe(work, self.loop).result(60)

    async def rows(self, lot: str) -> list[Any]:
        async with db.transaction(self.line.plant.actor("operator").scope()):
            return await db.fetch(_ROWS, self.line.plant.tenant_id, UUID(lot))

    async def conflicts(self) -> set[tuple[str, str]]:
        async with db.transaction(self.line.plant.actor("operator").scope()):
            found = await db.fetch(
                "SELECT entry_id::text, body FROM entry_conflict WHERE tenant_id = $1", self.line.plant.tenant_id
            )
        return {(row["entry_id"], json.loads(row["body"])["values"]["look"]) for row in found}


@dataclass
class Handset:
    """A phone with a clock of its own, and what still waits on it."""

    token: str
    installation: str = field(default_factory=lambda: str(new_id()))
    ahead: timedelta = timedelta(0)
    seq: int = 0
    queue: list[dict[str, Any]] = field(default_factory=list)

    def time(self) -> datetime:
        return now() + self.ahead


class OfflineSync(RuleBasedStateMachine):
    world: World

    @initialize()
    def begin(self) -> None:
        self.lot = self.world.ask(self.world.line.lot())
        self.handsets = [Handset(token) for token in self.world.tokens]
        self.sent: dict[str, set[str]] = {}  # by entry: every value that was ever put under its id
        self.client = httpx.Client(base_url=self.world.base_url, trust_env=False, timeout=60)

    @rule(at=PHONES, good=st.booleans())
    def record(self, at: int, good: bool) -> None:
        handset = self.handsets[at]
        handset.seq += 1
        entry = {
            "entry_id": str(new_id()), "seq": handset.seq, "captured_at": handset.time().isoformat(),
            "form_version_id": self.world.version, "lot_id": self.lot, "values": PASS if good else FAIL,
        }  # fmt: skip
        handset.queue.append(entry)
        self.sent[entry["entry_id"]] = {entry["values"]["look"]}

    @rule(at=PHONES, looks=st.lists(st.booleans(), min_size=1, max_size=3), good=st.booleans())
    def record_check(self, at: int, looks: list[bool], good: bool) -> None:
        """Samples of the lot under one check: each is an entry of its own."""
        self.record(at, good)
        items = [{"entry_id": str(new_id()), "lot_id": self.lot, "values": PASS if each else FAIL} for each in looks]
        self.handsets[at].queue[-1]["items"] = items
        self.sent |= {each["entry_id"]: {each["values"]["look"]} for each in items}

    @rule(source=PHONES, onto=PHONES)
    def copy_queue(self, source: int, onto: int) -> None:
        """A phone is restored from the copy of another."""
        if source != onto:
            self.handsets[onto].queue += self.handsets[source].queue

    @rule(at=PHONES, pick=st.integers(0, 50))
    def alter(self, at: int, pick: int) -> None:
        queue = self.handsets[at].queue
        if queue:
            entry = queue[pick % len(queue)]
            other = FAIL if entry["values"] == PASS else PASS
            queue[pick % len(queue)] = entry | {"values": other}
            self.sent[entry["entry_id"]].add(other["look"])

    @rule(at=PHONES, hours=st.integers(-24, 24))
    def clock_jumps(self, at: int, hours: int) -> None:
        self.handsets[at].ahead = timedelta(hours=hours)

    @rule(at=PHONES, chance=st.randoms(use_true_random=False), most=st.integers(1, 200))
    def send(self, at: int, chance: Any, most: int) -> None:
        handset = self.handsets[at]
        chance.shuffle(handset.queue)
        batch = cut(handset.queue, most)
        if batch:
            answer = self.client.post("/api/v1/phone/sync", json=self._body(handset, batch), headers=_bearer(handset))
            assert answer.status_code == 200, answer.text
            answers = answer.json()["answers"]
            assert [each["entry_id"] for each in answers] == [each for entry in batch for each in ids_of(entry)]
            assert {each["outcome"] for each in answers} <= {"stored", "replayed", "conflict"}
            handset.queue = handset.queue[len(batch) :]

    @rule(at=PHONES)
    def send_and_be_killed(self, at: int) -> None:
        """The request is on its way when the phone dies: whatever it did, nobody heard."""
        handset = self.handsets[at]
        if not handset.queue:
            return
        body = json.dumps(self._body(handset, cut(handset.queue, 200))).encode()
        where = urlsplit(self.world.base_url)
        head = (
            f"POST /api/v1/phone/sync HTTP/1.1\r\nHost: {where.netloc}\r\nAuthorization: Bearer {handset.token}\r\n"
            f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
        )
        with socket.create_connection((where.hostname or "", where.port or 0)) as connection:
            connection.sendall(head.encode() + body)

    def _body(self, handset: Handset, batch: list[dict[str, Any]]) -> dict[str, Any]:
        entries = [{"entry": each} for each in batch]
        return {"sent_at": handset.time().isoformat(), "phone": handset.installation, "entries": entries}

    def teardown(self) -> None:
        """Everything still waiting goes up; then the two ledgers are laid side by side."""
        if not hasattr(self, "handsets"):
            return
        for at in range(len(self.handsets)):
            while self.handsets[at].queue:
                handset = self.handsets[at]
                batch = cut(handset.queue, 200)
                self.client.post("/api/v1/phone/sync", json=self._body(handset, batch), headers=_bearer(handset))
                handset.queue = handset.queue[len(batch) :]
        self.client.close()
        rows = self.world.ask(self.world.rows(self.lot))
        assert sorted(row["entry_id"] for row in rows) == sorted(self.sent)
        conflicts = self.world.ask(self.world.conflicts())
        for row in rows:
            stored = json.loads(row["values"])["look"]
            assert stored in self.sent[row["entry_id"]]
            kept = {look for entry_id, look in conflicts if entry_id == row["entry_id"]}
            assert kept <= self.sent[row["entry_id"]] - {stored}


def ids_of(entry: dict[str, Any]) -> list[str]:
    """Of the rows that an entry becomes, in the order in which they are answered."""
    return [*(each["entry_id"] for each in entry.get("items", ())), entry["entry_id"]]


def cut(queue: list[dict[str, Any]], most: int) -> list[dict[str, Any]]:
    """The first entries that are no more than `most` rows together; one at least."""
    rows = list(accumulate(len(ids_of(each)) for each in queue))
    return queue[: max(1, sum(each <= most for each in rows))]


def _bearer(handset: Handset) -> dict[str, str]:
    return {"Authorization": f"Bearer {handset.token}"}


@pytest.fixture
async def world(api: Api) -> World:
    line = await make_line(api)
    version = await version_of(line, await line.form())
    people = [line.plant.person(role).token for role in ("inspector", "operator", "quality_manager")]
    return World(line, api.base_url, people, version, asyncio.get_running_loop())


async def walk(world: World) -> None:
    machine = type("Machine", (OfflineSync,), {"world": world})
    run: Callable[..., None] = run_state_machine_as_test
    await asyncio.to_thread(run, machine, settings=CLOSELY)


async def test_the_ledger_of_entries_is_the_ledger_of_rows(world: World) -> None:
    await walk(world)


async def test_control_a_house_that_does_not_know_an_entry_again_is_found(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    known = phones.deliver

    async def forgetful(courier: phones.Courier, author: phones.Author, row: phones.Row) -> phones.Delivered:
        return await known(courier, author, row._replace(entry=row.entry.model_copy(update={"entry_id": new_id()})))

    monkeypatch.setattr(phones, "deliver", forgetful)
    with pytest.raises((AssertionError, ExceptionGroup)):
        await walk(world)
