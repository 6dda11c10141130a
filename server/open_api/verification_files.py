"""The files by which WeChat and Alipay see that an address is ours: an enterprise's in its own room, the platform's on its host."""

from datetime import datetime
from uuid import UUID

from pydantic import BaseModel

from server.domains import scans
from server.http.plain_files import own_hosts, taken_addresses
from server.http.routes import Call, RouteTable
from server.open_api.examples import access as access_examples

routes = RouteTable("verification_files")


class VerificationFileOut(BaseModel):
    """`host` empty: on every host of the platform. `address` is the path it is served at."""

    id: UUID
    host: str
    address: str
    content: str
    created_at: datetime
    creator_name: str


class VerificationFileList(BaseModel):
    items: list[VerificationFileOut]


class VerificationFilePut(BaseModel):
    id: UUID


async def _list(call: Call) -> VerificationFileList:
    rows = await scans.verification_files(call.actor)
    return VerificationFileList(
        items=[
            VerificationFileOut(
                id=row["id"], host=row["host"], address="/".join(("", *filter(None, (row["folder"], row["name"])))),
                content=row["content"], created_at=row["created_at"], creator_name=row["creator_name"],
            )
            for row in rows
        ]
    )  # fmt: skip


async def _put(call: Call, body: scans.PutVerificationFile) -> VerificationFilePut:
    taken = taken_addresses(call.request.app.ctx.tables)
    shared = own_hosts(call.services.settings)
    return VerificationFilePut(id=await scans.put_file(call.actor, body, shared_hosts=shared, taken=taken))


@routes.get("/api/v1/verification-files", permission="access.write", returns=VerificationFileList)
async def list_files(call: Call) -> VerificationFileList:
    """The enterprise's own."""
    return await _list(call)


@routes.post(
    "/api/v1/verification-files", permission="access.write", body=scans.PutVerificationFile, returns=VerificationFilePut,
    status=201, example=access_examples.VERIFICATION_FILE,
)  # fmt: skip
async def put_file(call: Call, body: scans.PutVerificationFile) -> VerificationFilePut:
    """In the enterprise's room (`label_space`), or on its own host (`label_origin`), as its settings name them."""
    return await _put(call, body)


@routes.delete("/api/v1/verification-files/{id}", permission="access.write", status=204)
async def remove_file(call: Call) -> None:
    await scans.remove_file(call.actor, call.id())


@routes.get("/api/v1/platform/verification-files", permission="platform.read", returns=VerificationFileList)
async def list_platform_files(call: Call) -> VerificationFileList:
    """Those of the platform's own host."""
    return await _list(call)


@routes.post(
    "/api/v1/platform/verification-files", permission="platform.write", body=scans.PutVerificationFile,
    returns=VerificationFilePut, status=201, example=access_examples.PLATFORM_VERIFICATION_FILE,
)  # fmt: skip
async def put_platform_file(call: Call, body: scans.PutVerificationFile) -> VerificationFilePut:
    return await _put(call, body)


@routes.delete("/api/v1/platform/verification-files/{id}", permission="platform.write", status=204)
async def remove_platform_file(call: Call) -> None:
    await scans.remove_file(call.actor, call.id())
