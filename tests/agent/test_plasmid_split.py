"""The split of plasmids: no near copy and no prompt of the held-out side stands on the training side."""

import gzip
import itertools
import random
from pathlib import Path

import edlib
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agent.config.errors import ConfigError
from agent.config.run import RunConfig
from agent.tasks.plasmid.corpus import MAX_LENGTH, MIN_LENGTH, Corpus, load_corpus
from agent.tasks.plasmid.occurrence import LONGEST, MIN_BASES, SearchText
from agent.tasks.plasmid.prompts import HELD_OUT_SEEDS, plasmid_prompts
from agent.tasks.plasmid.similarity import NEAR_COPY, WordTable, clusters
from agent.tasks.plasmid.split import Split, UnsplittableError, split_plasmids
from agent.tasks.plasmid.strands import written_from
from rewards.plasmid.engine.bases import reverse_complement_text as reverse_complement

WORD = 31
"""Bases of the words of these tests: longer than those of the code, so a shared share is never larger."""

SEEDS = st.integers(0, 2**32)


def words(circle: str) -> set[str]:
    turned = circle + circle[: WORD - 1]
    found = (turned[i : i + WORD] for i in range(len(circle)))
    return {min(word, reverse_complement(word)) for word in found}


def similarity(a: set[str], b: set[str]) -> float:
    return len(a & b) / min(len(a), len(b))


def both_strands(plasmids: tuple[str, ...]) -> str:
    circles = [plasmid + plasmid[:100] for plasmid in plasmids]
    return "|".join([*circles, *map(reverse_complement, circles)])


def occurs(text: str, strands: str, bases_per_edit: int = 10) -> bool:
    edits = len(text) // bases_per_edit
    return bool(edlib.align(text, strands, mode="HW", task="distance", k=edits)["editDistance"] >= 0)


def plasmid(rng: random.Random, length: int = MIN_LENGTH) -> str:
    return "".join(rng.choices("ACGT", k=length))


def copy_of(original: str, rng: random.Random, changed: float) -> str:
    """A rotated copy on a random strand in which a share of the bases is changed."""
    bases = list(written_from(original, rng.randrange(len(original)), rng.random() < 0.5))
    for i in rng.sample(range(len(bases)), int(changed * len(bases))):
        bases[i] = rng.choice("ACGT".replace(bases[i], ""))
    return "".join(bases)


def sides(split: Split, plasmids: list[str]) -> tuple[set[str], set[str]]:
    """The plasmids of the training side and those taken from it."""
    taken = [*(beginning.plasmid for beginning in split.held_out), *split.left_out]
    assert sorted([*split.train, *taken]) == list(range(len(plasmids)))
    return {plasmids[i] for i in split.train}, {plasmids[i] for i in taken}


@pytest.fixture(scope="module")
def corpus() -> Corpus:
    return load_corpus()


def test_each_shipped_plasmid_is_on_one_side(corpus: Corpus) -> None:
    plasmids = (*corpus.train, *corpus.held_out, *corpus.left_out)
    assert len(set(plasmids)) == len(plasmids) > 400
    assert all(set(p) <= set("ACGT") and MIN_LENGTH <= len(p) <= MAX_LENGTH for p in plasmids)
    assert 0.12 <= len(corpus.held_out) / len(plasmids) <= 0.18
    assert len(corpus.left_out) <= 0.02 * len(plasmids)


def test_no_near_copy_of_a_shipped_held_out_plasmid_is_trained_on(corpus: Corpus) -> None:
    train = [words(p) for p in corpus.train]
    for held_out in map(words, (*corpus.held_out, *corpus.left_out)):
        assert max(similarity(held_out, other) for other in train) < NEAR_COPY


def test_no_shipped_held_out_prompt_stands_in_a_training_plasmid(corpus: Corpus) -> None:
    strands = both_strands(corpus.train)
    prompts = [p for p in plasmid_prompts(corpus, train=64, held_out=200).held_out if p not in HELD_OUT_SEEDS]
    assert len(prompts) == 192
    assert {MIN_BASES, LONGEST} < {len(p) for p in prompts} <= set(range(MIN_BASES, LONGEST + 1))
    assert not any(occurs(prompt, strands) for prompt in prompts)
    assert all(occurs(p[:MIN_BASES], strands) for p in corpus.train[::20]), "the check finds what is there"


def test_both_sides_have_several_bacterial_origins(corpus: Corpus) -> None:
    trained, held_out = map(set, corpus.families)
    assert len(trained) >= 5
    assert len(held_out) >= 4
    assert "ColE1" in trained & held_out
    assert f"{len(corpus.train)} training and {len(corpus.held_out)} held-out plasmids" in corpus.description


def test_the_split_is_kept_in_the_cache(
    corpus: Corpus, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise AssertionError("split again")

    monkeypatch.setattr("agent.tasks.plasmid.corpus.split_plasmids", fail)
    load_corpus.cache_clear()
    assert load_corpus() == corpus
    assert load_corpus().content_hash == corpus.content_hash


@given(SEEDS, st.floats(0, 0.03))
@settings(max_examples=20, deadline=None)
def test_copies_are_in_one_cluster_whatever_their_strand_and_first_base(seed: int, changed: float) -> None:
    rng = random.Random(seed)
    originals = [plasmid(rng) for _ in range(3)]
    drawn = [copy_of(original, rng, changed) for original in originals for _ in range(3)]
    assert clusters(WordTable.of([*originals, *drawn])).tolist() == [0, 1, 2, 0, 0, 0, 1, 1, 1, 2, 2, 2]


def test_an_insert_in_a_common_backbone_makes_a_plasmid_of_its_own() -> None:
    rng = random.Random(1)
    backbone = plasmid(rng, 1_600)
    small, large, other = (backbone + plasmid(rng, length) for length in (200, 400, 400))
    alone = backbone
    assert clusters(WordTable.of([large, other])).tolist() == [0, 1]
    assert clusters(WordTable.of([small, large])).tolist() == [0, 0], "89 % of the smaller one"
    assert clusters(WordTable.of([large, alone, other])).tolist() == [0, 0, 0], "single linkage"


@given(SEEDS)
@settings(max_examples=10, deadline=None)
def test_all_copies_of_a_molecule_are_on_one_side(seed: int) -> None:
    rng = random.Random(seed)
    originals = [plasmid(rng) for _ in range(12)]
    plasmids = [copy_of(original, rng, 0.015) for original in originals for _ in range(3)]
    split = split_plasmids(plasmids, [set()] * len(plasmids))
    train, taken = sides(split, plasmids)
    assert split.clusters == 12
    assert len(taken) == 3
    assert len(train) == 33
    strands = both_strands(tuple(train))
    for beginning in split.held_out:
        text = written_from(plasmids[beginning.plasmid], beginning.base, beginning.backwards)
        assert not any(occurs(text[:n], strands) for n in range(MIN_BASES, LONGEST + 1))


def test_the_order_of_the_plasmids_does_not_matter() -> None:
    rng = random.Random(2)
    backbone = plasmid(rng, 900)
    plasmids = [backbone + plasmid(rng, 700) for _ in range(30)]
    shuffled = rng.sample(plasmids, len(plasmids))
    split, again = (split_plasmids(some, [set()] * 30) for some in (plasmids, shuffled))
    assert sides(split, plasmids) == sides(again, shuffled)
    assert len(split.held_out) == 4


def test_plasmids_of_common_parts_are_held_out_by_part() -> None:
    """Each part stands in several plasmids, which must be held out together to have prompts of their own."""
    rng = random.Random(3)
    parts = [[plasmid(rng, 500) for _ in range(variants)] for variants in (7, 2, 2)]
    plasmids = ["".join(chosen) for chosen in itertools.product(*parts)]
    split = split_plasmids(plasmids, [set()] * len(plasmids))
    _, taken = sides(split, plasmids)
    assert len(split.held_out) == 4
    assert len({part for part in parts[0] for p in taken if part in p}) == 1


def test_both_sides_get_origin_families_where_that_is_possible() -> None:
    rng = random.Random(4)
    plasmids = [plasmid(rng) for _ in range(60)]
    families = [{"common"} if i < 50 else {f"rare {i % 5}"} for i in range(60)]
    split = split_plasmids(plasmids, families)
    held_out = {f for beginning in split.held_out for f in families[beginning.plasmid]}
    assert len(held_out) >= 4
    assert len({f for i in split.train for f in families[i]}) >= 5


@pytest.mark.parametrize("count", [0, 1, 9])
def test_too_few_plasmids_are_refused(count: int) -> None:
    rng = random.Random(5)
    with pytest.raises(
        UnsplittableError, match=f"^{count} plasmids cannot be split .* at least 10 are needed"
    ):
        split_plasmids([plasmid(rng) for _ in range(count)], [set()] * count)


def test_copies_of_one_plasmid_are_refused() -> None:
    rng = random.Random(6)
    original = plasmid(rng)
    with pytest.raises(UnsplittableError, match="all 12 plasmids are one cluster: each shares 85% or more"):
        split_plasmids([copy_of(original, rng, 0.02) for _ in range(12)], [set()] * 12)


def test_plasmids_without_anything_of_their_own_are_refused() -> None:
    """Each part stands in two thirds of the plasmids, so no group of them could be held out."""
    rng = random.Random(7)
    parts = [plasmid(rng, 500) for _ in range(6)]
    plasmids = ["".join(chosen) for chosen in itertools.combinations(parts, 4)]
    with pytest.raises(UnsplittableError, match="none of the 15 plasmids in 15 clusters can be held out"):
        split_plasmids(plasmids, [set()] * 15)


@given(SEEDS, st.integers(MIN_BASES, LONGEST), st.integers(0, 8))
@settings(max_examples=200, deadline=None)
def test_a_beginning_is_found_if_and_only_if_an_aligner_finds_it(seed: int, length: int, edits: int) -> None:
    rng = random.Random(seed)
    circle = plasmid(rng, 300)
    piece = list(written_from(circle, rng.randrange(300), rng.random() < 0.5)[: length + 8])
    for _ in range(edits):
        at = rng.randrange(len(piece))
        piece[at : at + 1] = rng.choice(["", "A", "CG", "T"])
    text = "".join(piece)[:length].ljust(length, "A")
    strands = both_strands((circle,))
    wanted = any(occurs(text[:n], strands, bases_per_edit=9) for n in range(MIN_BASES, length + 1))
    assert SearchText([circle]).has_beginning(text) == wanted


def test_a_text_of_another_length_cannot_be_looked_for() -> None:
    for length in (MIN_BASES - 1, LONGEST + 1):
        with pytest.raises(ValueError, match="a text of 20 to 60 bases"):
            SearchText(["ACGT" * 30]).has_beginning("A" * length)


def test_more_held_out_prompts_than_there_are_is_an_error() -> None:
    rng = random.Random(8)
    few = Corpus((plasmid(rng),), (plasmid(rng), plasmid(rng)), (), 3, ((), ()))
    assert len(set(plasmid_prompts(few, 16, 80).held_out)) == 80
    with pytest.raises(ConfigError, match="`eval_prompts` = 100: the 2 held-out plasmids give only 90"):
        plasmid_prompts(few, 16, 100)


def write_fasta(path: Path, plasmids: list[str]) -> str:
    path.write_text("".join(f">p{i}\n{p}\n" for i, p in enumerate(plasmids)))
    return str(path)


def test_a_corpus_of_the_user_is_split_the_same_way(tmp_path: Path) -> None:
    rng = random.Random(9)
    originals = [plasmid(rng) for _ in range(20)]
    for number in range(2):
        write_fasta(
            tmp_path / f"{number}.fa", [copy_of(original, rng, 0.01).lower() for original in originals]
        )
    corpus = load_corpus(str(tmp_path))
    assert corpus.clusters == 20
    assert (len(corpus.train), len(corpus.held_out) + len(corpus.left_out)) == (34, 6)
    strands = both_strands(corpus.train)
    prompts = plasmid_prompts(corpus, 64, 32).held_out
    assert not any(occurs(prompt, strands) for prompt in prompts if prompt not in HELD_OUT_SEEDS)
    assert "; bacterial origins: none in training, none held out" in corpus.description
    (tmp_path / "part.fa").write_text(">part\nACGT\n")
    load_corpus.cache_clear()
    assert "; not used: 1 shorter than 1,500 bases; so few" in load_corpus(str(tmp_path)).description
    (tmp_path / "README.md").write_text("These are the plasmids of our lab.\n")
    (tmp_path / "part.csv.gz").write_bytes(gzip.compress(b"name,sequence\nb,GGCC\n"))
    load_corpus.cache_clear()
    not_used = "; not used: 2 shorter than 1,500 bases, 1 files that hold no sequence; so few"
    assert not_used in load_corpus(str(tmp_path)).description


def test_a_corpus_of_the_user_that_cannot_be_used_is_refused(tmp_path: Path) -> None:
    rng = random.Random(10)
    tiny = write_fasta(tmp_path / "tiny.fa", [plasmid(rng), "ACGT", "ACGN" * 500, plasmid(rng, 7_000)])
    with pytest.raises(ConfigError) as caught:
        load_corpus(tiny)
    assert "1 plasmids cannot be split" in str(caught.value)
    for reason in ("1 shorter than 1,500", "1 longer than 6,500", "1 with letters other than A, C, G and T"):
        assert reason in str(caught.value)
    (tmp_path / "empty.fa").write_text("")
    with pytest.raises(ConfigError, match=r"empty\.fa cannot be read: the input is empty"):
        load_corpus(str(tmp_path / "empty.fa"))
    (tmp_path / "cut.gb").write_text("LOCUS       p 99 bp DNA\nORIGIN\n        1 acgt\n//\n")
    with pytest.raises(
        ConfigError, match=r"cut\.gb cannot be read: record 1, line 1: LOCUS says 99 bp, 4 found"
    ):
        load_corpus(str(tmp_path / "cut.gb"))
    with pytest.raises(ConfigError, match=r"none\.fa': no such file or folder"):
        load_corpus(str(tmp_path / "none.fa"))
    with pytest.raises(ConfigError, match="the task stories has no use for a `corpus`"):
        RunConfig.from_params({"task": "stories", "corpus": tiny})
