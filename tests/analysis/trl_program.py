"""The program of a test sweep: logs what TRL's own trainer logs every tenth step, without health metrics."""

import random

import wandb

STEPS = 60
EVERY = 10
GROUP = 4
PROMPTS = ("Once", "Then")
WORDS = ["dog", "cat", "bird", "tree", "river", "stone", "house", "garden", "boat", "moon", "star", "cake"]


def completion(rng: random.Random, step: int, collapses: bool) -> str:
    """A random text or, towards the end of a collapsing run, always the same rewarded text."""
    if collapses and step > STEPS // 2:
        return "the dog was happy. the dog was happy."
    return " ".join(rng.choices(WORDS, k=12)) + ". " + " ".join(rng.choices(WORDS, k=12)) + "."


def main() -> None:
    with wandb.init() as run:
        collapses, rng = bool(run.config["collapses"]), random.Random(0)
        run.config.update({"max_steps": STEPS, "logging_steps": EVERY})
        run.define_metric("train/global_step")
        run.define_metric("*", step_metric="train/global_step", step_sync=True)
        for step in range(EVERY, STEPS + 1, EVERY):
            reward = 0.2 + 0.6 * step / STEPS + 0.01 * rng.random()
            run.log({"train/reward": reward, "train/loss": 0.0, "train/global_step": step})
            rows = [
                [step, prompt, completion(rng, step, collapses), reward, 0.0]
                for prompt in PROMPTS
                for _ in range(GROUP)
            ]
            columns = ["step", "prompt", "completion", "reward_func", "advantage"]
            run.log({"completions": wandb.Table(columns=columns, data=rows)})


if __name__ == "__main__":
    main()
