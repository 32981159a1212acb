"""The application: all route tables, the check of the API key, and the responses to errors."""

import logging
import sqlite3
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from server.http import artifacts, filestream, graphql, page, run_files
from server.http.auth import RequireKey
from server.http.bodies import BadRequestError
from server.service import Service
from server.storage.blobs import TooLargeError
from server.storage.records.files import FileNameError

logger = logging.getLogger(__name__)

# The first route that matches is used. The page's paths have no fixed first part, so they come last.
ROUTES = [*graphql.ROUTES, *filestream.ROUTES, *run_files.ROUTES, *artifacts.ROUTES, *page.ROUTES]


def create_app(service: Service) -> Starlette:
    """ASGI application that serves `service` and closes it at shutdown."""

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        yield
        await run_in_threadpool(service.close)

    app = Starlette(
        routes=ROUTES,
        middleware=[Middleware(RequireKey, key=service.key)],
        exception_handlers={
            TooLargeError: _too_large,
            FileNameError: _bad_request,
            BadRequestError: _bad_request,
            sqlite3.OperationalError: _storage_failed,
            OSError: _storage_failed,
        },
        lifespan=lifespan,
    )
    app.state.service = service
    return app


async def _too_large(_: Request, error: Exception) -> Response:
    return JSONResponse({"error": str(error)}, status_code=413)


async def _bad_request(_: Request, error: Exception) -> Response:
    return JSONResponse({"error": str(error)}, status_code=400)


async def _storage_failed(_: Request, error: Exception) -> Response:
    # Clients repeat a request after a 5xx, so that nothing is lost if a full disk is cleaned up in time.
    logger.error("storage failed: %s", error)
    return JSONResponse({"error": f"storage failed: {error}"}, status_code=503)
