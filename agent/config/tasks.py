"""The tasks: what each is rewarded for, and where it is made. Imports no task, so it stays light."""

from dataclasses import dataclass

from agent.config.errors import ConfigError
from rewards.code.suite import CodeRewardConfig
from rewards.config import RewardConfig
from rewards.judge.suite import CRITERION_REWARDS, JudgeRewardConfig
from rewards.nearest import unknown_key_message
from rewards.plasmid.suite import PlasmidRewardConfig
from rewards.text.suite import StoriesRewardConfig


@dataclass(frozen=True)
class TaskEntry:
    """What is known of a task without preparing it.

    Attributes:
        reward: its reward parameters.
        maker: `module:name` of its `TaskMaker`; see `agent.tasks.base`.
        components: rewards whose statistics are logged each step, whatever their weight.
        sandboxed: its rewards run programs in processes and threads of their own, which no fork inherits.
    """

    reward: type[RewardConfig]
    maker: str
    components: tuple[str, ...]
    sandboxed: bool = False


TASKS = {
    "plasmid": TaskEntry(
        PlasmidRewardConfig,
        "agent.tasks.plasmid.task:PLASMID",
        ("ori", "promoter", "terminator", "marker", "cds", "length"),
    ),
    "stories": TaskEntry(
        StoriesRewardConfig, "agent.tasks.stories.task:STORIES", ("contains_word", "sentence_length")
    ),
    "code": TaskEntry(CodeRewardConfig, "agent.tasks.code.task:CODE", ("tests_pass",), sandboxed=True),
    "code_judge": TaskEntry(
        JudgeRewardConfig, "agent.tasks.code.judged:CODE_JUDGE", CRITERION_REWARDS, sandboxed=True
    ),
}
"""Every task by the name that `task` gives it."""


def task_entry(name: object) -> TaskEntry:
    """The entry of a task.

    Raises:
        ConfigError: there is none of that name; the message says which is nearest.
    """
    if not isinstance(name, str) or name not in TASKS:
        raise ConfigError(unknown_key_message("task", str(name), TASKS))
    return TASKS[name]
