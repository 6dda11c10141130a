"""English words of what is measured and of forms, given later: words only, never how results are read or judged."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from server.core.actor import Actor
from server.core.errors import FieldError, Invalid
from server.core.models import found
from server.domains.access import audit
from server.domains.quality.commands import CharacteristicWords, FormWords
from server.domains.quality.models import Characteristic, Form


async def word_characteristic(actor: Actor, characteristic_id: UUID, command: CharacteristicWords) -> Characteristic:
    """The characteristic with the words that were sent. Raises NotFound, and Invalid `options_en_count`."""
    row = await found(Characteristic, characteristic_id, actor.tenant)
    values = command.model_dump(exclude_unset=True)
    if "options_en" in values:
        values["options_en"] = list(command.options_en)
        if len(command.options_en) not in (0, len(row.options)):
            raise Invalid([FieldError("options_en", "options_en_count")])
    await _reword(actor, "characteristic", row, values)
    return row


async def word_form(actor: Actor, form_id: UUID, command: FormWords) -> None:
    """The form's English name; those of its fields come with a version. Raises NotFound."""
    row = await found(Form, form_id, actor.tenant)
    await _reword(actor, "form", row, command.model_dump(exclude_unset=True))


async def _reword(actor: Actor, word: str, row: Characteristic | Form, values: Mapping[str, Any]) -> None:
    before = {name: getattr(row, name) for name in values}
    if values == before:
        return
    row.update_from_dict(dict(values))
    await row.save(update_fields=list(values))
    await audit.record(actor, f"{word}.changed", word, row.id, before=before, after=dict(values))
