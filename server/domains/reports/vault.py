"""The bytes of documents and templates, which are sealed at rest and kept like attachments."""

from collections.abc import Sequence
from uuid import UUID

from server.core import db
from server.core.errors import NotFound
from server.core.files import FileBox

PDF = "application/pdf"
OFFICE = {
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
}


async def fetch(tenant_id: UUID, box: FileBox, digest: bytes) -> bytes:
    """The plain bytes, verified; NotFound where nothing is kept under the digest, BrokenFile where they do not open."""
    sealed = await db.fetchval("SELECT sealed FROM blob WHERE tenant_id = $1 AND digest = $2", tenant_id, digest)
    if sealed is None:
        raise NotFound
    return box.open(tenant_id, digest, sealed)


async def sizes(tenant_id: UUID, digests: Sequence[bytes]) -> dict[bytes, int]:
    """How many plain bytes are kept under each of these; NotFound where one is not kept."""
    rows = await db.fetch(
        "SELECT digest, size_bytes FROM blob WHERE tenant_id = $1 AND digest = ANY($2::bytea[])",
        tenant_id,
        list(digests),
    )
    found = {bytes(row["digest"]): int(row["size_bytes"]) for row in rows}
    if found.keys() != set(digests):
        raise NotFound
    return found
