"""The starter of the code task: a small language model, trained on programs that are partly wrong."""

import hashlib
import inspect
import random
from dataclasses import dataclass
from functools import cache, partial

from transformers import PreTrainedTokenizerFast

from agent.tasks.code import bodies, expressions, programs
from agent.tasks.code.bodies import draw_body
from agent.tasks.code.programs import draw_side, prompt_of
from agent.tasks.code.tokenizer import train_tokenizer
from agent.tasks.starter import Starter, StarterConfig

_CORPUS = 4_000
"""Number of programs that its tokenizer is trained on."""
_SEED = 12


@dataclass(frozen=True, kw_only=True)
class CodeStarterConfig(StarterConfig):
    """Default shape and training: about 0.7 M parameters."""

    vocab_size: int = 768
    layers: int = 3
    feed_forward: int = 341
    context: int = 256
    steps: int = 2400
    batch_size: int = 16
    row_tokens: int = 72


def starter(config: StarterConfig | None = None) -> Starter:
    """The starter of the given shape; the default one if `config` is `None`."""
    config = config or CodeStarterConfig()
    return Starter(
        task="code",
        config=config,
        content=_content(),
        tokenizer=lambda: train_tokenizer(corpus(), config.vocab_size),
        row=partial(_row, config.row_tokens),
        record={"slips": bodies.SLIPS},
    )


@cache
def corpus() -> tuple[str, ...]:
    """Programs of the training data; none has the prompt of a held-out exercise."""
    rng = random.Random(_SEED)
    return tuple(draw_program(rng) for _ in range(_CORPUS))


def draw_program(rng: random.Random) -> str:
    """A random training prompt with a body, which may be wrong."""
    expression = draw_side(rng, held_out=False)
    return prompt_of(expression) + draw_body(expression, rng)


def _row(row_tokens: int, tokenizer: PreTrainedTokenizerFast, rng: random.Random) -> list[int]:
    """One training row: a program and `<eos>`, cut to `row_tokens`."""
    ids: list[int] = tokenizer.encode(draw_program(rng), add_special_tokens=False)
    return [*ids, tokenizer.eos_token_id][:row_tokens]


def _content() -> str:
    """SHA-256 hex digest of the code that makes the training data."""
    sources = "".join(map(inspect.getsource, (bodies, expressions, programs)))
    return hashlib.sha256(sources.encode()).hexdigest()
