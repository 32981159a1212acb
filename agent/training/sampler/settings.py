"""What to sample, and what was sampled."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Sampling:
    """How to sample.

    Attributes:
        max_new_tokens: longest completion, at least 1.
        eos_token_ids: each ends a completion, and is its last token.
        temperature: of the softmax, above 0.
        top_p: least mass to sample from, in (0, 1]; see `draw`.
        top_k: number of most likely tokens to sample from; 0 keeps all, 1 is greedy.
    """

    max_new_tokens: int
    eos_token_ids: tuple[int, ...]
    temperature: float = 1.0
    top_p: float = 1.0
    top_k: int = 0


@dataclass(frozen=True)
class Generated:
    """Completions, in the order of their prompts.

    Attributes:
        completions: tokens of each, its end-of-sequence included.
        log_probabilities: of those tokens in nats, at the temperature of sampling, before top-k and top-p.
    """

    completions: list[list[int]]
    log_probabilities: list[list[float]]
