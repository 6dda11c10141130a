"""What the public may read of a code beyond its counters: the publication's content and the notice of a recall."""

from typing import Any, NamedTuple
from uuid import UUID

from server.core import db
from server.core.errors import Unavailable
from server.core.files import FileBox
from server.domains.scans.queries import CONTENT, NEWEST, NOTICE
from server.domains.scans.recorder import AWAY
from server.domains.scans.snapshot import last_day, leave_out


async def content_of(pool: Any, facts: Any) -> dict[str, Any]:
    """The snapshot to show for these facts: the lot's, with the logistics of the piece's own shipment where that is
    published. Before anything is published: product and lot, no more (no `version` then)."""
    if facts["version"] is None:
        return {
            "product": {"name": facts["product_name"], "name_en": facts["product_name_en"]},
            "lot": {"lot_no": facts["lot_no"], "expires_at": last_day(facts["expires_at"])},
        }
    content: dict[str, Any] = await _read(pool, facts["tenant_id"], facts["lot_id"], facts["version"])
    if facts["transport_version"] is not None:
        transport = await _read(pool, facts["tenant_id"], facts["shipment_id"], facts["transport_version"])
        content["logistics"] = transport.get("logistics", [])
        leave_out(content)
    return content


async def notice_of(pool: Any, facts: Any, language: str) -> dict[str, Any]:
    """The words of the recall behind these facts, in the reader's language where the producer gave them in it."""
    try:
        row = await pool.fetchrow(NOTICE, facts["tenant_id"], facts["notice_id"], timeout=5)
    except AWAY as error:
        raise Unavailable(retry_after_seconds=2) from error
    english = language == "en"
    return {
        "level": row["level"],
        "reason": (english and row["reason_en"]) or row["reason"],
        "what_to_do": (english and row["advice_en"]) or row["advice"],
        "published_at": row["opened_at"].isoformat(),
    }


class OfLot(NamedTuple):
    """A lot's newest publication as its pages without a code need it."""

    tenant_id: UUID
    lot_id: UUID
    version: int
    recalled: bool


async def newest_of(pool: Any, lot_id: UUID) -> OfLot | None:
    """Which version is the newest; None where nothing of the lot is published."""
    try:
        row = await pool.fetchrow(NEWEST, lot_id, timeout=5)
    except AWAY as error:
        raise Unavailable(retry_after_seconds=2) from error
    return None if row is None else OfLot(row["tenant_id"], lot_id, row["version"], row["recalled"])


async def version_of(pool: Any, found: OfLot) -> dict[str, Any]:
    """What that version says."""
    content: dict[str, Any] = await _read(pool, found.tenant_id, found.lot_id, found.version)
    return content


async def file_of(pool: Any, box: FileBox, lot_id: UUID, digest: str) -> tuple[str, bytes] | None:
    """(media type, bytes) of a file that the newest publication of this lot lists; None for any other."""
    try:
        row = await pool.fetchrow("SELECT * FROM public_file($1, $2)", lot_id, digest, timeout=5)
    except AWAY as error:
        raise Unavailable(retry_after_seconds=2) from error
    if row is None:
        return None
    return row["media_type"], box.open(row["tenant_id"], bytes.fromhex(digest), row["sealed"])


async def internal_owner(pool: Any, code: str) -> str | None:
    """Whose internal label this code is; None for any other text. Nothing is counted."""
    try:
        owner: str | None = await pool.fetchval("SELECT internal_label_owner($1)", code, timeout=5)
    except AWAY as error:
        raise Unavailable(retry_after_seconds=2) from error
    return owner


async def _read(pool: Any, *key: Any) -> Any:
    try:
        return db.loads(await pool.fetchval(CONTENT, *key, timeout=5))
    except AWAY as error:
        raise Unavailable(retry_after_seconds=2) from error
