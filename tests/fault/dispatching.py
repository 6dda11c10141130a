"""Dispatchers as processes of their own whose outside world is a file: every delivery is one line, written before it is noted.

`storm` is the short and the long form: dispatchers are killed again and again while events are appended.
"""

import asyncio
import json
import os
import random
import subprocess
import sys
import time
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID

from server.core import db, outbox
from server.core.scope import Scope
from server.wiring import MODELS
from workers.dispatcher import WORKER_DIED

ROOT = Path(__file__).resolve().parents[2]
TAKEN_OVER_SECONDS = 60.0
# A poisoned event always fails; a slow one can be caught in the act. Waits between tries are cut for the test.
WORKER = """
import asyncio, json, os, sys
from workers import dispatcher
dsn, file, lease, dispatcher.LONGEST_DELAY_SECONDS, dispatcher.MAX_ATTEMPTS = json.loads(sys.argv[1])
dispatcher.LEASE_SECONDS = lease
dispatcher.Dispatcher.__init__.__kwdefaults__["lease_seconds"] = lease
async def hear(actor, payload):
    descriptor = os.open(file, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    os.write(descriptor, f"{payload['key']} {payload['number']} {os.getpid()}\\n".encode())
    os.close(descriptor)
    if payload["poison"] == "deadly":
        os.kill(os.getpid(), 9)
    if payload["poison"]:
        raise RuntimeError("a text that may not be kept")
    await asyncio.sleep(payload["seconds"])
dispatcher.Dispatcher.__init__.__defaults__ = ({"Heard": hear},)
class Settings: database_dsn = dsn
dispatcher.main(Settings)
"""


@dataclass(frozen=True)
class Shape:
    """`keys` × `per_key` events, one in `poison_every` poisoned; `kills` of `processes` dispatchers."""

    keys: int
    per_key: int
    poison_every: int
    processes: int
    kills: int
    lease_seconds: float
    attempts: int


def start_dispatcher(dsn: str, file: Path, shape: Shape) -> "subprocess.Popen[bytes]":
    argument = json.dumps([dsn, str(file), shape.lease_seconds, 0.2, shape.attempts])
    return subprocess.Popen([sys.executable, "-c", WORKER, argument], cwd=ROOT, env={**os.environ, "PYTHONPATH": str(ROOT)}, stderr=subprocess.DEVNULL)  # fmt: skip


async def new_tenant() -> UUID:
    async with db.transaction(Scope.system()):
        found = await db.fetchval(
            "INSERT INTO tenant (name, credit_code, division_code) VALUES ('A', '913301061114225788', '330106') RETURNING id"
        )
    assert isinstance(found, UUID)
    return found


async def append(tenant: UUID, key: int, number: int, *, poison: bool | str = False, seconds: float = 0.0) -> None:
    payload = {"key": key, "number": number, "poison": poison, "seconds": seconds}
    async with db.transaction(Scope.tenant(tenant)):
        await outbox.append("Heard", key=f"key-{key}", payload=payload, tenant_id=tenant)


async def still_open() -> int:
    async with db.transaction(Scope.system()):
        return int(await db.fetchval("SELECT count(*) FROM outbox WHERE done_at IS NULL AND dead_at IS NULL"))


def deliveries(file: Path) -> dict[int, list[tuple[int, int]]]:
    """(number, process) of each delivery, in order, by key."""
    found: dict[int, list[tuple[int, int]]] = defaultdict(list)
    for line in file.read_text().splitlines() if file.exists() else []:
        key, number, pid = line.split()
        found[int(key)].append((int(number), int(pid)))
    return found


async def storm(dsn: str, file: Path, shape: Shape, seed: int) -> dict[str, Any]:
    """Run it and prove the outcome: all delivered, in the order of each key, the poisoned dead with a reason."""
    rng = random.Random(seed)
    await db.open_pool(dsn, MODELS, size=2)
    workers = [start_dispatcher(dsn, file, shape) for _ in range(shape.processes)]
    try:
        tenant = await new_tenant()
        share = shape.keys * shape.per_key // (shape.kills + 1)
        for count, (number, key) in enumerate((n, k) for n in range(shape.per_key) for k in range(shape.keys)):
            await append(tenant, key, number, poison=_poisoned(key, number, shape), seconds=rng.random() / 20)
            if shape.kills and count % share == share - 1 and count // share < shape.kills:
                _kill_one(workers, rng, dsn, file, shape)
        last_kill = time.monotonic()
        while await still_open():  # noqa: ASYNC110 - what is awaited happens in other processes
            await asyncio.sleep(0.1)
        seconds = time.monotonic() - last_kill
        return {**await _prove(file, shape), "kills": shape.kills, "settled_s": round(seconds, 1)}
    finally:
        for worker in workers:
            worker.kill()
            worker.wait()
        await db.close()


def _poisoned(key: int, number: int, shape: Shape) -> bool:
    return (number * shape.keys + key) % shape.poison_every == shape.poison_every // 2


def _kill_one(workers: "list[subprocess.Popen[bytes]]", rng: random.Random, dsn: str, file: Path, shape: Shape) -> None:
    victim = rng.randrange(len(workers))
    workers[victim].kill()
    workers[victim].wait()
    workers[victim] = start_dispatcher(dsn, file, shape)


async def _prove(file: Path, shape: Shape) -> dict[str, int]:
    heard = deliveries(file)
    for key in range(shape.keys):
        numbers = [number for number, _ in heard[key]]
        assert numbers == sorted(numbers), f"key {key} out of order"  # a repeat is allowed, going back is not
        assert set(numbers) == set(range(shape.per_key)), f"key {key} not delivered whole"
    async with db.transaction(Scope.system()):
        dead = await db.fetch("SELECT payload->>'poison' AS poison, error, attempts FROM outbox WHERE dead_at IS NOT NULL")  # fmt: skip
    poisoned = sum(_poisoned(key, number, shape) for key in range(shape.keys) for number in range(shape.per_key))
    assert len(dead) == poisoned
    assert {row["poison"] for row in dead} <= {"true"}
    assert {row["error"] for row in dead} <= {"RuntimeError", WORKER_DIED}  # one may be killed at its last try
    delivered = sum(map(len, heard.values()))
    events = shape.keys * shape.per_key
    return {"events": events, "lost": 0, "repeats": delivered - events - poisoned * (shape.attempts - 1), "dead": poisoned}  # fmt: skip


async def takeover(dsn: str, file: Path, lease_seconds: float) -> float:
    """Kill a dispatcher in the middle of a delivery; the seconds until another has done it."""
    shape = Shape(1, 1, 10, 1, 0, lease_seconds, 8)
    await db.open_pool(dsn, MODELS, size=2)
    first = start_dispatcher(dsn, file, shape)
    second = None
    try:
        tenant = await new_tenant()
        await append(tenant, 0, 0, seconds=3.0)
        await append(tenant, 0, 1)
        while not deliveries(file)[0]:  # noqa: ASYNC110 - what is awaited happens in another process
            await asyncio.sleep(0.02)
        first.kill()
        first.wait()
        killed = time.monotonic()
        second = start_dispatcher(dsn, file, shape)
        while await still_open():
            await asyncio.sleep(0.05)
            assert time.monotonic() - killed < TAKEN_OVER_SECONDS
        assert [number for number, _ in deliveries(file)[0]] == [0, 0, 1]
        assert len({pid for _, pid in deliveries(file)[0]}) == 2
        return time.monotonic() - killed
    finally:
        for worker in filter(None, (first, second)):
            worker.kill()
            worker.wait()
        await db.close()


async def deadly(dsn: str, file: Path, *, keys: int, attempts: int) -> list[int]:
    """An event that kills whoever handles it, among others of its own key and of other keys; a dead dispatcher is
    replaced. Proves that it is given up with a reason, that nothing else is, and the order; tries of each event."""
    shape = Shape(keys, 3, 1, 1, 0, 2.0, attempts)
    await db.open_pool(dsn, MODELS, size=2)
    worker = start_dispatcher(dsn, file, shape)
    try:
        tenant = await new_tenant()
        for number in range(shape.per_key):
            for key in range(keys):
                await append(tenant, key, number, poison="deadly" if (key, number) == (0, 1) else False)
        while await still_open():
            if worker.poll() is not None:
                worker = start_dispatcher(dsn, file, shape)
            await asyncio.sleep(0.05)
    finally:
        worker.kill()
        worker.wait()
        async with db.transaction(Scope.system()):
            dead = await db.fetch("SELECT payload->>'poison' AS poison, error, attempts FROM outbox WHERE dead_at IS NOT NULL")  # fmt: skip
        await db.close()
    assert [tuple(row) for row in dead] == [("deadly", WORKER_DIED, attempts)]
    heard = deliveries(file)
    assert [number for number, _ in heard[0]] == [0, *[1] * attempts, 2]
    for key in range(1, keys):
        assert sorted({number for number, _ in heard[key]}) == [0, 1, 2]
    return [len(heard[key]) for key in range(keys)]
