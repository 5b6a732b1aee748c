# setup: .venv with the command; demo: the whole pipeline on a real network; test: as CI runs it; lint: style and types;
# docs: the documentation as a site in build/site; dist: wheel and source archive in dist, tried out in a fresh environment.
.PHONY: setup setup-test tools demo test lint typecheck docs dist clean

PYTHON := .venv/bin/python

setup:
	@scripts/setup.sh

setup-test:
	@scripts/setup.sh test

tools:
	@scripts/tools.sh

demo: setup
	@scripts/tools.sh || true
	@$(PYTHON) examples/digits/demo.py

test: setup-test
	@scripts/tools.sh || true
	@$(PYTHON) -m pytest --numprocesses=logical --dist=worksteal

lint: setup-test typecheck
	@$(PYTHON) -m ruff check .
	@$(PYTHON) -m ruff format --check .
	@if command -v clang-format >/dev/null; then clang-format --dry-run --Werror $$(git ls-files 'firmware/*.c' 'firmware/*.h'); \
	else echo "clang-format is not installed: C style unchecked"; fi
	@if command -v cppcheck >/dev/null; then scripts/cppcheck.sh; else echo "cppcheck is not installed: C unchecked"; fi

# The repository root is the package: mypy sees it under the package's name through a link.
typecheck: setup-test
	@mkdir -p .cache/typing && ln -sfn ../.. .cache/typing/bitwright
	@cd .cache/typing && ../../.venv/bin/mypy bitwright

# Strict: a warning, a broken link among them, is an error.
docs: setup-test
	@NO_MKDOCS_2_WARNING=1 $(PYTHON) -m mkdocs build --strict

dist: setup-test
	@scripts/tools.sh || true
	@scripts/dist.sh

clean:
	rm -rf .venv .cache build dist *.egg-info
