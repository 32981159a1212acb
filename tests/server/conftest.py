"""The server's fixtures."""

from tests.server_fixture import shared_server, wandb_server

__all__ = ["shared_server", "wandb_server"]
