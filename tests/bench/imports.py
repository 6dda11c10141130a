"""100,000 inspection results from XLSX: taken in, gated, carried out by the role's own code, judged and stored.

Baseline, in the same run: python-calamine reads the same file, and the very record and measurement rows that the import
made are copied into the same tables, by the superuser, past all policies.
"""

import asyncio
import gc
import io
import resource
import time
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any, NamedTuple
from uuid import UUID

import asyncpg
import xlsxwriter
from python_calamine import CalamineWorkbook

from server.core import db
from server.core.actor import Actor
from server.core.files import FileBox
from server.core.scope import Scope
from server.domains import integrations, quality
from server.domains.access import permissions_of
from server.wiring import MODELS
from tests.bench.harness import Bench, DataSet, Figure, figure, median, note, settle
from workers.importer import import_round

TENANT = UUID("01980000-0000-7000-8000-0000000000a1")
PRODUCT = UUID("01980000-0000-7000-8000-0000000000a2")
USER = UUID("01980000-0000-7000-8000-0000000000a3")
ROWS, RESULTS_A_REPORT = 100_000, 5
REPORTS = ROWS // RESULTS_A_REPORT
RUNS = 3
ROLES = frozenset({"quality_manager"})
ACTOR = Actor("user", USER, "bench", TENANT, None, ROLES, permissions_of(ROLES), "bench")
LIMITS = integrations.FileLimits(50 * 1024 * 1024, 200_000, 4_000)
CHARACTERISTICS = (
    ("Pb", "铅", "mg/kg"),
    ("As", "砷", "mg/kg"),
    ("H2O", "水分", "%"),
    ("PRO", "蛋白质", "g/100g"),
    ("pH", "酸碱度", None),
)
WRITTEN = ("measurement", "record", "lot_quality", "import_error", "import_job", "outbox")
HEADER = ("表单编码", "批号", "产品编码", "检验项目", "检验结果", "单位", "取样时间", "报告编号", "检验人", "复核人")


class Run(NamedTuple):
    """Seconds: the import whole, of it the gate and taking in; reading and copying alone."""

    whole: float
    sending: float
    reading: float
    copying: float

    @property
    def baseline(self) -> float:
        return self.reading + self.copying


def measure(bench: Bench) -> Iterator[Figure]:
    data = bench.data_set("imports", build, version=2)
    box = FileBox(bench.settings(data).file_key)
    runs = asyncio.run(_measure(data, box))
    best = sorted(runs, key=lambda run: run.whole / run.baseline)[len(runs) // 2]
    note(
        f"  of it sending and gate {best.sending:.2f} s; baseline: reading {best.reading:.2f} s, copying {best.copying:.2f} s"
    )
    note(
        f"  most memory of this process {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024} MiB (baseline's rows included)"
    )
    yield figure(
        "import", median([run.whole for run in runs]), "s", median([run.baseline for run in runs]),
        ratio_at_most=2.5, value_at_most=60,
    )  # fmt: skip


async def build(data: DataSet) -> None:
    """One enterprise, one product with 20,000 lots, five characteristics with limits, one form."""
    connection = await asyncpg.connect(data.superuser_dsn)
    try:
        await connection.execute(
            "INSERT INTO tenant (id, name, credit_code, division_code) VALUES ($1, 'bench', '91330106MA00000001', '330106')",
            TENANT,
        )
        await connection.execute(
            "INSERT INTO product (tenant_id, id, kind, sku, name, unit) VALUES ($1, $2, 'finished', 'MILK', '纯牛奶', 'kg')",
            TENANT,
            PRODUCT,
        )
        await connection.execute(
            "INSERT INTO lot (tenant_id, kind, product_id, lot_no, quantity, unit)"
            " SELECT $1, 'finished', $2, 'L' || lpad(n::text, 6, '0'), 100, 'kg' FROM generate_series(0, $3 - 1) n",
            TENANT, PRODUCT, REPORTS,
        )  # fmt: skip
    finally:
        await connection.close()
    await db.open_pool(data.app_dsn, MODELS, size=1)
    try:
        async with db.transaction(Scope.tenant(TENANT)):
            await _define()
    finally:
        await db.close()


async def _define() -> None:
    fields = {}
    for code, name, unit in CHARACTERISTICS:
        made = await quality.define_characteristic(
            ACTOR, quality.NewCharacteristic(code=code, name=name, unit=unit, result_kind="number")
        )
        limits: Any = {"legal": {"high": "0.5"}, "internal": {"high": "0.09"}, "warning": {"high": "0.08"}}
        await quality.define_specification(
            ACTOR,
            quality.NewSpecification.model_validate(
                {"characteristic_id": made, "product_id": PRODUCT, "limits": limits}
            ),
        )
        fields[code] = {"characteristic_id": made}
    schema = {"type": "object", "required": ["Pb"], "properties": {code: {} for code, *_ in CHARACTERISTICS}}
    form = {"code": "LIMS", "name": "检验数据", "stage": "testing", "schema": schema, "ui": {"fields": fields}}
    await quality.define_form(ACTOR, quality.NewForm.model_validate(form))


def make_file() -> bytes:
    """What a laboratory system exports: three significant digits, a time for every report, a row in fifty a text such as <0.01."""
    target = io.BytesIO()
    book = xlsxwriter.Workbook(target, {"in_memory": True})
    sheet, moment = book.add_worksheet(), book.add_format({"num_format": "yyyy-mm-dd hh:mm"})
    sheet.write_row(0, 0, HEADER)
    start = datetime(2026, 3, 1, 8)  # noqa: DTZ001 - a sheet's times have no zone
    for number in range(ROWS):
        report, place = divmod(number, RESULTS_A_REPORT)
        code, _, unit = CHARACTERISTICS[place]
        value = "<0.01" if number % 50 == 0 else number * 7919 % 997 / 10_000
        sheet.write_row(number + 1, 0, ("LIMS", f"L{report:06d}", "MILK", code, value, unit or ""))
        sheet.write_datetime(number + 1, 6, start + timedelta(minutes=report), moment)
        sheet.write_row(number + 1, 7, (f"R{report:06d}", "王芳", "李强"))
    book.close()
    return target.getvalue()


async def _measure(data: DataSet, box: FileBox) -> list[Run]:
    file = make_file()
    await db.open_pool(data.app_dsn, MODELS, size=2)
    superuser = await asyncpg.connect(data.superuser_dsn)
    try:
        runs = []
        for _ in range(RUNS):
            runs.append(await _run(data, superuser, box, file))
        return runs
    finally:
        await superuser.close()
        await db.close()


async def _run(data: DataSet, superuser: "asyncpg.Connection[Any]", box: FileBox, file: bytes) -> Run:
    await _empty(data, superuser)
    gc.collect()
    started = time.perf_counter()
    async with db.transaction(Scope.tenant(TENANT)):
        command = integrations.SendFile(kind="inspections", policy="all_or_nothing")
        job_id, _ = await integrations.send_file(ACTOR, command, "lims.xlsx", file, box, LIMITS)
    sent = time.perf_counter()
    assert await import_round(box, LIMITS)
    ended = time.perf_counter()
    async with db.transaction(Scope.tenant(TENANT)):
        job = await integrations.get_import(TENANT, job_id)
    assert (job["state"], job["rows_stored"]) == ("done", ROWS), dict(job)
    rows = {table: await _rows_of(superuser, table) for table in ("record", "measurement")}
    assert (len(rows["record"][1]), len(rows["measurement"][1])) == (REPORTS, ROWS)
    await _empty(data, superuser)
    reading, copying = await _baseline(superuser, file, rows)
    return Run(ended - started, sent - started, reading, copying)


Rows = tuple[list[str], list[tuple[Any, ...]]]


async def _rows_of(superuser: "asyncpg.Connection[Any]", table: str) -> Rows:
    found = await superuser.fetch(f"SELECT * FROM {table} WHERE tenant_id = $1 ORDER BY ctid", TENANT)
    return list(found[0].keys()), [tuple(row) for row in found]


async def _baseline(superuser: "asyncpg.Connection[Any]", file: bytes, rows: dict[str, Rows]) -> tuple[float, float]:
    gc.collect()
    started = time.perf_counter()
    read = CalamineWorkbook.from_filelike(io.BytesIO(file)).get_sheet_by_index(0).to_python()
    assert len(read) == ROWS + 1
    opened = time.perf_counter()
    async with superuser.transaction():
        for table, (columns, records) in rows.items():
            await superuser.copy_records_to_table(table, records=records, columns=columns)
    return opened - started, time.perf_counter() - opened


async def _empty(data: DataSet, superuser: "asyncpg.Connection[Any]") -> None:
    """TRUNCATE would take the lots along: they may name a concession, and that a record."""
    await superuser.execute("SET session_replication_role = replica")
    for table in WRITTEN:
        await superuser.execute(f"DELETE FROM {table}")
    await superuser.execute("RESET session_replication_role")
    await settle(data)
    for table in WRITTEN:
        await superuser.execute(f"REINDEX TABLE {table}")
