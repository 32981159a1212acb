"""Modules of plasmids, their recombinants, and the tokenizer whose tokens are pieces of modules."""

import random
from functools import cache

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agent.tasks.plasmid.corpus import load_corpus
from agent.tasks.plasmid.modules import LONGEST_PIECE, Module, modules_of
from agent.tasks.plasmid.recombinants import Recombinants, recombinants_of
from agent.tasks.plasmid.starter import starter
from agent.tasks.plasmid.tokenizer import EOS, module_tokenizer
from rewards.plasmid.annotator import default_annotator
from rewards.plasmid.engine.bases import reverse_complement_text
from rewards.plasmid.quality_control import quality_control
from tests.rewards.plasmids import AMPR, PUC_ORI, library_sequence, random_dna


@cache
def plasmids() -> tuple[str, ...]:
    return load_corpus().train


@cache
def drawn() -> tuple[str, ...]:
    rng = random.Random(5)
    return tuple(recombinants_of(plasmids()).recombinant(rng) for _ in range(200))


def test_modules_join_to_the_plasmid_and_their_pieces_are_short() -> None:
    for plasmid, annotation in zip(plasmids(), default_annotator().annotate(plasmids()), strict=True):
        modules = modules_of(annotation)
        joined = "".join(module.sequence for module in modules)
        assert len(joined) == len(plasmid)
        assert joined in plasmid * 2
        assert all(0 < len(piece) <= LONGEST_PIECE for module in modules for piece in module.pieces)


def test_a_plasmid_is_cut_in_the_middle_of_its_gaps_and_each_part_keeps_its_kind() -> None:
    origin, marker = library_sequence(PUC_ORI), library_sequence(AMPR)
    gaps = [random_dna(60, seed) for seed in (1, 2)]
    annotation = default_annotator().annotate([origin + gaps[0] + marker + gaps[1]])[0]
    modules = modules_of(annotation)
    assert [(module.kind, module.family) for module in modules] == [
        ("marker", "ampicillin"),
        ("origin", "ColE1"),
    ]
    assert origin in modules[1].sequence
    assert marker in modules[0].sequence


def test_a_molecule_without_features_is_one_module_of_cargo() -> None:
    sequence = random_dna(430, seed=4)
    (module,) = modules_of(default_annotator().annotate([sequence])[0])
    assert (module.kind, module.family, module.sequence) == ("cargo", "", sequence)
    assert [len(piece) for piece in module.pieces] == [100, 100, 100, 100, 30]


def test_recombinants_carry_five_origin_families_that_pass_quality_control() -> None:
    found = [quality_control(annotation) for annotation in default_annotator().annotate(drawn())]
    passed = [control for control in found if control.passed]
    families = [control.origins[0] for control in passed]
    assert set(families) >= {"ColE1", "p15A", "pSC101", "pBBR1", "RK2"}
    # Nine in ten training plasmids have ColE1; here no family has half of the passing ones.
    assert max(families.count(family) for family in set(families)) < len(families) / 2
    # The rules are broken often enough to leave something to learn.
    assert 0.1 < len(passed) / len(found) < 0.5


def test_recombinants_depend_on_the_generator_only() -> None:
    again = Recombinants(plasmids())
    rng = random.Random(5)
    assert tuple(again.recombinant(rng) for _ in range(20)) == drawn()[:20]


def test_recombinants_of_plasmids_without_known_parts_are_made_of_them() -> None:
    sequences = (random_dna(900, 1), random_dna(700, 2))
    rng = random.Random(0)
    recombinants = Recombinants(sequences)
    both = [side for s in sequences for side in (s, reverse_complement_text(s))]
    assert {recombinants.recombinant(rng) for _ in range(40)} == set(both)


def test_a_recombinant_has_far_fewer_tokens_than_bases() -> None:
    tokenizer = starter().tokenizer()
    lengths = sorted(len(tokenizer.encode(molecule, add_special_tokens=False)) for molecule in drawn())
    assert lengths[len(lengths) // 2] < 60
    assert lengths[-1] < 160
    assert len(tokenizer) <= 4096


@settings(max_examples=50)
@given(st.text("ACGTN", max_size=200))
def test_every_dna_can_be_written_and_read_back(text: str) -> None:
    tokenizer = small_tokenizer(64)
    ids = tokenizer.encode(text)
    assert tokenizer.decode(ids, skip_special_tokens=True) == text
    assert tokenizer.convert_tokens_to_ids(EOS) not in ids


@pytest.mark.parametrize("size", [16, 64, 256])
def test_a_vocabulary_keeps_to_its_size(size: int) -> None:
    assert len(small_tokenizer(size)) <= size


def test_pieces_are_tokens_on_both_strands_and_text_takes_the_fewest_tokens() -> None:
    piece = "ACCTGATTGACCA"
    tokenizer = module_tokenizer([[Module((piece,), "cargo", "")]], 64)
    assert tokenizer.tokenize(piece) == [piece]
    assert tokenizer.tokenize(reverse_complement_text(piece)) == [reverse_complement_text(piece)]
    assert len(tokenizer.tokenize("GG" + piece + "TT")) == 3


@cache
def small_tokenizer(size: int):  # type: ignore[no-untyped-def]
    modules = [
        Module(tuple(random_dna(40, 10 * seed + part) for part in range(4)), "cargo", "") for seed in range(9)
    ]
    return module_tokenizer([modules], size)
