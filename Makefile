# `make` alone lists what can be done. The environment is .venv; nothing outside the clone is touched.
PYTHON ?= python3
HOME_DIR ?= .caseload
UV_VERSION := 0.13.9
# A second index for torch's CPU build, where the first has a CUDA build only: the README says when and which.
TORCH_INDEX ?=
SERVE ?= yes
# How long `make model` looks for the strongest model; standard takes a quarter of the time and is a little weaker.
BUDGET ?= thorough
# Each process of tests takes about 2 GB; two use two cores well, since many tests wait for a server that they start.
TESTS_AT_ONCE ?= 2
# pip's own setting for a folder of wheels counts for uv too.
export UV_FIND_LINKS ?= $(PIP_FIND_LINKS)
# Nothing here reports home, whatever the tools' defaults are.
export MLFLOW_DISABLE_TELEMETRY := true
export BENTOML_DO_NOT_TRACK := True
export DO_NOT_TRACK := 1
export HF_HUB_OFFLINE := 1

BIN := .venv/bin
INSTALLED := .venv/installed

.DEFAULT_GOAL := help
.PHONY: help install demo model bento test lint bench soak clean lock

help: ## Say what can be done
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "  make %-8s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

install: $(INSTALLED) ## Set up .venv from requirements.lock

$(INSTALLED): requirements.lock pyproject.toml client/pyproject.toml
	@echo "== Setting up .venv with $$($(PYTHON) --version); about 2.5 GB, a minute or two ..."
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check uv==$(UV_VERSION)
ifneq ($(TORCH_INDEX),)
	@echo "== torch from $(TORCH_INDEX)"
	@grep '^torch==' requirements.lock | $(BIN)/uv pip install --python $(BIN)/python --quiet --no-deps --index $(TORCH_INDEX) -r /dev/stdin
endif
	@# Without dependency resolution nothing can come in that the lock does not name: no CUDA packages, ever.
	@$(BIN)/uv pip install --python $(BIN)/python --quiet --no-deps -r requirements.lock
	@$(BIN)/uv pip install --python $(BIN)/python --quiet --no-deps --no-build-isolation --editable . --editable client
	@$(BIN)/python -c "import torch" 2>/dev/null || { \
	  echo "torch does not start: this index has its CUDA build only. Run: make install TORCH_INDEX=https://download.pytorch.org/whl/cpu"; exit 1; }
	@touch $(INSTALLED)

demo: install ## Run the main job from a file of cases to a ranked queue (SERVE=no: stop after the printout)
	@CASELOAD_CACHE_DIR=$(HOME_DIR)/cache $(BIN)/caseload --home $(HOME_DIR)/demo demo $(if $(filter no,$(SERVE)),--no-serve)

model: install ## Train the default model on the written cases and promote it (BUDGET=quick, standard or thorough)
	@echo "== Training on the written cases, $(BUDGET) budget: on two cores about 1, 8 or 30 minutes"
	$(BIN)/caseload --home $(HOME_DIR) db upgrade
	$(BIN)/caseload seed $(HOME_DIR)/seed
	$(BIN)/caseload --home $(HOME_DIR) import $(HOME_DIR)/seed/past_cases.csv
	$(BIN)/caseload --home $(HOME_DIR) train --budget $(BUDGET)
	$(BIN)/caseload --home $(HOME_DIR) promote

bento: install ## Build the service as a bento, without any network; prints its tag
	@BENTOML_HOME=$${BENTOML_HOME:-$(abspath $(HOME_DIR))/bentoml} $(BIN)/python -m serving.build_bento

test: install ## Run all tests (TESTS_AT_ONCE=1: one after the other)
	@echo "== Tests side by side, $(TESTS_AT_ONCE) at a time; about half an hour"
	@status=0; $(BIN)/python -m pytest -m "not alone" --numprocesses $(TESTS_AT_ONCE) --dist loadfile || status=$$?; \
	echo "== Tests that measure, alone; about ten minutes"; \
	$(BIN)/python -m pytest -m alone || status=$$?; exit $$status

lint: install ## What CI checks before the tests: style, types, layers
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	@$(BIN)/python -m tests.guards.installed_packages

bench: install ## Measure: judgement by cross-validation, intake, encoder (prints tables)
	$(BIN)/python benchmarks/encoder.py
	$(BIN)/python benchmarks/intake.py
	$(BIN)/python benchmarks/written_cases.py
	$(BIN)/python benchmarks/learning_curve.py
	$(BIN)/python benchmarks/replay.py
	PYTHONPATH=. $(BIN)/python benchmarks/queue_at_size.py --cases 100000
	$(BIN)/python benchmarks/accuracy.py

soak: install ## The long runs that CI has no time for
	CASELOAD_SOAK=1 $(BIN)/python -m pytest tests/faults tests/cases/store/whole_life tests/contract
	PYTHONPATH=. $(BIN)/python benchmarks/queue_at_size.py
	$(BIN)/python benchmarks/intake.py --rows 1000000
	$(BIN)/python benchmarks/written_cases.py --budget thorough
	$(BIN)/python benchmarks/accuracy.py --budget thorough --folds 5
	$(BIN)/python benchmarks/replay.py

clean: ## Remove the environment, the demo's data and all caches
	rm -rf .venv $(HOME_DIR) build *.egg-info client/build client/*.egg-info .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
