"""TRL's GRPO trainer, with our sampler, our training pass and a choice of which samples train."""

import logging
from typing import Any

import torch
from trl.trainer.grpo_trainer import GRPOTrainer
from trl.trainer.utils import RepeatSampler

from agent.training.passes.score import plain, score_completions, why_not
from agent.training.sampler.generate import generate
from agent.training.sampler.trl_sampling import sampling_dtype, sampling_of
from agent.training.sampler.unsupported import UnsupportedError
from agent.training.step.selection import kept_samples
from agent.training.step.stopwatch import Stopwatch

_LOG = logging.getLogger(__name__)


class EpochSampler(RepeatSampler):
    """TRL's order of prompts, found again in any epoch.

    TRL's own sampler draws each epoch's order from one generator and cannot be told where it is: a run
    resumed in its second epoch would see the first one's order again.
    """

    def set_epoch(self, epoch: int) -> None:
        """Put the generator where it stands at the beginning of `epoch`; accelerate calls this."""
        self.generator.manual_seed(int(self.seed or 0))
        for _ in range(epoch):
            torch.randperm(self.num_samples, generator=self.generator)


class SelectiveGRPOTrainer(GRPOTrainer):
    """GRPO in which samples may be left out of the loss after their group was normalised.

    Args:
        reward_scale: multiplies rewards before advantages are taken.
        reward_threshold: samples below it do not train.
        best_of_n: only this many best samples of each group train.
        *args: TRL's own.
        **kwargs: TRL's own.

    Attributes:
        stopwatch: tells generation and scoring apart from the rest of a step.
    """

    def __init__(
        self,
        *args: Any,
        reward_scale: float,
        reward_threshold: float | None,
        best_of_n: int | None,
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self._reward_scale = reward_scale
        self._reward_threshold = reward_threshold
        self._best_of_n = best_of_n
        self._rewards = torch.empty(0)
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
            return super()._generate(prompts)

    def _generate_single_turn(
        self,
        prompt_ids: Any,
        images: Any,
        multimodal_fields: Any,
        num_generations: Any,
        has_tool_images: Any = False,
    ) -> Any:
        """TRL's seam below tokenisation; its other back ends, where chosen, stay its own."""
        if not (self.use_vllm or self.use_transformers_continuous_batching or images):
            try:
                model = self.accelerator.unwrap_model(self.model_wrapped)
                generated = generate(model, prompt_ids, sampling_of(self), sampling_dtype(self))
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
        kept = kept_samples(self._rewards, self.num_generations, self._reward_threshold, self._best_of_n)
        # Masked out of the policy term, the KL term and the token count alike: as if they had not been there.
        output["completion_mask"] = output["completion_mask"] * kept.unsqueeze(1)
        output["num_items_in_batch"] = output["completion_mask"].sum()
        self._metrics["train"]["kept_fraction"].append(kept.float().mean().item())
        return output
