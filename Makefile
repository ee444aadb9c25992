# Releaf. "make" alone lists the targets.
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory

python := .venv/bin/python
# Every process of the service runs in UTC; business time zones are settings of accounts.
export TZ := UTC
# Images of containers set it; compiling every module again takes ten seconds a process.
unexport PYTHONDONTWRITEBYTECODE
yes = $(filter-out 0 no false,$(1))

.PHONY: help setup demo run dev shell test test-fast simulations check fix bench soak outage field hostile guide texts lock clean

help:  ## list the targets
	@echo 'make TARGET; settings are given as VARIABLE=value'
	@awk -F ':  ## ' '/^[a-z-]+:  ## / { printf "  make %-11s  %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

setup:  ## create the Python environment in .venv and install what is missing
	@deploy/setup

seeded = $(if $(call yes,$(RESET)),--reset) $(if $(MONTHS),--months '$(MONTHS)')

demo:  ## run the service with a year of sample data (RESET=1 creates it again, MONTHS=2, PORT=8001)
	@deploy/setup
	@exec $(python) -m deploy.services demo $(seeded)

run:  ## run the service on your own data in instance/ (PORT=8001)
	@deploy/setup
	@exec $(python) -m deploy.services run

dev:  ## run the demo with reload of code and templates (RESET=1, MONTHS=2, PORT=8001)
	@deploy/setup --dev
	@exec $(python) -m deploy.services dev $(seeded)

shell:  ## open Python with db and the models (RELEAF_INSTANCE=instance/demo for the demo)
	@deploy/setup --dev
	@exec $(python) -m flask --app wsgi shell

# One pytest process per core; the tests of a file stay together, for their fixtures. In the order
# of their names, so that the long ones, those of the browser, do not start last. For files that
# ARGS names, the start of several processes takes longer than the tests.
parallel := $(if $(findstring .py,$(ARGS)),,-n auto --dist loadfile --no-loadscope-reorder)
pytest := $(python) -m pytest $(parallel)

test:  ## run make check and the tests (K='word' selects by name, ARGS='tests/domain -x')
	@deploy/setup --tests
	@failed=0; \
	  $(if $(K)$(ARGS),,$(MAKE) check || failed=$$?;) \
	  $(pytest) -m 'not simulation' $(if $(K),-k '$(K)') $(ARGS) || failed=$$?; \
	  exit $$failed

# The slow tests of files that ARGS names are wanted.
slow := simulation$(if $(findstring .py,$(ARGS)),, or slow)
test-fast:  ## run the tests without browser, processes, PostgreSQL and slow ones (K, ARGS)
	@deploy/setup --dev
	@exec $(pytest) -q -m 'not (browser or processes or postgresql or $(slow))' \
	  $(if $(K),-k '$(K)') $(ARGS)

simulations:  ## simulate a year in seven more time zones, which make test leaves out (ARGS)
	@deploy/setup --dev
	@exec $(pytest) -m simulation $(ARGS)

djhtml := $(python) -m djhtml --tabwidth 2

check:  ## run ruff, djhtml, mypy --strict and the import rules
	@deploy/setup --dev
	@$(python) -m ruff check .
	@$(python) -m ruff format --check .
	@$(djhtml) --check templates
	@$(python) -m mypy
	@.venv/bin/lint-imports --no-logo

fix:  ## apply ruff's fixes and its format, and indent templates
	@deploy/setup --dev
	@$(python) -m ruff check --fix .
	@$(python) -m ruff format .
	@$(djhtml) templates

bench:  ## measure collection, certificates and pages against their floors
	@deploy/setup --tests
	@exec $(python) -m tests.bench $(ARGS)

soak:  ## simulate quarters with faults and 1,000 kills (SEEDS=20, ARGS='--first 7')
	@deploy/setup --tests
	@exec $(python) -m tests.soak $(if $(SEEDS),--seeds $(SEEDS)) $(ARGS)

outage:  ## take away what the service needs, under load (ARGS='--only PostgreSQL')
	@deploy/setup --tests
	@exec $(python) -m tests.outage $(ARGS)

field:  ## compare metering of a noisy fleet with an oracle (SEEDS=3, PRINTERS=5000, NIGHTS=25)
	@deploy/setup --dev
	@exec $(python) -m tests.field $(if $(SEEDS),--seeds $(SEEDS)) $(if $(PRINTERS),--printers $(PRINTERS)) \
	  $(if $(NIGHTS),--nights $(NIGHTS)) $(ARGS)

hostile:  ## send 52,000 hostile requests to every route in every role (ARGS='--seed 7')
	@deploy/setup --tests
	@exec $(python) -m tests.hostile $(ARGS)

guide:  ## take the screenshots of the setup guide again
	@deploy/setup --tests
	@TAKE_PICTURES=yes $(python) -m pytest -q tests/browser/test_guide.py

texts:  ## update the translation catalogues from code and templates
	@deploy/setup --dev
	@deploy/texts

lock:  ## resolve deploy/requirements*.in again (UPGRADE=1 takes new versions)
	@deploy/lock $(if $(call yes,$(UPGRADE)),--upgrade)

clean:  ## remove what setup and tests created; the data in instance/ is kept
	@rm -rf .venv static/vendor deploy/assets/node_modules build *.egg-info test-output \
	  .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +
