"""Correcting a lot: what is put right must not contradict what happened to the goods."""

from collections.abc import Sequence
from uuid import UUID

from server.core.actor import Actor
from server.core.errors import FieldError
from server.domains import chain
from server.domains.quality.chronology import check_chronology
from server.domains.quality.problems import CorrectionContradicts

# A day that can be corrected, and the steps of the chronology that stand for it.
_STEPS = {"produced_at": {"produced", "begun"}, "received_at": {"received"}, "expires_at": {"expired"}}


async def correct_lot(actor: Actor, lot_id: UUID, command: chain.LotChanges) -> Sequence[UUID]:
    """`chain.change_lot`, refused where a corrected day would be out of order: CorrectionContradicts names each event that
    speaks against it. An expiry that lies before a release or a use is true all the same, and then has to be told. The lots
    that were corrected."""
    corrected = await chain.change_lot(actor, lot_id, command)
    days = [name for name in _STEPS if name in command.model_fields_set]
    if not corrected or not days:
        return corrected
    found = await check_chronology(actor.tenant, corrected)
    against = [
        FieldError(day, code, {"lot_no": each.lot_no, "earlier": earlier.at, "later": later.at})
        for each in found.values()
        for code, earlier, later in each.violations
        for day in days
        if {earlier.name, later.name} & _STEPS[day] and later.name != "expired"
    ]
    if against:
        raise CorrectionContradicts(against)
    return corrected
