"""`python -m agent`: what `sweep_config.yaml` names as its command."""

import sys

from agent.warm.client import run_in_warm_parent


def main() -> int:
    """Run in a child of the warm parent where there is one, else in this process."""
    code = run_in_warm_parent()
    if code is not None:
        return code
    from agent.entrypoint import main as run_here

    return run_here()


if __name__ == "__main__":
    sys.exit(main())
