"""Fixtures that several files share: the embedded server and a tiny starter for the code task."""

from pathlib import Path

import pytest

from tests.server_fixture import shared_server, wandb_server

__all__ = ["shared_server", "wandb_server"]


@pytest.fixture(scope="module")
def tiny_code(tmp_path_factory: pytest.TempPathFactory) -> Path:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SWEEPFARM_CACHE", str(tmp_path_factory.mktemp("cache")))
        from agent.tasks.code.starter import CodeStarterConfig, starter

        config = CodeStarterConfig(width=32, layers=1, heads=2, feed_forward=64, batch_size=8, steps=40)
        return starter(config).path()
