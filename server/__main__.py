"""`python -m server`: the same as `sweepfarm server`."""

from server.cli import server

server()
