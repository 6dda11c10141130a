"""What a phone has gathered comes up: entry by entry, each in a transaction of its own, each with an answer of its own."""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

import orjson
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from miniprogram_api.inspector import examples
from miniprogram_api.inspector.answers import Answer, SyncOut
from server.core import constraints, db
from server.core.clock import now
from server.core.days import ZonedMoment
from server.core.errors import FieldError, Invalid, Problem
from server.core.ids import parse_id
from server.domains.access import BadgeKeys, forgive_tries
from server.domains.quality import phone
from server.http import problems
from server.http.routes import Call, RouteTable

routes = RouteTable("phone_sync")


class Sync(BaseModel):
    """`sent_at`: by the phone's clock, at the moment of sending. `phone`: an id that the installation made for itself.
    An entry that is not well-formed is refused by itself."""

    model_config = ConfigDict(extra="forbid")

    sent_at: ZonedMoment
    phone: UUID
    entries: Annotated[list[dict[str, Any]], Field(min_length=1, max_length=phone.MOST_AT_ONCE)]


@routes.post(
    "/api/v1/phone/sync", permission="phone.deliver", body=Sync, returns=SyncOut, example=examples.SYNC, own_transaction=True,
    keyed=True,
)  # fmt: skip
async def sync(call: Call, body: Sync) -> SyncOut:
    """Store what was entered on a phone. Each entry (and each item of a check) is one transaction and gets one answer, in the
    order sent; a bad one holds up no other, but a check waits until none of its items is refused. Sent again it is `replayed`;
    with another body it is a `conflict` (409): both are kept. `refused`: nothing was stored, the same entry may come again put
    right."""
    clock = phone.Clock(body.sent_at, now())
    sent, answers = _read(body, call)
    badges = {each.signature.badge_id for each, _ in sent.values() if each.signature}
    async with db.transaction(call.actor.scope()):
        courier = await phone.courier_of(call.actor, body.phone, clock, badges)
    keys = BadgeKeys(call.services.settings.file_key)
    signed: dict[UUID, datetime] = {}
    for position in range(len(body.entries)):
        if position in sent:
            answers[position] = await _entry(call, courier, keys, *sent[position], signed)
    if signed:
        async with db.transaction(call.actor.scope()):
            await forgive_tries(call.actor.tenant, signed, clock.skew)
    return SyncOut(
        received_at=clock.received_at, skew_seconds=int(clock.skew.total_seconds()), skewed=clock.skewed,
        answers=[answer for position in sorted(answers) for answer in answers[position]],
    )  # fmt: skip


def _read(body: Sync, call: Call) -> tuple[dict[int, tuple[phone.SentEntry, list[phone.Row]]], dict[int, list[Answer]]]:
    """By position: what could be read, and the answers to what could not."""
    sent, answers = {}, {}
    total = 0
    for position, raw in enumerate(body.entries):
        try:
            each = phone.SentEntry.model_validate(raw)
            entry = each.entry or phone.PhoneEntry.model_validate(_json(each.text or ""))
        except (ValidationError, Invalid) as error:
            problem = error if isinstance(error, Problem) else problems.of_validation(error)
            answers[position] = [Answer.refused(_id_in(raw), problem, call.language)]
            continue
        rows = phone.rows_of(entry, each.text)
        total += len(rows)
        sent[position] = (each, rows)
    if total > phone.MOST_AT_ONCE:
        raise Invalid([FieldError("entries", "too_many_entries", {"most": phone.MOST_AT_ONCE})])
    return sent, answers


def _json(text: str) -> Any:
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError:
        raise Invalid([FieldError("text", "malformed_json")]) from None


def _id_in(raw: dict[str, Any]) -> UUID | None:
    """The id of an entry that cannot be read, so that the phone knows which one is meant."""
    entry = raw.get("entry")
    if entry is None and isinstance(raw.get("text"), str):
        try:
            entry = orjson.loads(raw["text"])
        except orjson.JSONDecodeError:
            return None
    given = entry.get("entry_id") if isinstance(entry, dict) else None
    return parse_id(given) if isinstance(given, str) else None


async def _entry(
    call: Call,
    courier: phone.Courier,
    keys: BadgeKeys,
    sent: phone.SentEntry,
    rows: list[phone.Row],
    signed: dict[UUID, datetime],
) -> list[Answer]:
    """`signed`: gathers when each badge last signed rightly with the PIN it has now."""
    try:
        author = phone.author_of(courier, sent, keys)
    except Problem as problem:
        return [Answer.refused(row.entry.entry_id, problem, call.language) for row in rows]
    if author.signature is not None and not author.flags:
        badge_id, at = author.signature.badge_id, rows[-1].entry.captured_at
        signed[badge_id] = max(at, signed.get(badge_id, at))
    answers: list[Answer] = []
    for row in rows:
        if row.check_id == row.entry.entry_id and any(each.outcome == "refused" for each in answers):
            answers.append(Answer.refused(row.check_id, phone.CheckWaits(), call.language))
        else:
            answers.append(await _row(call, courier, author, row))
    return answers


async def _row(call: Call, courier: phone.Courier, author: phone.Author, row: phone.Row) -> Answer:
    """One transaction; what the database cannot do now goes up to the guard, and the phone sends all of it again."""
    entry_id = row.entry.entry_id
    try:
        async with db.transaction(call.actor.scope()):
            delivered = await phone.deliver(courier, author, row)
    except phone.Practised as practised:
        delivered = practised.delivered
    except Problem as problem:
        return Answer.refused(entry_id, problem, call.language)
    except ValidationError as error:
        return Answer.refused(entry_id, problems.of_validation(error), call.language)
    except Exception as error:
        problem_of = constraints.problem_of(error)
        if problem_of is None:
            raise
        return Answer.refused(entry_id, problem_of, call.language)
    return Answer.of(entry_id, delivered, call.language)
