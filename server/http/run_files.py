"""The routes that upload and download the files of runs."""

import sqlite3

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import FileResponse, PlainTextResponse, Response
from starlette.routing import Route

from server.http.bodies import UNTRUSTED_CONTENT
from server.service import Service
from server.storage.records.files import checked_name, find_file, record_file
from server.storage.records.runs import find_run_at


def _find_run(service: Service, request: Request) -> sqlite3.Row | None:
    path = request.path_params
    with service.database.read() as db:
        return find_run_at(db, path["entity"], path["project"], path["run"])


async def _upload(request: Request) -> Response:
    service: Service = request.app.state.service
    name = checked_name(request.path_params["name"])
    run = await run_in_threadpool(_find_run, service, request)
    if run is None:
        return PlainTextResponse("no such run", status_code=404)
    stored = await service.blobs.receive(str(run["id"]), request.stream())
    await run_in_threadpool(service.database.write, lambda db: record_file(db, run["id"], name, stored))
    await run_in_threadpool(service.remove_freed_files)
    return Response(status_code=200)


async def _download(request: Request) -> Response:
    service: Service = request.app.state.service
    name = checked_name(request.path_params["name"])
    run = await run_in_threadpool(_find_run, service, request)
    if run is None:
        return PlainTextResponse("no such run", status_code=404)

    def look_up() -> sqlite3.Row | None:
        with service.database.read() as db:
            return find_file(db, run["id"], name)

    file = await run_in_threadpool(look_up)
    if file is None:
        return PlainTextResponse("no such file", status_code=404)
    return FileResponse(
        service.blobs.path(file["blob"]),
        media_type=file["mimetype"],
        filename=name.rsplit("/", 1)[-1],
        headers=UNTRUSTED_CONTENT,
    )


ROUTES = [
    Route("/files/{entity}/{project}/{run}/{name:path}", _upload, methods=["PUT"]),
    Route("/files/{entity}/{project}/{run}/{name:path}", _download, methods=["GET"]),
]
