"""Checks of the Docker files that need no Docker engine. docker/ci.sh runs the files with one."""

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from sweepfarm.definition.check import check_sweep
from sweepfarm.definition.sweep_file import read_sweep

ROOT = Path(__file__).parents[2]
COMPOSE = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
DOCKERFILE = (ROOT / "docker" / "Dockerfile").read_text()


def instructions(name: str) -> list[str]:
    """Arguments of every `name` instruction of the Dockerfile, with continued lines joined."""
    return re.findall(rf"^{name} (.*)$", DOCKERFILE.replace("\\\n", " "), re.MULTILINE)


def test_compose_has_exactly_the_documented_services() -> None:
    assert set(SERVICES) == {"server", "register", "grpo-sweep", "report"}
    assert "container_name" not in SERVICES["grpo-sweep"], (
        "a service with a fixed container name cannot be scaled"
    )
    assert sum("build" in service for service in SERVICES.values()) == 1
    assert "build" in SERVICES["grpo-sweep"], "only this service is always started"


@pytest.mark.parametrize("service", SERVICES.values(), ids=SERVICES)
def test_every_service_has_limits_and_no_privileges(service: dict[str, Any]) -> None:
    assert service["read_only"] is True
    assert service["init"] is True
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert not service.keys() & {"privileged", "cap_add", "user", "network_mode", "pid", "ipc"}
    assert service["logging"]["options"].keys() == {"max-size", "max-file"}
    assert service["deploy"]["resources"]["limits"].keys() == {"memory", "pids"}
    # Agents exit with 0 when the sweep is over. `always` and `unless-stopped` would restart them.
    assert service["restart"] == "on-failure"


def test_ports_are_published_on_localhost_only() -> None:
    ports = [port for service in SERVICES.values() for port in service.get("ports", [])]
    assert ports
    assert all(port.startswith("127.0.0.1:") for port in ports)


def test_only_the_server_can_write_to_the_volume_of_its_key() -> None:
    for name, service in SERVICES.items():
        (mount,) = (m for m in service["volumes"] if m.startswith("server:"))
        assert mount.endswith(":ro") == (name != "server")


def test_every_mounted_volume_is_declared_and_every_mounted_path_exists() -> None:
    for service in SERVICES.values():
        for mount in service["volumes"]:
            source = mount.split(":")[0]
            assert (ROOT / source).exists() if source.startswith("./") else source in COMPOSE["volumes"]


def test_the_server_or_register_service_is_left_out_if_not_needed() -> None:
    for name, variable in (("server", "WANDB_API_KEY"), ("register", "SWEEP_ID")):
        file = SERVICES[name]["extends"]["file"]
        written = f"${{{variable}:+not-}}"
        assert written in file
        needed, not_needed = (
            yaml.safe_load((ROOT / file.replace(written, value)).read_text())["services"]["service"]
            for value in ("", "not-")
        )
        assert not needed
        assert not_needed["profiles"]
    for service in SERVICES.values():
        for dependency in service.get("depends_on", {}).values():
            assert dependency["required"] is False


def test_no_file_contains_the_value_of_a_secret() -> None:
    for service in SERVICES.values():
        environment = service.get("environment", {})
        assert environment.get("WANDB_API_KEY") is None
    for line in [*instructions("ARG"), *instructions("ENV")]:
        assert not re.search(r"KEY|TOKEN|PASSWORD|SECRET", line)


def test_the_image_needs_no_remote_frontend_and_runs_as_an_unprivileged_user() -> None:
    assert "syntax=" not in DOCKERFILE, "a syntax line fetches a frontend from a registry"
    assert all("${" in line for line in instructions("FROM"))
    assert instructions("USER") == ["10001:10001"]
    assert instructions("STOPSIGNAL") == ["SIGTERM"]
    (entrypoint,) = instructions("ENTRYPOINT")
    assert entrypoint.startswith("[")


def test_every_copied_file_is_in_the_build_context() -> None:
    ignore = (ROOT / ".dockerignore").read_text().splitlines()
    assert "*" in ignore
    copied = [
        source
        for line in instructions("COPY")
        if "--from" not in line
        for source in line.split()[:-1]
        if not source.startswith("--")
    ]
    assert copied
    for source in copied:
        assert f"!{source}" in ignore, source
        assert (ROOT / source).exists(), source


@pytest.mark.parametrize("overlay", ["sweeps/overlays/smoke.yaml", "docker/ci/longer.yaml"])
def test_small_budgets_fit_the_sweep(overlay: str) -> None:
    sweep = read_sweep(ROOT / "sweep_config.yaml", ROOT / overlay)
    assert check_sweep(sweep).max_steps == sweep["parameters"]["max_steps"]["value"]
    assert sweep["run_cap"] <= 6


def test_the_ci_scripts_run_every_docker_command_of_the_readme() -> None:
    readme = (ROOT / "README.md").read_text()
    section = re.split(r"^## ", readme.partition("\n## Docker\n")[2], flags=re.MULTILINE)[0]
    titles = re.findall(r"^```bash\n# (.+)$", section, re.MULTILINE)
    assert len(titles) == section.count("```bash") > 0
    scripts = "".join(path.read_text() for path in (ROOT / "docker" / "ci").glob("*.sh"))
    for title in titles:
        assert f"from_readme '{title}'" in scripts, title
