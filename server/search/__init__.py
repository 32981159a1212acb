"""Search: the sweep syntax, the samplers that propose points, and Hyperband that stops runs."""

import os

# Before numpy is imported: over 60 runs, threads would wait for each other longer than they work.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
