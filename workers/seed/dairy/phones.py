"""Phones at the dairy: a terminal of the filling line and who signs at it, a photo that came up, an entry that came twice with
different values, a task that one inspector handed to another."""

import hashlib
from datetime import timedelta
from uuid import UUID

from server.core import db
from server.core.clock import now
from server.core.ids import new_id
from server.domains.access import badges, terminals
from server.domains.access.entry_commands import NewBadge, NewTerminal
from server.domains.quality import inspection, phone
from workers.seed.dairy.house import Dairy
from workers.seed.dairy.papers import picture_png
from workers.seed.plant import ADMIN, INSPECTOR, OPERATOR

_PINS = {INSPECTOR: "802714", OPERATOR: "460158"}


async def make_phones(dairy: Dairy) -> None:
    plant = dairy.plant
    plant.told = None
    made = await plant.do(
        ADMIN, terminals.create_terminal, NewTerminal(name="灌装线 1 号终端", place_id=dairy.places["line"])
    )
    assert made.code
    for role, pin in _PINS.items():
        command = NewBadge(user_id=_user(dairy, role), pin=pin)
        await plant.do(ADMIN, badges.issue_badge, command, plant.keys.badge_keys)
    await _photo(dairy)
    await _twice(dairy)
    await _hand_over(dairy)


def _user(dairy: Dairy, role: str) -> UUID:
    user_id = dairy.plant.actors[role].id
    assert user_id is not None
    return user_id


async def _photo(dairy: Dairy) -> None:
    """Of the cups as they came, taken on the spot."""
    plant, plain, photo_id = dairy.plant, picture_png("YOG230"), new_id()
    box, most = plant.keys.files, plant.keys.attachment_max_bytes
    command = phone.NewPhoto(
        id=photo_id, size_bytes=len(plain), sha256=hashlib.sha256(plain).hexdigest(), captured_at=now(), place="包材库"
    )
    await plant.do(INSPECTOR, phone.begin_photo, command, most_bytes=most)
    await plant.do(INSPECTOR, phone.add_part, box, photo_id, 0, plain)
    await plant.do(INSPECTOR, phone.finish_photo, box, photo_id, most_bytes=most)


async def _twice(dairy: Dairy) -> None:
    """The same entry from two phones, the second with its digits the other way round."""
    plant, entry_id, at = dairy.plant, new_id(), now()
    async with plant.acting(plant.actors[INSPECTOR]):
        version_id = await db.fetchval(
            "SELECT v.id FROM form_version v JOIN form f ON f.tenant_id = v.tenant_id AND f.id = v.form_id"
            " WHERE v.tenant_id = $1 AND f.code = 'JL-06' ORDER BY v.version DESC LIMIT 1",
            plant.tenant_id,
        )
    for weight in (1180, 1810):
        entry = phone.PhoneEntry(
            entry_id=entry_id, seq=1, captured_at=at - timedelta(minutes=20), form_version_id=version_id,
            place_id=dairy.places["dry"], values={"weight": weight},
        )  # fmt: skip
        actor = plant.actors[INSPECTOR]
        async with plant.acting(actor):
            courier = await phone.courier_of(actor, new_id(), phone.Clock(at, now()), ())
            await phone.deliver(courier, phone.Author(actor, None, (), None), phone.Row(entry))


async def _hand_over(dairy: Dairy) -> None:
    """The oldest task that is still due."""
    plant = dairy.plant
    async with plant.acting(plant.actors[INSPECTOR]):
        (task, *_) = await inspection.list_inspections(plant.tenant_id, inspection.InspectionFilter(), None, 1)
    command = phone.NewHandover(
        inspection_id=task["id"], to_user_id=_user(dairy, OPERATOR), remark="我去冷库取样，请接着做"
    )
    await plant.do(INSPECTOR, phone.hand_over, command)
