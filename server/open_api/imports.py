"""/api/v1/imports: templates to fill in, files sent in, and what became of their rows."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, get_args
from urllib.parse import quote
from uuid import UUID

from pydantic import BaseModel, ConfigDict
from sanic.request import File

from i18n import text
from server.core.errors import FieldError, Invalid, NotFound
from server.domains import integrations
from server.http.answers import Raw
from server.http.paging import PageQuery, decode_cursor, encode_cursor
from server.http.routes import Call, RouteTable
from server.open_api.paged import after_of, next_of

routes = RouteTable("imports")
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_LAST_POSITION = 2**31 - 1


class _Out(BaseModel):
    model_config = ConfigDict(extra="ignore")


class ImportOut(_Out):
    """A file sent in. `rows_done` of `rows_total` is its progress. `rows_stored`: what the rows say is in the system,
    now or from an earlier file; 0 in a dry run, where rows that are neither failed nor left are good.

    `unread_columns`: headers that mean nothing to this kind and were left aside. `repeated`: this very file came in before,
    and what is shown is the job of then. `follows`: an earlier job of this file, whose left over rows alone
    were read. `has_passwords`: one-time passwords wait to be taken.
    """

    id: UUID
    kind: str
    file_name: str
    file_digest: str
    policy: str
    dry_run: bool
    state: str
    rows_total: int | None
    rows_done: int
    rows_stored: int
    rows_failed: int
    follows: UUID | None
    unread_columns: list[str]
    problem: str | None
    problem_text: str | None
    created_at: datetime
    created_by: UUID | None
    creator_name: str
    finished_at: datetime | None
    has_passwords: bool
    repeated: bool = False

    @classmethod
    def of(cls, row: Mapping[str, Any], language: str, *, repeated: bool = False) -> "ImportOut":
        problem = row["problem"]
        words = text(f"error.{problem}", language, **row["params"]) if problem else None
        return cls.model_validate({**row, "problem_text": words, "repeated": repeated})


class ImportPage(_Out):
    items: list[ImportOut]
    next: str | None


class ImportErrorOut(_Out):
    """What is wrong with one cell. `row` as the sheet shows it, the header is a row too; `column` is our name of the
    column and `column_title` what people call it, both null where the whole row is meant."""

    row: int
    column: str | None
    column_title: str | None
    value: str | None
    code: str
    text: str

    @classmethod
    def of(cls, row: Mapping[str, Any], language: str) -> "ImportErrorOut":
        column = row["column_name"]
        title = integrations.title_of(column, language) if column else None
        return cls(
            row=row["row_no"], column=column, column_title=title, value=row["value"], code=row["code"],
            text=text(f"error.{row['code']}", language, **row["params"]),
        )  # fmt: skip


class ImportErrorPage(_Out):
    items: list[ImportErrorOut]
    next: str | None


class OneTimePassword(_Out):
    username: str
    one_time_password: str


class OneTimePasswords(_Out):
    items: list[OneTimePassword]


class ImportQuery(PageQuery):
    kind: integrations.ImportKind | None = None


@routes.get("/api/v1/imports/templates/{kind}", permission="imports.read", media_type=XLSX)
async def get_template(call: Call) -> Raw:
    """The template of a kind of import, in the reader's language."""
    kind = call.path["kind"]
    if kind not in get_args(integrations.ImportKind):
        raise NotFound
    name = text(f"import.kind.{kind}", call.language)
    disposition = f"attachment; filename=\"{kind}.xlsx\"; filename*=UTF-8''{quote(name)}.xlsx"
    return Raw(integrations.make_template(kind, call.language), XLSX, headers={"Content-Disposition": disposition})


@routes.post(
    "/api/v1/imports",
    permission="imports.write",
    upload=True,
    body=integrations.SendFile,
    returns=ImportOut,
    status=202,
)
async def create_import(call: Call, body: integrations.SendFile) -> ImportOut:
    """Send a file in (XLSX, or CSV in UTF-8 or GB 18030); it is carried out as a job.

    The same file sent again answers the job of the first time and changes nothing; so does another policy for it.
    Where rows of it were refused, they alone are read again, by a job that follows the first: what was missing may be
    there now. A dry run, and a file that was refused, may be sent again.
    """
    file: File | None = call.request.files.get("file") if call.request.files else None
    if file is None:
        raise Invalid([FieldError("file", "file_required")])
    settings = call.services.settings
    limits = integrations.FileLimits(
        settings.import_max_file_bytes, settings.import_max_rows, settings.import_max_cell_chars
    )
    job_id, repeated = await integrations.send_file(
        call.actor, body, file.name or "", file.body, call.services.files, limits
    )
    row = await integrations.get_import(call.actor.tenant, job_id)
    return ImportOut.of(row, call.language, repeated=repeated)


@routes.get("/api/v1/imports", permission="imports.read", query=ImportQuery, returns=ImportPage)
async def list_imports(call: Call) -> ImportPage:
    """Files sent in, the newest first."""
    query: ImportQuery = call.query
    rows = await integrations.list_imports(call.actor.tenant, query.kind, after_of(query), query.limit)
    return ImportPage(items=[ImportOut.of(row, call.language) for row in rows], next=next_of(rows, query))


@routes.get("/api/v1/imports/{id}", permission="imports.read", returns=ImportOut)
async def get_import(call: Call) -> ImportOut:
    return ImportOut.of(await integrations.get_import(call.actor.tenant, call.id()), call.language)


@routes.get("/api/v1/imports/{id}/errors", permission="imports.read", query=PageQuery, returns=ImportErrorPage)
async def list_import_errors(call: Call) -> ImportErrorPage:
    """What is wrong with the rows of a file, in the order of the sheet."""
    query: PageQuery = call.query
    rows = await integrations.list_errors(call.actor.tenant, call.id(), _position_of(query), query.limit)
    more = len(rows) == query.limit
    return ImportErrorPage(
        items=[ImportErrorOut.of(row, call.language) for row in rows],
        next=encode_cursor([rows[-1]["position"]]) if more else None,
    )


def _position_of(query: PageQuery) -> int:
    values = decode_cursor(query.after, 1) or [0]
    if not isinstance(values[0], int) or isinstance(values[0], bool) or not 0 <= values[0] <= _LAST_POSITION:
        raise Invalid([FieldError("after", "cursor_invalid")])
    return values[0]


@routes.post("/api/v1/imports/{id}/passwords", permission="access.write", returns=OneTimePasswords)
async def take_passwords(call: Call) -> OneTimePasswords:
    """The one-time passwords of the people that a file brought: handed out once."""
    found = await integrations.take_passwords(call.actor, call.id(), call.services.files)
    return OneTimePasswords(items=[OneTimePassword(username=name, one_time_password=word) for name, word in found])
