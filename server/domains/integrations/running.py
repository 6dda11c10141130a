"""Carrying an import out, in a worker.

`good_rows` stores step by step: a step is one transaction that holds its rows, its errors and how far the job is, so a
worker that dies loses nothing and repeats nothing. `all_or_nothing` and dry runs walk the whole file in one transaction,
whose end decides: committed whole, or undone and its errors kept. The job's row is not touched inside, so that its
progress is seen meanwhile.
"""

import asyncio
import gc
import hashlib
import logging
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass, field
from itertools import islice, tee
from operator import itemgetter
from uuid import UUID

import orjson

from server.core import db
from server.core.files import FileBox
from server.domains.integrations import jobs
from server.domains.integrations.cells import CellError, SheetRow, shown, text_of
from server.domains.integrations.columns import LANGUAGES, Layout, example_of, read_header
from server.domains.integrations.consumption import STEP_ROWS as CONSUMPTION_ROWS
from server.domains.integrations.consumption import store_consumption
from server.domains.integrations.gate import FileLimits
from server.domains.integrations.inspections import STEP_ROWS as INSPECTION_ROWS
from server.domains.integrations.inspections import report_of, store_inspections
from server.domains.integrations.jobs import Claimed
from server.domains.integrations.kinds import Kind, Outcome, Work
from server.domains.integrations.material_lots import STEP_ROWS as LOT_ROWS
from server.domains.integrations.material_lots import store_lots
from server.domains.integrations.people import STEP_ROWS as PEOPLE_ROWS
from server.domains.integrations.people import store_people
from server.domains.integrations.problems import ImportFileRefused
from server.domains.integrations.sheets import Cells, Sheet, read_sheet

KINDS: dict[str, Kind] = {
    "material_lots": Kind("chain.write", LOT_ROWS, store_lots),
    "inspections": Kind("quality.record", INSPECTION_ROWS, store_inspections, report_of),
    "consumption": Kind("chain.write", CONSUMPTION_ROWS, store_consumption),
    "users": Kind("access.write", PEOPLE_ROWS, store_people),
}
DRAWING = frozenset({"consumption"})
"""Kinds whose rows draw from stock and have no name of their own by which a second time is known."""
HEARTBEAT_SECONDS = 3.0
log = logging.getLogger(__name__)


@dataclass(slots=True)
class _Progress:
    """Rows looked at in this attempt; None while each step says so itself."""

    rows_seen: int | None = None
    lost: bool = False


class _Undo(Exception):
    """Leaves the one transaction of a dry run, or of a file with errors."""


@dataclass(slots=True)
class _Found:
    """What came of all steps of one attempt."""

    seen: int = 0
    stored: int = 0
    errors: list[CellError] = field(default_factory=list)
    passwords: list[tuple[str, str]] = field(default_factory=list)

    def add(self, rows: int, outcome: Outcome) -> None:
        self.seen += rows
        self.stored += outcome.stored
        self.errors += outcome.errors
        self.passwords += outcome.passwords


async def run_job(job: Claimed, box: FileBox, limits: FileLimits) -> None:
    """Carry a claimed job out to its end. Raises LeaseLost where another worker took it over."""
    if job.attempt > jobs.MOST_ATTEMPTS:
        async with db.transaction(job.actor.scope()):
            await jobs.finish(job, "failed", "import_given_up")
        return
    progress = _Progress()
    async with _heartbeat(job, progress):
        try:
            with _no_collection():
                await _run(job, box, limits, progress)
        except ImportFileRefused as problem:
            async with db.transaction(job.actor.scope()):
                await jobs.finish(job, "refused", problem.code, problem.params)


async def _run(job: Claimed, box: FileBox, limits: FileLimits, progress: _Progress) -> None:
    async with db.transaction(job.actor.scope()):
        data = await jobs.read_file(job, box)
    sheet = await asyncio.to_thread(read_sheet, data, job.format, limits)
    layout, wrong = read_header(job.kind, sheet.header)
    async with db.transaction(job.actor.scope()):
        if layout is None:
            refused = [CellError(sheet.header_row, each.field, None, each.code, dict(each.params)) for each in wrong]
            await jobs.list_errors(job, refused)
            await jobs.finish(job, "refused", "import_header_refused")
            return
        before = await jobs.leftovers(job)
        rows = _rows(job.kind, sheet, layout)
        total = sheet.rows_total
        for each in before:
            rows = _left_over(rows, each)
            total = len(each.refused) + max(0, each.rows_total - each.rows_done)
        await jobs.begin(job, total, layout.unread)
        if job.kind in DRAWING and not job.dry_run and job.follows is None:
            rows, kept = tee(rows)
            if (known := await jobs.same_content(job, _digest(kept))) is not None:
                await jobs.finish(job, "refused", "import_same_content", {"file_name": known})
                return
    work = Work(job.actor, job.id, job.file_digest, job.signed)
    if job.dry_run or job.policy == "all_or_nothing":
        await _run_whole(job, box, work, rows, progress)
    else:
        await _run_steps(job, box, work, rows)


def _digest(rows: Iterator[SheetRow]) -> bytes:
    """Of what the rows say, wherever they stand and however the file was saved."""
    found = hashlib.sha256()
    for row in rows:
        found.update("\x1f".join(map(text_of, row.cells)).encode() + b"\x1e")
    return found.digest()


def _rows(kind: str, sheet: Sheet, layout: Layout) -> Iterator[SheetRow]:
    """The rows in the order of the kind's columns; the template's example row is not one of them."""
    blank = len(sheet.header)
    pick = itemgetter(*(blank if at is None else at for at in layout.positions))
    examples = [example_of(kind, language) for language in LANGUAGES]
    for number, cells in sheet.rows:
        row = SheetRow(number, pick(_padded(cells, blank)))
        if number == sheet.header_row + 1 and _is_example(row, layout, examples):
            continue
        yield row


def _left_over(rows: Iterator[SheetRow], before: jobs.Leftover) -> Iterator[SheetRow]:
    """Of the rows that an earlier job was to store, those it did not."""
    return (row for at, row in enumerate(rows) if at >= before.rows_done or row.number in before.refused)


def _padded(cells: Cells, blank: int) -> list[object]:
    """As wide as the header, and one empty cell for the columns that the sheet does not have."""
    row = list(cells[:blank])
    row += [""] * (blank - len(row) + 1)
    return row


def _is_example(row: SheetRow, layout: Layout, examples: list[tuple[str, ...]]) -> bool:
    given = [index for index, position in enumerate(layout.positions) if position is not None]
    return any(all((shown(row.cells[index]) or "") == example[index] for index in given) for example in examples)


def _steps(kind: Kind, rows: Iterator[SheetRow]) -> Iterator[list[SheetRow]]:
    """The rows in steps; what belongs together stays together, up to twice the size."""
    ahead: list[SheetRow] = []
    while True:
        step = ahead + list(islice(rows, kind.step_rows))
        ahead = []
        if not step:
            return
        if kind.together:
            key = kind.together(step[-1])
            for row in rows:
                if kind.together(row) != key or len(step) >= 2 * kind.step_rows:
                    ahead = [row]
                    break
                step.append(row)
        yield step


async def _ahead(steps: Iterator[list[SheetRow]]) -> AsyncIterator[list[SheetRow]]:
    """The steps, each read in a thread while the one before is stored: the database and the sheet wait for neither."""
    loop = asyncio.get_running_loop()
    coming = loop.run_in_executor(None, next, steps, None)
    try:
        while (step := await coming) is not None:
            coming = loop.run_in_executor(None, next, steps, None)
            yield step
    finally:
        with suppress(Exception):
            await coming


@contextmanager
def _no_collection() -> Iterator[None]:
    """Hundreds of thousands of rows, none of them garbage: looking for some would take a third of the time."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


async def _run_steps(job: Claimed, box: FileBox, work: Work, rows: Iterator[SheetRow]) -> None:
    done = len(list(islice(rows, job.rows_done)))
    kind = KINDS[job.kind]
    async for step in _ahead(_steps(kind, rows)):
        async with db.transaction(job.actor.scope()):
            outcome = await kind.store(work, step)
            done += len(step)
            failed = len({error.row_no for error in outcome.errors})
            await jobs.list_errors(job, outcome.errors)
            sealed = await _seal(job, box, outcome.passwords)
            await jobs.advance(job, done, outcome.stored, failed, sealed)
    async with db.transaction(job.actor.scope()):
        await jobs.finish(job, "done")


async def _run_whole(job: Claimed, box: FileBox, work: Work, rows: Iterator[SheetRow], progress: _Progress) -> None:
    found = _Found()
    with suppress(_Undo):
        async with db.transaction(job.actor.scope()):
            async for step in _ahead(_steps(KINDS[job.kind], rows)):
                found.add(len(step), await KINDS[job.kind].store(work, step))
                progress.rows_seen = found.seen
                if progress.lost:
                    raise jobs.LeaseLost
            if job.dry_run or found.errors:
                raise _Undo
            await _close(job, box, found)
            return
    async with db.transaction(job.actor.scope()):
        await jobs.list_errors(job, found.errors)
        await _close(job, box, found)


async def _close(job: Claimed, box: FileBox, found: _Found) -> None:
    failed = len({error.row_no for error in found.errors})
    kept = not job.dry_run and not failed
    sealed = await _seal(job, box, found.passwords) if kept else None
    await jobs.advance(job, found.seen, found.stored if kept else 0, failed, sealed)
    if job.dry_run or kept:
        await jobs.finish(job, "done")
    else:
        await jobs.finish(job, "refused", "import_rows_refused")


async def _seal(job: Claimed, box: FileBox, passwords: list[tuple[str, str]]) -> bytes | None:
    """The one-time passwords so far, sealed: digest and ciphertext. None where there are no new ones."""
    if not passwords:
        return None
    before = await jobs.sealed_passwords(job)
    known = open_passwords(job.tenant_id, box, before) if before else []
    digest, sealed = box.seal(job.tenant_id, orjson.dumps([*known, *passwords]))
    return digest + sealed


def open_passwords(tenant_id: UUID, box: FileBox, sealed: bytes) -> list[tuple[str, str]]:
    """(username, one-time password) of people imported."""
    return [(username, password) for username, password in orjson.loads(box.open(tenant_id, sealed[:32], sealed[32:]))]


@asynccontextmanager
async def _heartbeat(job: Claimed, progress: _Progress) -> AsyncIterator[None]:
    """Keeps the lease while the job is carried out; started outside any transaction, so that it has its own."""
    beating = asyncio.create_task(_beat(job, progress))
    try:
        yield
    finally:
        beating.cancel()
        with suppress(asyncio.CancelledError):
            await beating


async def _beat(job: Claimed, progress: _Progress) -> None:
    while True:
        await asyncio.sleep(HEARTBEAT_SECONDS)
        try:
            async with db.transaction(job.actor.scope()):
                await jobs.stay(job, progress.rows_seen)
        except jobs.LeaseLost:
            progress.lost = True
            return
        except Exception as error:  # the database may be away for a moment; the lease says what that means
            log.warning("import job=%s: no heartbeat: %s", job.id, type(error).__name__)
