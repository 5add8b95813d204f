# Two commands do everything on a fresh machine: `make demo` and `make test`.
# The newest Python that answers: a version manager's shim can stand for one that is not active.
PYTHON ?= $(shell for name in python3.14 python3.13 python3.12 python3.11; do \
	"$$name" -c '' 2>/dev/null && echo "$$name" && exit; done; echo python3)
BIN := .venv/bin
STAMP := .venv/.ready
# On every core; who is done first takes tests from the other, and what a module shares is seldom made twice.
PARALLEL := --numprocesses logical --maxprocesses 8 --dist worksteal

.PHONY: help setup demo docs check test test-clients test-local soak simulate bench bench-gateway clean

help:  ## Show this list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 14

setup: $(STAMP)  ## Make .venv with everything a developer needs

$(STAMP): pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "dragoman needs Python 3.11 or newer; say which with PYTHON=/path/to/python3" or 0)'
	$(PYTHON) -m venv .venv
	$(BIN)/pip install --quiet --upgrade pip
	$(BIN)/pip install --quiet --editable '.[cli,gateway,dev]'
	@touch $@

demo: setup  ## The main job: one question, two providers, every way of asking (offline unless keys are set)
	$(BIN)/python examples/demo.py

docs: setup  ## Make the tables in docs/ anew from the code
	$(BIN)/python scripts/update_docs.py

check: setup  ## Format, lint, types
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/pyright

test: setup  ## All tests that need nothing foreign
	$(BIN)/python -m pytest $(PARALLEL) -m 'not clients and not soak and not local'

test-clients: setup  ## The official SDKs against our emulator and our gateway, each in its own environment under .clients
	$(BIN)/python scripts/client_environments.py
	DRAGOMAN_CLIENTS_REQUIRED=1 $(BIN)/python -m pytest $(PARALLEL) -m clients tests/clients --junitxml=.clients/results.xml -o junit_family=xunit1
	$(BIN)/python scripts/gateway_client_results.py
	.clients/anthropic_codec/bin/python -m pytest -m clients tests/dialects/anthropic_messages/test_official_sdk.py
	.clients/boto3/bin/python -m pytest -m clients tests/transport/test_event_stream.py tests/providers/auth/test_aws_signature.py
	.clients/litellm/bin/python -m pytest -W ignore -m clients tests/providers/test_litellm.py
	.clients/vertex/bin/python -m pytest -m clients tests/providers/auth/test_google.py

test-local: setup  ## Models inside the process, in an environment of their own under .local; writes the result into docs/
	$(BIN)/python scripts/local_environment.py
	.local/bin/python -m pytest -m local tests/local --junitxml=.local/results.xml -o junit_family=xunit1
	.local/bin/python scripts/local_results.py

soak: setup  ## The long tests: fuzzing and a hostile server, each for DRAGOMAN_SOAK_SECONDS (60)
	$(BIN)/python -m pytest -m soak --timeout 3600

simulate: setup  ## What a router does among failing targets, on virtual time; writes docs/routing-simulations.md
	$(BIN)/python -m tests.routing.simulation

bench: setup  ## CPU cost beside the peers, in one run (makes their environments under PEERS_DIR: 10 minutes, 2 GB)
	bash bench/run.sh

bench-gateway: setup  ## CPU cost of gateways beside ours, in one run (makes their environments; Portkey needs npm)
	bash bench/run.sh --gateway

clean:  ## Remove what `setup`, `test-clients` and the tools made
	rm -rf .venv .clients .local .pytest_cache .ruff_cache .hypothesis dist
