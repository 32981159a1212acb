"""Samples a model and ranks what it wrote."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from agent.config.errors import ConfigError
from agent.designs.source import Source

if TYPE_CHECKING:
    from agent.designs.rank import Ranking

PLASMID = "plasmid"
"""The task whose completions are designs."""

REPORTED, REPORTED_OF = 10, 200
"""Designs of the chosen run that a report links, and the samples from which they are taken."""


def make(
    source: Source,
    number: int,
    *,
    prompts: Sequence[str] | None = None,
    temperature: float | None = None,
    top_p: float | None = None,
    seed: int = 0,
    features: Path | None = None,
    on_sampled: Callable[[int], None] = lambda done: None,
) -> "Ranking":
    """The ranked designs among `number` samples of a model.

    Args:
        source: The model.
        number: Number of samples.
        prompts: First bases; the held-out prompts of the model's run if None.
        temperature: Sampling temperature; that of the objective if None.
        top_p: Top-p; that of the objective if None.
        seed: Of the random draws.
        features: File of the user's own features.
        on_sampled: Called with the number of samples so far.

    Raises:
        ConfigError: If the model cannot be loaded or was trained on another task.
        OwnFeaturesError: If the own features cannot be used.
        FloatingPointError: If the model's logits are not finite.
    """
    from agent.designs.draw import draw
    from agent.designs.rank import rank
    from agent.tasks.plasmid.corpus import load_corpus
    from agent.tasks.plasmid.prompts import plasmid_prompts
    from agent.training.objective.held_out import EVAL_TEMPERATURE, EVAL_TOP_P
    from rewards.plasmid.parts.own import NO_FEATURES, read_own

    own = read_own(features) if features else NO_FEATURES
    config = source.config
    if config.task != PLASMID:
        raise ConfigError(f"the model was trained on the task {config.task}; designs are plasmids")
    corpus = load_corpus(config.corpus)
    if prompts is None:
        prompts = plasmid_prompts(corpus, config.train_prompts, config.eval_prompts).held_out
    samples = draw(
        source,
        prompts,
        number,
        temperature=EVAL_TEMPERATURE if temperature is None else temperature,
        top_p=EVAL_TOP_P if top_p is None else top_p,
        seed=seed,
        on_sampled=on_sampled,
    )
    return rank(samples, corpus, own=own)


def write_best(source: Source, folder: Path) -> list[Path]:
    """The files `designs.html`, `.gb` and `.fasta` with the best designs of a model; none if none passes.

    Raises:
        ConfigError: As `make`.
        FloatingPointError: As `make`.
        OSError: If a file cannot be written.
    """
    from rewards.plasmid.export.writer import writer_for

    best = make(source, REPORTED_OF).passing[:REPORTED]
    files = [folder / f"designs{suffix}" for suffix in (".html", ".gb", ".fasta")] if best else []
    for file in files:
        with writer_for(file) as write:
            for design in best:
                write(design)
    return files
