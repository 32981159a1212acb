"""Decodes with steps of constant shape, as a CUDA graph: one launch per token instead of about a hundred."""

from collections.abc import Callable

import torch

from agent.training.sampler.draw import draw_static
from agent.training.sampler.interface import SamplingParameters
from agent.training.sampler.loop import Prefilled, padding_scores
from agent.training.sampler.network import forward

_CHECK_EVERY = 16
"""Steps between checks whether every row has ended: a check makes the CPU wait for the GPU."""


class StaticDecoder:
    """Decodes every row until the longest has ended, with the same kernels on the same memory at each step.

    Args:
        start: State after the prompts.
        parameters: How to sample.
    """

    def __init__(self, start: Prefilled, parameters: SamplingParameters) -> None:
        self._start, self._parameters = start, parameters
        self._length = start.columns + parameters.max_new_tokens
        device, rows = start.x.device, len(start.x)
        self._ends = torch.tensor(parameters.eos_token_ids, device=device)
        self._x = torch.empty_like(start.x)
        self._column = torch.empty(1, dtype=torch.long, device=device)
        self._mask = torch.empty(rows, 1, 1, self._length, dtype=start.network.dtype, device=device)
        self._going = torch.empty(rows, dtype=torch.bool, device=device)
        self._written = torch.empty(rows, self._length, dtype=torch.long, device=device)
        self._log_probabilities = torch.empty(rows, self._length, device=device)
        self.reset()

    def reset(self) -> None:
        """Return to the state after the prompts, in the same memory."""
        start = self._start
        self._x.copy_(start.x)
        self._column.fill_(start.columns)
        self._mask.copy_(padding_scores(start.pads, self._length, start.network.dtype))
        self._mask[..., start.columns :] = -torch.inf
        self._going.fill_(True)

    def step(self) -> None:
        """Decode one token per row."""
        start, parameters, column = self._start, self._parameters, self._column
        probabilities = start.network.logits(self._x, parameters.temperature).softmax(1)
        tokens = draw_static(probabilities, parameters.top_p, parameters.top_k).unsqueeze(1)
        self._written.index_copy_(1, column, tokens)
        self._log_probabilities.index_copy_(1, column, probabilities.gather(1, tokens).log())
        self._going &= (tokens != self._ends).all(1)
        self._mask.index_fill_(3, column, 0)
        positions = (column - start.pads).unsqueeze(1)
        self._x.copy_(
            forward(start.network, start.cache, tokens, positions, column, self._length, self._mask)
        )
        column.add_(1)

    def run(self) -> tuple[torch.Tensor, torch.Tensor]:
        """[B, T] token ids and their log-probabilities in nats; arbitrary after the end of a row."""
        step = self._captured() if self._x.device.type == "cuda" else self.step
        for taken in range(1, self._parameters.max_new_tokens + 1):
            step()
            if taken % _CHECK_EVERY == 0 and not bool(self._going.any()):
                break
        new = slice(self._start.columns, self._start.columns + taken)
        return self._written[:, new], self._log_probabilities[:, new]

    def _captured(self) -> Callable[[], None]:
        stream = torch.cuda.Stream()
        stream.wait_stream(torch.cuda.current_stream())
        with torch.cuda.stream(stream):
            self.step()  # a first run may allocate memory, which a capture must not
        torch.cuda.current_stream().wait_stream(stream)
        graph = torch.cuda.CUDAGraph()
        with torch.cuda.graph(graph):
            self.step()
        self.reset()
        return graph.replay
