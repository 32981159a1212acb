"""The plasmid task, built from a run's configuration."""

from agent.config.run import RunConfig
from agent.tasks.base import Task
from agent.tasks.plasmid.corpus import load_corpus
from agent.tasks.plasmid.prompts import plasmid_prompts
from agent.tasks.plasmid.starter import starter_path
from rewards.plasmid.suite import plasmid_suite, reference_suite

MONITORED = ("ori", "promoter", "terminator", "marker", "cds", "length")


def plasmid_task(config: RunConfig) -> Task:
    """Prepare prompts, suites and, for `model: starter`, the starter model."""
    return Task(
        name="plasmid",
        model_path=str(starter_path()) if config.model == "starter" else config.model,
        prompts=plasmid_prompts(load_corpus(), config.train_prompts, config.eval_prompts),
        training_suite=plasmid_suite(config.reward),
        reference_suite=reference_suite(),
        monitored=MONITORED,
    )
