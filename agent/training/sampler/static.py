"""Decoding by steps of one shape, as a CUDA graph: one launch per token instead of some hundred."""

from collections.abc import Callable

import torch

from agent.training.sampler.draw import draw_static
from agent.training.sampler.interface import SamplingParameters
from agent.training.sampler.loop import Prefilled, padding_scores
from agent.training.sampler.network import forward

_LOOK_EVERY = 16
"""Steps between looks at whether every row has ended: a look makes the processor wait for the device."""


class StaticDecoder:
    """Writes every row to the end of the longest; the same kernels on the same memory at each step.

    Args:
        start: where the rows stand.
        sampling: how.
    """

    def __init__(self, start: Prefilled, sampling: SamplingParameters) -> None:
        self._start, self._sampling = start, sampling
        self._length = start.columns + sampling.max_new_tokens
        device, rows = start.x.device, len(start.x)
        self._ends = torch.tensor(sampling.eos_token_ids, device=device)
        self._x = torch.empty_like(start.x)
        self._column = torch.empty(1, dtype=torch.long, device=device)
        self._mask = torch.empty(rows, 1, 1, self._length, dtype=start.network.dtype, device=device)
        self._going = torch.empty(rows, dtype=torch.bool, device=device)
        self._written = torch.empty(rows, self._length, dtype=torch.long, device=device)
        self._log_probabilities = torch.empty(rows, self._length, device=device)
        self.reset()

    def reset(self) -> None:
        """Go back to where nothing is written, in the same memory."""
        start = self._start
        self._x.copy_(start.x)
        self._column.fill_(start.columns)
        self._mask.copy_(padding_scores(start.pads, self._length, start.network.dtype))
        self._mask[..., start.columns :] = -torch.inf
        self._going.fill_(True)

    def step(self) -> None:
        """Write one token per row."""
        start, sampling, column = self._start, self._sampling, self._column
        probabilities = start.network.logits(self._x, sampling.temperature).softmax(1)
        tokens = draw_static(probabilities, sampling.top_p, sampling.top_k).unsqueeze(1)
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
        """As `decode`."""
        step = self._captured() if self._x.device.type == "cuda" else self.step
        for taken in range(1, self._sampling.max_new_tokens + 1):
            step()
            if taken % _LOOK_EVERY == 0 and not bool(self._going.any()):
                break
        new = slice(self._start.columns, self._start.columns + taken)
        return self._written[:, new], self._log_probabilities[:, new]

    def _captured(self) -> Callable[[], None]:
        stream = torch.cuda.Stream()
        stream.wait_stream(torch.cuda.current_stream())
        with torch.cuda.stream(stream):
            self.step()  # a first run may allocate what a capture must not
        torch.cuda.current_stream().wait_stream(stream)
        graph = torch.cuda.CUDAGraph()
        with torch.cuda.graph(graph):
            self.step()
        self.reset()
        return graph.replay
