"""Minting under fire: several processes on the same orders, SIGKILL at random, and what must hold afterwards.

`storm` is the long and the short form of acceptance test T13's minting.
"""

import asyncio
import json
import os
import random
import signal
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple
from uuid import UUID

from server.core import db
from server.domains.codes import Classifier, Verdict
from tests.fixtures.codes import KEY_NUMBER, MODELS, CodePlant, make_code_plant

ROOT = Path(__file__).resolve().parents[2]
WORKER = """
import json, sys
from pathlib import Path
from typing import NamedTuple
from workers import minting
dsn, minting.CHUNK, key_number, key = json.loads(sys.argv[1])
class Key: version, key = key_number, bytes.fromhex(key)
class Settings: database_dsn, code_keys = dsn, (Key,)
minting.main(Settings)
"""
POLL_SECONDS = 0.02
KEY = bytes(range(32))


@dataclass(frozen=True)
class Shape:
    """How hard the storm blows. A process mints `chunk` codes a step."""

    orders: int
    codes_per_order: int
    processes: int
    kills: int
    chunk: int


def start_worker(dsn: str, chunk: int) -> "subprocess.Popen[bytes]":
    argument = json.dumps([dsn, chunk, KEY_NUMBER, KEY.hex()])
    return subprocess.Popen(
        [sys.executable, "-c", WORKER, argument], cwd=ROOT, env={**os.environ, "PYTHONPATH": str(ROOT)}
    )


async def storm(dsn: str, shape: Shape, seed: int) -> Mapping[str, object]:
    """Run it and prove the outcome; the figures of the run."""
    await db.open_pool(dsn, MODELS, size=2)
    workers = [start_worker(dsn, shape.chunk) for _ in range(shape.processes)]
    try:
        plant = await make_code_plant()
        rule_id = await plant.rule()
        orders = [await plant.order(rule_id, shape.codes_per_order) for _ in range(shape.orders)]
        kills = await _kill_while_minting(workers, dsn, shape, plant, orders, random.Random(seed))
        while (await _progress(plant, orders)).open:  # noqa: ASYNC110 - what is awaited happens elsewhere
            await asyncio.sleep(POLL_SECONDS)
        return {"kills": kills, **await _prove(plant, orders, shape)}
    finally:
        for process in workers:
            process.send_signal(signal.SIGTERM)
        for process in workers:
            process.wait(30)
        await db.close()


class _Progress(NamedTuple):
    stored: int
    open: int


async def _progress(plant: CodePlant, orders: list[UUID]) -> _Progress:
    async with db.transaction(plant.scope()):
        stored = await db.fetchval("SELECT count(*) FROM code WHERE order_id = ANY ($1)", orders)
        still_open = await db.fetchval(
            "SELECT count(*) FROM code_order WHERE id = ANY ($1) AND state = 'minting'", orders
        )
    return _Progress(stored, still_open)


async def _kill_while_minting(
    workers: "list[subprocess.Popen[bytes]]",
    dsn: str,
    shape: Shape,
    plant: CodePlant,
    orders: list[UUID],
    rng: random.Random,
) -> int:
    """Kill a process after every so many codes, put another in its place; how many died before the end."""
    share = shape.orders * shape.codes_per_order // (shape.kills + 1)
    for kill in range(shape.kills):
        while (now := await _progress(plant, orders)).open and now.stored < share * kill + rng.randrange(share):  # noqa: ASYNC110
            await asyncio.sleep(POLL_SECONDS)
        if not now.open:
            return kill
        victim = rng.randrange(len(workers))
        workers[victim].kill()
        workers[victim].wait()
        workers[victim] = start_worker(dsn, shape.chunk)
    return shape.kills


async def _prove(plant: CodePlant, orders: list[UUID], shape: Shape) -> Mapping[str, object]:
    """No code twice, none missing, all genuine, every order ready."""
    classifier = Classifier({KEY_NUMBER: KEY})
    seen: set[str] = set()
    for order_id in orders:
        async with db.transaction(plant.scope()):
            rows = await db.fetch("SELECT text, serial FROM code WHERE order_id = $1 ORDER BY serial", order_id)
            state = await db.fetchval("SELECT state FROM code_order WHERE id = $1", order_id)
        assert state == "ready"
        assert [row["serial"] for row in rows] == list(range(1, shape.codes_per_order + 1))
        assert all(classifier.classify(row["text"]).verdict is Verdict.MINTED for row in rows)
        seen.update(row["text"] for row in rows)
    total = shape.orders * shape.codes_per_order
    assert len(seen) == total
    return {"codes": total, "duplicates": 0, "missing": 0}
