# `make demo`, `make quick` and `make test`. Each sets up what it needs; a second run reuses it.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PEER := $(VENV)/peer
SERVICES := $(VENV)/services
PYTEST := $(BIN)/pytest --numprocesses logical --maxprocesses 8 --dist loadfile --no-loadscope-reorder --doctest-modules src tests
export PIP_DISABLE_PIP_VERSION_CHECK := 1

.PHONY: demo quick test check tests some-tests browser services nginx figures statistics peers reproduction attacks clean

demo: $(VENV)/demo.stamp  ## audit a random forest on digits; write runs/demo/report.html
	$(BIN)/mlleaks demo

quick: $(VENV)/test.stamp  ## the checks and, beside them, all tests that are fast
	$(MAKE) --jobs 2 --output-sync check some-tests

test:  ## everything that CI checks; the prediction servers are installed beside the checks
	$(MAKE) --jobs 2 --output-sync check services
	$(MAKE) tests

$(VENV)/pyvenv.cfg:
	$(PYTHON) -m venv $(VENV)

$(VENV)/demo.stamp: $(VENV)/pyvenv.cfg pyproject.toml
	$(BIN)/pip install -q -e '.[skops]'
	touch $@

$(VENV)/test.stamp: $(VENV)/demo.stamp
	$(BIN)/pip install -q -e '.[all,dev]'
	touch $@

check: $(VENV)/test.stamp
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python tools/generated.py --check
	$(BIN)/python tools/vocabulary.py

tests: $(VENV)/test.stamp browser services
	$(PYTEST) --cov --cov-report=term

some-tests: $(VENV)/test.stamp
	$(PYTEST) -m "not slow and not browser and not service"

browser:  ## the browser tests want chromium; install it where apt and root are at hand
	@command -v chromium >/dev/null || { [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null && \
	  apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -qq -y chromium >/dev/null; } || \
	  echo "no chromium: the browser tests are skipped"

services: $(SERVICES)/mlserver-mlflow.stamp $(SERVICES)/bentoml-kserve-ray.stamp nginx  ## the prediction servers that tests start

$(SERVICES)/%.stamp: tests/services/requirements-%.txt  ## MLServer and KServe want different FastAPIs
	@rm -rf $(SERVICES)/$*; $(PYTHON) -m venv $(SERVICES)/$* && \
	  $(SERVICES)/$*/bin/pip install -q --no-compile -r $< && touch $@ || \
	  { rm -rf $(SERVICES)/$*; echo "$* cannot be installed: the tests of these servers are skipped"; }

nginx:  ## the tests of services want nginx; install it where apt and root are at hand
	@command -v nginx >/dev/null || { [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null && \
	  apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -qq -y nginx-light >/dev/null; } || \
	  echo "no nginx: its tests are skipped"

figures: $(VENV)/test.stamp  ## measure again what the docs state (minutes; wants the data sets)
	$(BIN)/python benchmarks/startup.py
	$(BIN)/python benchmarks/shadow_cost.py
	$(BIN)/python benchmarks/million.py
	OMP_NUM_THREADS=1 $(BIN)/python benchmarks/evaluating.py
	$(BIN)/python benchmarks/coverage.py
	OMP_NUM_THREADS=1 $(BIN)/python benchmarks/epsilon.py
	$(BIN)/python benchmarks/clean_audits.py
	$(BIN)/python benchmarks/simultaneous.py
	$(BIN)/python benchmarks/protocol.py
	$(BIN)/python benchmarks/schedules.py
	$(BIN)/python benchmarks/precision.py
	OMP_NUM_THREADS=1 $(BIN)/python benchmarks/sparse.py
	$(BIN)/python benchmarks/defend.py
	$(BIN)/python benchmarks/shadows.py
	$(BIN)/python benchmarks/shadows_chart.py
	$(BIN)/python benchmarks/audit_shadows.py
	$(BIN)/python benchmarks/advice.py
	$(BIN)/python benchmarks/null_audits.py
	$(BIN)/python benchmarks/neighbour.py
	$(BIN)/python benchmarks/kill.py
	OMP_NUM_THREADS=1 $(BIN)/python benchmarks/reference_attacks.py
	OMP_NUM_THREADS=1 $(BIN)/python benchmarks/selfcheck.py
	OMP_NUM_THREADS=1 $(BIN)/python benchmarks/reference_size.py
	OMP_NUM_THREADS=1 $(BIN)/python benchmarks/loss_trace.py
	OMP_NUM_THREADS=1 $(BIN)/python benchmarks/surrogates.py
	OMP_NUM_THREADS=1 $(BIN)/python benchmarks/lira_queries.py

statistics: $(VENV)/test.stamp  ## measure error rates and coverage again (hours; goes on where it stopped)
	OMP_NUM_THREADS=1 $(BIN)/python benchmarks/joint_test.py
	OMP_NUM_THREADS=1 $(BIN)/python benchmarks/over_seeds.py
	OMP_NUM_THREADS=1 $(BIN)/python benchmarks/blind_check.py
	OMP_NUM_THREADS=1 $(BIN)/python benchmarks/null_reference_audits.py
	OMP_NUM_THREADS=1 $(BIN)/python benchmarks/people.py
	OMP_NUM_THREADS=1 $(BIN)/python benchmarks/naming.py
	OMP_NUM_THREADS=1 $(BIN)/python benchmarks/naming_choice.py
	OMP_NUM_THREADS=1 $(BIN)/python benchmarks/canaries.py
	OMP_NUM_THREADS=1 $(BIN)/python benchmarks/outcomes.py
	OMP_NUM_THREADS=1 $(BIN)/python benchmarks/shift.py

peers: $(VENV)/test.stamp $(PEER)/art.stamp  ## our attacks beside another tool's, which gets an environment of its own (minutes)
	OMP_NUM_THREADS=1 $(BIN)/python benchmarks/peers.py --peer-python $(PEER)/bin/python

$(PEER)/art.stamp:
	$(PYTHON) -m venv $(PEER)
	$(PEER)/bin/pip install -q adversarial-robustness-toolbox==1.20.1 'torch>=2.6,<2.14' packaging
	touch $@

reproduction: $(VENV)/test.stamp  ## run the paper's studies in full and put what is found into the docs (hours)
	$(BIN)/python benchmarks/reproduction.py

attacks: $(VENV)/test.stamp  ## compare all attacks on eleven cases (hours; goes on where it stopped)
	$(BIN)/python benchmarks/attacks.py

clean:
	rm -rf $(VENV) runs
