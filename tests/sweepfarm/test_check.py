"""`sweepfarm check`: shipped files pass, bad files fail with one line each."""

import json
import random
import re
from copy import deepcopy
from itertools import product
from pathlib import Path
from typing import Any

import pytest
import yaml
from click.testing import CliRunner, Result

from agent.config.run import RunConfig
from server.search.grid import grid_size
from server.search.space import parse_sweep_config
from sweepfarm.cli import cli
from sweepfarm.definition.check import check_sweep
from sweepfarm.definition.sweep_file import lay_over, read_sweep
from sweepfarm.errors import UserError

ROOT = Path(__file__).parents[2]
MAIN = ROOT / "sweep_config.yaml"
CPU = ROOT / "sweeps" / "overlays" / "cpu.yaml"
STORIES = ROOT / "sweeps" / "stories.yaml"
CODE = ROOT / "sweeps" / "kl_lr_grid.yaml"
JUDGE = ROOT / "sweeps" / "code_judge.yaml"
JUDGE_CPU = ROOT / "sweeps" / "overlays" / "judge_cpu.yaml"
CODE_CPU = ROOT / "sweeps" / "overlays" / "code_cpu.yaml"
STORIES_CPU = ROOT / "sweeps" / "overlays" / "stories_cpu.yaml"
SWEEPS = [
    MAIN,
    *sorted((ROOT / "sweeps").glob("*.yaml")),
    ROOT / "benchmarks" / "gameable" / "sweep.yaml",
]
OVERLAYS = sorted((ROOT / "sweeps" / "overlays").glob("*.yaml"))


@pytest.fixture
def sweep() -> dict[str, Any]:
    return deepcopy(read_sweep(MAIN))


@pytest.mark.parametrize("path", SWEEPS, ids=lambda p: p.name)
def test_every_shipped_sweep_parses(path: Path) -> None:
    check_sweep(read_sweep(path))


@pytest.mark.parametrize("path", OVERLAYS, ids=lambda p: p.name)
def test_every_shipped_overlay_fits_the_main_sweep(path: Path) -> None:
    check_sweep(read_sweep(MAIN, path))


def test_every_shipped_yaml_is_safe_yaml() -> None:
    files = [
        p for p in ROOT.rglob("*.y*ml") if not {".venv", "runs", "wandb"} & set(p.relative_to(ROOT).parts)
    ]
    assert MAIN in files
    for path in files:
        assert list(yaml.safe_load_all(path.read_text(encoding="utf-8"))), path


def test_the_main_sweep_searches_exactly_these_parameters(sweep: dict[str, Any]) -> None:
    searched = set(check_sweep(sweep).searched)
    assert searched == {
        "learning_rate", "per_device_train_batch_size", "num_generations", "temperature", "top_p", "beta",
        "epsilon", "reward_punish_mode", "reward_length_penalty", "reward_min_length", "reward_max_length",
        "reward_promoter_max", "reward_terminator_max", "reward_marker_max", "reward_cds_max",
        "reward_location_aware", "reward_ori_weight", "reward_promoter_weight", "reward_terminator_weight",
        "reward_marker_weight", "reward_cds_weight",
    }  # fmt: skip


def test_rungs_are_reported_in_training_steps(sweep: dict[str, Any]) -> None:
    sweep["parameters"]["max_steps"] = {"value": 40}
    sweep["run_cap"] = 8
    rungs = check_sweep(sweep).rungs
    assert [(r.logged_value, r.training_step, r.goes_on) for r in rungs] == [(2, 10, 5), (4, 20, 5)]


def test_rungs_of_a_metric_logged_at_each_step_are_training_steps(sweep: dict[str, Any]) -> None:
    sweep["metric"]["name"] = "reward_components/total_reward/mean"
    sweep["early_terminate"] = {"type": "hyperband", "min_iter": 20, "eta": 3}
    result = check_sweep(sweep)
    assert [r.training_step for r in result.rungs] == [20, 60]
    assert any("do not compare" in w for w in result.warnings)


def test_a_searched_epsilon_without_effect_gives_a_warning(sweep: dict[str, Any]) -> None:
    assert not check_sweep(sweep).warnings
    sweep["parameters"]["num_iterations"] = {"value": 1}
    assert any("epsilon changes nothing" in w for w in check_sweep(sweep).warnings)


def test_the_stories_sweep_has_the_fourteen_published_runs() -> None:
    variants = read_sweep(STORIES)["parameters"]["variant"]["values"]
    table = [
        (v["beta"], v["per_device_train_batch_size"], v["learning_rate"], v["num_generations"])
        for v in variants
    ]
    assert table == [
        (0.1, 8, 1e-5, 8), (0.3, 8, 1e-5, 8), (0.0, 8, 1e-5, 8), (0.01, 32, 1e-5, 8), (0.05, 16, 1e-5, 8),
        (0.01, 32, 1e-6, 8), (0.02, 32, 1e-5, 8), (0.02, 32, 3e-5, 8), (0.02, 64, 1e-5, 8),
        (0.03, 32, 1e-5, 16), (0.02, 32, 1e-5, 16), (0.04, 32, 1e-5, 16), (0.03, 32, 1e-5, 16),
        (0.02, 32, 1e-5, 16),
    ]  # fmt: skip
    assert [v["reward_name"] for v in variants] == ["sentence_length_10"] * 13 + ["happy_binary"]
    assert [i for i, v in enumerate(variants, 1) if v["temperature"] != 1.0] == [9]
    assert [i for i, v in enumerate(variants, 1) if v["train_prompts"] != 2000] == [13]
    published, small = check_sweep(read_sweep(STORIES)), check_sweep(read_sweep(STORIES, STORIES_CPU))
    assert grid_size(parse_sweep_config(read_sweep(STORIES))) == 14
    assert (published.task, published.max_steps) == ("stories", 2000)
    assert published.models == ("SimpleStories/SimpleStories-1.25M",)
    assert small.models == ("starter",)
    assert any("own reward" in warning for warning in small.warnings)


def test_the_code_sweep_has_the_published_kl_grid_and_control_rewards() -> None:
    sweep = read_sweep(CODE, CODE_CPU)
    runs = [RunConfig.from_params(point) for point in points(sweep)]
    grid = [(r.beta, r.learning_rate) for r in runs if r.reward.model_dump()["reward_condition"] == "ut"]
    assert grid == list(product((0.01, 0.1), (1e-7, 5e-7, 1e-6, 5e-6)))
    assert [run.display_name for run in runs[len(grid) - 1 :]] == [
        "sweep/ut/kl0.1_lr5e-06/seed_42",
        "sweep/ut_inverted/kl0.01_lr5e-07/seed_42",
        "sweep/random/kl0.01_lr5e-07/seed_42",
        "sweep/zero/kl0.01_lr5e-07/seed_42",
    ]
    assert not check_sweep(sweep).warnings


def test_the_judge_sweep_has_the_recommended_changes_one_by_one_and_together() -> None:
    sweep = read_sweep(JUDGE, JUDGE_CPU)
    seeds = sweep["parameters"]["seed"]["values"]
    runs = [RunConfig.from_params({**point, "seed": seed}) for point in points(sweep) for seed in seeds]
    assert len({run.display_name for run in runs}) == len(runs) == 27
    first = {(run.run_name or "").partition("/")[0]: run.flat() for run in runs if run.seed == seeds[0]}
    baseline = first.pop("baseline")
    moved = {
        label: {name: value for name, value in own.items() if value != baseline[name] and name != "run_name"}
        for label, own in first.items()
    }
    phases = moved.pop("two_phases")["phases"]
    assert [(p["beta"], p["temperature"]) for p in phases] == [(0.05, 1.3), (0.1, 1.0)]
    assert sum(p["steps"] for p in phases) == baseline["max_steps"]
    assert moved == {
        "reward_weight_2": {"reward_scale": 2.0},
        "kl_0.05": {"beta": 0.05},
        "lr_7e-6": {"learning_rate": 7e-6},
        "threshold_0.2": {"reward_threshold": 0.2},
        "best_of_n": {"best_of_n": 1},
        "temperature_1.2": {"temperature": 1.2},
        "recommended": {"reward_scale": 2.0, "learning_rate": 7e-6, "temperature": 1.2},
    }
    assert not check_sweep(sweep).warnings


def points(sweep: dict[str, Any]) -> list[dict[str, Any]]:
    """The parameters of every run of a sweep of variants."""
    constant = {name: p["value"] for name, p in sweep["parameters"].items() if "value" in p}
    return [{**constant, "variant": one} for one in sweep["parameters"]["variant"]["values"]]


@pytest.mark.parametrize(
    ("parameters", "says"),
    [
        ({"task": {"value": "story"}}, "unknown task `story`; did you mean `stories`"),
        ({"task": {"values": ["plasmid", "stories"]}}, "`task` decides how the objective is measured"),
        ({"reward_ori_weight": {"value": 1.0}}, "unknown parameter `reward_ori_weight`"),
        ({"variant": {"values": [{"bta": 0.1}]}}, "unknown parameter `bta`; did you mean `beta`"),
        ({"variant": {"values": [{"max_steps": 3}]}}, "`max_steps` decides how the objective is measured"),
        ({"objective": {"values": ["reference", "qc_distinct"]}}, "`objective` decides how the objective is"),
        ({"objective": {"value": "qc_distinct"}}, "the task stories has no quality control"),
        ({"variant": {"values": [3]}}, "each value of `variant` must be a mapping"),
        ({"beta": {"value": 0.5}}, "leave one of them out"),
        ({"run_name": {"value": "{kl}"}}, "`run_name`: unknown parameter `kl`"),
        ({"suite": {"value": "no/such.yaml"}}, "`suite`: the suite cannot be read"),
    ],
)
def test_mistakes_in_a_sweep_of_another_task_are_named(parameters: dict[str, Any], says: str) -> None:
    sweep = read_sweep(STORIES, STORIES_CPU)
    with pytest.raises(UserError, match=re.escape(says)):
        check_sweep({**sweep, "parameters": {**sweep["parameters"], **parameters}})


@pytest.mark.parametrize(("metric", "warned"), [("objective/score", True), ("objective/kl", False)])
def test_minimising_warns_only_for_a_metric_that_is_better_when_higher(
    sweep: dict[str, Any], metric: str, warned: bool
) -> None:
    sweep["metric"] = {"name": metric, "goal": "minimize"}
    warnings = check_sweep(sweep).warnings
    assert (f"{metric} is better when higher, but the goal is minimize" in warnings) == warned


def test_a_figure_of_the_quality_control_may_be_the_metric(sweep: dict[str, Any]) -> None:
    rungs = check_sweep(sweep).evaluations
    sweep["metric"]["name"] = "qc/distinct_pass_rate"
    assert check_sweep(sweep).evaluations == rungs


def test_a_metric_of_another_task_is_refused() -> None:
    sweep = read_sweep(STORIES, STORIES_CPU)
    sweep["metric"]["name"] = "reward_components/ori/mean"
    with pytest.raises(UserError, match="unknown metric"):
        check_sweep(sweep)


def bad(sweep: dict[str, Any], kind: str) -> dict[str, Any]:
    """The main sweep with one mistake."""
    parameters = sweep["parameters"]
    if kind == "unknown parameter":
        parameters["learning_rte"] = {"min": 0.1, "max": 0.2}
    elif kind == "empty space":
        sweep["parameters"] = {}
    elif kind == "metric nobody logs":
        sweep["metric"]["name"] = "objective/scor"
    elif kind == "no metric":
        del sweep["metric"]
    elif kind == "min above max":
        parameters["temperature"] = {"distribution": "uniform", "min": 1.4, "max": 0.7}
    elif kind == "reward min above max":
        parameters["reward_min_length"] = {"value": 60_000}
    elif kind == "hyperband never fires":
        sweep["early_terminate"]["min_iter"] = 20
    elif kind == "all weights zero":
        for name in list(parameters):
            if name.endswith("_weight"):
                parameters[name] = {"value": 0.0}
    elif kind == "half of the space infeasible":
        parameters["temperature"] = {"values": [-1.0, 1.0]}
    elif kind == "searched budget":
        parameters["max_steps"] = {"values": [3, 8]}
    elif kind == "wrong model path":
        parameters["model"] = {"value": "./no/such/model"}
    elif kind == "parameters as a list":
        sweep["parameters"] = ["a"]
    elif kind == "unknown method":
        sweep["method"] = "bayesian"
    return sweep


SAYS = {
    "unknown parameter": "did you mean `learning_rate`",
    "empty space": "parameters is empty",
    "metric nobody logs": "did you mean `objective/score`",
    "no metric": "metric",
    "min above max": "temperature",
    "reward min above max": "reward_min_length",
    "hyperband never fires": "never stop a run",
    "all weights zero": "weight",
    "half of the space infeasible": "of the space makes no valid run",
    "unknown method": "bayes",
    "searched budget": "`max_steps` decides how the objective is measured",
    "wrong model path": "no such folder",
    "parameters as a list": "parameters",
}


@pytest.mark.parametrize("kind", SAYS)
def test_a_bad_sweep_is_a_one_line_error(sweep: dict[str, Any], kind: str, tmp_path: Path) -> None:
    path = tmp_path / "sweep.yaml"
    path.write_text(yaml.safe_dump(bad(sweep, kind)))
    result = CliRunner().invoke(cli, ["check", str(path)])
    assert result.exit_code == 1
    assert SAYS[kind] in result.stderr
    assert len(result.stderr.strip().splitlines()) == 1
    assert not result.stdout


@pytest.mark.parametrize(
    ("text", "says"),
    [("a: 1\nb: [1", "sweep.yaml, line 2 is not valid YAML"), ("- 1", "no mapping"), (None, "cannot read")],
)
def test_an_unreadable_file_is_a_one_line_error(text: str | None, says: str, tmp_path: Path) -> None:
    path = tmp_path / "sweep.yaml"
    if text is not None:
        path.write_text(text)
    result = CliRunner().invoke(cli, ["check", str(path)])
    assert result.exit_code == 1
    assert says in result.stderr
    assert len(result.stderr.strip().splitlines()) == 1


def test_json_output_holds_the_rungs() -> None:
    result = CliRunner().invoke(cli, ["check", str(MAIN), "--overlay", str(CPU), "--json"])
    assert result.exit_code == 0, result.output
    rungs = json.loads(result.stdout)["rungs"]
    assert rungs
    assert all(0 < r["share"] <= 1 and r["training_step"] > 0 for r in rungs)


def test_an_overlay_cannot_change_the_search_space(sweep: dict[str, Any]) -> None:
    with pytest.raises(UserError, match="`learning_rate` is searched"):
        lay_over(sweep, {"parameters": {"learning_rate": {"value": 1e-3}}})
    with pytest.raises(UserError, match="must be one `value`"):
        lay_over(sweep, {"parameters": {"max_steps": {"values": [1, 2]}}})
    with pytest.raises(UserError, match="`parameters` of the overlay must be a mapping"):
        lay_over(sweep, {"parameters": ["max_steps"]})
    with pytest.raises(UserError, match="unknown overlay key `methd`"):
        lay_over(sweep, {"methd": "grid"})


def test_an_overlay_sets_the_budget_and_leaves_the_sweep_unchanged(sweep: dict[str, Any]) -> None:
    before = deepcopy(sweep)
    merged = lay_over(sweep, {"run_cap": 3, "parameters": {"max_steps": {"value": 7}}})
    assert sweep == before
    assert merged["run_cap"] == 3
    assert merged["parameters"]["max_steps"] == {"value": 7}
    assert merged["parameters"]["learning_rate"] == sweep["parameters"]["learning_rate"]


def test_a_first_point_that_makes_no_valid_run_is_named(sweep: dict[str, Any]) -> None:
    nothing = {f"reward_{part}_weight": 0.0 for part in ("ori", "promoter", "terminator", "marker", "cds")}
    with pytest.raises(UserError, match=r"`first_points\[1\]` makes no valid run: .*weights are 0"):
        check_sweep(lay_over(sweep, {"first_points": [{}, nothing]}))


def test_first_points_that_are_never_tried_or_tried_twice_are_warned_of(sweep: dict[str, Any]) -> None:
    points = [{}, {"temperature": 1.0}, {}]
    warnings = check_sweep(lay_over(sweep, {"first_points": points, "run_cap": 2})).warnings
    assert "only 2 of 3 `first_points` are tried: run_cap is 2" in warnings
    assert "`first_points` has the same point twice" in warnings
    one_each = check_sweep(lay_over(sweep, {"first_points": points[:2], "run_cap": 2})).warnings
    assert not [warning for warning in one_each if "first_points" in warning]


def checked_with_corpus(sweep: dict[str, Any], corpus: Path, folder: Path, **values: Any) -> Result:
    parameters = sweep["parameters"] | {name: {"value": value} for name, value in values.items()}
    path = folder / "sweep.yaml"
    path.write_text(yaml.safe_dump(sweep | {"parameters": parameters | {"corpus": {"value": str(corpus)}}}))
    return CliRunner().invoke(cli, ["check", str(path), "--json"])


def write_plasmids(path: Path, count: int) -> Path:
    rng = random.Random(count)
    path.write_text("".join(f">p{i}\n{''.join(rng.choices('ACGT', k=1_600))}\n" for i in range(count)))
    return path


def test_the_check_says_how_a_corpus_of_the_user_is_split(sweep: dict[str, Any], tmp_path: Path) -> None:
    result = checked_with_corpus(sweep, write_plasmids(tmp_path / "mine.fa", 40), tmp_path)
    assert result.exit_code == 0, result.output
    assert json.loads(result.stdout)["corpus"] == (
        "34 training and 6 held-out plasmids, split by 40 similarity clusters; bacterial origins: none in"
        " training, none held out; so few held-out plasmids say little about others"
    )


@pytest.mark.parametrize(
    ("count", "values", "says"),
    [
        (4, {}, "mine.fa': 4 plasmids cannot be split into a training and a held-out side: at least 10"),
        (10, {"eval_prompts": 80}, "`eval_prompts` = 80: the 1 held-out plasmids give only 49"),
        (10, {"task": "stories"}, "the task stories has no use for a `corpus`"),
    ],
)
def test_a_corpus_that_cannot_be_used_is_a_one_line_error(
    sweep: dict[str, Any], tmp_path: Path, count: int, values: dict[str, Any], says: str
) -> None:
    if "task" in values:
        sweep["parameters"] = {}
    result = checked_with_corpus(sweep, write_plasmids(tmp_path / "mine.fa", count), tmp_path, **values)
    assert result.exit_code != 0
    assert says in result.stderr
    assert len(result.stderr.strip().splitlines()) == 1


def test_the_corpus_cannot_be_searched(sweep: dict[str, Any]) -> None:
    sweep["parameters"]["corpus"] = {"values": ["a.fa", "b.fa"]}
    with pytest.raises(UserError, match="`corpus` decides how the objective is measured"):
        check_sweep(sweep)
