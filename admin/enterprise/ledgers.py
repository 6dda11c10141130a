"""The ledgers of the food safety law, downloaded for the days that are asked for."""

import asyncio
from datetime import timedelta
from typing import Any, get_args
from urllib.parse import quote

from pydantic import Field

from admin.frame import PAGE, PageArgs, Wrong, attempt, show
from admin.wording import today
from i18n import text
from server.core import db
from server.core.errors import NotFound
from server.domains import reports
from server.http.answers import Raw
from server.http.routes import Call, RouteTable

routes = RouteTable("admin_ledgers")
KINDS: tuple[reports.LedgerKind, ...] = get_args(reports.LedgerKind)


class DaysArgs(PageArgs):
    """As the browser sent them; the command says what is wrong with them."""

    start: str | None = Field(None, alias="from", max_length=40)
    end: str | None = Field(None, alias="to", max_length=40)


@routes.get("/admin/ledgers", permission="reports.read", query=DaysArgs, media_type=PAGE)
async def list_ledgers(call: Call) -> Raw:
    return await _page(call)


async def _page(call: Call, wrong: Wrong | None = None, kind: str = "") -> Raw:
    """Begins with this month so far."""
    day = today()
    kept: dict[str, Any] = {"from": call.query.start or day.replace(day=1), "to": call.query.end or day}
    last = day.replace(day=1) - timedelta(days=1)
    months = [(day.replace(day=1), day, "this_month"), (last.replace(day=1), last, "last_month"), (day.replace(month=1, day=1), day, "this_year")]  # fmt: skip
    return await show(
        call, "ledgers.html", section="ledgers", status=wrong.status if wrong else 200, kinds=KINDS, wrong=wrong, kept=kept,
        open_form=kind, months=months,
    )  # fmt: skip


@routes.get(
    "/admin/ledgers/{kind}", permission="reports.read", query=DaysArgs, media_type=reports.OFFICE["xlsx"],
    own_transaction=True,
)  # fmt: skip
async def ledger(call: Call) -> Raw:
    """The file; the page again where these days cannot be had."""
    kind: Any = call.path["kind"]
    if kind not in KINDS:
        raise NotFound
    query: DaysArgs = call.query

    async def rows() -> tuple[reports.Period, list[Any], str]:
        days = {name: value for name, value in (("from", query.start), ("to", query.end)) if value}
        period = reports.Period.model_validate(days)
        found = await reports.ledger_rows(call.actor.tenant, kind, period.start, period.end)
        return period, list(found), await db.fetchval("SELECT name FROM tenant WHERE id = $1", call.actor.tenant)

    async with db.transaction(call.actor.scope()):
        done = await attempt(call, rows)
        if isinstance(done, Wrong):
            return await _page(call, done, kind)
    period, found, company = done
    body = await asyncio.to_thread(reports.ledger_xlsx, kind, found, period.start, period.end, company, call.language)
    name = quote(f"{text(f'sheet.ledger_kind.{kind}', call.language)}_{period.start}_{period.end}.xlsx")
    headers = {"Content-Disposition": f"attachment; filename=\"{kind}.xlsx\"; filename*=UTF-8''{name}"}
    return Raw(body, reports.OFFICE["xlsx"], headers=headers)
