# Every target is one line of work; `make help` lists them.
SHELL := /bin/sh
PYTHON ?= $(firstword $(foreach p,python3 python3.13 python3.12 python3.11,$(shell $(p) -c 'import sys, venv, ensurepip; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' 2>/dev/null && echo $(p))))
BIN := .venv/bin
SOURCES := operator trainer localcluster demo bench tests
COMPILE := $(BIN)/uv pip compile --quiet --universal --generate-hashes --no-header --python-version 3.11
export PYTHONPATH := operator:trainer:.
export MLFLOW_DISABLE_TELEMETRY := true

.PHONY: help demo test lint fmt generate verify bench bench-trainer bench-peer bench-peers cluster images e2e lock audit sbom clean

help: ## Show this list
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## /\1\t/' | expand -t 14

demo: .venv/ready ## Watch the whole loop on a real Kubernetes (KEEP=1 leaves it running; CLUSTER=current uses your cluster)
	@$(BIN)/python -m demo

test: .venv/ready .venv/scan/ready lint verify ## Check everything: lint, generated files, tests on a real Kubernetes and a real MLflow
	@echo "== tests (a Kubernetes control plane and MLflow servers are started as needed)"
	@$(BIN)/python -m localcluster build
	@$(BIN)/python -m pytest $(ARGS)
	@$(if $(ARGS),,$(BIN)/python -m tests.e2e || test $$? -eq 3) # 3: this machine cannot, as it has said

images: .venv/ready ## Build the images of operator, trainer and MLflow (Linux and root; otherwise docker build)
	@nice $(BIN)/python -m localcluster.images

e2e: .venv/ready ## The whole loop in containers: images, kubelet, containerd, manifests (Linux and root; KEEP=1 opens a shell)
	@$(BIN)/python -m tests.e2e

lint: .venv/ready ## ruff, mypy --strict, import layers
	@echo "== ruff, mypy, import-linter"
	@$(BIN)/ruff format --check --quiet $(SOURCES) && $(BIN)/ruff check --quiet $(SOURCES)
	@$(BIN)/mypy --no-error-summary $(SOURCES)
	@$(BIN)/lint-imports --no-logo > .venv/lint-imports.log || { cat .venv/lint-imports.log; exit 1; }

fmt: .venv/ready ## Format the sources
	@$(BIN)/ruff check --quiet --fix-only $(SOURCES); $(BIN)/ruff format $(SOURCES)

generate: .venv/ready ## Write crds/, manifests/base/rbac.yaml, docs/api.md from the types, and the reasons that the plugin carries
	@$(BIN)/python -m model_operator.render && $(BIN)/python -m kubectl_sensormodel.advice

verify: .venv/ready ## Check that generated files are current
	@echo "== generated files"
	@$(BIN)/python -m model_operator.render --check && $(BIN)/python -m kubectl_sensormodel.advice --check

bench: .venv/ready ## Measure speed, memory and drift quality (ARGS=--quick for a short run)
	@$(BIN)/python -m bench $(ARGS)

bench-trainer: .venv/ready ## Measure the trainer: one Job, and with TELEMETRY=FOLDER of labelled channels its accuracy beside the paper's
	@$(BIN)/python -m bench --only trainer $(if $(TELEMETRY),--only accuracy --telemetry $(TELEMETRY)) $(ARGS)

bench-peer: .venv/ready ## The same beside a Go controller-runtime operator
	@$(BIN)/python -m bench --peer $(ARGS)

bench-peers: .venv/ready ## Time the drift check beside scipy, frouros, evidently, alibi-detect and nannyml (3 GB)
	@$(BIN)/python -m bench.peers $(ARGS)

cluster: .venv/ready ## Run the embedded Kubernetes in the foreground
	@$(BIN)/python -m localcluster up

lock: .venv/ready ## Resolve dependencies anew, with hashes
	@$(COMPILE) pyproject.toml --extra operator --extra trainer --extra cli --extra client --group dev -o requirements/dev.txt
	@for extra in operator trainer; do $(COMPILE) pyproject.toml --extra $$extra -c requirements/dev.txt -o requirements/$$extra.txt; done
	@$(COMPILE) --group audit -c requirements/dev.txt -o requirements/audit.txt
	@$(COMPILE) --group scan -o requirements/scan.txt
	@printf 'hatchling>=1.27\nuv\n' | $(COMPILE) - -c requirements/dev.txt -c requirements/uv.txt -o requirements/build.txt
	@echo "tensorflow[and-cuda]>=2.21,<2.22; sys_platform == 'linux'" | $(COMPILE) pyproject.toml - --extra trainer --no-emit-package tensorflow-cpu -c requirements/dev.txt -o requirements/trainer-gpu.txt
	@echo 'mlflow>=3.17,<3.18' | $(COMPILE) - -c requirements/dev.txt -o requirements/mlflow.txt

audit: .venv/audit/ready ## Ask PyPI for known weaknesses of what the images hold
	@for image in operator trainer mlflow; do .venv/audit/bin/pip-audit --require-hashes --disable-pip --strict -r requirements/$$image.txt || exit 1; done

sbom: .venv/audit/ready ## List what the images hold as CycloneDX: sbom/operator.json, sbom/trainer.json, sbom/mlflow.json
	@mkdir -p sbom
	@for image in operator trainer mlflow; do .venv/audit/bin/cyclonedx-py requirements --of JSON --output-reproducible -o sbom/$$image.json requirements/$$image.txt && echo sbom/$$image.json; done

clean: ## Remove the environment and what tools left behind
	@rm -rf .venv sbom .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache demo-report.html

# The environment: uv from a hash-locked line, everything else by uv from the hash-locked list, the project itself as an editable install.
.venv/ready: requirements/dev.txt requirements/uv.txt pyproject.toml
	@test -n "$(PYTHON)" || { echo "Python 3.11, 3.12 or 3.13 with venv is needed; set PYTHON=/path/to/python"; exit 1; }
	@echo "== environment .venv with $$($(PYTHON) --version) (about 2 GB, one to three minutes the first time)"
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv
	@test -x $(BIN)/uv || $(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/uv.txt
	@$(BIN)/uv pip install --quiet --require-hashes -r requirements/uv.txt -r requirements/dev.txt
	@$(BIN)/uv pip install --quiet --no-deps --no-build-isolation --editable .
	@touch $@

.venv/%/ready: .venv/ready requirements/%.txt
	@$(BIN)/uv venv --quiet --allow-existing --python $(BIN)/python .venv/$*
	@$(BIN)/uv pip install --quiet --python .venv/$* --require-hashes -r requirements/$*.txt
	@touch $@
