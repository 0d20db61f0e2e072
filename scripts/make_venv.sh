#!/bin/sh
# Make a private Python environment: make_venv.sh PYTHON FOLDER
set -eu
python=$1 folder=$2

if ! command -v "$python" >/dev/null 2>&1; then
  echo "jobs_ext needs Python 3.11 or newer, and there is no '$python' here." >&2
  echo "Install it, or name another one: make PYTHON=/path/to/python3.12" >&2
  exit 1
fi
if ! "$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))'; then
  echo "jobs_ext needs Python 3.11 or newer; '$python' is $("$python" -V 2>&1)." >&2
  echo "Name another one: make PYTHON=/path/to/python3.12" >&2
  exit 1
fi
if ! "$python" -c 'import venv, ensurepip' 2>/dev/null; then
  echo "'$python' can't make virtual environments: its venv module is missing." >&2
  echo "On Debian and Ubuntu it comes with: apt-get install python3-venv" >&2
  exit 1
fi
exec "$python" -m venv "$folder"
