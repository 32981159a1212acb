"""The server's fixtures, for runs that log to a real one."""

from tests.server_fixture import shared_server, wandb_server

__all__ = ["shared_server", "wandb_server"]
