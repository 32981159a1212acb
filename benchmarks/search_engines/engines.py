"""The search engines that are compared. Each proposes the next point from the runs so far."""

import json
import os
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any, Protocol

from benchmarks.environments import python_with
from benchmarks.search_problems.development import Point
from server.control.suggestions import point_seed
from server.search.random_search import random_point
from server.search.space import SweepSpec
from server.search.startup import startup_point
from server.search.trial import Trial

WANDB_SWEEPS = "sweeps==0.3.0"
"""Needs an environment of its own, because it needs a numpy below 2."""
METRIC = "objective"
History = Sequence[tuple[Point, float]]


class Engine(Protocol):
    """Proposes the next point from the runs so far."""

    def __call__(self, history: History) -> dict[str, Any]:
        """The next point of the space."""
        ...


class MakesEngine(Protocol):
    """Starts an engine for one sweep."""

    def __call__(self, spec: SweepSpec, config: dict[str, Any], seed: int) -> AbstractContextManager[Engine]:
        """Start an engine; `spec` was parsed from `config`."""
        ...


def sweep_config(parameters: dict[str, Any], runs: int) -> dict[str, Any]:
    """The configuration of a sweep of this many runs over these parameters."""
    metric = {"name": METRIC, "goal": "maximize"}
    return {"method": "bayes", "metric": metric, "run_cap": runs, "parameters": parameters}


@contextmanager
def ours(spec: SweepSpec, config: dict[str, Any], seed: int) -> Iterator[Engine]:
    """The server's own search, as the server calls it."""
    from server.search.bayes import bayes_point

    def propose(history: History) -> dict[str, Any]:
        drawn = point_seed(seed, 1, len(history))
        trials = [Trial(point, "finished", value) for point, value in history]
        return startup_point(spec, len(history), len(history), drawn) or bayes_point(spec, trials, drawn)

    yield propose


@contextmanager
def first_points(spec: SweepSpec, config: dict[str, Any], seed: int) -> Iterator[Engine]:
    """The server's first points for the whole sweep: what its samplers must be better than."""

    def propose(history: History) -> dict[str, Any]:
        point = startup_point(spec, 0, len(history), point_seed(seed, 1, len(history)))
        assert point is not None
        return point

    yield propose


@contextmanager
def uniform(spec: SweepSpec, config: dict[str, Any], seed: int) -> Iterator[Engine]:
    """Random search."""
    yield lambda history: random_point(spec, point_seed(seed, 2, len(history)))


@contextmanager
def optuna_defaults(spec: SweepSpec, config: dict[str, Any], seed: int) -> Iterator[Engine]:
    """Optuna with its default settings, on the same space."""
    import optuna

    optuna.logging.set_verbosity(optuna.logging.WARNING)
    study = optuna.create_study(direction="maximize", sampler=optuna.samplers.TPESampler(seed=seed))
    waiting: list[optuna.Trial] = []

    def suggested(trial: optuna.Trial, name: str) -> Any:
        distribution = spec.parameters[name]
        axis = distribution.axis
        if axis.kind == "categorical":
            return trial.suggest_categorical(name, list(distribution.values_or_bounds))
        if axis.kind == "int":
            return distribution.decode(trial.suggest_int(name, int(axis.low), int(axis.high)))
        return distribution.decode(trial.suggest_float(name, axis.low, axis.high, log=axis.log))

    def propose(history: History) -> dict[str, Any]:
        if waiting:
            study.tell(waiting.pop(), history[-1][1])
        waiting.append(study.ask())
        return {name: suggested(waiting[0], name) for name in spec.parameters}

    yield propose


@contextmanager
def wandb_sweeps(spec: SweepSpec, config: dict[str, Any], seed: int) -> Iterator[Engine]:
    """W&B's `sweeps`, in a process with its own environment, on one thread."""
    command = [python_with(WANDB_SWEEPS), "-W", "ignore", Path(__file__).with_name("sweeps_engine.py")]
    environment = {**os.environ, "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        sent, received = process.stdin, process.stdout
        sent.write(json.dumps({"config": config, "seed": seed}) + "\n")

        def propose(history: History) -> dict[str, Any]:
            sent.write(json.dumps(history) + "\n")
            sent.flush()
            point: dict[str, Any] = json.loads(received.readline())
            return point

        yield propose
        sent.close()


ENGINES: dict[str, MakesEngine] = {
    "ours": ours,
    "sweeps": wandb_sweeps,
    "optuna": optuna_defaults,
    "random": uniform,
    "first_points": first_points,
}
COMPARED = ("ours", "sweeps", "optuna", "random")
"""The engines that are compared unless others are named."""
