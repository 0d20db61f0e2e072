#!/bin/sh
# Style, types, layers and docstrings of the Python code, then the front end's own checks.
set -eu
cd "$(dirname "$0")/.."
PATH="$PWD/.venv/bin:$PATH"
export PATH

ruff check
ruff format --check
mypy
lint-imports --no-logo
interrogate jobs_ext
python scripts/npm.py run lint
python scripts/npm.py run test
