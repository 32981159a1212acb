"""Search: the sweep syntax, the samplers that propose points, and Hyperband that stops runs."""

import os

# Must be set before numpy is imported. For matrices of 60 runs, one thread is faster than several.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
