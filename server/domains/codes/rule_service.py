"""Coding rules of an enterprise: made, given a next version, tried out."""

from typing import NamedTuple, cast
from uuid import UUID

from server.core import db
from server.core.actor import Actor
from server.core.clock import EDGE, now
from server.core.errors import FieldError, Invalid, NotFound
from server.core.models import found
from server.domains.access import audit
from server.domains.codes import models, queries
from server.domains.codes.commands import NewRule, NewRuleVersion, RulePreview, spec_of
from server.domains.codes.rules import Audience, Capacity, Level, RuleSpec, capacity, preview, rule_faults
from server.domains.codes.segments import value_faults


async def create_rule(actor: Actor, command: NewRule) -> UUID:
    """A rule with its first version; Invalid with every reason where its codes could collide or be guessed."""
    await _refuse_unsound(actor, command.spec(), None)
    rule = await models.CodeRule.create(
        tenant_id=actor.tenant, name=command.name, audience=command.audience, level=command.level
    )
    await _add_version(actor, rule.id, 1, command)
    await audit.record(actor, "code_rule.created", "code_rule", rule.id, after=command.model_dump(mode="json"))
    return rule.id


async def add_rule_version(actor: Actor, rule_id: UUID, command: NewRuleVersion) -> int:
    """The rule's next version; orders made before keep theirs."""
    rule = await found(models.CodeRule, rule_id, actor.tenant)
    spec = spec_of(cast(Audience, rule.audience), cast(Level, rule.level), command)
    await _refuse_unsound(actor, spec, rule_id)
    newest = await queries.newest_version(actor.tenant, rule_id)
    if newest is None:
        raise NotFound
    version = newest.version + 1
    await _add_version(actor, rule_id, version, command)
    after = {"version": version, **command.model_dump(mode="json")}
    await audit.record(actor, "code_rule.version_added", "code_rule", rule_id, after=after)
    return version


async def _add_version(actor: Actor, rule_id: UUID, version: int, command: NewRuleVersion) -> None:
    await models.CodeRuleVersion.create(
        tenant_id=actor.tenant,
        rule_id=rule_id,
        version=version,
        segments=[segment.model_dump(mode="json") for segment in command.segments],
        unguessable=command.unguessable,
        created_by=actor.id,
    )


async def _refuse_unsound(actor: Actor, spec: RuleSpec, rule_id: UUID | None) -> None:
    """One rule at a time per enterprise: two made at once could collide unseen."""
    await db.execute("SELECT pg_advisory_xact_lock(hashtextextended('code_rule:' || $1::text, 0))", str(actor.tenant))
    faults = await _faults(actor, spec, rule_id)
    if faults:
        raise Invalid(faults)


async def _faults(actor: Actor, spec: RuleSpec, rule_id: UUID | None) -> list[FieldError]:
    fixed = {"enterprise": await queries.enterprise_code(actor.tenant)}
    others = await queries.segments_of_other_rules(actor.tenant, rule_id)
    return rule_faults(spec, fixed, others)


class Tried(NamedTuple):
    """Example texts (empty where the rule is refused), the proof of capacity, and every fault."""

    texts: list[str]
    capacity: Capacity
    faults: list[FieldError]


async def preview_rule(actor: Actor, command: RulePreview) -> Tried:
    """What a rule would print, how many codes it has room for, and what forbids it; stores nothing."""
    spec = spec_of(command.audience, command.level, command)
    values = {
        "enterprise": await queries.enterprise_code(actor.tenant),
        "category": command.category,
        "product": command.product,
        "lot_no": command.lot_no,
        "date": (command.on or now().astimezone(EDGE).date()).isoformat(),
    }
    faults = await _faults(actor, spec, None) + ([] if spec.is_minted else value_faults(spec.segments, values))
    return Tried([] if faults else preview(spec, values), capacity(spec, command.count), faults)
