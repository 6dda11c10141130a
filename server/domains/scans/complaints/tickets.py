"""The ticket: what a person keeps to see the answer. Who holds it may read; it is stored nowhere but as a digest."""

import base64
import hashlib
import hmac
import re
from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final, NamedTuple
from uuid import UUID

from server.core import db
from server.core.errors import Unavailable
from server.domains.scans.recorder import AWAY

_LENGTH: Final = 16  # 80 bits
_ALPHABET: Final = str.maketrans("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567", "0123456789ABCDEFGHJKMNPQRSTVWXYZ")
_TYPED: Final = str.maketrans("OIL", "011")
_FORM: Final = re.compile(r"[0-9A-HJKMNP-TV-Z]{16}")


class Ticket(NamedTuple):
    """What its holder may read. `company` is empty while nobody knows whose product it is; steps are (kind, at, words)."""

    id: UUID
    tenant_id: UUID | None
    state: str
    created_at: datetime
    topic: str
    words: str
    company: str | None
    product: str | None
    lot_no: str | None
    photos: int
    steps: Sequence[tuple[str, datetime, str | None]]


def ticket_of(key: bytes, entry_id: UUID) -> str:
    """`K7QM-9F2D-…`: 80 bits that nobody guesses, the same whenever the same complaint is sent again."""
    mac = hmac.digest(key, b"complaint" + entry_id.bytes, hashlib.sha256)
    text = base64.b32encode(mac)[:_LENGTH].decode().translate(_ALPHABET)
    return "-".join(text[at : at + 4] for at in range(0, _LENGTH, 4))


def digest_of(ticket: str) -> bytes | None:
    """Of a ticket as it was typed: in any case, with or without its dashes; None where it has not the form of one."""
    plain = re.sub(r"[\s-]", "", ticket).upper().translate(_TYPED)
    return hashlib.sha256(plain.encode()).digest() if _FORM.fullmatch(plain) else None


async def of_ticket(pool: Any, ticket: str, language: str) -> Ticket | None:
    """What this ticket shows; None where there is none such. Unavailable while the database is away."""
    digest = digest_of(ticket)
    if digest is None:
        return None
    try:
        row = await pool.fetchrow("SELECT * FROM complaint_of_ticket($1)", digest, timeout=5)
    except AWAY as error:
        raise Unavailable(retry_after_seconds=2) from error
    if row is None:
        return None
    steps = [(each["kind"], datetime.fromisoformat(each["at"]), each["words"]) for each in db.loads(row["steps"])]
    product = (language == "en" and row["product_name_en"]) or row["product_name"]
    return Ticket(
        row["id"], row["tenant_id"], row["state"], row["created_at"], row["topic"], row["words"], row["company"], product, row["lot_no"],
        row["photos"], steps,
    )  # fmt: skip
