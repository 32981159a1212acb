# Every target first installs what it needs into .venv, unless it is installed already.
.DEFAULT_GOAL := help
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
RUNTIME := $(VENV)/.runtime
DEV := $(VENV)/.dev
PIP := $(BIN)/python -m pip --disable-pip-version-check install --quiet
export PYTHONUNBUFFERED := 1
export HF_HUB_DISABLE_TELEMETRY := 1
export TOKENIZERS_PARALLELISM := false

AGENTS ?= 2
SEED ?= 0
WORKERS ?= 4
OVERLAY ?= sweeps/overlays/cpu.yaml

.PHONY: help install sweep sweep-stories sweep-code sweep-judge test check docs format bench lock clean

help:  ## list the targets
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 16

install: $(RUNTIME)  ## install what a sweep needs

$(RUNTIME): requirements.lock requirements-data.lock pyproject.toml
	@echo "installing into $(VENV)"
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@$(PIP) -r requirements.lock
	@$(PIP) --no-deps -r requirements-data.lock
	@$(PIP) --no-deps --no-build-isolation --editable .
	@touch $@

$(DEV): $(RUNTIME) requirements-dev.lock
	@$(PIP) -r requirements-dev.lock
	@touch $@

sweep: $(RUNTIME)  ## run the plasmid sweep on this machine, end to end
	@$(BIN)/sweepfarm sweep sweep_config.yaml --overlay $(OVERLAY) --agents $(AGENTS) --seed $(SEED)

sweep-stories: $(RUNTIME)  ## run the stories sweep at small size, and write docs/results/stories.md
	@$(BIN)/sweepfarm sweep sweeps/stories.yaml --small --agents $(AGENTS) \
		--page docs/results/stories.md --against beta --made-by "make sweep-stories"

sweep-code: $(RUNTIME)  ## run the code sweep at small size, and write docs/results/code.md
	@$(BIN)/sweepfarm sweep sweeps/kl_lr_grid.yaml --small --agents $(AGENTS) \
		--page docs/results/code.md --against learning_rate --made-by "make sweep-code"

sweep-judge: $(RUNTIME)  ## run the judged-code sweep at small size, and write docs/results/judge.md
	@$(BIN)/sweepfarm sweep sweeps/code_judge.yaml --small --agents $(AGENTS) \
		--page docs/results/judge.md --against beta --before baseline --made-by "make sweep-judge"

test: $(DEV)  ## run all tests
	@$(BIN)/python -m pytest -n $(WORKERS) --dist loadfile $(PYTEST_ARGS)

check: $(DEV)  ## lint, format, types and dead code
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy agent analysis rewards server sweepfarm docker/claim_gpu.py
	@! $(BIN)/vulture | grep -v "unused attribute"

docs: $(DEV)  ## write the generated tables of docs/options.md, docs/metrics.md and docs/lab.md
	@$(BIN)/python docs/generate.py

format: $(DEV)  ## apply lint fixes and formatting
	@$(BIN)/ruff check --fix --quiet .
	@$(BIN)/ruff format .

bench: $(DEV)  ## run every benchmark
	@for name in recall annotation calibration health objectives startup step search server sandbox selection report held_out; do \
		echo "== $$name"; $(BIN)/python benchmarks/$$name.py || exit 1; done

lock:  ## resolve pyproject.toml anew and rewrite the lock files
	rm -rf .lock-venv
	$(PYTHON) -m venv .lock-venv
	.lock-venv/bin/python -m pip install --quiet setuptools .
	.lock-venv/bin/python -m pip freeze --all --exclude sweepfarm --exclude pip | sed 's/+cpu//' > requirements.lock
	.lock-venv/bin/python -m pip install --quiet '.[dev]'
	.lock-venv/bin/python -m pip freeze --all --exclude sweepfarm --exclude pip | sed 's/+cpu//' \
		| grep -vxFf requirements.lock > requirements-dev.lock
	rm -rf .lock-venv

clean:  ## remove the environment, build and test leftovers (runs/ stays)
	rm -rf $(VENV) build *.egg-info .pytest_cache .mypy_cache .ruff_cache .hypothesis
