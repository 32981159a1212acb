"""The HTTP routes."""

import json
import logging
import sqlite3
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import cache
from typing import Any

from anyio import CapacityLimiter, to_thread
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from server.control.scheduler import AgentGoneError
from server.graphql.context import Context
from server.graphql.execute import Executor
from server.graphql.mutations import MUTATIONS
from server.graphql.queries import QUERIES
from server.http.artifacts import DigestError, artifact_routes
from server.http.auth import RequireKey
from server.http.filestream import StreamError, parse_stream, take_in
from server.page.routes import page_routes
from server.service import Service
from server.storage.files import FileNameError, TooLargeError, checked_name, record_file
from server.storage.projects import find_project
from server.storage.runs import find_run

logger = logging.getLogger(__name__)


class BodyTooLargeError(ValueError):
    """A request body beyond the limit."""


def create_app(service: Service) -> Starlette:
    """Return the ASGI application that serves `service`; closing it closes the service."""

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        yield
        await run_in_threadpool(service.close)

    app = Starlette(
        routes=[
            Route("/graphql", _graphql, methods=["POST"]),
            Route("/files/{entity}/{project}/{run}/file_stream", _file_stream, methods=["POST"]),
            Route("/files/{entity}/{project}/{run}/{name:path}", _upload, methods=["PUT"]),
            Route("/files/{entity}/{project}/{run}/{name:path}", _download, methods=["GET"]),
            *artifact_routes(),
            *page_routes(),
        ],
        middleware=[Middleware(RequireKey, key=service.key)],
        exception_handlers={
            BodyTooLargeError: _too_large,
            TooLargeError: _too_large,
            FileNameError: _bad_request,
            StreamError: _bad_request,
            DigestError: _bad_request,
            sqlite3.OperationalError: _storage_failed,
            OSError: _storage_failed,
        },
        lifespan=lifespan,
    )
    app.state.service = service
    app.state.executor = Executor(QUERIES, MUTATIONS)
    return app


async def _too_large(_: Request, error: Exception) -> Response:
    return JSONResponse({"error": str(error)}, status_code=413)


async def _bad_request(_: Request, error: Exception) -> Response:
    return JSONResponse({"error": str(error)}, status_code=400)


async def _storage_failed(_: Request, error: Exception) -> Response:
    # Clients try again after a 5xx, so nothing is lost while a full disk is being cleared.
    logger.error("storage failed: %s", error)
    return JSONResponse({"error": f"storage failed: {error}"}, status_code=503)


@cache
def _parsers() -> CapacityLimiter:
    """Return what keeps many large requests at once from taking all processor time from small ones."""
    return CapacityLimiter(2)


async def _json_body(request: Request) -> dict[str, Any]:
    limit = request.app.state.service.settings.max_body
    pieces: list[bytes] = []
    size = 0
    async for piece in request.stream():
        size += len(piece)
        if size > limit:
            raise BodyTooLargeError(f"request larger than {limit} bytes")
        pieces.append(piece)
    try:
        body = await to_thread.run_sync(json.loads, b"".join(pieces) or b"{}", limiter=_parsers())
    except ValueError as error:
        raise StreamError(f"not JSON: {error}") from error
    if not isinstance(body, dict):
        raise StreamError("not a JSON object")
    return body


async def _graphql(request: Request) -> Response:
    body = await _json_body(request)
    service: Service = request.app.state.service
    executor: Executor = request.app.state.executor
    context = Context(service, str(request.base_url).rstrip("/"))

    def execute() -> Response:
        try:
            answer = executor.execute(
                context, str(body.get("query")), body.get("variables") or {}, body.get("operationName")
            )
        except AgentGoneError:
            return JSONResponse({"errors": [{"message": "no such agent or sweep"}]}, status_code=404)
        return JSONResponse(answer)

    return await run_in_threadpool(execute)


async def _file_stream(request: Request) -> Response:
    body = await _json_body(request)
    service: Service = request.app.state.service
    path = (request.path_params["entity"], request.path_params["project"], request.path_params["run"])

    parsed = await to_thread.run_sync(parse_stream, body, limiter=_parsers())
    try:
        stopped = await run_in_threadpool(
            service.database.write, lambda db: take_in(db, service.scheduler, path, parsed)
        )
    except LookupError:
        return JSONResponse({"error": f"no run {'/'.join(path)}"}, status_code=404)
    return JSONResponse({"stopped": stopped})


def _find_run(service: Service, request: Request) -> sqlite3.Row | None:
    with service.database.read() as db:
        project = find_project(db, request.path_params["entity"], request.path_params["project"])
        return None if project is None else find_run(db, project["id"], request.path_params["run"])


async def _upload(request: Request) -> Response:
    service: Service = request.app.state.service
    name = checked_name(request.path_params["name"])
    run = await run_in_threadpool(_find_run, service, request)
    if run is None:
        return PlainTextResponse("no such run", status_code=404)
    stored = await service.files.receive(str(run["id"]), request.stream())
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
            row: sqlite3.Row | None = db.execute(
                "SELECT * FROM file WHERE run_id = ? AND name = ?", (run["id"], name)
            ).fetchone()
            return row

    file = await run_in_threadpool(look_up)
    if file is None:
        return PlainTextResponse("no such file", status_code=404)
    # Never inline: a run's HTML file must not run scripts in this server's name.
    return FileResponse(
        service.files.path(file["blob"]),
        media_type=file["mimetype"],
        filename=name.rsplit("/", 1)[-1],
        headers={"Content-Security-Policy": "sandbox", "X-Content-Type-Options": "nosniff"},
    )
