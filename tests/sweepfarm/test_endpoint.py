"""The server that a command talks to."""

from pathlib import Path

import pytest

from sweepfarm.errors import UserError
from sweepfarm.machine.endpoint import page_address, point_at_server, reachable_server


@pytest.fixture
def data(tmp_path: Path) -> Path:
    (tmp_path / "url").write_text("http://server:8080\n")
    (tmp_path / "api_key").write_text("k" * 64 + "\n")
    return tmp_path


def test_address_and_key_are_read_from_the_data_folder(data: Path) -> None:
    environment = {"SWEEPFARM_SERVER": str(data)}
    point_at_server(environment)
    assert environment["WANDB_BASE_URL"] == "http://server:8080"
    assert environment["WANDB_API_KEY"] == "k" * 64


def test_a_key_in_the_environment_overrides_the_data_folder(data: Path) -> None:
    environment = {"SWEEPFARM_SERVER": str(data), "WANDB_API_KEY": "mine"}
    point_at_server(environment)
    assert environment == {"WANDB_API_KEY": "mine"}


def test_without_a_data_folder_the_environment_is_unchanged() -> None:
    environment: dict[str, str] = {"WANDB_API_KEY": ""}
    point_at_server(environment)
    assert environment == {"WANDB_API_KEY": ""}


def test_a_data_folder_without_a_server_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=rf"no server runs in {tmp_path} \(SWEEPFARM_SERVER\).*No such file"):
        point_at_server({"SWEEPFARM_SERVER": str(tmp_path)})


def test_a_server_that_does_not_answer_is_one_line() -> None:
    with pytest.raises(UserError, match=r"^no server answers at http://127\.0\.0\.1:9 "):
        reachable_server({"WANDB_BASE_URL": "http://127.0.0.1:9"})


def test_the_page_address_is_the_one_that_a_browser_can_reach() -> None:
    own = {"SWEEPFARM_SERVER": "/server", "WANDB_BASE_URL": "http://server:8080"}
    published = {"SWEEPFARM_PAGE": "http://127.0.0.1:8080/"}
    assert page_address({**own, **published}) == "http://127.0.0.1:8080"
    assert page_address(own) == "http://server:8080"
    assert page_address({**published, "WANDB_BASE_URL": "https://w.example"}) == "https://w.example"
    assert page_address(published) == "https://wandb.ai"
