"""Training scripts that real agents start."""

# Prefix of a script: the client checks the stop flag every second instead of every fifteen.
ATTENTIVE = """
from wandb.sdk.lib.run_stopping import RunStopChecker
RunStopChecker.__init__.__kwdefaults__["poll_interval"] = 1
"""

# Logs `score` = a at every step, and honours the client's stop flag.
STEADY = """
import os, time, wandb
stop = []
with wandb.init(settings=wandb.Settings(stop_fn=lambda: stop.append(1))) as run:
    for step in range(int(os.environ.get("STEPS", "3"))):
        run.log({"score": run.config["a"], "loss": 1 / (step + 1)}, step=step)
        print("step", step)
        time.sleep(float(os.environ.get("PAUSE", "0")))
        if stop:
            break
    run.summary["outcome"] = "stopped early" if stop else "finished"
"""

# Uses only features that older clients have.
PLAIN = """
import wandb
with wandb.init() as run:
    for step in range(3):
        run.log({"score": run.config["a"], "loss": 1 / (step + 1)}, step=step)
        print("step", step)
"""

# Ignores the stop flag: only its agent can end it.
DEAF = """
import time, wandb
with wandb.init(settings=wandb.Settings(stop_fn=lambda: None)) as run:
    for step in range(10_000):
        run.log({"score": run.config["a"]}, step=step)
        time.sleep(0.5)
"""

# Is preempted once, at its fifth step, and then resumes.
PREEMPTED = """
import sys, wandb
run = wandb.init(resume="allow")
for step in range(run.starting_step, 10):
    run.log({"score": run.config["a"], "at": step})
    if step == 4:
        run.mark_preempting()
        run.finish(exit_code=3)
        sys.exit(3)
run.finish()
"""

DIES_BEFORE_INIT = "raise SystemExit(1)"
