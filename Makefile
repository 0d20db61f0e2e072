# make demo   run the quickstart notebook against a real server and print what comes back
# make lab    the same by hand: JupyterLab with the quickstart open
# make test   everything that must hold: make check, then all tests
# make check  style, types, layers, docstrings; the front end's own checks
# make drills 200 rounds each of kill -9 and of SIGSTOP (an hour); ROUNDS=20 for fewer
# make fuzz   thousands of requests made from the API's document; CASES=20 of each operation, SEED=7
# make bench  every measurement as one table of ratios (an hour; BENCH='get idle' for some of them)
# make clean  remove the private environment and everything built
#
# Each sets up what it needs in .venv first. INPUT=FILE gives the demo another table of profiles.

PYTHON ?= python3
BIN := .venv/bin
FRONT := $(shell find labextension -type f -not -path '*/node_modules/*' -not -path '*/lib/*' \
           -not -path '*/tests/*' -not -name '*.tsbuildinfo')
BUILD := pyproject.toml hatch_build.py $(wildcard jupyter-config/*/*) $(FRONT)
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet install

.PHONY: demo lab test check drills fuzz bench clean

demo: .venv/.demo
	@$(BIN)/python scripts/demo.py

lab: .venv/.demo
	@cd notebooks && ../$(BIN)/jupyter lab --JobsExtension.data_dir='$(CURDIR)/.cache/lab' \
	  --LabApp.default_url=/lab/tree/quickstart.ipynb $(if $(filter 0,$(shell id -u)),--allow-root)

test: check
	@scripts/test.sh

check: .venv/.test
	@scripts/check.sh

drills: .venv/.test
	@$(BIN)/python -m tests.crash.drills --rounds $(or $(ROUNDS),200) $(if $(SEED),--seed $(SEED))
	@$(BIN)/python -m tests.crash.drills --rounds $(or $(ROUNDS),200) $(if $(SEED),--seed $(SEED)) \
	  --outside stopper

fuzz: .venv/.test
	@$(BIN)/python -m tests.api.fuzz --cases $(or $(CASES),200) $(if $(SEED),--seed $(SEED))

bench: .venv/.demo
	@$(BIN)/python benchmarks $(BENCH)

clean:
	rm -rf .venv .cache build dist labextension/node_modules labextension/lib \
	  jobs_ext/labextension jobs_ext/widgets/static

.venv/.python: scripts/make_venv.sh
	@scripts/make_venv.sh '$(PYTHON)' .venv
	@touch $@

.venv/.demo: .venv/.python $(BUILD)
	@echo "Setting up .venv (a minute or two the first time) …"
	@$(PIP) -e '.[lab,notebooks]'
	@touch $@

.venv/.test: .venv/.python $(BUILD)
	@echo "Setting up .venv for the tests (a few minutes the first time) …"
	@$(PIP) -e '.[test,check]'
	@touch $@ .venv/.demo
