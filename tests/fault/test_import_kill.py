"""Promise: a worker killed in the middle of an import loses nothing and stores nothing twice; another takes the job over
within a minute and goes on where the last step was stored; one that lost its lease can write no more."""

import asyncio
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from server.core import db
from server.core.files import FileBox
from server.core.scope import Scope
from server.domains import integrations
from server.domains.integrations import jobs
from tests.fixtures.api import Api, Plant
from tests.fixtures.imports import LIMITS, send, xlsx
from workers.importer import import_round

ROOT = Path(__file__).resolve().parents[2]
ROWS = 3_000
WORKER = """
import asyncio, sys
from server.core.files import FileBox
from server.domains.integrations import FileLimits, running
from server.core import db
from workers import importer
running.KINDS["material_lots"] = running.KINDS["material_lots"]._replace(step_rows=100)
async def main():
    await db.open_pool(sys.argv[1], importer.MODELS, size=2)
    await importer.import_until(asyncio.Event(), FileBox(bytes.fromhex(sys.argv[2])), FileLimits(1 << 26, 200000, 4000))
asyncio.run(main())
"""


@pytest.fixture
async def plant(api: Api) -> Plant:
    plant = await api.plant()
    body = {"kind": "material", "sku": "YL-001", "name": "原料", "unit": "kg"}
    assert (await plant.client("quality_manager").post("/api/v1/products", json=body)).status_code == 201
    return plant


def start_worker(api: Api) -> "subprocess.Popen[bytes]":
    arguments = [api.settings.database_dsn, api.settings.file_key.hex()]
    return subprocess.Popen(
        [sys.executable, "-c", WORKER, *arguments], cwd=ROOT, env={**os.environ, "PYTHONPATH": str(ROOT)}
    )


async def sent(plant: Plant, rows: int, policy: str) -> str:
    data = xlsx(["产品编码", "批号"], [["YL-001", f"K{n}"] for n in range(rows)])
    answer = await send(plant.client("quality_manager"), "material_lots", data, policy=policy)
    assert answer.status_code == 202, answer.text
    job_id: str = answer.json()["id"]
    return job_id


async def lease_ends(plant: Plant) -> None:
    """As half a minute without a sign of life."""
    async with db.transaction(Scope.tenant(plant.tenant_id)):
        await db.execute("UPDATE import_job SET lease_until = now() - interval '1 second' WHERE state = 'running'")


async def count_lots(plant: Plant) -> int:
    async with db.transaction(Scope.tenant(plant.tenant_id)):
        found: int = await db.fetchval("SELECT count(*) FROM lot")
        return found


async def test_a_killed_worker_is_replaced_and_nothing_is_stored_twice(api: Api, plant: Plant) -> None:
    client = plant.client("quality_manager")
    job_id = await sent(plant, ROWS, "good_rows")
    worker = start_worker(api)
    try:
        while not 0 < await count_lots(plant) < ROWS:  # noqa: ASYNC110 - what is awaited happens elsewhere
            await asyncio.sleep(0.01)
    finally:
        worker.send_signal(signal.SIGKILL)
        worker.wait(10)
    job = (await client.get(f"/api/v1/imports/{job_id}")).json()
    assert (job["state"], job["rows_done"]) == ("running", await count_lots(plant))
    assert jobs.LEASE_SECONDS <= 60
    await lease_ends(plant)
    assert await import_round(FileBox(api.settings.file_key), LIMITS)
    job = (await client.get(f"/api/v1/imports/{job_id}")).json()
    assert (job["state"], job["rows_stored"], job["rows_failed"]) == ("done", ROWS, 0)
    assert await count_lots(plant) == ROWS


@pytest.mark.parametrize("policy", ["good_rows", "all_or_nothing"])
async def test_one_that_lost_its_lease_writes_no_more(api: Api, plant: Plant, policy: str) -> None:
    await sent(plant, 5, policy)
    scope, box = Scope.tenant(plant.tenant_id), FileBox(api.settings.file_key)
    async with db.transaction(Scope.system()):
        [(tenant_id, job_id)] = [each for each in await integrations.open_jobs() if each[0] == plant.tenant_id]
    async with db.transaction(scope):
        slow = await integrations.claim(tenant_id, job_id)
        assert await integrations.claim(tenant_id, job_id) is None
    assert slow is not None
    await lease_ends(plant)
    async with db.transaction(scope):
        taken = await integrations.claim(tenant_id, job_id)
    assert taken is not None
    with pytest.raises(integrations.LeaseLost):
        await integrations.run_job(slow, box, LIMITS)
    assert await count_lots(plant) == 0
    await integrations.run_job(taken, box, LIMITS)
    assert await count_lots(plant) == 5


async def test_a_job_that_breaks_every_worker_is_given_up(api: Api, plant: Plant) -> None:
    job_id = await sent(plant, 5, "good_rows")
    async with db.transaction(Scope.tenant(plant.tenant_id)):
        await db.execute("UPDATE import_job SET attempts = $1", jobs.MOST_ATTEMPTS)
    assert await import_round(FileBox(api.settings.file_key), LIMITS)
    job = (await plant.client("quality_manager").get(f"/api/v1/imports/{job_id}")).json()
    assert (job["state"], job["problem"], await count_lots(plant)) == ("failed", "import_given_up", 0)
