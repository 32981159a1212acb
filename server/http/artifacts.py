"""The contents of artifacts over HTTP: put and fetched under their own digest."""

import sqlite3

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import FileResponse, PlainTextResponse, Response
from starlette.routing import Route

from server.service import Service
from server.storage.contents import find_content
from server.storage.files import Stored, hex_of


class DigestError(ValueError):
    """A content that does not have the digest under which it was sent."""


def artifact_routes() -> list[Route]:
    """Return the routes, to be mounted after those that begin with a fixed word."""
    return [
        Route("/artifacts/{entity}/{digest}", _put, methods=["PUT"]),
        Route("/artifacts/{entity}/{digest}", _get, methods=["GET"]),
        Route("/artifactsV2/{place:path}/{digest}/{name}", _get, methods=["GET"]),
    ]


async def _put(request: Request) -> Response:
    service: Service = request.app.state.service
    digest = request.path_params["digest"]
    stored = await service.files.receive("content", request.stream())
    if hex_of(stored.md5) != digest:
        service.files.remove([stored.blob])
        raise DigestError(f"the content's digest is {hex_of(stored.md5)}, not {digest}; send it again")

    def record(db: sqlite3.Connection) -> Stored | None:
        """Return what was stored in vain, because the content is known already."""
        added = db.execute(
            "INSERT INTO content (digest, size, blob) VALUES (?, ?, ?) ON CONFLICT DO NOTHING",
            (digest, stored.size, stored.blob),
        )
        return None if added.rowcount else stored

    in_vain = await run_in_threadpool(service.database.write, record)
    if in_vain is not None:
        service.files.remove([in_vain.blob])
    return Response(status_code=200)


async def _get(request: Request) -> Response:
    service: Service = request.app.state.service

    def look_up() -> sqlite3.Row | None:
        with service.database.read() as db:
            return find_content(db, request.path_params["digest"])

    content = await run_in_threadpool(look_up)
    if content is None:
        return PlainTextResponse("no such content", status_code=404)
    return FileResponse(
        service.files.path(content["blob"]),
        media_type="application/octet-stream",
        headers={"Content-Security-Policy": "sandbox", "X-Content-Type-Options": "nosniff"},
    )
