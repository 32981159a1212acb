"""Switches dropout off, whatever way a model applies it."""

from torch import nn
from transformers import PretrainedConfig, PreTrainedModel


def disable_dropout(model: PreTrainedModel) -> None:
    """Set every dropout probability to 0: of modules, of the functions that modules call, and in configs.

    With dropout, the probabilities of the training pass would not be those of sampling. TRL only changes
    modules of the class `Dropout`; an OPT applies `config.dropout` as a function.
    """
    for module in model.modules():
        if isinstance(module, nn.modules.dropout._DropoutNd):
            module.p = 0.0
        _zero(module)
        config = getattr(module, "config", None)
        if isinstance(config, PretrainedConfig):
            _zero(config)


def _zero(owner: object) -> None:
    """Set each number to 0 whose name says that it is a probability of dropping something."""
    for name, value in list(vars(owner).items()):
        if "drop" in name and isinstance(value, int | float) and not isinstance(value, bool):
            setattr(owner, name, 0.0)
