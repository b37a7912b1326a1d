# waakvlam: `make demo` shows it, `make test` proves it, `make bench` measures it.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
# Processes that test side by side: they wait more than they compute.
WORKERS ?= 3

.PHONY: install dev demo demo-paging demo-region example-month docs dashboards test lint bench soak lock clean

install: $(VENV)/.installed  ## the product, from the hash-locked requirements

dev: $(VENV)/.dev  ## what the tests need besides

$(VENV)/.installed: requirements.txt pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

$(VENV)/.dev: $(VENV)/.installed requirements-dev.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-dev.txt
	@touch $@

demo: install
	$(BIN)/waakvlam demo

demo-paging: install  ## from a plug that is pulled to the mail in somebody's box, on a real Prometheus and Alertmanager
	$(BIN)/python -m waakvlam.demo_paging

demo-region: install  ## three sites in network namespaces, with a broker and agents, and every fault (needs root)
	$(BIN)/python -m waakvlam.demo_region

example-month: install  ## three made-up months on the example estate, to try every report on
	$(BIN)/python -m waakvlam.example_month build/example-month

lint: dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

test: dev
	bash tests/install_servers
	$(MAKE) lint
	$(BIN)/python -m pytest -rs --numprocesses=$(WORKERS) --dist=loadfile

$(VENV)/.bench: $(VENV)/.dev requirements-bench.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-bench.txt
	@touch $@

bench: $(VENV)/.bench
	bash bench/install_references
	$(BIN)/python -m bench

soak: dev
	$(BIN)/python -m pytest -m soak

docs: install  ## the pages that are generated
	$(BIN)/python -m waakvlam.documentation > docs/configuration.md
	$(BIN)/python -m dashboards.rules_documentation

dashboards: dev  ## what Grafana and Prometheus load
	$(BIN)/python -m dashboards.generate
	$(BIN)/waakvlam rules --config config/examples/ict-nml.yaml --output dashboards/rules
	$(BIN)/waakvlam alertmanager --config config/examples/ict-nml.yaml --year 2026 --output dashboards/alertmanager/ict-nml.yml

lock:  ## resolve the versions again (needs uv)
	uv pip compile pyproject.toml --extra build --universal --python-version 3.11 --generate-hashes \
	  --no-header --no-annotate --quiet --output-file requirements.txt
	uv pip compile pyproject.toml --extra build --extra dev --universal --python-version 3.11 --generate-hashes \
	  --no-header --no-annotate --quiet --constraint requirements.txt --output-file requirements-dev.txt
	uv pip compile pyproject.toml --extra bench --universal --python-version 3.11 --generate-hashes \
	  --no-header --no-annotate --quiet --constraint requirements.txt --output-file requirements-bench.txt

clean:
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .hypothesis build *.egg-info
