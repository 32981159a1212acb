"""`python -m sweepfarm`."""

from sweepfarm.cli import main

main()
