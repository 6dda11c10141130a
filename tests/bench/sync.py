"""sync: a thousand entries that waited on a phone, delivered to one server in batches of two hundred.

Baseline, in the same run: the same rows through the record service alone, a transaction each, on a connection of this process.
"""

import time
from collections.abc import Iterator, Sequence
from datetime import timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import httpx
import uvloop

from server.core import db
from server.core.actor import Actor
from server.core.clock import now
from server.core.ids import new_id
from server.core.scope import Scope
from server.domains import chain, quality
from server.domains.access import tokens
from server.domains.chain import master, models
from server.domains.chain.master import commands as master_commands
from server.wiring import MODELS
from tests.bench.harness import Bench, DataSet, Figure, figure, median, note, settle
from tests.bench.load import APP, serving
from workers.http import collect_rarely

TENANT, USER, SESSION = (UUID(f"00000000-0000-7000-8000-{n:012x}") for n in (1, 2, 3))
LOTS, ENTRIES, BATCH, RUNS, WARM = 40, 1_000, 200, 3, 200
NAMES = ("fat", "protein", "acid", "look")
VALUES = {"fat": "3.45", "protein": "3.12", "acid": "14.2", "look": "好"}
RIGHTS = frozenset({"quality.record", "quality.define", "chain.master", "chain.write"})
ACTOR = Actor("user", USER, "检验员", TENANT, None, frozenset({"inspector"}), RIGHTS, "bench")


def measure(bench: Bench) -> Iterator[Figure]:
    data = bench.data_set("sync", build, version=1)
    with serving(APP, 1, bench.environment(data, TRACE_HTTP_WORKERS="1")) as url:
        claims = tokens.Claims(SESSION, USER, TENANT, None)
        token = tokens.encode(claims, bench.settings(data).token_key)
        yield uvloop.run(_measure(data, url, token))


async def _measure(data: DataSet, url: str, token: str) -> Figure:
    collect_rarely()
    await db.open_pool(data.app_dsn, MODELS, size=2)
    ours: list[float] = []
    theirs: list[float] = []
    try:
        lots, version_id = await _facts()
        headers = {"Authorization": f"Bearer {token}"}
        async with httpx.AsyncClient(base_url=url, headers=headers, trust_env=False, timeout=120) as phone:
            await _ours(phone, lots, version_id, WARM)
            await _theirs(lots, version_id, WARM)
            for run in range(RUNS):
                await settle(data)
                theirs.append(await _theirs(lots, version_id, ENTRIES))
                await settle(data)
                ours.append(await _ours(phone, lots, version_id, ENTRIES))
                note(f"  run {run + 1}: {ENTRIES} entries in {ours[-1]:.2f} s, bare service {theirs[-1]:.2f} s")
    finally:
        await db.close()
    return figure("sync", median(ours), "s", median(theirs), ratio_at_most=2)


async def _ours(phone: httpx.AsyncClient, lots: Sequence[UUID], version_id: UUID, count: int) -> float:
    """Seconds until every entry is acknowledged."""
    made = now() - timedelta(hours=72)
    entries: list[Any] = [
        {"entry": {
            "entry_id": str(new_id()), "seq": n, "captured_at": (made + timedelta(seconds=90 * n)).isoformat(),
            "form_version_id": str(version_id), "lot_id": str(lots[n % len(lots)]), "values": VALUES,
        }}
        for n in range(count)
    ]  # fmt: skip
    installation, stored = str(new_id()), 0
    started = time.perf_counter()
    for first in range(0, count, BATCH):
        body = {"sent_at": now().isoformat(), "phone": installation, "entries": entries[first : first + BATCH]}
        answer = await phone.post("/api/v1/phone/sync", json=body)
        stored += sum(each["outcome"] == "stored" for each in answer.json()["answers"])
    took = time.perf_counter() - started
    if stored != count:
        raise SystemExit(f"{stored} of {count} entries were stored")
    return took


async def _theirs(lots: Sequence[UUID], version_id: UUID, count: int) -> float:
    """Seconds for the same through the service."""
    made = now() - timedelta(hours=72)
    commands = [
        quality.NewRecord(
            form_version_id=version_id, lot_id=lots[n % len(lots)], values=VALUES, source="phone",
            captured_at=made + timedelta(seconds=90 * n),
        )
        for n in range(count)
    ]  # fmt: skip
    started = time.perf_counter()
    for command in commands:
        async with db.transaction(Scope.tenant(TENANT)):
            await quality.record_entry(ACTOR, command)
    return time.perf_counter() - started


async def _facts() -> tuple[list[UUID], UUID]:
    async with db.transaction(Scope.tenant(TENANT)):
        lots = await db.fetch("SELECT id FROM lot WHERE tenant_id = $1 ORDER BY id", TENANT)
        version_id = await db.fetchval("SELECT id FROM form_version WHERE tenant_id = $1", TENANT)
    return [row["id"] for row in lots], version_id


async def build(data: DataSet) -> None:
    """One enterprise with an inspector who is signed in, forty lots, and a form that judges three numbers and a look."""
    await db.open_pool(data.app_dsn, MODELS, size=1)
    try:
        async with db.transaction(Scope.system()):
            await _people()
        async with db.transaction(Scope.tenant(TENANT)):
            await _goods()
    finally:
        await db.close()


async def _people() -> None:
    await db.execute(
        "INSERT INTO tenant (id, name, credit_code, division_code) VALUES ($1, 'Bench', '91330106BENCH00001', '330106')",
        TENANT,
    )
    await db.execute(
        "INSERT INTO user_account (id, username, password_hash, display_name) VALUES ($1, 'inspector', '-', '检验员')",
        USER,
    )
    membership = await db.fetchval(
        "INSERT INTO membership (user_id, tenant_id, roles) VALUES ($1, $2, '{inspector}') RETURNING id", USER, TENANT
    )
    await db.execute(
        "INSERT INTO session (id, user_id, membership_id, expires_at) VALUES ($1, $2, $3, now() + interval '10 years')",
        SESSION, USER, membership,
    )  # fmt: skip


async def _goods() -> None:
    command = master_commands.NewProduct.model_validate({"kind": "finished", "sku": "A", "name": "A", "unit": "kg"})
    product_id = await master.create(ACTOR, models.Product, command)
    for n in range(LOTS):
        lot = chain.NewLot(kind="finished", product_id=product_id, lot_no=f"L{n:03}", quantity=Decimal(1000), unit="kg")
        await chain.create_lot(ACTOR, lot)
    fields = {}
    for name in NAMES:
        numeric = name != "look"
        what = {"code": name, "name": name, "result_kind": "number"} if numeric else {
            "code": name, "name": name, "result_kind": "option", "options": ("好", "坏")
        }  # fmt: skip
        id = await quality.define_characteristic(ACTOR, quality.NewCharacteristic.model_validate(what))
        limits = (
            {"legal": {"low": "1"}, "internal": {"low": "2", "high": "20"}}
            if numeric
            else {"internal": {"allowed": ["好"]}}
        )
        specification = {"characteristic_id": id, "product_id": product_id, "limits": limits}
        await quality.define_specification(ACTOR, quality.NewSpecification.model_validate(specification))
        fields[name] = {"characteristic_id": id}
    form = {
        "code": "F", "name": "F", "stage": "testing", "ui": {"fields": fields},
        "schema": {"type": "object", "required": list(NAMES), "properties": {name: {} for name in NAMES}},
    }  # fmt: skip
    await quality.define_form(ACTOR, quality.NewForm.model_validate(form))
