"""`sweepfarm sample`: which model is meant, what one design is, and files that score the same again."""

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from agent.config.errors import ConfigError
from agent.config.run import RunConfig
from agent.designs.make import make
from agent.designs.rank import rank
from agent.designs.source import find_source
from agent.tasks.plasmid.corpus import load_corpus
from rewards.base import Sample
from sweepfarm.cli import cli
from tests.agent.running import changed, run
from tests.rewards.plasmids import designed_plasmid, random_dna, reverse_complement


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory, tiny_run: RunConfig) -> Path:
    folder = tmp_path_factory.mktemp("sweep") / "r1"
    run(changed(tiny_run, max_steps=2, rungs=1), folder)
    return folder


def sampled(*arguments: str) -> Result:
    return CliRunner().invoke(cli, ["sample", *arguments])


def test_the_same_seed_gives_the_same_designs(trained: Path) -> None:
    first, second, other = (
        sampled(str(trained), "-n", "8", "--keep-all", "--json", "--seed", seed) for seed in ("1", "1", "2")
    )
    assert first.exit_code == 0, first.output
    assert first.stdout == second.stdout
    found = json.loads(first.stdout)
    assert (found["samples"], found["model"]) == (8, str(trained / "checkpoints" / "step-000002"))
    assert len(found["best"]) == min(10, found["designs"])
    assert [design["id"] for design in found["best"]][:2] == ["design_1", "design_2"]
    assert found["best"][0]["sequence"].startswith(found["best"][0]["notes"]["prompt"])
    assert {design["sequence"] for design in found["best"]} != {
        design["sequence"] for design in json.loads(other.stdout)["best"]
    }


def test_written_designs_score_the_same_when_they_are_read_again(trained: Path, tmp_path: Path) -> None:
    file = tmp_path / "designs.gb"
    made = sampled(str(trained), "-n", "12", "--keep-all", "--json", "--out", str(file))
    assert made.exit_code == 0, made.output
    read = CliRunner().invoke(cli, ["score", str(file), "--json"])
    again = {row["id"]: row for row in map(json.loads, read.stdout.splitlines())}
    best = [row for row in json.loads(made.stdout)["best"] if row["length"]]
    assert len(best) >= 2
    for design in best:
        found = again[design["id"]]
        assert found["total"] == pytest.approx(design["total"])
        assert found["components"] == design["components"]
        assert found["quality"] == design["quality"]


def test_prompts_of_a_file_are_used_in_turns(trained: Path, tmp_path: Path) -> None:
    (tmp_path / "starts").write_text("acgtacgtta\n\nTTGACAATTA\r\n")
    arguments = (str(trained), "-n", "4", "--keep-all", "--json", "--prompts", str(tmp_path / "starts"))
    found = json.loads(sampled(*arguments).stdout)
    assert {design["notes"]["prompt"] for design in found["best"]} <= {"ACGTACGTTA", "TTGACAATTA"}
    (tmp_path / "starts").write_text("ACGT\nAC GT\n")
    failed = sampled(*arguments)
    assert failed.exit_code == 1
    assert "line 2: ' ' is none of A, C, G and T" in failed.stderr


def test_without_a_passing_design_nothing_is_written(trained: Path, tmp_path: Path) -> None:
    (tmp_path / "starts").write_text("A" * 40 + "\n")  # the tiny model makes no plasmid of it
    file = tmp_path / "designs.fasta"
    failed = sampled(str(trained), "-n", "2", "--prompts", str(tmp_path / "starts"), "--out", str(file))
    assert failed.exit_code == 1
    assert "none of 2 samples passes quality control" in failed.stderr
    assert not file.exists()


def test_rotations_and_the_other_strand_are_one_design() -> None:
    corpus = load_corpus()
    known, new = corpus.train[0], designed_plasmid() + random_dna(600, 1)
    other = reverse_complement(new[500:] + new[:500])
    ranking = rank(
        [Sample(known[:20], known[20:]), Sample("", new), Sample("", other), Sample("ACGT", "")], corpus
    )
    assert ranking.samples == 4
    copies = {design.record.sequence: design.notes["copies"] for design in ranking.designs}
    assert copies[known] == 1
    assert sorted(copies.values()) == [1, 2]
    (memorised,) = [design for design in ranking.designs if design.record.sequence == known]
    assert memorised.notes["novelty"] == 0.0
    assert memorised.notes["nearest_share"] == 1.0
    assert corpus.train[corpus.names.index(str(memorised.notes["nearest"]))] == known
    order = [(not design.quality.passed, -design.total) for design in ranking.designs]
    assert order == sorted(order)
    assert [design.record.id for design in ranking.designs] == ["design_1", "design_2"]


def result(folder: Path, best: str | None) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "result.json").write_text(json.dumps({"best_run": best}))
    return folder


def test_a_sweep_means_its_chosen_run(trained: Path, tmp_path: Path) -> None:
    found = find_source(str(result(trained.parent, "r1")), tmp_path)
    assert found.model == str(trained / "checkpoints" / "step-000002")
    assert found.config.max_steps == 2
    (tmp_path / "latest").symlink_to(trained.parent)
    assert find_source("chosen", tmp_path).config == found.config
    assert find_source(str(trained / "checkpoints" / "step-000002"), tmp_path).config == found.config
    assert find_source("some/hub-id", tmp_path).model == "some/hub-id"


def empty(folder: Path) -> str:
    folder.mkdir()
    return str(folder)


@pytest.mark.parametrize(
    ("named", "says"),
    [
        (lambda folder: "chosen", "there is no latest sweep in"),
        (lambda folder: empty(folder / "nothing"), "is neither a run directory"),
        (lambda folder: str(result(folder / "sweep", None)), "chose no run"),
        (lambda folder: str(result(folder / "sweep", "elsewhere")), "it was trained elsewhere"),
        (lambda folder: str(Path(empty(folder / "run")) / "checkpoints"), "no such folder"),
    ],
)
def test_what_is_no_model_is_an_error_of_one_line(tmp_path: Path, named: Any, says: str) -> None:
    failed = sampled(named(tmp_path), "--runs", str(tmp_path))
    assert failed.exit_code == 1
    assert says in failed.stderr.replace("\n", " ")
    assert "Traceback" not in failed.output


def test_a_model_of_another_task_writes_no_plasmids(tmp_path: Path, trained: Path) -> None:
    source = find_source(str(trained), tmp_path)
    (tmp_path / "run").mkdir()
    for name in ("metrics.jsonl", "checkpoints"):
        (tmp_path / "run" / name).symlink_to(trained / name)
    config = {**source.config.flat(), "task": "stories"}
    config = {name: value for name, value in config.items() if not name.startswith("reward_")}
    (tmp_path / "run" / "config.json").write_text(json.dumps(config))
    other = find_source(str(tmp_path / "run"), tmp_path)
    with pytest.raises(ConfigError, match="trained on the task stories"):
        make(other, 1)
