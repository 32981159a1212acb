"""How good the points are that each search engine proposes: regret after 60 runs, over many seeds.

    python benchmarks/search.py --json
    python benchmarks/search.py --sweeps-python ~/.cache/sweepfarm-clients/sweeps-0.3.0/bin/python

Each engine sees only what a run would log; regret is 1 minus the value, without noise, of the run that
looked best.
"""

import json
import random
import statistics
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Protocol

import click

# Beside this file lies one with the name of the package `server`: the package is what imports must find.
sys.path[0] = str(Path(__file__).parent.parent)

from benchmarks.functions import DEVELOPMENT, Function  # noqa: E402
from server.search.random_search import random_point  # noqa: E402
from server.search.space import SweepSpec, parse_sweep_config  # noqa: E402
from server.search.trial import STARTUP_RUNS, Trial  # noqa: E402
from server.suggestions import point_seed  # noqa: E402

RUNS = 60
METRIC = "objective"
HOME = Path.home() / ".cache" / "sweepfarm-clients" / "sweeps-0.3.0" / "bin" / "python"
History = Sequence[tuple[dict[str, Any], float]]


class Engine(Protocol):
    """Proposes the next point from what is known."""

    def __call__(self, history: History) -> dict[str, Any]:
        """Return a point of the space."""
        ...


def sweep_config(function: Function) -> dict[str, Any]:
    """Return the sweep that a function stands for."""
    metric = {"name": METRIC, "goal": "maximize"}
    return {"method": "bayes", "metric": metric, "parameters": function.parameters}


@contextmanager
def ours(spec: SweepSpec, function: Function, seed: int) -> Iterator[Engine]:
    """The server's own search, as the server calls it."""
    from server.search.tpe import tpe_point

    def propose(history: History) -> dict[str, Any]:
        drawn = point_seed(seed, 1, len(history))
        if len(history) < STARTUP_RUNS:
            return random_point(spec, drawn)
        return tpe_point(spec, [Trial(point, "finished", value) for point, value in history], drawn)

    yield propose


@contextmanager
def uniform(spec: SweepSpec, function: Function, seed: int) -> Iterator[Engine]:
    """Random search."""
    yield lambda history: random_point(spec, point_seed(seed, 2, len(history)))


@contextmanager
def optuna_defaults(spec: SweepSpec, function: Function, seed: int) -> Iterator[Engine]:
    """Optuna as it comes, on the same space."""
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
            return trial.suggest_int(name, int(axis.low), int(axis.high))
        return trial.suggest_float(name, axis.low, axis.high, log=axis.log)

    def propose(history: History) -> dict[str, Any]:
        if waiting:
            study.tell(waiting.pop(), history[-1][1])
        waiting.append(study.ask())
        return {name: suggested(waiting[0], name) for name in spec.parameters}

    yield propose


@contextmanager
def wandb_sweeps(spec: SweepSpec, function: Function, seed: int, python: Path) -> Iterator[Engine]:
    """W&B's `sweeps` in a process of its own environment."""
    engine = Path(__file__).with_name("sweeps_engine.py")
    with subprocess.Popen(
        [python, "-W", "ignore", engine], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        sent, received = process.stdin, process.stdout
        sent.write(json.dumps({"config": sweep_config(function), "seed": seed}) + "\n")

        def propose(history: History) -> dict[str, Any]:
            sent.write(json.dumps(history) + "\n")
            sent.flush()
            point: dict[str, Any] = json.loads(received.readline())
            return point

        yield propose
        sent.close()


def regret(function: Function, engine: Engine, seed: int) -> float:
    """Return the regret of the run that looked best after all runs."""
    rng = random.Random(seed)
    history: list[tuple[dict[str, Any], float]] = []
    for _ in range(RUNS):
        point = engine(history)
        history.append((point, function.observe(point, rng)))
    chosen, _ = max(history, key=lambda run: run[1])
    return 1 - function.value(chosen)


def summary(regrets: Sequence[float]) -> dict[str, float]:
    """Return the mean with the 95 % interval of 10,000 bootstrap means."""
    rng = random.Random(0)
    means = sorted(statistics.fmean(rng.choices(regrets, k=len(regrets))) for _ in range(10_000))
    return {"mean": statistics.fmean(regrets), "low": means[249], "high": means[9749]}


@click.command()
@click.option("--seeds", default=20, show_default=True, help="Repetitions of every cell.")
@click.option("--function", "chosen", multiple=True, help="Only these functions.")
@click.option("--engine", "engines", multiple=True, help="Only these engines.")
@click.option(
    "--sweeps-python", default=HOME, type=click.Path(path_type=Path), help="Python that has `sweeps`."
)
@click.option("--json", "as_json", is_flag=True, help="Print {function: {engine: {mean, low, high}}}.")
def main(
    seeds: int, chosen: tuple[str, ...], engines: tuple[str, ...], sweeps_python: Path, as_json: bool
) -> None:
    """Compare search engines at an equal budget of 60 runs.

    \b
    Example:
      python benchmarks/search.py --seeds 20 --json
    """
    makers: dict[str, Any] = {"ours": ours, "optuna": optuna_defaults, "random": uniform}
    if sweeps_python.exists():
        makers["sweeps"] = lambda spec, function, seed: wandb_sweeps(spec, function, seed, sweeps_python)
    found: dict[str, dict[str, dict[str, float]]] = {}
    for function in DEVELOPMENT:
        if chosen and function.name not in chosen:
            continue
        spec = parse_sweep_config(sweep_config(function))
        found[function.name] = {}
        for name, make in makers.items():
            if engines and name not in engines:
                continue
            regrets = []
            for seed in range(seeds):
                with make(spec, function, seed) as engine:
                    regrets.append(regret(function, engine, seed))
            found[function.name][name] = summary(regrets)
            if not as_json:
                cell = found[function.name][name]
                line = (
                    f"{function.name:16} {name:8} {cell['mean']:.4f} [{cell['low']:.4f}, {cell['high']:.4f}]"
                )
                click.echo(line)
    if as_json:
        click.echo(json.dumps(found))


if __name__ == "__main__":
    main()
