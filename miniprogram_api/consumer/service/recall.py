"""`/recall`: is what I hold recalled? Asked by what stands on the pack, answered without a code and without a script."""

from datetime import datetime
from typing import Any, Literal
from urllib.parse import urlencode

from pydantic import BaseModel, ConfigDict, ValidationError

from i18n import text
from miniprogram_api.consumer.service import limits
from miniprogram_api.consumer.service.frame import guarded, language_of, notice, show
from server.core.errors import TooMany
from server.domains import scans
from server.http.answers import Raw, Redirect
from server.http.routes import PUBLIC, Call, RouteTable

routes = RouteTable("recall_lookup")
FIELDS = ("product", "gtin", "lot", "produced_on", "expires_on", "serial")


class RecalledOut(BaseModel):
    """A published recall; `first_serial` and `last_serial` where not the whole lot is recalled."""

    model_config = ConfigDict(from_attributes=True)
    company: str
    product: str
    brand: str | None
    spec: str | None
    lot_no: str
    produced_on: Any
    expires_on: Any
    first_serial: int | None
    last_serial: int | None
    level: int
    reason: str
    what_to_do: str
    published_at: datetime


class RecallAnswer(BaseModel):
    """`outcome`: `affected`, `maybe` (compare with `matches`), `not_listed` (in no published recall as of `as_of`; not: safe) or
    `too_little` (nothing given that names goods). `others`: what else of the product is recalled."""

    outcome: scans.RecallOutcome
    as_of: datetime
    title: str
    explain: str
    matches: list[RecalledOut]
    others: list[RecalledOut]


@routes.get("/recall", permission=PUBLIC, media_type="text/html")
@guarded
async def recall_page(call: Call) -> Raw | Redirect:
    """The form, and below it the answer where something was asked."""
    given = {name: (call.request.args.get(name) or "").strip()[:200] for name in FIELDS}
    if not any(given.values()):
        return show(call, "recall.html", given=given, wrong=(), found=None, report=None)
    if wait := await limits.lookup_wait(call.services.limiter, call.request):
        return notice(call, "wait", 429, wait)
    try:
        query = scans.RecallQuery.model_validate(given)
    except ValidationError as error:
        wrong = {str(each["loc"][0]) for each in error.errors() if each["loc"]}
        return show(call, "recall.html", status=422, given=given, wrong=wrong, found=None, report=None)
    found = await _find(call, query)
    said = {
        "product": given["product"] or given["gtin"],
        "lot": given["lot"],
        "code": given["serial"],
        "source": "recall",
    }
    report = "/report?" + urlencode({name: value for name, value in said.items() if value})
    return show(call, "recall.html", given=given, wrong=(), found=found, report=report)


async def _find(call: Call, query: scans.RecallQuery) -> scans.Finding:
    services = call.services
    async with limits.gate(call.request, "recalls", 1):
        return await scans.look_for_recalls(services.public_pool, services.recorder, query, language_of(call))


class StrictQuery(scans.RecallQuery):
    """Machines are told of a name that nobody knows; a page forgives it."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    lang: Literal["zh_CN", "en"] | None = None


@routes.get("/api/v1/public/recalls", permission=PUBLIC, query=StrictQuery, returns=RecallAnswer)
async def recall_answer(call: Call) -> RecallAnswer:
    """Whether what these words stand on is in a published recall. Counts no scan."""
    if wait := await limits.lookup_wait(call.services.limiter, call.request):
        raise TooMany(retry_after_seconds=wait)
    found, language = await _find(call, call.query), language_of(call)
    return RecallAnswer(
        outcome=found.outcome, as_of=found.as_of,
        title=text(f"recall_lookup.{found.outcome}.title", language), explain=text(f"recall_lookup.{found.outcome}.explain", language),
        matches=[RecalledOut.model_validate(each) for each in found.hits],
        others=[RecalledOut.model_validate(each) for each in found.others],
    )  # fmt: skip
