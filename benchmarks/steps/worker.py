"""A process of `benchmarks/step.py` that trains with one kind of trainer and times each step.

It reads a cell as a line of JSON and answers when it is ready. For each further line it trains one step and
answers with the times of that step, so that processes can take turns.
"""

import json
import os
import re
import statistics
import sys
import tempfile
import time
import traceback
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

sys.path[0] = str(Path(__file__).parents[2])

import torch  # noqa: E402
from datasets import Dataset  # noqa: E402
from transformers import AutoModelForCausalLM, AutoTokenizer, TrainerCallback  # noqa: E402
from trl.trainer.grpo_config import GRPOConfig  # noqa: E402
from trl.trainer.grpo_trainer import GRPOTrainer  # noqa: E402

from agent.tasks.plasmid.corpus import load_corpus  # noqa: E402
from agent.tasks.plasmid.prompts import plasmid_prompts  # noqa: E402
from agent.tasks.plasmid.starter import starter_path  # noqa: E402
from agent.training.lifecycle.memory import keep_freed_memory  # noqa: E402
from agent.training.passes.onednn import linear  # noqa: E402
from agent.training.step.grpo import SelectiveGRPOTrainer  # noqa: E402
from benchmarks.steps import stories  # noqa: E402


@dataclass(frozen=True)
class Cell:
    """The settings of a training: `model` is "story" or "dna", `lengths` is "natural" or "full"."""

    model: str
    batch: int
    G: int
    tokens: int
    beta: float
    lengths: str
    steps: int
    top_p: float = 1.0


class InTurn(TrainerCallback):
    """Waits for a line before each step, and answers with the times of the step."""

    def __init__(self, parts: dict[str, float], trainer: GRPOTrainer) -> None:
        self._parts, self._trainer = parts, trainer

    def on_step_begin(self, *_: Any, **__: Any) -> None:
        """Wait for a line."""
        sys.stdin.readline()
        self._parts.clear()
        self._begun = time.perf_counter(), time.process_time()

    def on_step_end(self, *_: Any, **__: Any) -> None:
        """Answer with the times of the step."""
        wall, cpu = (
            now - then
            for now, then in zip((time.perf_counter(), time.process_time()), self._begun, strict=True)
        )
        length = self._trainer._metrics["train"]["completions/mean_length"][-1]
        answer({"wall": wall, "cpu": cpu, "parts": dict(self._parts), "length": length})


def answer(value: dict[str, Any]) -> None:
    """Send a value to the parent process. Nothing else may write to this channel."""
    CHANNEL.write(json.dumps(value) + "\n")
    CHANNEL.flush()


def model_and_prompts(name: str) -> tuple[Path, list[str]]:
    """Folder of a model, and 64 prompts for it."""
    if name == "story":
        return stories.story_model(), stories.prompts(64)
    return starter_path(), list(plasmid_prompts(load_corpus(), 64, 1).train)


def build(variant: str, cell: Cell, folder: str) -> GRPOTrainer:
    """A trainer of a `variant`: "trl" (as a careful user sets it up), "default" or "ours"."""
    path, prompts = model_and_prompts(cell.model)
    tokenizer = AutoTokenizer.from_pretrained(path, padding_side="left")
    model = AutoModelForCausalLM.from_pretrained(path, dtype=torch.float32)
    if cell.lengths == "full":
        # With an end token that the model never writes, no completion ends before its limit.
        tokenizer.eos_token = stories.NEVER if cell.model == "story" else tokenizer.bos_token
        model.generation_config.eos_token_id = tokenizer.eos_token_id
    plain = variant != "default"
    careful = {"bf16": False, "activation_checkpointing": False} if plain else {}
    config = GRPOConfig(
        output_dir=folder,
        max_steps=cell.steps,
        per_device_train_batch_size=cell.batch,
        num_generations=cell.G,
        max_completion_length=cell.tokens,
        beta=cell.beta,
        top_p=cell.top_p,
        temperature=1.0,
        learning_rate=1e-6,
        logging_steps=1,
        save_strategy="no",
        report_to=[],
        disable_tqdm=True,
        use_cpu=True,
        disable_dropout=True,
        **careful,
    )
    ours: dict[str, Any] = {"reward_scale": 1.0, "reward_threshold": None, "best_of_n": None}
    kind: Callable[..., GRPOTrainer] = SelectiveGRPOTrainer if variant == "ours" else GRPOTrainer
    return kind(
        model=model,
        processing_class=tokenizer,
        reward_funcs=motif_reward,
        args=config,
        train_dataset=Dataset.from_dict({"prompt": prompts}),
        **(ours if variant == "ours" else {}),
    )


def motif_reward(completions: list[str], **_: Any) -> list[float]:
    """Number of motifs per character of each completion: cheap, and different within a group."""
    return [len(re.findall("happy|TATA", text)) / max(1, len(text)) for text in completions]


def time_parts(trainer: GRPOTrainer, parts: dict[str, float]) -> None:
    """Add the CPU seconds of each part of a step to `parts`."""

    def timed(call: Callable[..., Any], name: Callable[[], str]) -> Callable[..., Any]:
        def wrapped(*args: Any, **kwargs: Any) -> Any:
            begun, part = time.process_time(), name()
            try:
                return call(*args, **kwargs)
            finally:
                parts[part] += time.process_time() - begun

        return wrapped

    trainer._generate_single_turn = timed(trainer._generate_single_turn, lambda: "generation")
    trainer._calculate_rewards = timed(trainer._calculate_rewards, lambda: "reward")
    trainer._get_per_token_logps_and_entropies = timed(
        trainer._get_per_token_logps_and_entropies,
        lambda: "forward" if torch.is_grad_enabled() else "reference",
    )
    trainer.accelerator.backward = timed(trainer.accelerator.backward, lambda: "backward")


def work(trainer: GRPOTrainer) -> dict[str, int]:
    """Sizes that determine the operations per token: weights of layers and output, width of attention."""
    config, embedding = trainer.model.config, trainer.model.get_input_embeddings().weight.numel()
    return {
        "body": trainer.model.num_parameters() - embedding,
        "head": embedding,
        "attention": config.num_hidden_layers * config.num_attention_heads * config.head_dim,
    }


def peak_memory_mb() -> float:
    """Peak resident memory since `forget_peak`, in MB (1e6 bytes)."""
    line = next(line for line in Path("/proc/self/status").read_text().splitlines() if "VmHWM" in line)
    return int(line.split()[1]) * 1024 / 1e6


def forget_peak() -> None:
    """Start the measurement of peak memory anew."""
    Path("/proc/self/clear_refs").write_text("5")


def gigaflops(repeats: int = 7) -> float:
    """Speed of the fastest float32 matrix product here, in 1e9 operations per second: median of `repeats`."""
    size = 1024
    left, right = torch.randn(2, size, size).unbind()
    times = []
    for _ in range(repeats):
        begun = time.perf_counter()
        linear(left, right)
        times.append(time.perf_counter() - begun)
    return 2 * size**3 / statistics.median(times) / 1e9


def train(variant: str, cell: Cell) -> None:
    """Train one cell, a step per line of input."""
    if variant == "ours":
        keep_freed_memory()
    parts: dict[str, float] = defaultdict(float)
    forget_peak()
    with tempfile.TemporaryDirectory() as folder:
        trainer = build(variant, cell, folder)
        time_parts(trainer, parts)
        trainer.add_callback(InTurn(parts, trainer))
        answer(work(trainer))
        trainer.train()
    answer({"peak_mb": peak_memory_mb()})


def in_child(work: Callable[[], None]) -> None:
    """Call `work` in a forked process, so that the memory of one cell is not counted for the next."""
    child = os.fork()
    if not child:
        try:
            torch.set_num_threads(int(os.environ["OMP_NUM_THREADS"]))
            work()
        except BaseException:
            traceback.print_exc()
            os._exit(1)
        os._exit(0)
    if os.waitpid(child, 0)[1]:
        sys.exit(1)


def main() -> None:
    """`python worker.py VARIANT`. The number of threads comes from the environment, for all cells."""
    variant = sys.argv[1]
    in_child(lambda: answer({"gigaflops": gigaflops()}))
    for line in iter(sys.stdin.readline, ""):
        cell = Cell(**json.loads(line))
        in_child(lambda cell=cell: train(variant, cell))


if __name__ == "__main__":
    CHANNEL = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    main()
