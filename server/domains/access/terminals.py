"""Phones that belong to a line: enrolled once by a code, signed in for nobody; who makes an entry signs it with his badge."""

import re
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from server.core import db
from server.core.actor import Actor
from server.core.clock import now
from server.core.errors import NotFound
from server.core.ids import new_id
from server.domains.access import audit, tokens
from server.domains.access.entry_commands import EnrolTerminal, NewTerminal
from server.domains.access.people import require_person
from server.domains.access.problems import TerminalCodeRefused

CODE_HOURS = 24
_ALPHABET = "ABCDEFGHJKMNPQRSTUVWXYZ23456789"


@dataclass(frozen=True, slots=True)
class Offered:
    """`code` is shown once; who types it into a phone makes that phone the terminal."""

    id: UUID
    code: str
    code_until: datetime


@dataclass(frozen=True, slots=True)
class Enrolled:
    id: UUID
    key: str  # shown once
    name: str
    place_id: UUID | None
    place_name: str | None
    tenant_name: str


async def create_terminal(actor: Actor, command: NewTerminal) -> Offered:
    """A terminal that nobody has enrolled yet, and the code for it."""
    actor.require("access.write")
    require_person(actor)
    offered, digest = _code(new_id())
    await db.execute(
        "INSERT INTO terminal (tenant_id, id, name, place_id, code_digest, code_until, created_by) VALUES ($1, $2, $3, $4, $5, $6, $7)",
        actor.tenant, offered.id, command.name, command.place_id, digest, offered.code_until, actor.id,
    )  # fmt: skip
    await audit.record(actor, "terminal.created", "terminal", offered.id, after=command.model_dump(mode="json"))
    return offered


async def offer_code(actor: Actor, id: UUID) -> Offered:
    """Another code, for a phone that takes the place of the one before: its key ends when the code is used. NotFound."""
    actor.require("access.write")
    require_person(actor)
    offered, digest = _code(id)
    if not await db.execute(
        "UPDATE terminal SET code_digest = $3, code_until = $4 WHERE tenant_id = $1 AND id = $2 AND revoked_at IS NULL",
        actor.tenant, id, digest, offered.code_until,
    ):  # fmt: skip
        raise NotFound
    await audit.record(actor, "terminal.code_offered", "terminal", id, after={"code_until": offered.code_until})
    return offered


def _code(id: UUID) -> tuple[Offered, bytes]:
    plain = "".join(secrets.choice(_ALPHABET) for _ in range(12))
    shown = "-".join(plain[at : at + 4] for at in (0, 4, 8))
    return Offered(id, shown, now() + timedelta(hours=CODE_HOURS)), tokens.digest(plain)


async def enrol_terminal(command: EnrolTerminal, request_id: str, language: str) -> Enrolled:
    """Use the code up. In the system scope: nobody is signed in. TerminalCodeRefused, whatever is wrong with it."""
    plain = re.sub(r"[\s-]", "", command.code).upper()
    row = await db.fetchrow(
        "SELECT x.tenant_id, x.id, x.name, x.place_id, p.name AS place_name, t.name AS tenant_name FROM terminal x"
        " JOIN tenant t ON t.id = x.tenant_id AND t.state = 'active'"
        " LEFT JOIN place p ON p.tenant_id = x.tenant_id AND p.id = x.place_id"
        " WHERE x.code_digest = $1 AND x.code_until > now() AND x.revoked_at IS NULL FOR UPDATE OF x",
        tokens.digest(plain),
    )
    if row is None:
        raise TerminalCodeRefused
    key, digest = tokens.new_api_key(row["tenant_id"], tokens.TERMINAL_MARK)
    await db.execute(
        "UPDATE terminal SET code_digest = NULL, code_until = NULL, key_digest = $3, enrolled_at = now() WHERE tenant_id = $1 AND id = $2",
        row["tenant_id"], row["id"], digest,
    )  # fmt: skip
    actor = Actor(
        "terminal", row["id"], row["name"], row["tenant_id"], None, frozenset(), frozenset(), request_id, language
    )
    await audit.record(actor, "terminal.enrolled", "terminal", row["id"], after={"name": row["name"]})
    return Enrolled(row["id"], key, row["name"], row["place_id"], row["place_name"], row["tenant_name"])


async def list_terminals(actor: Actor) -> list[Any]:
    """Those that were not taken back, in the order of their names."""
    actor.require("access.write")
    return await db.fetch(
        "SELECT x.id, x.name, x.place_id, p.name AS place_name, x.enrolled_at, x.code_until, x.created_at FROM terminal x"
        " LEFT JOIN place p ON p.tenant_id = x.tenant_id AND p.id = x.place_id"
        " WHERE x.tenant_id = $1 AND x.revoked_at IS NULL ORDER BY x.name, x.id LIMIT 500",
        actor.tenant,
    )


async def revoke_terminal(actor: Actor, id: UUID) -> None:
    """From now on it delivers only what was recorded before, which is flagged. NotFound."""
    actor.require("access.write")
    require_person(actor)
    name = await db.fetchval(
        "UPDATE terminal SET revoked_at = now(), code_digest = NULL, code_until = NULL"
        " WHERE tenant_id = $1 AND id = $2 AND revoked_at IS NULL RETURNING name",
        actor.tenant, id,
    )  # fmt: skip
    if name is None:
        raise NotFound
    await audit.record(actor, "terminal.revoked", "terminal", id, before={"name": name})


async def terminal_revoked_at(tenant_id: UUID, id: UUID) -> datetime | None:
    """Since when it is no longer to be trusted."""
    found: datetime | None = await db.fetchval(
        "SELECT revoked_at FROM terminal WHERE tenant_id = $1 AND id = $2", tenant_id, id
    )
    return found
