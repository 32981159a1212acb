"""The models that a sweep starts from."""

from agent.config.errors import ConfigError
from agent.config.tasks import task_definition
from sweepfarm.errors import UserError


def prepare_model(task: str, model: str, corpus: str | None, adapted: bool = False) -> None:
    """Check that a model can be loaded. `starter` is trained unless it is in the cache.

    Called before agents start: so a progress bar is shown, and agents need not wait for each other.

    Args:
        task: Name of the task.
        model: `starter`, a folder or a Hub id.
        corpus: The user's corpus that the starter is trained on; `None` for the task's own data.
        adapted: Whether a run of the sweep has LoRA adapters.

    Raises:
        UserError: If the path or id is wrong, the model cannot be downloaded, or cannot have adapters.
    """
    from agent.training.lifecycle.adapters import check_adapters
    from agent.training.lifecycle.model import check_model

    if model == "starter":
        definition = task_definition(task)
        own = definition.own_corpus
        starter = definition.starter() if own is None or corpus is None else own.starter(corpus)
        starter.path()
        return
    try:
        check_model(model)
        if adapted:
            check_adapters(model)
    except ConfigError as error:
        raise UserError(str(error)) from None
