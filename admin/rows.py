"""Forms with rows (`lines.0.quantity`) and forms that bring a file: from what a browser sent to what a command takes."""

from collections.abc import Iterable, Mapping
from typing import Any
from uuid import UUID

from sanic.request import File

from admin.frame import Wrong, form
from server.core.pictures import bare
from server.domains import quality
from server.http.routes import Call

Row = dict[str, str]
BLANK_ROWS = 3
MORE_ROWS = 5


def rows_of(call: Call, name: str, by: Iterable[str] | None = None) -> dict[int, Row]:
    """The rows of a posted list by their number on the page, without blank fields. `by`: a row that has none of these
    fields was left blank, whatever else its choices say."""
    found: dict[int, Row] = {}
    for key, value in form(call).items():
        head, _, rest = key.partition(".")
        number, _, field = rest.partition(".")
        if head == name and field and number.isascii() and number.isdigit() and len(number) < 4:
            found.setdefault(int(number), {})[field] = value
    wanted = None if by is None else set(by)
    kept = {number: row for number, row in found.items() if wanted is None or wanted & row.keys()}
    return dict(sorted(kept.items()))


def as_on_page(wrong: Wrong, name: str, rows: Mapping[int, Any]) -> Wrong:
    """The same refusal with the rows of `name` numbered as the page has them, for blank rows were not sent on."""
    numbers = list(rows)
    moved: dict[str, str] = {}
    for path, line in wrong.paths.items():
        head, _, rest = path.partition(".")
        number, _, field = rest.partition(".")
        if head == name and number.isdigit() and int(number) < len(numbers):
            path = f"{head}.{numbers[int(number)]}" + (f".{field}" if field else "")
        moved[path] = line
    wrong.paths = moved
    return wrong


def shown_rows(call: Call, name: str) -> list[Row]:
    """The rows as they are shown again, with blank ones below; more of them where the button for that was pressed."""
    rows = rows_of(call, name)
    last = max(rows, default=-1)
    more = MORE_ROWS if form(call).get("more") else 0
    return [rows.get(number, {}) for number in range(max(last + 1 + more, BLANK_ROWS))]


def sent_file(call: Call, name: str) -> File | None:
    """The file of this field; None where nobody chose one."""
    file: File | None = call.request.files.get(name) if call.request.files else None
    return file if file is not None and file.body else None


async def keep_file(
    call: Call, name: str, title: str | None = None, *, is_shown: bool = False
) -> quality.Attachment | None:
    """The file of this field as an attachment; None where nobody chose one. `is_shown`: a picture for everybody, kept without
    what a camera wrote beside it. Raises FileTooLarge, FileRefused."""
    file = sent_file(call, name)
    return None if file is None else await _keep(call, file, title, is_shown=is_shown)


async def keep_files(call: Call, name: str) -> list[UUID]:
    """All files of this field as attachments, in their order. Raises FileTooLarge, FileRefused, and Forbidden where
    files were chosen by somebody who may not bring any."""
    files: list[File] = call.request.files.getlist(name) or [] if call.request.files else []
    chosen = [file for file in files if file.body]
    if chosen:
        call.actor.require("files.write")
    return [(await _keep(call, file, None)).id for file in chosen]


async def _keep(call: Call, file: File, title: str | None, *, is_shown: bool = False) -> quality.Attachment:
    most = call.services.settings.attachment_max_bytes
    plain = (bare(file.body) if is_shown else None) or file.body
    return await quality.store_attachment(
        call.actor, call.services.files, plain, file.name or "", title, most_bytes=most
    )
