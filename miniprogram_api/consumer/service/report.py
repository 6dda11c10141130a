"""`/report`: something is wrong with what I bought. One form, no account, no script needed."""

from itertools import groupby
from typing import Any, get_args
from urllib.parse import urlencode

from pydantic import ValidationError
from sanic import HTTPResponse
from sanic.request import File

from i18n import has_key, text
from miniprogram_api.consumer.service import limits
from miniprogram_api.consumer.service.filing import take_in
from miniprogram_api.consumer.service.frame import HEADERS, STATIC, guarded, language_of, notice, show, static_file
from server.core.errors import Problem, TooMany
from server.core.ids import new_id
from server.domains import scans
from server.domains.scans import complaints
from server.http import problems
from server.http.answers import Raw, Redirect
from server.http.routes import PUBLIC, Call, RouteTable

routes = RouteTable("report")
TOPICS: tuple[str, ...] = get_args(complaints.Topic)
_ABOUT = ("code", "product", "lot", "source")
_TYPED = ("topic", "words", "city", "contact", "product", "lot")
TRAP = "website"
"""A field that people do not see: what fills it in is no person, as a rule."""


REPORT = "report"
"""What stands behind the `?` of a code's address where somebody wants to report it: the pages of codes are the same bytes for many, so they
link to themselves. It is no scan."""


def report_of(code: str) -> HTTPResponse:
    """On to the form about this code."""
    said = urlencode({"source": "scan", "code": code[:200]})
    return HTTPResponse(b"", 303, {**HEADERS, "Location": f"/report?{said}"})


@routes.get("/report", permission=PUBLIC, media_type="text/html")
@guarded
async def report_page(call: Call) -> Raw | Redirect:
    given = {name: (call.request.args.get(name) or "")[:200] for name in (*_ABOUT, *_TYPED)}
    return _page(call, given | {"entry_id": str(new_id())})


def _page(call: Call, given: dict[str, str], wrong: dict[str, str] | None = None, status: int = 200) -> Raw:
    language = language_of(call)
    by_province = [
        (name, list(group))
        for name, group in groupby(scans.cities().values(), key=lambda city: city.province(language))
    ]
    return show(
        call, "report.html", status=status, locating=True, given=given, wrong=wrong or {}, topics=TOPICS, provinces=by_province,
        most=complaints.MOST_PHOTOS, most_mib=call.services.settings.attachment_max_bytes // (1024 * 1024),
        picked=given.get("topic") or ("recall" if given.get("source") == "recall" else "counterfeit" if given.get("source") == "unknown" else "quality"),
        cities_json=STATIC.url("cities.json"),
    )  # fmt: skip


@routes.post("/report", permission=PUBLIC, media_type="text/html")
@guarded
async def send_report(call: Call) -> Raw | Redirect:
    """Stored, and on to the ticket; what cannot be stored comes back with the reason, and nothing typed is lost."""
    if wait := await limits.sender_wait(call.services.limiter, call.request):
        return notice(call, "many", 429, wait)
    form: dict[str, Any] = dict((call.request.form or {}).items())
    given = {name: (form.get(name) or [""])[0].strip() for name in ("entry_id", *_ABOUT, *_TYPED)}
    trapped = bool((form.get(TRAP) or [""])[0])
    language = language_of(call)
    try:
        command = complaints.FileComplaint.model_validate(given | {"source": given["source"] or "other"})
        filed = await take_in(call, command, _photos(call), language, doubtful=trapped)
    except TooMany as busy:
        return notice(call, "many", 429, busy.retry_after_seconds)
    except (Problem, ValidationError) as error:
        return _page(call, given | {"entry_id": str(new_id())}, _words(error, language), 422)
    chosen = f"&lang={language}" if call.request.args.get("lang") else ""
    return Redirect(f"/ticket/{filed.ticket}?new=1{chosen}", HEADERS)


def _photos(call: Call) -> list[bytes]:
    """The files that were chosen; a browser sends an empty one where none was. PictureRefused where they are too many."""
    files = call.request.files.getlist("photos", []) if call.request.files else []
    sent = [file.body for file in files if isinstance(file, File) and file.body]
    if len(sent) > complaints.MOST_PHOTOS:
        raise TooManyPhotos(field="photos", most=complaints.MOST_PHOTOS)
    return sent


class TooManyPhotos(Problem):
    status = 422
    code = "photos_too_many"


def _words(error: Problem | ValidationError, language: str) -> dict[str, str]:
    """What is wrong with which field; what names no field stands at the words."""
    problem = problems.of_validation(error) if isinstance(error, ValidationError) else error
    found: dict[str, str] = {}
    for each in problem.errors:
        name = each.field if each.field in (*_TYPED, "photos") else "words"
        own = f"report.wrong.{each.code}" if has_key(f"report.wrong.{each.code}") else None
        found.setdefault(name, text(own, language) if own else problems.said(each.code, language, each.params))
    return found or {"words": problems.said(problem.code, language, problem.params)}


routes.get(f"{STATIC.prefix}/{{name}}", permission=PUBLIC, bare=static_file, media_type="application/octet-stream")(
    static_file
)
