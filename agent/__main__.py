"""`python -m agent`: the command in `sweep_config.yaml`, which trains one run."""

import sys

from agent.warm.client import run_in_warm_parent


def main() -> int:
    """Train one run, in a child of the warm parent if there is one, and return the exit code."""
    code = run_in_warm_parent()
    if code is not None:
        return code
    from agent.entrypoint import main as run_here

    return run_here()


if __name__ == "__main__":
    sys.exit(main())
