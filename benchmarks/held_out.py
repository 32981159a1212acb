"""Measures how far the held-out side of each task is from its training side.

Plasmids are compared by 31-mers and prompts by an aligner, not by the code that makes the split.

::

    python benchmarks/held_out.py
    python benchmarks/held_out.py --json
    python benchmarks/held_out.py --corpus my_plasmids/     # the plasmids of a user
"""

import json
import random
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path

import click
import edlib
import numpy as np

if sys.path[0] == str(Path(__file__).parent):
    sys.path[0] = str(Path(__file__).parents[1])

from agent.tasks.code.programs import draw_exercises, draw_side
from agent.tasks.plasmid.corpus import augmented, load_corpus
from agent.tasks.plasmid.prompts import HELD_OUT_SEEDS, plasmid_prompts
from agent.tasks.stories.grammar import stories
from rewards.plasmid.engine.bases import reverse_complement_text as reverse_complement
from rewards.text.tokens import tokens_of

Figures = dict[str, float | int | str]
_WORD = 31
_PROMPTS = 200
_BEGINNING = 8  # tokens of a story's prompt


def plasmids(path: str | None) -> Figures:
    """Figures of the plasmid corpus."""
    corpus = load_corpus(path)
    train = [_words(p) for p in corpus.train]
    nearest = [
        max(len(own & other) / min(len(own), len(other)) for other in train)
        for own in map(_words, corpus.held_out)
    ]
    strands = "|".join(text for p in corpus.train for text in (p + p[:99], reverse_complement(p + p[:99])))
    prompts = [p for p in plasmid_prompts(corpus, 1, _PROMPTS).held_out if p not in HELD_OUT_SEEDS]
    identities = _identities(prompts, strands)
    rng = random.Random(0)
    anywhere = _identities([augmented(corpus.held_out, rng)[: len(p)] for p in prompts], strands)
    return {
        "training": len(corpus.train),
        "held out": len(corpus.held_out),
        "left out beside them": len(corpus.left_out),
        "clusters": corpus.clusters,
        "bacterial origins in training": ", ".join(corpus.families[0]),
        "bacterial origins held out": ", ".join(corpus.families[1]),
        "31-mers of a held-out plasmid in its nearest training plasmid, median": float(np.median(nearest)),
        "the same, largest": max(nearest),
        "held-out prompts": len(prompts),
        "largest identity of one in a training plasmid": max(identities),
        "share of them with 90 % or more": float(np.mean(np.array(identities) >= 0.9)),
        "the same for random places of held-out plasmids": float(np.mean(np.array(anywhere) >= 0.9)),
    }


def story_openings() -> Figures:
    """Figures of the stories that the starter is taught and of those that prompts come from."""
    taught, held_out = (
        {tuple(tokens_of(story.lower())[:_BEGINNING]) for story in stories(count, 11, held_out=side)}
        for count, side in ((12_000, False), (2_000, True))
    )
    return {
        "beginnings of 8 tokens, training": len(taught),
        "beginnings of 8 tokens, held out": len(held_out),
        "on both sides": len(taught & held_out),
        "largest number of equal tokens": max(
            sum(a == b for a, b in zip(own, other, strict=True)) for own in held_out for other in taught
        ),
    }


def exercises() -> Figures:
    """Figures of the exercises of the code task."""
    rng = random.Random(0)
    sides = [{draw_side(rng, held_out=side).structure for _ in range(5_000)} for side in (False, True)]
    return {
        "structures, training": len(sides[0]),
        "structures, held out": len(sides[1]),
        "on both sides": len(sides[0] & sides[1]),
        "held-out exercises drawn": len(draw_exercises(128, 31, held_out=True)),
    }


def _words(plasmid: str) -> set[str]:
    circle = plasmid + plasmid[: _WORD - 1]
    found = (circle[i : i + _WORD] for i in range(len(plasmid)))
    return {min(word, reverse_complement(word)) for word in found}


def _identities(texts: Sequence[str], strands: str) -> list[float]:
    """Identity of each text with the most similar place, from the edit distance over its length."""
    return [
        1 - edlib.align(text, strands, mode="HW", task="distance")["editDistance"] / len(text)
        for text in texts
    ]


def _lines(name: str, figures: Figures) -> Iterable[str]:
    yield name
    for label, value in figures.items():
        yield f"  {label:70s} {value:.3f}" if isinstance(value, float) else f"  {label:70s} {value}"


@click.command()
@click.option("--corpus", help="File or folder of plasmids, instead of those of the data packages.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object instead of a table.")
def main(corpus: str | None, as_json: bool) -> None:
    """Measure how far the held-out side of each task is from its training side."""
    found = {"plasmid": plasmids(corpus), "stories": story_openings(), "code": exercises()}
    if as_json:
        click.echo(json.dumps(found))
        return
    for name, figures in found.items():
        click.echo("\n".join(_lines(name, figures)))


if __name__ == "__main__":
    main()
