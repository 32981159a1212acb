"""`python -m agent`: what `sweep_config.yaml` names as its command."""

import sys

from agent.entrypoint import main

if __name__ == "__main__":
    sys.exit(main())
