"""TRL's GRPO trainer with our sampler, our training pass and a choice of the completions that train."""

import logging
from typing import Any

import torch
from trl.trainer.grpo_trainer import GRPOTrainer
from trl.trainer.utils import RepeatSampler

from agent.training.passes.positions import counted_positions
from agent.training.passes.score import plain, score_completions, why_not
from agent.training.sampler.generate import generate
from agent.training.sampler.interface import UnsupportedError
from agent.training.step.averages import group_means
from agent.training.step.stopwatch import Stopwatch
from agent.training.step.trl_sampling import sampling_dtype, sampling_parameters

_LOG = logging.getLogger(__name__)


class EpochSampler(RepeatSampler):
    """TRL's order of prompts, which can be restored in any epoch.

    TRL's own sampler draws the order of each epoch from one generator and cannot be told the epoch: a run
    that is resumed in its second epoch would get the order of the first again.
    """

    def set_epoch(self, epoch: int) -> None:
        """Set the generator to its state at the beginning of `epoch`; accelerate calls this."""
        self.generator.manual_seed(int(self.seed or 0))
        for _ in range(epoch):
            torch.randperm(self.num_samples, generator=self.generator)


class SelectiveGRPOTrainer(GRPOTrainer):
    """GRPO that can leave completions out of the loss after the advantages of their group are computed.

    Args:
        *args: Passed to TRL's trainer.
        reward_scale: Factor of the rewards, applied before advantages are computed.
        reward_threshold: Completions with a lower reward do not train; `None` for no threshold.
        best_of_n: Number of best completions of each group that train; `None` for all.
        parts: Number of micro-batches into which one of the configured size is divided. Loss and metrics do
            not depend on it.
        **kwargs: Passed to TRL's trainer.

    Attributes:
        stopwatch: Measures generation and scoring apart from the rest of a step.
    """

    def __init__(
        self,
        *args: Any,
        reward_scale: float,
        reward_threshold: float | None,
        best_of_n: int | None,
        parts: int = 1,
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self._reward_scale = reward_scale
        self._reward_threshold = reward_threshold
        self._best_of_n = best_of_n
        self._parts = parts
        self._rewards = torch.empty(0)
        self._tokens: dict[str, list[int]] = {"kl": [], "entropy": []}
        self._own_pass = (reason := self._why_not_own_pass()) is None
        if reason:
            _LOG.warning("the training pass is TRL's own: %s", reason)
        self.stopwatch = Stopwatch()

    def _get_train_sampler(self, *args: Any, **kwargs: Any) -> Any:
        theirs: Any = super()._get_train_sampler(*args, **kwargs)
        return EpochSampler(
            data_source=theirs.data_source,
            mini_repeat_count=theirs.mini_repeat_count,
            batch_size=theirs.batch_size,
            repeat_count=theirs.repeat_count,
            shuffle=theirs.shuffle,
            seed=theirs.seed,
        )

    def _why_not_own_pass(self) -> str | None:
        """The reason why only TRL's training pass can be used; `None` if ours can."""
        if self.accelerator.num_processes > 1:
            return "the model is spread over several processes"
        if self._entropy_bonus_enabled or self.aux_loss_enabled:
            return "the loss has terms beside policy and KL"
        return why_not(self.model)

    def _get_per_token_logps_and_entropies(
        self,
        model: Any,
        input_ids: torch.Tensor,
        attention_mask: torch.Tensor,
        logits_to_keep: int,
        batch_size: int | None = None,
        compute_entropy: bool = False,
        **others: Any,
    ) -> Any:
        if not self._own_pass:
            with counted_positions(model):
                return super()._get_per_token_logps_and_entropies(
                    model, input_ids, attention_mask, logits_to_keep, batch_size, compute_entropy, **others
                )
        with self.accelerator.autocast():
            log_p, entropy = score_completions(
                plain(self.accelerator.unwrap_model(model)),
                input_ids,
                attention_mask,
                logits_to_keep,
                self.temperature,
                batch_size or len(input_ids),
                compute_entropy,
            )
        return log_p, entropy, None

    def _generate(self, prompts: list[Any]) -> Any:
        with self.stopwatch.part("generation"):
            generated: Any = super()._generate(prompts)
        # TRL also takes a completion whose last token is the padding token for one that has ended.
        cut = [ids[-1] not in self.eos_token_ids for ids in generated[1]]
        self._metrics["train"]["completions/clipped_ratio"][-1] = sum(cut) / len(cut)
        return generated

    def _generate_single_turn(
        self,
        prompt_ids: Any,
        images: Any,
        multimodal_fields: Any,
        num_generations: Any,
        has_tool_images: Any = False,
    ) -> Any:
        """TRL's method below tokenisation. If another of TRL's back ends is chosen, TRL's own method runs."""
        if not (self.use_vllm or self.use_transformers_continuous_batching or images):
            try:
                model = self.accelerator.unwrap_model(self.model_wrapped)
                generated = generate(model, prompt_ids, sampling_parameters(self), sampling_dtype(self))
                return generated.completions, generated.log_probabilities
            except UnsupportedError as unsupported:
                unsupported.warn()
        theirs: Any = super()._generate_single_turn
        return theirs(prompt_ids, images, multimodal_fields, num_generations, has_tool_images)

    def _calculate_rewards(self, *args: Any, **kwargs: Any) -> torch.Tensor:
        with self.stopwatch.part("scoring"):
            rewards: torch.Tensor = super()._calculate_rewards(*args, **kwargs)
        self._rewards = rewards[:, 0]
        return rewards * self._reward_scale

    def _generate_and_score_completions(self, inputs: list[dict[str, Any]]) -> dict[str, Any]:
        output: dict[str, Any] = super()._generate_and_score_completions(inputs)
        if self._reward_threshold is None and self._best_of_n is None:
            return output
        assert self.num_generations is not None  # TRL types it for evaluation, where it may be absent
        kept = kept_completions(self._rewards, self.num_generations, self._reward_threshold, self._best_of_n)
        # Masked out of the policy term, the KL term and the token count alike.
        output["sampled_mask"] = output["completion_mask"]
        output["completion_mask"] = output["completion_mask"] * kept.unsqueeze(1)
        output["num_items_in_batch"] = output["completion_mask"].sum()
        self._metrics["train"]["kept_fraction"].append(kept.float().mean().item())
        return output

    def _compute_loss(self, model: Any, inputs: dict[str, Any]) -> torch.Tensor:
        theirs: Any = super()._compute_loss
        loss: torch.Tensor = theirs(model, inputs)
        tokens = int(inputs["completion_mask"].sum())
        if self.loss_type == "bnpo" and self._parts > 1:  # alone among the losses, a mean over a micro-batch
            loss = loss * (self._parts * tokens / max(1, self._tokens_of_parts()))
        self._tokens["kl"].append(tokens)
        if "sampled_mask" in inputs and not inputs["num_items_in_batch"]:
            tokens, entropy = self._sampled_entropy(model, inputs)
            self._metrics["train"]["entropy"][-1] = entropy
        self._tokens["entropy"].append(tokens)
        return loss

    def _tokens_of_parts(self) -> int:
        """The number of tokens that train of all micro-batches that are parts of the same one as this."""
        batches: Any = self._buffered_inputs
        first = self._step % len(batches) // self._parts * self._parts
        return sum(int(batch["completion_mask"].sum()) for batch in batches[first : first + self._parts])

    @torch.no_grad()
    def _sampled_entropy(self, model: Any, inputs: dict[str, Any]) -> tuple[int, float]:
        """Number of all sampled tokens of a micro-batch, and the entropy over them in nats per token."""
        mask = inputs["sampled_mask"]
        ids = torch.cat([inputs["prompt_ids"], inputs["completion_ids"]], 1)
        attention = torch.cat([inputs["prompt_mask"], mask], 1)
        scores = self._get_per_token_logps_and_entropies(
            model, ids, attention, mask.shape[1], compute_entropy=True
        )
        return int(mask.sum()), float((scores[1] * mask).sum() / mask.sum())

    def log(self, logs: dict[str, float], start_time: float | None = None) -> None:
        """Log as TRL does, but with means over the tokens of each micro-batch of the configured size."""
        metrics = self._metrics["train"]
        for name, tokens in self._tokens.items():
            if name in metrics:
                metrics[name] = group_means(metrics[name], tokens, self._parts)
            tokens.clear()
        super().log(logs, start_time)


def kept_completions(
    rewards: torch.Tensor, group_size: int, reward_threshold: float | None, best_of_n: int | None
) -> torch.Tensor:
    """[B] bool, whether the tokens of each completion enter the loss.

    Advantages do not change: the statistics of a group are those of all its completions, so a kept completion
    has the same advantage as without a selection.

    Args:
        rewards: [B] total rewards, `group_size` consecutive ones per group; NaN where unscored.
        group_size: Completions per prompt.
        reward_threshold: Completions with a lower reward are dropped; `None` for no threshold.
        best_of_n: Number of best completions of each group to keep, the earlier one of a tie; `None` for all.

    Returns:
        The mask. An unscored completion is never kept if either criterion is set.
    """
    keep = torch.ones_like(rewards, dtype=torch.bool)
    if reward_threshold is not None:
        keep &= rewards >= reward_threshold
    if best_of_n is not None:
        grouped = rewards.nan_to_num(nan=-torch.inf).view(-1, group_size)
        rank = grouped.argsort(dim=1, descending=True, stable=True).argsort(dim=1)
        keep &= (rank < best_of_n).view(-1) & ~rewards.isnan()
    return keep
