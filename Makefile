# make check   what must hold before a commit: style, types, imports, the default tests
# make all     the same with every test: slow ones, in a terminal, over the archives
# make ci      what CI runs, from a clean copy: make all, the wheel, the installed program
# make coverage   how much of the pure packages the tests cover
# make site    the documentation as a site, in build/site
# make pictures   the two pictures of the README, anew
# make bench   figures beside their baselines (docs/testing.md)

PYTHON ?= python3
BIN := .venv/bin

# pytest keeps the rewritten asserts of test files as bytecode: seconds of every later run.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: check all style types imports test ci coverage site pictures bench

check: style types imports test

all: style types imports
	CI=true $(BIN)/pytest -m ""

style: .venv/installed
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: .venv/installed
	$(BIN)/mypy

imports: .venv/installed
	$(BIN)/lint-imports

test: .venv/installed
	$(BIN)/pytest

ci:
	.ci/run

coverage: .venv/installed
	$(BIN)/python -m tools.coverage

site: .venv/installed
	$(BIN)/pip install --quiet --editable '.[site]'
	$(BIN)/python -m tools.make_site

pictures: .venv/installed
	$(BIN)/python -m tools.make_tour
	$(BIN)/python -m tools.make_article

bench: .venv/installed
	$(BIN)/python -m benchmarks

.venv/installed: pyproject.toml
	$(PYTHON) -m venv .venv
	$(BIN)/pip install --quiet --editable '.[dev]'
	touch $@
