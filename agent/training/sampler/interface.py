"""What the sampler is given, what it returns, and the error for what it does not support."""

import functools
import logging
from dataclasses import dataclass

_LOG = logging.getLogger(__name__)


@dataclass(frozen=True)
class SamplingParameters:
    """How completions are sampled.

    Attributes:
        max_new_tokens: Longest completion in tokens, at least 1.
        eos_token_ids: Each of these tokens ends a completion and is its last token.
        temperature: Divisor of the logits, above 0.
        top_p: Probability mass of the nucleus, in (0, 1]; 1 keeps the whole vocabulary. See `draw`.
        top_k: Number of most likely tokens to draw from; 0 keeps all, 1 is greedy.
    """

    max_new_tokens: int
    eos_token_ids: tuple[int, ...]
    temperature: float = 1.0
    top_p: float = 1.0
    top_k: int = 0


@dataclass(frozen=True)
class Generated:
    """Sampled completions, in the order of their prompts.

    Attributes:
        completions: Token ids of each completion, its end-of-sequence token included.
        log_probabilities: Log-probability in nats of each of those tokens, at the sampling temperature,
            before top-k and top-p.
    """

    completions: list[list[int]]
    log_probabilities: list[list[float]]


class UnsupportedError(Exception):
    """Our sampler does not support the model or the sampling parameters; the message says why."""

    def warn(self) -> None:
        """Log the reason, once per process and reason."""
        _warn(str(self))


@functools.cache
def _warn(reason: str) -> None:
    _LOG.warning("sampling with transformers' generate, which is several times slower: %s", reason)
