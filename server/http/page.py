"""The routes of the page: its HTML document, its static files, and its data."""

import json
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Any

import plotly
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, Response
from starlette.routing import Route

from server.page.data import run_view, sweep_curves, sweep_list, sweep_view
from server.page.importance import sweep_importance
from server.storage.database import Database

_FILES = Path(str(resources.files("server.page")))
_TYPES = {".js": "text/javascript", ".css": "text/css"}
_POLICY = (
    "default-src 'self'; script-src 'self'; style-src 'self' 'unsafe-inline';"
    " img-src 'self' data: blob:; connect-src 'self'; frame-ancestors 'none'; base-uri 'none'"
)


@cache
def _plotly() -> Path:
    return Path(str(resources.files(plotly) / "package_data" / "plotly.min.js"))


async def _document(_: Request) -> Response:
    return FileResponse(
        _FILES / "index.html", media_type="text/html", headers={"Content-Security-Policy": _POLICY}
    )


async def _static(request: Request) -> Response:
    name = request.path_params["name"]
    if name == "plotly.min.js":
        return FileResponse(
            _plotly(), media_type="text/javascript", headers={"Cache-Control": "max-age=86400"}
        )
    path = _FILES / name
    if path.parent != _FILES or path.suffix not in _TYPES or not path.is_file():
        return Response(status_code=404)
    return FileResponse(path, media_type=_TYPES[path.suffix], headers={"Cache-Control": "no-cache"})


async def _answer(request: Request, view: Any, *arguments: Any) -> Response:
    database: Database = request.app.state.service.database
    # An open page asks every few seconds; the data are sent again only if the database has changed.
    tag = f'"{request.app.state.service.scheduler.boot}-{database.changes}"'
    headers = {"ETag": tag, "Cache-Control": "no-cache"}
    if request.headers.get("if-none-match") == tag:
        return Response(status_code=304, headers=headers)

    def look_up() -> Any:
        with database.read() as db:
            return view(db, *arguments)

    data = await run_in_threadpool(look_up)
    if data is None:
        return JSONResponse({"error": "not found"}, status_code=404)
    return Response(await run_in_threadpool(json.dumps, data), media_type="application/json", headers=headers)


async def _sweeps(request: Request) -> Response:
    return await _answer(request, sweep_list)


async def _sweep(request: Request) -> Response:
    return await _answer(request, sweep_view, request.path_params["sweep"])


async def _curves(request: Request) -> Response:
    return await _answer(request, sweep_curves, request.path_params["sweep"])


async def _importance(request: Request) -> Response:
    return await _answer(request, sweep_importance, request.path_params["sweep"])


async def _run(request: Request) -> Response:
    parts = request.path_params
    return await _answer(request, run_view, parts["entity"], parts["project"], parts["run"])


ROUTES = [
    Route("/static/{name}", _static),
    Route("/page-data/sweeps", _sweeps),
    Route("/page-data/sweeps/{sweep}", _sweep),
    Route("/page-data/sweeps/{sweep}/curves", _curves),
    Route("/page-data/sweeps/{sweep}/importance", _importance),
    Route("/page-data/runs/{entity}/{project}/{run}", _run),
    Route("/", _document),
    Route("/{entity}/{project}/sweeps/{sweep}", _document),
    Route("/{entity}/{project}/runs/{run}", _document),
    Route("/{entity}/{project}", _document),
]
