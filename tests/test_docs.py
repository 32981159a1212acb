"""The documentation agrees with the code."""

import json
import re
import tomllib
from pathlib import Path

import pytest
from click.testing import CliRunner
from pydantic import BaseModel

from agent import entrypoint
from agent.config.metrics import RUNG_METRICS, rung_metrics, step_metrics
from agent.config.run import RunConfig
from agent.config.tasks import our_tasks, task_definition
from agent.health.checks import HealthLimits
from agent.health.finding import KINDS, WARNINGS
from docs.generate import BLOCK, BLOCKS, PAGES, generated
from sweepfarm.cli import VERBS, cli

ROOT = Path(__file__).parent.parent
GLOSSARY = (ROOT / "docs" / "metrics.md").read_text(encoding="utf-8")
README = (ROOT / "README.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("verb", VERBS)
def test_every_verb_has_help_with_an_example(verb: str) -> None:
    result = CliRunner().invoke(cli, [verb, "--help"])
    assert result.exit_code == 0, result.output
    assert re.search(rf"^ +sweepfarm {verb}\b", result.output, re.MULTILINE)


def test_the_command_lists_every_verb() -> None:
    output = CliRunner().invoke(cli, ["--help"]).output
    assert all(verb in output for verb in VERBS)


def test_the_readme_names_only_verbs_and_targets_that_exist() -> None:
    assert set(re.findall(r"^sweepfarm (\w+)", README, re.MULTILINE)) <= set(VERBS)
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    for target in re.findall(r"^make (\w+)", README, re.MULTILINE):
        assert re.search(rf"^{target}:", makefile, re.MULTILINE), target


def test_the_readme_lists_every_exit_code_of_a_run() -> None:
    (listed,) = re.findall(r"Exit codes of a run: ([^.]*)\.", README)
    constants = [value for name, value in vars(entrypoint).items() if name.startswith("EXIT_")]
    codes = {value for value in constants if isinstance(value, int)} | {*entrypoint.EXIT_OF_OUTCOME.values()}
    assert {int(code) for code in re.findall(r"\d+", listed)} == codes


def test_the_example_reward_of_the_readme_works(tmp_path: Path) -> None:
    blocks = dict(re.findall(r"^```\w+\n# (\S+\.\w+)\n(.*?)^```", README, re.MULTILINE | re.DOTALL))
    assert set(blocks) == {"mine.py", "suite.yaml"}
    for name, text in blocks.items():
        (tmp_path / name).write_text(text)
    (command,) = re.findall(r"`sweepfarm (score [^`]*--suite[^`]*)`", README)
    (tmp_path / "plasmids.fa").write_text(">a\nGGCCACGT\n>b\nAAAA\n")
    paths = [str(tmp_path / word) if "." in word else word for word in command.split()]
    result = CliRunner().invoke(cli, [*paths, "--json"])
    assert result.exit_code == 0, result.output
    parts = [json.loads(line)["components"] for line in result.stdout.splitlines()]
    assert [part["near_gc"] for part in parts] == [
        {"score": 0.75, "weight": 1.0, "message": "75% GC"},
        {"score": 0.5, "weight": 1.0, "message": "0% GC"},
    ]
    assert [part["ori"]["weight"] for part in parts] == [3.0, 3.0]


def test_files_the_documentation_links_to_exist() -> None:
    for page in [ROOT / "README.md", *(ROOT / "docs").glob("*.md")]:
        for link in re.findall(r"\]\(([^)#:]+)\)", page.read_text(encoding="utf-8")):
            assert (page.parent / link).exists(), f"{page.name} links to {link}"


def test_every_direct_dependency_is_justified_and_pinned() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    table = (ROOT / "docs" / "dependencies.md").read_text(encoding="utf-8").lower()
    runtime = {line.partition("==")[0] for line in (ROOT / "requirements.lock").read_text().split()}
    for requirement in project["dependencies"]:
        name = re.split(r"[<>=]", requirement)[0].lower()
        assert name in runtime, f"{name} has no pin in requirements.lock"
        assert re.search(rf"\| [^|]*\b{re.escape(name)}\b", table), f"{name} is not in docs/dependencies.md"
    dev = {line.partition("==")[0] for line in (ROOT / "requirements-dev.lock").read_text().split()}
    extras = project["optional-dependencies"]
    assert "sweepfarm[reports]" in extras["dev"], "the tests of reports need it"
    for requirement in {*extras["dev"], *extras["reports"]} - {"sweepfarm[reports]"}:
        name = re.split(r"[<>=]", requirement)[0].lower()
        assert name in dev, f"{name} has no pin in requirements-dev.lock"
        assert re.search(rf"\| [^|]*\b{re.escape(name)}\b", table), f"{name} is not in docs/dependencies.md"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_generated_pages_are_not_stale(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    assert generated(text) == text, f"run `make docs`: {page.name} is not what the code says"


def test_every_generated_block_is_on_exactly_one_page() -> None:
    text = "".join(page.read_text(encoding="utf-8") for page in PAGES)
    names = [match["name"] for match in BLOCK.finditer(text)]
    assert len(set(names)) == len(names)
    # A task without a section of its own is described by the block `other tasks`.
    assert {name for name in BLOCKS if not name.startswith("task ")} <= set(names) <= set(BLOCKS)


@pytest.mark.parametrize(
    "model", [RunConfig, HealthLimits, *(task_definition(t).reward for t in our_tasks())]
)
def test_every_option_has_a_description(model: type[BaseModel]) -> None:
    assert [name for name, field in model.model_fields.items() if not field.description] == []


def test_every_metric_has_an_entry_in_the_glossary() -> None:
    for metric in RUNG_METRICS.union(*map(step_metrics, our_tasks())):
        _, _, *statistic = metric.split("/")
        general = f"reward_components/{{component}}/{statistic[0]}" if statistic else metric
        assert f"`{metric}`" in GLOSSARY or f"`{general}`" in GLOSSARY, metric
    for metric in rung_metrics("plasmid") - RUNG_METRICS:
        general = f"qc/{{kind}}_{metric.partition('_')[2]}"
        assert f"`{metric}`" in GLOSSARY or f"`{general}`" in GLOSSARY, metric


def test_every_health_finding_and_limit_has_an_entry_in_the_glossary() -> None:
    for kind in KINDS:
        row = next(line for line in GLOSSARY.splitlines() if line.startswith(f"| `{kind}` |"))
        assert row.endswith("| warns |") == (kind in WARNINGS), row
    for limit in HealthLimits.model_fields:
        assert f"`{limit}`" in GLOSSARY, limit
