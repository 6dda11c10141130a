"""T30 in its long form: bad files over HTTP, in time and memory; good files of 100,000 rows, carried out by the worker."""

import asyncio
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import httpx

from server.core import db
from server.core.files import FileBox
from server.core.scope import Scope
from server.domains import integrations
from server.embedded import Running
from tests.bench import imports as bench
from tests.fault.serving import Serving, people, serving
from tests.fixtures.imports import LIMITS, csv_bytes, send, xlsx
from tests.security.test_import_bombs import BAD, HEADER, MOST_GROWTH
from tests.storm.genealogy import data_of
from tests.storm.registry import Storm, acceptance

REFUSED_WITHIN_SECONDS = 0.2
DONE_WITHIN_SECONDS = 60.0
MOST_OF_A_WORKER = 300 * 1024 * 1024
ROWS = 100_000
WRONG = {5: ("YL-404", "F5", "1"), 50_000: ("YL-001", "F50000", "many"), 99_999: ("YL-001", "", "1")}


class Memory:
    """The most that a process held since this was made."""

    def __init__(self, pid: int) -> None:
        self._proc = Path(f"/proc/{pid}")
        (self._proc / "clear_refs").write_text("5")  # the peak begins anew, from what it holds now
        self.before = self.peak

    @property
    def peak(self) -> int:
        line = next(line for line in (self._proc / "status").read_text().splitlines() if line.startswith("VmHWM"))
        return int(line.split()[1]) * 1024

    @property
    def growth(self) -> int:
        return self.peak - self.before


def pid_of(system: Serving, role: str) -> int:
    return next(pid for pid, name in system.roles().items() if name == role)


@acceptance("T30", "bad files over HTTP")
def bad_files(storm: Storm) -> Mapping[str, object]:
    running = storm.servers(durable=False)
    with serving(running) as system:
        return asyncio.run(_bad_files(system))


async def _bad_files(system: Serving) -> Mapping[str, object]:
    files = {name: make() for name, (_, make) in BAD.items()}
    slowest: dict[str, float] = {}
    async with people(system) as api:
        client = (await api.plant()).client("quality_manager")
        await send(client, "material_lots", files["wrong magic"])  # connected, all code loaded
        await _finished(client, await send(client, "material_lots", csv_bytes(HEADER, [["A", "B"]]), "a.csv"))
        server, worker = Memory(pid_of(system, "http")), Memory(pid_of(system, "importer"))
        for name, data in files.items():
            slowest[name] = min([await _refused(client, name, data) for _ in range(3)])
        jobs = [
            await _finished(client, await send(client, "material_lots", csv_bytes(HEADER, rows), "a.csv"))
            for rows in ([["A", "长" * 4_001]], [["A", "B"]] * 200_001)
        ]
        kept = (await client.get("/api/v1/imports")).json()["items"]
    assert [job["problem"] for job in jobs] == ["import_cell_too_long", "import_too_many_rows"]
    assert len(kept) == 1 + len(jobs)  # those that were refused at the door left nothing
    late = {name: round(seconds * 1000) for name, seconds in slowest.items() if seconds > REFUSED_WITHIN_SECONDS}
    assert late == {}
    assert server.growth <= MOST_GROWTH, server.growth
    assert worker.growth <= MOST_GROWTH, worker.growth
    return {"files": len(files), "slowest_ms": round(max(slowest.values()) * 1000), "server_growth_mib": server.growth >> 20,
            "worker_growth_mib": worker.growth >> 20}  # fmt: skip


async def _refused(client: httpx.AsyncClient, name: str, data: bytes) -> float:
    """The seconds until the answer; of three tries the quickest counts, the others are what else the machine did."""
    began = time.perf_counter()
    answer = await send(client, "material_lots", data)
    seconds = time.perf_counter() - began
    assert (answer.status_code, answer.json()["code"]) == (422, BAD[name][0]), name
    return seconds


async def _finished(client: httpx.AsyncClient, sent: httpx.Response) -> dict[str, Any]:
    """The job of this upload, when the worker is done with it."""
    assert sent.status_code == 202, sent.text
    while True:
        job: dict[str, Any] = (await client.get(f"/api/v1/imports/{sent.json()['id']}")).json()
        if job["state"] not in ("queued", "running"):
            return job
        await asyncio.sleep(0.2)


@acceptance("T30", "100,000 material lots")
def good_file(storm: Storm) -> Mapping[str, object]:
    with serving(storm.servers()) as system:
        return asyncio.run(_good_file(system))


async def _good_file(system: Serving) -> Mapping[str, object]:
    """Good rows only, three wrong ones among them; then the same file again."""
    data = xlsx(["产品编码", "批号", "数量"], [WRONG.get(n, ("YL-001", f"F{n}", "1")) for n in range(1, ROWS + 1)])
    async with people(system) as api:
        plant = await api.plant()
        client = plant.client("quality_manager")
        product = {"kind": "material", "sku": "YL-001", "name": "原料", "unit": "kg"}
        assert (await client.post("/api/v1/products", json=product)).status_code == 201
        worker = Memory(pid_of(system, "importer"))
        began = time.perf_counter()
        job = await _finished(client, await send(client, "material_lots", data, policy="good_rows"))
        seconds = time.perf_counter() - began
        texts = [await _errors(plant.client("quality_manager", accept_language=one), job) for one in ("zh-CN", "en")]
        before = await _lots(plant.tenant_id)
        again = await _finished(client, await send(client, "material_lots", data, policy="good_rows"))
        assert await _lots(plant.tenant_id) == before == ROWS - len(WRONG)
        assert again["rows_stored"] in (0, job["rows_stored"])
    assert (job["state"], job["rows_stored"], job["rows_failed"]) == ("done", ROWS - len(WRONG), len(WRONG))
    assert [row for row, _, _ in texts[0]] == [n + 1 for n in WRONG]
    assert all(zh != en for (_, _, zh), (_, _, en) in zip(*texts, strict=True))
    return _within(seconds, worker, errors=len(texts[0]))


def _within(seconds: float, worker: Memory, **more: object) -> Mapping[str, object]:
    assert seconds <= DONE_WITHIN_SECONDS, f"{seconds:.1f} s"
    assert worker.peak <= MOST_OF_A_WORKER, worker.peak
    return {"rows": ROWS, "took_s": round(seconds, 1), "worker_peak_mib": worker.peak >> 20, **more}


async def _errors(client: httpx.AsyncClient, job: Mapping[str, Any]) -> Sequence[tuple[int, str, str]]:
    items = (await client.get(f"/api/v1/imports/{job['id']}/errors")).json()["items"]
    return [(each["row"], each["column"], each["text"]) for each in items]


async def _lots(tenant_id: Any) -> int:
    async with db.transaction(Scope.tenant(tenant_id)):
        return int(await db.fetchval("SELECT count(*) FROM lot WHERE tenant_id = $1", tenant_id))


@acceptance("T30", "100,000 inspections")
def inspections(storm: Storm) -> Mapping[str, object]:
    running = storm.servers()
    asyncio.run(bench.build(data_of(running)))
    with serving(running) as system:
        return asyncio.run(_inspections(running, system))


async def _inspections(running: Running, system: Serving) -> Mapping[str, object]:
    """What a laboratory system exports, 20,000 reports, all or nothing; then the same file again."""
    data, box = bench.make_file(), FileBox(system.settings.file_key)
    command = integrations.SendFile(kind="inspections", policy="all_or_nothing")
    async with people(system):
        worker = Memory(pid_of(system, "importer"))
        began = time.perf_counter()
        for repeated in (False, True):
            async with db.transaction(Scope.tenant(bench.TENANT)):
                sent = await integrations.send_file(bench.ACTOR, command, "lims.xlsx", data, box, LIMITS)
                assert sent[1] is repeated
            job = await _settled(sent[0])
            if not repeated:
                seconds = time.perf_counter() - began
        async with db.transaction(Scope.tenant(bench.TENANT)):
            stored = await db.fetchval("SELECT count(*) FROM measurement WHERE tenant_id = $1", bench.TENANT)
    assert (job["state"], job["rows_stored"], stored) == ("done", ROWS, ROWS)
    return _within(seconds, worker)


async def _settled(job_id: Any) -> Mapping[str, Any]:
    while True:
        async with db.transaction(Scope.tenant(bench.TENANT)):
            job = await integrations.get_import(bench.TENANT, job_id)
        if job["state"] not in ("queued", "running"):
            return job
        await asyncio.sleep(0.2)
