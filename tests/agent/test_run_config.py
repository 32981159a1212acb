"""RunConfig: accepted values, derived values, and messages on errors."""

import math
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.config.errors import ConfigError
from agent.config.run import RunConfig
from agent.config.rungs import rung_steps
from agent.config.tasks import our_tasks, task_definition
from agent.health.checks import HealthLimits


def test_parameters_round_trip_flat() -> None:
    config = RunConfig.from_params({"learning_rate": 2e-5, "num_generations": 4, "reward_ori_weight": 2.0})
    assert RunConfig.from_params(config.flat()) == config


def test_explicit_values_are_kept_whether_they_equal_the_default_or_not() -> None:
    default = RunConfig()
    explicit = RunConfig.from_params({"beta": default.beta, "seed": default.seed + 1})
    assert explicit.beta == default.beta
    assert explicit.seed == default.seed + 1


def test_every_explicit_value_survives_the_defaults() -> None:
    """In an earlier system defaults replaced sweep values. Here each field must keep its explicit value."""
    changed = {
        "model": "elsewhere", "corpus": "mine.fa", "suite": "mine.yaml", "run_name": "b{beta}", "seed": 7,
        "max_steps": 33, "rungs": 5, "train_prompts": 17, "eval_prompts": 9,
        "eval_samples": 3, "objective": "qc_distinct", "max_completion_length": 64, "learning_rate": 1e-5,
        "final_temperatures": [0.7, 1.0], "final_samples": 5,
        "learning_rate_scale": 3.0,
        "max_grad_norm": 2.0, "per_device_train_batch_size": 24, "num_generations": 6, "temperature": 0.5,
        "top_p": 0.8, "beta": 0.5, "beta_scale": 2.0, "epsilon": 0.11, "num_iterations": 3,
        "health_kl_max": 9.0, "health_unique_min": 0.1, "health_similarity_rise": 0.3,
        "health_coincidence_rise": 0.1, "health_distinct_min": 0.5, "health_minority_min": 0.1,
        "health_copies_rise": 0.2, "health_copies_max": 0.6, "health_novelty_min": 0.3,
        "health_template_max": 0.4, "health_template_ratio": 2.0, "health_entropy_min": 0.1,
        "health_fall_noise": 4.0, "health_fall_share": 0.3, "health_gradient_max": 3.0,
        "health_kl_spike": 2.0, "health_kl_spike_min": 0.3, "health_zero_variance_max": 0.7,
        "health_reward_max": 0.9, "health_length_ratio": 3.0, "health_truncated_margin": 0.4,
        "reward_aggregation": "normalize_then_sum", "step_timeout": 60.0, "reward_scale": 3.0,
        "lora_rank": 4, "deterministic": True,
        "loss_type": "grpo", "scale_rewards": "none", "reward_threshold": 0.2, "best_of_n": 2,
        "kl_target": 0.1, "kl_gain": 0.3,
        "phases": [{"steps": 9, "beta": 0.2, "temperature": 1.1, "top_p": 0.7, "learning_rate": 1e-4}],
    }  # fmt: skip
    own = set(RunConfig.model_fields) - {"reward", "health", "task"} | set(HealthLimits.model_fields)
    assert set(changed) | {"diversity"} == own  # not allowed with this `reward_aggregation`
    assert RunConfig.from_params({"diversity": 0.7}).flat()["diversity"] == 0.7
    default, flat = RunConfig().flat(), RunConfig.from_params(changed).flat()
    for name, value in changed.items():
        assert flat[name] == value != default[name]


@pytest.mark.parametrize("given_temperatures", [[1.0, 0.5], [0.5, 0.5, 1.0]])
def test_final_temperatures_that_do_not_rise_are_refused(given_temperatures: list[float]) -> None:
    with pytest.raises(ConfigError, match=r"must be distinct and rise: write \[0\.5, 1\.0\]"):
        RunConfig.from_params({"final_temperatures": given_temperatures})
    assert RunConfig.from_params({"final_temperatures": []}).final_temperatures == ()


def test_an_unknown_parameter_error_names_the_nearest_one() -> None:
    with pytest.raises(ConfigError, match="unknown parameter `learning_rat`; did you mean `learning_rate`"):
        RunConfig.from_params({"learning_rat": 1e-5})


@pytest.mark.parametrize("task", our_tasks())
def test_each_task_accepts_only_its_own_reward_parameters(task: str) -> None:
    own = RunConfig.from_params({"task": task})
    assert RunConfig.from_params(own.flat()) == own
    rewards = {name: set(task_definition(name).reward.model_fields) for name in our_tasks()}
    assert set(own.flat()) & set.union(*rewards.values()) == rewards[task]
    for name in set.union(*rewards.values()) - rewards[task]:
        others = " or ".join(other for other in our_tasks() if name in rewards[other])
        says = f"unknown parameter `{name}`; the task {others} has it, not {task}$"
        with pytest.raises(ConfigError, match=says):
            RunConfig.from_params({"task": task, name: 1})


def test_the_suggested_parameter_belongs_to_the_task() -> None:
    with pytest.raises(ConfigError, match="`reward_nam`; did you mean `reward_name`"):
        RunConfig.from_params({"task": "stories", "reward_nam": "happy_binary"})
    with pytest.raises(ConfigError, match="did you mean `reward_ori_max`"):
        RunConfig.from_params({"reward_ori_mx": 1})
    with pytest.raises(ConfigError, match="unknown task `story`; did you mean `stories`"):
        RunConfig.from_params({"task": "story"})


def test_a_run_is_named_after_its_parameters() -> None:
    template = "sweep/{reward_condition}/kl{beta}_lr{learning_rate}/seed_{seed}"
    variant = {"reward_condition": "ut_inverted", "beta": 0.01, "learning_rate": 1e-7}
    config = RunConfig.from_params({"task": "code", "run_name": template, "variant": variant})
    assert config.display_name == "sweep/ut_inverted/kl0.01_lr1e-07/seed_42"
    assert RunConfig.from_params(config.flat()).display_name == config.display_name
    assert RunConfig(run_name="{learning_rate:.0e}").display_name == "3e-06"
    assert RunConfig().display_name is None


@pytest.mark.parametrize(
    ("template", "says"),
    [
        ("{lr_rate}", "`run_name`: unknown parameter `lr_rate`; did you mean `learning_rate`"),
        ("{reward_condition}", "unknown parameter `reward_condition`"),  # of another task
        ("{seed.real}", "unknown parameter `seed.real`"),
        ("run {", "Single '{'"),
        ("{suite:d}", "unsupported format"),
        ("", "at least 1 character"),
    ],
)
def test_an_invalid_run_name_template_is_refused(template: str, says: str) -> None:
    with pytest.raises(ConfigError) as caught:
        RunConfig.from_params({"run_name": template})
    assert says in str(caught.value)


def test_reward_parameters_without_effect_beside_a_suite_are_refused() -> None:
    config = RunConfig.from_params({"suite": "mine.yaml"})
    assert not [name for name in config.flat() if name.startswith("reward_ori")]
    assert RunConfig.from_params(config.flat()) == config
    with pytest.raises(ConfigError, match="`reward_ori_max` has no effect with `suite`"):
        RunConfig.from_params({"suite": "mine.yaml", "reward_ori_max": 2})


def test_a_variant_sets_several_parameters_at_once() -> None:
    config = RunConfig.from_params({"variant": {"beta": 0.3, "num_generations": 4}, "max_steps": 7})
    assert (config.beta, config.num_generations, config.max_steps) == (0.3, 4, 7)
    assert RunConfig.from_params({"variant": {"beta": 0.3}, **config.flat()}) == config
    with pytest.raises(ConfigError, match=r"`beta` is 0\.1 and, in `variant`, 0\.3"):
        RunConfig.from_params({"variant": {"beta": 0.3}, "beta": 0.1})
    with pytest.raises(ConfigError, match="unknown parameter `bta`"):
        RunConfig.from_params({"variant": {"bta": 0.3}})
    with pytest.raises(ConfigError, match="must be a mapping"):
        RunConfig.from_params({"variant": 3})


@pytest.mark.parametrize(
    ("params", "says"),
    [
        ({"temperature": 0}, "temperature"),
        ({"num_generations": 1}, "num_generations"),
        ({"top_p": 1.5}, "top_p"),
        ({"beta": -1}, "beta"),
        ({"beta": 0, "kl_target": 0.1}, "kl_target needs a beta above 0"),
        ({"phases": [{"step": 3}]}, "unknown key `step`; did you mean `steps`?"),
        ({"best_of_n": 9}, "best_of_n (9) is above num_generations (8)"),
        ({"train_prompts": 1, "per_device_train_batch_size": 32}, "train_prompts (1) is below the 4"),
        ({"loss_type": "ppo"}, "loss_type"),
        ({"max_steps": 0}, "max_steps"),
        ({"reward_min_length": 2000, "reward_max_length": 1000}, "reward_max_length"),
        (
            {
                f"reward_{c}_weight": 0.0
                for c in ("ori", "promoter", "terminator", "marker", "cds", "cassette")
            },
            "all weights are 0",
        ),
    ],
)
def test_an_invalid_value_is_a_one_line_error_that_names_it(params: dict[str, float], says: str) -> None:
    with pytest.raises(ConfigError) as caught:
        RunConfig.from_params(params)
    message = str(caught.value)
    assert says in message
    assert "\n" not in message


@given(batch=st.sampled_from([1, 2, 3, 8, 16, 32]), group=st.sampled_from([2, 3, 4, 8, 16]))
def test_a_step_holds_whole_groups_only(batch: int, group: int) -> None:
    config = RunConfig.from_params({"per_device_train_batch_size": batch, "num_generations": group})
    assert config.completions_per_step % group == 0
    assert config.gradient_accumulation_steps * batch == config.completions_per_step
    assert config.completions_per_step == math.lcm(batch, group)


def test_a_group_larger_than_the_batch_is_accumulated() -> None:
    config = RunConfig.from_params({"per_device_train_batch_size": 8, "num_generations": 16})
    assert (config.completions_per_step, config.gradient_accumulation_steps) == (16, 2)


def test_hash_changes_with_any_parameter_and_with_nothing_else() -> None:
    assert RunConfig().config_hash == RunConfig.from_params(RunConfig().flat()).config_hash
    assert RunConfig(seed=1).config_hash != RunConfig(seed=2).config_hash
    a = RunConfig.from_params({"reward_ori_weight": 0.5})
    assert a.config_hash != RunConfig().config_hash


def test_learning_rate_scale_multiplies() -> None:
    assert RunConfig(learning_rate=1e-5, learning_rate_scale=10).effective_learning_rate == pytest.approx(
        1e-4
    )


def test_rung_steps_exact() -> None:
    assert rung_steps(40, 8) == (5, 10, 15, 20, 25, 30, 35, 40)
    assert rung_steps(100, 8) == (13, 25, 38, 50, 63, 75, 88, 100)
    assert rung_steps(3, 8) == (1, 2, 3)


@given(steps=st.integers(1, 500), rungs=st.integers(1, 20))
def test_rungs_increase_and_end_at_the_last_step(steps: int, rungs: int) -> None:
    found = rung_steps(steps, rungs)
    assert len(found) == min(steps, rungs)
    assert found[-1] == steps
    assert found[0] >= 1
    assert all(a < b for a, b in pairwise(found))
