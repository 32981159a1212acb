"""The YAML files under docker/: one GPU per agent, no privileges, no secrets."""

import os
import re
import signal
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).parents[2]
DOCKER = ROOT / "docker"
FILES = sorted(path for ending in ("yml", "yaml") for path in DOCKER.rglob(f"*.{ending}"))
STACKS = sorted(DOCKER.glob("stack*.yaml"))
CLAIM = "/app/docker/claim_gpu.py"
"""Path of claim_gpu.py in the image."""
DROPPED_BY_SWARM = {"build", "restart", "security_opt", "devices", "ipc", "pid", "privileged", "network_mode"}
DROPPED_BY_SWARM |= {"shm_size", "userns_mode", "mem_limit", "depends_on", "profiles", "extends"}
"""Keys of a service that `docker stack deploy` refuses or ignores."""


def load(name: str) -> dict[str, Any]:
    content = yaml.safe_load((DOCKER / name).read_text(encoding="utf-8"))
    assert isinstance(content, dict)
    return content


def job() -> dict[str, Any]:
    return load("k8s/agents.yaml")


def pod() -> dict[str, Any]:
    spec: dict[str, Any] = job()["spec"]["template"]["spec"]
    return spec


def container() -> dict[str, Any]:
    (only,) = pod()["containers"]
    return dict(only)


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(DOCKER)))
def test_every_yaml_file_is_a_mapping_without_secrets(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert isinstance(yaml.safe_load(text), dict)
    assert not re.search(r"[0-9a-f]{32}|[A-Za-z0-9+/_-]{40}", text), "this looks like a key"


def test_the_gpu_overlay_exposes_all_gpus_and_shares_the_locks() -> None:
    overlay = load("compose.gpu.yml")
    agent = overlay["services"]["grpo-sweep"]
    (device,) = agent["deploy"]["resources"]["reservations"]["devices"]
    assert device == {"driver": "nvidia", "count": "all", "capabilities": ["gpu"]}
    assert agent["volumes"] == [f"gpu-locks:{agent['environment']['GPU_LOCKS']}"]
    assert overlay["volumes"]["gpu-locks"]["name"] == "sweepfarm-gpu-locks", (
        "two farms share the volume by its name"
    )


@pytest.mark.parametrize("name", ["compose.gpu.yml", "stack.yaml", "stack.gpu.yaml"])
def test_claim_settings_in_the_files_are_read_by_claim_gpu(name: str) -> None:
    settings = set(load(name)["services"]["grpo-sweep"]["environment"])
    ours = {setting for setting in settings if setting.startswith(("GPU_", "AGENTS_PER"))}
    source = (DOCKER / "claim_gpu.py").read_text(encoding="utf-8")
    assert all(f'"{setting}"' in source for setting in ours)


@pytest.mark.parametrize("path", STACKS, ids=lambda path: path.name)
def test_stacks_have_no_keys_that_swarm_drops(path: Path) -> None:
    stack = load(path.name)
    assert "name" not in stack
    for service in stack["services"].values():
        assert not DROPPED_BY_SWARM & set(service)


@pytest.mark.parametrize(("file", "name"), [("stack.yaml", "grpo-sweep"), ("stack.server.yaml", "server")])
def test_services_of_a_stack_have_no_privileges_and_read_the_key_from_a_secret(file: str, name: str) -> None:
    stack = load(file)
    service = stack["services"][name]
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert service["deploy"]["endpoint_mode"] == "dnsrr"
    assert service["secrets"] == [{"source": "wandb_api_key", "uid": "10001", "mode": 0o400}]
    assert stack["secrets"] == {"wandb_api_key": {"external": True}}
    assert "cat /run/secrets/wandb_api_key" in service["entrypoint"][2]
    assert "WANDB_API_KEY" not in service.get("environment", {})


def test_agents_of_a_stack_restart_only_after_a_failure() -> None:
    agent = load("stack.yaml")["services"]["grpo-sweep"]
    assert agent["deploy"]["restart_policy"]["condition"] == "on-failure"


def test_agents_have_a_writable_copy_of_the_image_cache() -> None:
    # Importing torch creates a folder for kernels, which would fail in a read-only image.
    assert "SWEEPFARM_CACHE=/cache" in (DOCKER / "Dockerfile").read_text(encoding="utf-8")
    assert "cache:/cache" in load("stack.yaml")["services"]["grpo-sweep"]["volumes"]
    (copies,) = pod()["initContainers"]
    assert copies["command"] == ["cp", "-r", "/cache/.", "/writable"]
    assert copies["volumeMounts"] == [{"name": "cache", "mountPath": "/writable"}]
    assert {"name": "cache", "mountPath": "/cache"} in container()["volumeMounts"]


def test_an_agent_of_a_stack_reserves_one_gpu_and_requires_it() -> None:
    agent = load("stack.gpu.yaml")["services"]["grpo-sweep"]
    (resource,) = agent["deploy"]["resources"]["reservations"]["generic_resources"]
    assert resource == {"discrete_resource_spec": {"kind": "NVIDIA-GPU", "value": 1}}
    assert agent["environment"]["GPU_REQUIRED"] == "1"


def test_the_job_runs_one_agent_per_gpu() -> None:
    spec = job()["spec"]
    assert spec["completionMode"] == "Indexed"
    assert spec["completions"] == spec["parallelism"]
    assert container()["resources"]["limits"]["nvidia.com/gpu"] == "1"
    assert {"name": "GPU_REQUIRED", "value": "1"} in container()["env"]


def test_the_job_ignores_preemption_and_counts_failures() -> None:
    spec = job()["spec"]
    rules = spec["podFailurePolicy"]["rules"]
    assert [rule["action"] for rule in rules] == ["Ignore", "Ignore", "FailJob"]
    assert rules[0]["onPodConditions"] == [{"type": "DisruptionTarget", "status": "True"}]
    assert rules[1]["onExitCodes"]["values"] == [143]
    assert all(rule["onExitCodes"]["containerName"] == container()["name"] for rule in rules[1:])
    assert spec["backoffLimitPerIndex"] > 0, "other failures count per agent"
    assert pod()["restartPolicy"] == "Never", "a pod failure policy requires it"


def test_agents_of_the_job_have_no_privileges() -> None:
    assert pod()["securityContext"]["runAsNonRoot"] is True
    assert pod()["securityContext"]["runAsUser"] == 10001
    assert pod()["automountServiceAccountToken"] is False
    assert container()["securityContext"] == {
        "allowPrivilegeEscalation": False,
        "readOnlyRootFilesystem": True,
        "capabilities": {"drop": ["ALL"]},
    }


def test_the_key_of_the_job_is_in_a_file_that_git_ignores() -> None:
    kustomization = load("k8s/kustomization.yaml")
    assert all((DOCKER / "k8s" / name).exists() for name in kustomization["resources"])
    (secret,) = kustomization["secretGenerator"]
    assert container()["envFrom"] == [{"secretRef": {"name": secret["name"]}}]
    (env_file,) = secret["envs"]
    assert f"docker/k8s/{env_file}" in (ROOT / ".gitignore").read_text(encoding="utf-8").split()
    example = (DOCKER / "k8s" / f"{env_file}.example").read_text(encoding="utf-8")
    assert dict(line.split("=") for line in example.split()) == {
        "SWEEP_ID": "",
        "WANDB_API_KEY": "",
        "WANDB_BASE_URL": "https://api.wandb.ai",
    }


def start_pod(tmp_path: Path, agent: str) -> subprocess.Popen[str]:
    """Run the command of the job's container, with a shell script in place of Python and the agent."""
    python = tmp_path / "python"
    python.write_text(f"#!/bin/sh\n{agent}\n")
    python.chmod(0o755)
    return subprocess.Popen(
        [*container()["command"], *container()["args"]],
        env={"PATH": f"{tmp_path}:{os.environ['PATH']}"},
        stdout=subprocess.PIPE,
        text=True,
    )


@pytest.mark.parametrize("code", [0, 1, 2, 69])
def test_a_pod_exits_with_the_code_of_its_agent(tmp_path: Path, code: int) -> None:
    process = start_pod(tmp_path, f'echo "$@"; exit {code}')
    out, _ = process.communicate(timeout=60)
    assert (process.returncode, out) == (code, f"{CLAIM} sweepfarm agent\n")


def test_a_terminated_pod_waits_for_its_agent_and_exits_with_143(tmp_path: Path) -> None:
    saves = "trap 'sleep 0.3; echo saved; exit 0' TERM; echo ready; for _ in $(seq 600); do sleep 0.05; done"
    process = start_pod(tmp_path, saves)
    assert process.stdout
    assert process.stdout.readline() == "ready\n"
    process.send_signal(signal.SIGTERM)
    out, _ = process.communicate(timeout=60)
    assert (process.returncode, out) == (143, "saved\n")
