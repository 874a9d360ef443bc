PYTHON ?= python3
BIN := .venv/bin

.PHONY: demo test check install exiftool clean

demo: install  ## the whole way on a drawn sample: draw, train, evaluate, tag
	$(BIN)/tagonaut demo

# Tests of one file share what they have trained: they go to one process.
test: install check  ## everything that has to hold
	$(BIN)/pytest -n logical --maxprocesses 4 --dist loadfile

check: install  ## style, types, layers
	$(BIN)/ruff format --check
	$(BIN)/ruff check
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python checks/layout.py
	$(BIN)/python checks/dependencies.py

install: exiftool .venv/installed  ## a working .venv/bin/tagonaut, with all that the tests need

.venv/installed: pyproject.toml samples/pyproject.toml constraints.txt
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed: make PYTHON=python3.12")'
	$(PYTHON) -m venv .venv
	$(BIN)/pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[dev]' -e ./samples
	touch $@

exiftool:
	@command -v exiftool >/dev/null || if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
	    apt-get update -qq && apt-get install -y -qq libimage-exiftool-perl >/dev/null; \
	else \
	    echo 'ExifTool is needed. Install it with'; \
	    if command -v brew >/dev/null; then echo '    brew install exiftool'; \
	    else echo '    sudo apt-get install -y libimage-exiftool-perl'; fi; \
	    exit 1; \
	fi

clean:
	rm -rf .venv build .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis
