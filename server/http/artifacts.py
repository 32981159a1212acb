"""The routes that upload and download the contents of artifacts, by MD5 digest (hex)."""

import sqlite3

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import FileResponse, PlainTextResponse, Response
from starlette.routing import Route

from server.http.bodies import UNTRUSTED_CONTENT, BadRequestError
from server.service import Service
from server.storage.records.contents import find_content, record_content


async def _upload(request: Request) -> Response:
    service: Service = request.app.state.service
    digest = request.path_params["digest"]
    stored = await service.blobs.receive("content", request.stream())
    if stored.md5_hex != digest:
        service.blobs.remove([stored.blob])
        raise BadRequestError(f"the content's digest is {stored.md5_hex}, not {digest}; send it again")
    is_new = await run_in_threadpool(service.database.write, lambda db: record_content(db, digest, stored))
    if not is_new:
        service.blobs.remove([stored.blob])
    return Response(status_code=200)


async def _download(request: Request) -> Response:
    service: Service = request.app.state.service

    def look_up() -> sqlite3.Row | None:
        with service.database.read() as db:
            return find_content(db, request.path_params["digest"])

    content = await run_in_threadpool(look_up)
    if content is None:
        return PlainTextResponse("no such content", status_code=404)
    return FileResponse(
        service.blobs.path(content["blob"]),
        media_type="application/octet-stream",
        headers=UNTRUSTED_CONTENT,
    )


ROUTES = [
    Route("/artifacts/{entity}/{digest}", _upload, methods=["PUT"]),
    Route("/artifacts/{entity}/{digest}", _download, methods=["GET"]),
    Route("/artifactsV2/{place:path}/{digest}/{name}", _download, methods=["GET"]),
]
