"""The GraphQL route, which answers most of the client's requests."""

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from server.control.scheduler import AgentGoneError
from server.graphql.context import Context
from server.graphql.execute import Executor
from server.graphql.roots.mutations import MUTATIONS
from server.graphql.roots.queries import QUERIES
from server.http.bodies import json_body

_EXECUTOR = Executor(QUERIES, MUTATIONS)


async def _graphql(request: Request) -> Response:
    body = await json_body(request)
    context = Context(request.app.state.service, str(request.base_url).rstrip("/"))

    def execute() -> Response:
        try:
            answer = _EXECUTOR.answer(
                context, str(body.get("query")), body.get("variables") or {}, body.get("operationName")
            )
        except AgentGoneError:
            return JSONResponse({"errors": [{"message": "no such agent or sweep"}]}, status_code=404)
        return JSONResponse(answer)

    return await run_in_threadpool(execute)


ROUTES = [Route("/graphql", _graphql, methods=["POST"])]
