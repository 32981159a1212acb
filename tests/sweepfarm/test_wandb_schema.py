"""The shipped sweeps against the schema that W&B publishes with its own engine."""

import json
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from benchmarks.environments import python_with
from sweepfarm.definition.sweep_file import read_sweep
from tests.sweepfarm.test_check import SWEEPS

VALIDATE = """
import json, sys
from jsonschema import Draft7Validator
schema, sweep = json.load(sys.stdin)
Draft7Validator.check_schema(schema)
print(json.dumps([error.message for error in Draft7Validator(schema).iter_errors(sweep)]))
"""


@pytest.fixture(scope="module")
def schema(tmp_path_factory: pytest.TempPathFactory) -> object:
    folder = tmp_path_factory.mktemp("sweeps")
    get = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--dest", folder, "sweeps==0.3.0"]
    subprocess.run(get, check=True, capture_output=True)
    (wheel,) = folder.glob("*.whl")
    return json.loads(zipfile.ZipFile(wheel).read("sweeps/config/schema.json"))


def violations(schema: object, sweep: object) -> list[str]:
    command = [python_with("jsonschema==4.26.0"), "-c", VALIDATE]
    said = subprocess.run(
        command, input=json.dumps([schema, sweep]), capture_output=True, text=True, check=True
    )
    found: list[str] = json.loads(said.stdout)
    return found


@pytest.mark.slow
@pytest.mark.parametrize("path", SWEEPS, ids=lambda path: path.stem)
def test_every_shipped_sweep_is_valid_by_the_schema_of_wandb(schema: object, path: Path) -> None:
    assert violations(schema, read_sweep(path)) == []


@pytest.mark.slow
def test_the_schema_of_wandb_rejects_an_invalid_sweep(schema: object) -> None:
    assert violations(schema, {"method": "bayes", "parameters": {"beta": {"min": "a"}}})
