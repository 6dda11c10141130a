"""From what was sent to a complaint that is stored, however it was sent. Nobody is signed in: an actor without a right, in the scope of
the enterprise whose product it is about."""

import asyncio
from collections.abc import Sequence
from uuid import UUID

from i18n import text
from miniprogram_api.consumer.service import limits
from server.core import db
from server.core.actor import Actor
from server.core.errors import TooMany
from server.domains.scans import complaints
from server.http.routes import Call


def stranger(call: Call, tenant_id: UUID | None, language: str) -> Actor:
    """Whoever reports something; the trail calls him what he is."""
    name = text("complaint.consumer", "zh_CN")
    return Actor("anonymous", None, name, tenant_id, None, frozenset(), frozenset(), call.request_id, language)


async def take_in(
    call: Call, command: complaints.FileComplaint, sent: Sequence[bytes], language: str, *, doubtful: bool = False
) -> complaints.Filed:
    """Complaint and photos in one transaction. Raises TooMany, PictureRefused and what the domain raises."""
    services = call.services
    pictures = [await clean(call, plain) for plain in sent]
    owner = await complaints.owner_of(services.public_pool, command)
    if wait := await limits.owner_wait(services.limiter, owner):
        raise TooMany(retry_after_seconds=wait)
    actor = stranger(call, owner.tenant_id, language)
    async with db.transaction(actor.scope()):
        key = services.settings.token_key
        filed = await complaints.file_complaint(actor, services.files, key, owner, command, doubtful=doubtful)
        for media_type, picture in pictures:
            await complaints.add_photo(actor, services.files, filed.id, media_type, picture)
    return filed


async def clean(call: Call, plain: bytes) -> tuple[str, bytes]:
    """The picture drawn anew, beside the event loop and never many at once. PictureRefused."""
    async with limits.gate(call.request, "pictures", 2):
        return await asyncio.to_thread(complaints.clean_picture, plain, call.services.settings.attachment_max_bytes)
