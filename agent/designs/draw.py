"""Samples molecules from a model."""

from collections.abc import Callable, Sequence
from itertools import cycle, islice

from agent.designs.source import Source
from rewards.base import Sample

BATCH = 64
"""Completions that are sampled together."""


def draw(
    source: Source,
    prompts: Sequence[str],
    number: int,
    *,
    temperature: float,
    top_p: float,
    seed: int,
    on_sampled: Callable[[int], None],
) -> list[Sample]:
    """`number` sampled molecules; the same arguments give the same ones.

    Args:
        source: The model; completions are as long as those of its run at most.
        prompts: At least one; they are used in turns.
        number: Number of completions.
        temperature: Divisor of the logits, above 0.
        top_p: Probability mass of the nucleus, in (0, 1].
        seed: Of the random draws.
        on_sampled: Called with the number of completions after each batch.

    Raises:
        ConfigError: If the model cannot be loaded.
        FloatingPointError: If the model's logits are not finite.
    """
    import torch

    from agent.training.lifecycle.model import load_model
    from agent.training.objective.sampling import sample

    model, tokenizer = load_model(source.model)
    if torch.cuda.is_available():
        model.to("cuda")  # type: ignore[arg-type]
    wanted = list(islice(cycle(prompts), number))
    samples: list[Sample] = []
    for start in range(0, number, BATCH):
        part = wanted[start : start + BATCH]
        completions = sample(
            model,
            tokenizer,
            part,
            max_new_tokens=source.config.max_completion_length,
            temperature=temperature,
            top_p=top_p,
            seed=seed + start,  # a seed of its own for each batch
        )
        samples += [Sample(prompt, text) for prompt, text in zip(part, completions.texts, strict=True)]
        on_sampled(len(samples))
    return samples
