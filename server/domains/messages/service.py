"""From news to a message that waits to be sent."""

from typing import Any
from uuid import UUID

from server.core import db
from server.core.actor import Actor
from server.domains.access import one_time_codes

ONE_TIME_CODE = "one_time_code"


async def on_one_time_code_requested(actor: Actor, payload: dict[str, Any]) -> None:
    """A message, if somebody is behind the number. Told twice it is still one; its code is made when it is sent."""
    request_id = UUID(payload["one_time_code_id"])
    phone = await one_time_codes.wanted(request_id)
    if phone is None:
        return
    await db.execute(
        "INSERT INTO message (channel, template, recipient, one_time_code_id) VALUES ('sms', $1, $2, $3)"
        " ON CONFLICT (one_time_code_id) DO NOTHING",
        ONE_TIME_CODE, phone, request_id,
    )  # fmt: skip
