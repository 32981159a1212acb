"""The plasmid task: corpus, prompts, tokenizer and starter on the real data packages."""

import json
import random
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.tasks.base import Prompts
from agent.tasks.plasmid.corpus import augmented, load_corpus
from agent.tasks.plasmid.prompts import HELD_OUT_SEEDS, TRAIN_SEEDS, plasmid_prompts
from agent.tasks.plasmid.strands import rotate, written_from
from rewards.plasmid.engine.bases import reverse_complement_text as reverse_complement

DNA = st.text("ACGT", min_size=1, max_size=60)


@given(DNA, st.integers(0, 200))
def test_rotation_and_reverse_complement_can_be_undone(sequence: str, offset: int) -> None:
    rotated = rotate(sequence, offset)
    assert rotate(rotated, len(sequence) - offset % len(sequence)) == sequence
    assert reverse_complement(reverse_complement(sequence)) == sequence


def test_a_molecule_is_written_upwards_or_downwards_from_a_base() -> None:
    assert written_from("AACCGT", 2, backwards=False) == "CCGTAA"
    assert written_from("AACCGT", 2, backwards=True) == "GTTACG"


def test_augmentation_is_a_rotation_of_either_strand() -> None:
    sequence = "AACGTTTGCCATGA"
    drawn = augmented([sequence], random.Random(3))
    assert drawn in sequence * 2 or drawn in reverse_complement(sequence) * 2


def test_prompts_are_fixed_and_training_and_held_out_prompts_are_disjoint() -> None:
    corpus = load_corpus()
    prompts = plasmid_prompts(corpus, train=256, held_out=64)
    assert prompts == plasmid_prompts(corpus, train=256, held_out=64)
    assert (len(prompts.train), len(prompts.held_out)) == (256, 64)
    assert not set(prompts.train) & set(prompts.held_out)
    assert prompts.held_out[:8] == HELD_OUT_SEEDS
    assert not set(TRAIN_SEEDS) & set(HELD_OUT_SEEDS)
    circles = [s * 2 for s in corpus.train] + [reverse_complement(s) * 2 for s in corpus.train]
    assert all(any(p in circle for circle in circles) for p in prompts.train)


def test_a_prompt_in_both_sets_is_refused() -> None:
    with pytest.raises(ValueError, match="'ATG' is both"):
        Prompts(train=("ATG", "C"), held_out=("ATG",))


def test_tokenizer_round_trips_dna_and_appends_no_end_token(tiny_starter: Path) -> None:
    from transformers import AutoTokenizer

    tokenizer = AutoTokenizer.from_pretrained(tiny_starter)
    ids = tokenizer("ATGCCGTANNATTGACA")["input_ids"]
    assert ids[0] == tokenizer.bos_token_id
    assert tokenizer.eos_token_id not in ids
    assert tokenizer.decode(ids, skip_special_tokens=True) == "ATGCCGTANNATTGACA"


def test_starter_training_reduces_the_loss_and_saves_safetensors_only(tiny_starter: Path) -> None:
    losses = json.loads((tiny_starter / "starter.json").read_text())["losses"]
    assert losses[-1] < losses[0]
    assert (tiny_starter / "model.safetensors").exists()
    assert not list(tiny_starter.glob("*.bin"))


def test_starter_is_deterministic_and_prints_its_progress_on_standard_error(
    tiny_starter: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    from agent.tasks.plasmid.starter import PlasmidStarterConfig, starter_path

    config = PlasmidStarterConfig(**json.loads((tiny_starter / "starter.json").read_text())["config"])
    monkeypatch.setenv("SWEEPFARM_CACHE", str(tmp_path))
    again = starter_path(config)
    printed = capsys.readouterr()
    # The Docker build reads the path from standard output.
    assert printed.out == ""
    assert "training the plasmid starter" in printed.err
    assert again.name == tiny_starter.name
    assert (again / "model.safetensors").read_bytes() == (tiny_starter / "model.safetensors").read_bytes()
