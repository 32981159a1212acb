"""An OpenAI-compatible endpoint in a thread that misbehaves by a script."""

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

Behaviour = Callable[["Exchange"], None]


class Exchange(BaseHTTPRequestHandler):
    """One request, with methods to answer it."""

    server: "Endpoint"
    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        self.question = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        with self.server.lock:
            self.server.asked.append(self)
            scripted = self.server.script.pop(0) if self.server.script else self.server.otherwise
            self.server.open += 1
            self.server.max_open = max(self.server.max_open, self.server.open)
        try:
            scripted(self)
        finally:
            with self.server.lock:
                self.server.open -= 1

    def log_message(self, format: str, *args: Any) -> None:
        """Log nothing."""

    def text(self, status: int, text: str, **headers: str) -> None:
        body = text.encode()
        self.send_response(status)
        for name, value in {"Content-Length": str(len(body)), **headers}.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()
        self.wfile.write(body)

    @property
    def program(self) -> str:
        """The message with the program to judge, including its markers."""
        return str(self.question["messages"][1]["content"])


class Endpoint(ThreadingHTTPServer):
    """Answers with the behaviours of `script`, one per request, and then always with `otherwise`."""

    daemon_threads = True
    block_on_close = False

    def __init__(self, otherwise: Behaviour, script: list[Behaviour]) -> None:
        super().__init__(("127.0.0.1", 0), Exchange)
        self.otherwise, self.script = otherwise, script
        self.asked: list[Exchange] = []
        self.lock = threading.Lock()
        self.open = self.max_open = 0
        self.released = threading.Event()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}/v1"

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Do nothing: clients that disconnect are expected."""


@contextmanager
def endpoint(otherwise: Behaviour, *script: Behaviour) -> Iterator[Endpoint]:
    """An endpoint that is shut down at the end of the block."""
    server = Endpoint(otherwise, list(script))
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.released.set()
        server.shutdown()
        server.server_close()
        thread.join()


def grades(value: Any, remark: str = "fine") -> str:
    """The text of a verdict with four equal grades."""
    names = ("correctness", "quality", "efficiency", "documentation")
    return json.dumps({**dict.fromkeys(names, value), "remark": remark})


def says(content: Any, usage: Any = None) -> Behaviour:
    """Answer with a completion that has this content."""
    completion = {"choices": [{"message": {"role": "assistant", "content": content}}], "usage": usage}
    return lambda exchange: exchange.text(200, json.dumps(completion))


def status(code: int, text: str = "", **headers: str) -> Behaviour:
    """Answer with an HTTP status."""
    return lambda exchange: exchange.text(code, text, **headers)


def hang_up(exchange: Exchange) -> None:
    """Close the connection without an answer."""
    exchange.close_connection = True
    exchange.connection.close()


def hang(exchange: Exchange) -> None:
    """Give no answer until the server is shut down."""
    exchange.server.released.wait()


def drip(exchange: Exchange) -> None:
    """Send an endless answer byte by byte, so that no single read times out."""
    exchange.send_response(200)
    exchange.send_header("Transfer-Encoding", "chunked")
    exchange.end_headers()
    while not exchange.server.released.wait(0.02):
        exchange.wfile.write(b"1\r\n \r\n")


def flood(exchange: Exchange) -> None:
    """Send an answer of 3 MiB."""
    exchange.text(200, "x" * (3 << 20))
