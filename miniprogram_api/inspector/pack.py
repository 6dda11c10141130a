"""The day on a phone, and what a scan names."""

import hashlib
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, model_validator

from i18n import text
from miniprogram_api.inspector.pack_views import (
    ColleagueOut,
    GaugeOut,
    HandoverOut,
    LimitKeys,
    LimitsOf,
    LotOut,
    MeOut,
    PackOut,
    RulesOut,
    SignerOut,
    TaskOut,
    form_out,
)
from server.core.clock import EDGE, now
from server.domains.access import BadgeKeys
from server.domains.quality import phone
from server.http.answers import Raw
from server.http.routes import Call, RouteTable

routes = RouteTable("phone_pack")


class PackQuery(BaseModel):
    """`place_id`: only lots that stand there, below it, or nowhere."""

    model_config = ConfigDict(extra="forbid")
    place_id: UUID | None = None


class LookupQuery(BaseModel):
    """`text`: as scanned or typed. `last`: how a lot number or its code ends, in place of it."""

    model_config = ConfigDict(extra="forbid")
    text: str | None = Field(None, min_length=1, max_length=2000)
    last: str | None = Field(None, min_length=phone.LEAST_OF_ENDING, max_length=40)
    inspection_id: UUID | None = None

    @model_validator(mode="after")
    def _one(self) -> "LookupQuery":
        if (self.text is None) == (self.last is None):
            raise ValueError("a text or an ending")
        return self


class RefusalOut(BaseModel):
    code: str
    text: str


class LookupOut(BaseModel):
    """An `item` is recorded by its code, a `lot` by its id. `due`: the one thing due on it now, or the task that was named.
    `refusal`: why it does not belong to that task. For `last`, and for a number that several lots bear: `items` alone."""

    kind: str | None = None
    code: str | None = None
    lot: LotOut | None = None
    state: str | None = None
    due: TaskOut | None = None
    belongs: bool | None = None
    refusal: RefusalOut | None = None
    items: list[LotOut] = []


@routes.get("/api/v1/phone/pack", permission="phone.enter", query=PackQuery, returns=PackOut)
async def get_pack(call: Call) -> Raw:
    """All that is needed for a day without a network. With `If-None-Match` of the last one: 304 while nothing has changed."""
    pack = await phone.pack_of(call.actor, call.query.place_id, BadgeKeys(call.services.settings.file_key))
    body = _pack(call, pack).model_dump_json(by_alias=True).encode()
    tag = f'"{hashlib.sha256(body).hexdigest()[:32]}"'
    headers = {"ETag": tag, "Cache-Control": "private, no-cache", "Vary": "Authorization, Cookie, Accept-Language"}
    if tag in call.request.headers.get("if-none-match", ""):
        return Raw(b"", "application/json", 304, headers)
    return Raw(body, "application/json", headers=headers)


def _pack(call: Call, pack: phone.Pack) -> PackOut:
    keys = LimitKeys()
    versions = {form.row["form_id"]: form for form in pack.forms}
    due: dict[UUID, list[UUID]] = {}
    for task in pack.tasks:
        if task["lot_id"]:
            due.setdefault(task["lot_id"], []).append(task["id"])
    user_id = call.actor.id
    return PackOut(
        day=now().astimezone(EDGE).date(), language=call.language, me=MeOut.of(call.actor, pack.here),
        rules=RulesOut(
            photo_most_bytes=call.services.settings.attachment_max_bytes, gauge_overdue=pack.gauge_overdue,
            late_after_minutes=pack.late_after_minutes,
        ),
        lots=[LotOut.of(row, call.language, due.get(row["id"], ())) for row in pack.lots],
        inspections=[_task(task, versions.get(task["form_id"]), pack, keys, call.language) for task in pack.tasks],
        forms=[form_out(form, pack, keys, call.language) for form in pack.forms],
        limits_of=_limits_of(pack, keys),
        limits=keys.by_key,
        gauges=[GaugeOut(**row) for row in pack.gauges],
        colleagues=[ColleagueOut(**row) for row in pack.colleagues],
        handovers=[
            HandoverOut(**row) for row in pack.handovers if call.actor.kind == "terminal" or user_id in (row["to_user_id"], row["from_user"])
        ],
        signers=[SignerOut.of(each) for each in pack.signers],
    )  # fmt: skip


def _task(
    task: dict[str, object], form: phone.FormPack | None, pack: phone.Pack, keys: LimitKeys, language: str
) -> TaskOut:
    if form is None:
        return TaskOut.of(task, None, None, language)
    product_id, step_id = task["product_id"], task["step_id"]
    assert product_id is None or isinstance(product_id, UUID)
    assert step_id is None or isinstance(step_id, UUID)
    limits = keys.add(pack.specified.limits_of(form, product_id, step_id))
    return TaskOut.of(task, form.row["id"], limits, language)


def _limits_of(pack: phone.Pack, keys: LimitKeys) -> list[LimitsOf]:
    """Where the limits of a product differ from those of the form alone."""
    found = []
    for form in pack.forms:
        if form.row["subject_kind"] != "lot" or not form.bound:
            continue
        alone = keys.add(pack.specified.limits_of(form, None, None))
        products = {form.row["product_id"]} if form.row["product_id"] else {lot["product_id"] for lot in pack.lots}
        for product_id in sorted(products):
            key = keys.add(pack.specified.limits_of(form, product_id, None))
            if key != alone:
                found.append(LimitsOf(form_version_id=form.row["id"], product_id=product_id, key=key))
    return found


@routes.get("/api/v1/phone/lookup", permission="phone.enter", query=LookupQuery, returns=LookupOut)
async def look_up(call: Call) -> LookupOut:
    """What was scanned or typed: a lot or an item of ours, how it stands, what is due on it, and whether it belongs to a
    task. Unknown: 404 `code_not_known`. A number that several lots at hand bear: those, as `items` alone. By `last`: the lots
    due here whose number or code ends so."""
    query, actor = call.query, call.actor
    if query.last is not None:
        return LookupOut(
            items=[LotOut.of(row, call.language) for row in await phone.lots_ending(actor.tenant, query.last)]
        )
    if query.inspection_id is None and (several := await phone.namesakes(actor.tenant, query.text)):
        return LookupOut(items=[LotOut.of(row, call.language) for row in several])
    found = await phone.look_up(actor.tenant, query.text, query.inspection_id, actor.id)
    refusal = None
    if found.refused_for is not None:
        words = {"lot_no": found.lot["lot_no"], "wanted": found.refused_for}
        refusal = RefusalOut(code="item_of_other_lot", text=text("inspector.other_lot", call.language, **words))
    lot = LotOut.of(found.lot, call.language, [found.due["id"]] if found.due else ())
    due = TaskOut.of(found.due, None, None, call.language) if found.due else None
    return LookupOut(
        kind=found.kind, code=found.code, lot=lot, state=lot.state, due=due, belongs=refusal is None, refusal=refusal
    )
