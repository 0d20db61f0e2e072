#!/bin/sh
# Run all tests. Without a Chromium those in a browser are left out, and said to be; with CI=true
# that is a failure.
#
# Files of tests run side by side: one more at once than there are cores, since many of them wait.
set -eu
cd "$(dirname "$0")/.."
set -- --numprocesses "$(($(getconf _NPROCESSORS_ONLN) + 1))" --maxprocesses 8 --dist loadfile

if scripts/chromium.sh >/dev/null; then
  exec .venv/bin/python -m pytest "$@"
fi
if [ "${CI:-}" = true ]; then
  echo "In CI no test may be left out, and the browser tests need Chromium." >&2
  exit 1
fi
echo "LEFT OUT: the browser tests (tests/browser), which need Chromium." >&2
.venv/bin/python -m pytest "$@" -m "not browser"
echo "LEFT OUT: the browser tests (tests/browser), which need Chromium." >&2
