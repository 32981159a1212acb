"""What this sampler leaves to transformers' own."""

import functools
import logging

_LOG = logging.getLogger(__name__)


class UnsupportedError(Exception):
    """The model or the settings are not among those sampled here; the message says why."""

    def warn(self) -> None:
        """Say so in one line, once per process and reason."""
        _warn(str(self))


@functools.cache
def _warn(reason: str) -> None:
    _LOG.warning("sampling with transformers' generate, which is several times slower: %s", reason)
