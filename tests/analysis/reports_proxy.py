"""A proxy that adds W&B's reports to the embedded server: it answers one mutation and forwards all else."""

import json
import threading
import urllib.error
import urllib.request
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

HOP = {"host", "connection", "content-length", "transfer-encoding", "accept-encoding"}


class ReportsProxy:
    """Listens on a free local port. `saved` holds the variables of every saved report."""

    def __init__(self, target: str) -> None:
        saved: list[dict[str, Any]] = []

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                if b"upsertView" in body:
                    saved.append(json.loads(body)["variables"])
                    self._reply(200, "application/json", json.dumps(_view(saved[-1])).encode())
                else:
                    self._forward(body)

            def do_GET(self) -> None:
                self._forward(None)

            def _forward(self, body: bytes | None) -> None:
                kept = {name: value for name, value in self.headers.items() if name.lower() not in HOP}
                request = urllib.request.Request(target + self.path, body, kept)
                try:
                    with urllib.request.urlopen(request, timeout=60) as answer:
                        self._reply(answer.status, answer.headers["Content-Type"], answer.read())
                except urllib.error.HTTPError as error:
                    self._reply(error.code, error.headers["Content-Type"], error.read())

            def _reply(self, status: int, kind: str | None, body: bytes) -> None:
                self.send_response(status)
                self.send_header("Content-Type", kind or "text/plain")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: object) -> None:
                pass

        self.saved = saved
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def close(self) -> None:
        """Stop listening."""
        self._server.shutdown()
        self._server.server_close()


def _view(variables: dict[str, Any]) -> dict[str, Any]:
    """The part of W&B's answer to a saved report that its client reads."""
    view = {
        "id": "Vmlldzox",
        "name": variables["name"],
        "displayName": variables["displayName"],
        "description": variables["description"],
        "project": {"name": variables["projectName"], "entityName": variables["entityName"]},
        "createdAt": "2026-01-01T00:00:00Z",
        "updatedAt": "2026-01-01T00:00:00Z",
        "spec": variables["spec"],
    }
    return {"data": {"upsertView": {"view": view, "inserted": True}}}
