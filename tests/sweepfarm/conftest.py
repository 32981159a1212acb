"""The fixtures of the embedded server, for commands that talk to a real one."""

from tests.server_fixture import shared_server

__all__ = ["shared_server"]
