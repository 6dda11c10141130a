"""Files by which WeChat and Alipay see that an address is ours, put down where they look for them.

WeChat looks in the last folder of a rule (`/t/` or `/t/{space}/`), Alipay at the root of the host. They are plain text, and no
code can stand where one lies: no code ends in `.txt`.
"""

from collections.abc import Sequence
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from server.core import constraints, db
from server.core.actor import Actor
from server.core.errors import Conflict, NotFound, Problem, Unavailable
from server.core.ids import new_id
from server.domains.access import audit
from server.domains.scans.recorder import AWAY

Folder = Literal["root", "codes", "space"]
KNOWN_ELSEWHERE = frozenset({"robots.txt", "humans.txt", "security.txt", "llms.txt"})
"""Names that others give a meaning of their own at the root of any host."""
MOST_FILES = 100


class PutVerificationFile(BaseModel):
    """`root`: the root of the host; `codes`: beside the codes, `/t/`; `space`: the enterprise's own room, `/t/{space}/`."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    folder: Folder
    name: Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9_-]{3,79}\.txt$")] = Field(
        description="Exactly as the vendor named it"
    )
    content: Annotated[
        str, StringConstraints(strip_whitespace=True, pattern=r"^[\x21-\x7e](?:[\x20-\x7e\r\n]{0,1022}[\x21-\x7e])?$")
    ] = Field(description="The text of the file, at most 1,024 plain characters")


class VerificationNameTaken(Conflict):
    code = "verification_name_taken"


class VerificationNameReserved(Problem):
    """Something else answers at that address, or is looked for there."""

    status = 422
    code = "verification_name_reserved"


class VerificationPlaceMissing(Problem):
    """The enterprise has no host, or no room, of its own yet."""

    status = 422
    code = "verification_place_missing"


class VerificationPlaceShared(Conflict):
    """Another enterprise names the same host or room: neither may prove that it is its own."""

    code = "verification_place_shared"


class VerificationFilesMany(Conflict):
    code = "verification_files_many"


constraints.register({"verification_file_place": VerificationNameTaken})


async def put_file(
    actor: Actor, command: PutVerificationFile, *, shared_hosts: frozenset[str], taken: frozenset[str]
) -> UUID:
    """Put one file down. Who has no enterprise acts for the platform; `shared_hosts` are its own, where no enterprise puts
    anything but into its room; `taken`: addresses that something else answers.

    Raises VerificationNameReserved, VerificationNameTaken, VerificationPlaceMissing, VerificationPlaceShared.
    """
    actor.require("platform.write" if actor.tenant_id is None else "access.write")
    host, folder = await _place(actor, command.folder)
    if host in shared_hosts:
        raise VerificationPlaceMissing(field="folder")
    address = f"/{folder}/{command.name}" if folder else f"/{command.name}"
    is_code = await db.fetchval("SELECT text_is_code($1)", command.name)
    if is_code or address in taken or command.name.lower() in KNOWN_ELSEWHERE:
        raise VerificationNameReserved(field="name", name=command.name)
    if len(await files(actor)) >= MOST_FILES:
        raise VerificationFilesMany(most=MOST_FILES)
    file_id = new_id()
    await db.execute(
        "INSERT INTO verification_file (tenant_id, id, host, folder, name, content, created_by, creator_name)"
        " VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
        actor.tenant_id, file_id, host, folder, command.name, command.content, actor.id, actor.name,
    )  # fmt: skip
    after = {"host": host, "folder": folder, "name": command.name, "content": command.content}
    await audit.record(actor, "verification_file.put", "verification_file", file_id, after=after)
    return file_id


async def remove_file(actor: Actor, file_id: UUID) -> None:
    """Take one away; NotFound."""
    actor.require("platform.write" if actor.tenant_id is None else "access.write")
    row = await db.fetchrow(
        "DELETE FROM verification_file WHERE tenant_id IS NOT DISTINCT FROM $1 AND id = $2 RETURNING host, folder, name, content",
        actor.tenant_id, file_id,
    )  # fmt: skip
    if row is None:
        raise NotFound
    await audit.record(actor, "verification_file.removed", "verification_file", file_id, before=dict(row))


async def files(actor: Actor) -> Sequence[Any]:
    """The files of the actor's enterprise, or of the platform: id, host, folder, name, content, created_at, creator_name."""
    return await db.fetch(
        "SELECT id, host, folder, name, content, created_at, creator_name FROM verification_file"
        " WHERE tenant_id IS NOT DISTINCT FROM $1 ORDER BY folder, name",
        actor.tenant_id,
    )


async def verification_text(pool: Any, host: str, folder: str, name: str) -> str | None:
    """The text that lies there, for anybody; None where nothing does. Unavailable while the database is away."""
    try:
        found: str | None = await pool.fetchval(
            "SELECT verification_content($1, $2, $3)", host.partition(":")[0].lower(), folder, name, timeout=5
        )
    except AWAY as error:
        raise Unavailable(retry_after_seconds=2) from error
    return found


async def _place(actor: Actor, folder: Folder) -> tuple[str, str]:
    """(host or empty for every host, folder) that this actor may put a file into."""
    if actor.tenant_id is None:
        if folder == "space":
            raise VerificationPlaceMissing(field="folder")
        return "", "t" if folder == "codes" else ""
    row = await db.fetchrow(
        "SELECT settings ->> 'label_origin' AS origin, settings ->> 'label_space' AS space FROM tenant WHERE id = $1",
        actor.tenant,
    )
    origin, space = (row["origin"], row["space"]) if row else (None, None)
    own = space if folder == "space" else origin
    if not own:
        raise VerificationPlaceMissing(field="folder")
    if await db.fetchval(
        "SELECT label_place_is_shared($1, $2)", *((None, space) if folder == "space" else (origin, None))
    ):
        raise VerificationPlaceShared(field="folder")
    if folder == "space":
        return "", f"t/{space}"
    return (urlsplit(str(origin)).hostname or "").lower(), "t" if folder == "codes" else ""
