"""What ``import jobs_ext`` costs beside ``import requests``, and what it must not pull in."""

from __future__ import annotations

import subprocess
import sys

from measured import Measure, compare, compile_ours

HEAVY = ("pandas", "tornado", "sqlalchemy", "ipywidgets", "cloudpickle", "jupyter_server")
TIMED = "import time; start = time.perf_counter(); import {}; print(time.perf_counter() - start)"


def importing(module: str) -> Measure:
    """Return what measures the import of `module` in a new interpreter, in seconds."""
    return lambda: float(run(TIMED.format(module)))


def run(code: str) -> str:
    """Return what a new interpreter prints."""
    command = [sys.executable, "-c", code]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def main() -> int:
    """Print the comparison; return 1 when it is over the limit or something heavy was loaded."""
    loaded = run(f"import sys, jobs_ext; print(*(m for m in {HEAVY} if m in sys.modules))").split()
    if loaded:
        print(f"import jobs_ext also loads {', '.join(loaded)}")
        return 1
    for module in ("jobs_ext", "requests"):  # so that neither is read from a cold disk
        run(f"import {module}")
    compile_ours()
    names = ("import jobs_ext", "import requests")
    return compare(*map(importing, ("jobs_ext", "requests")), names, limit=1.5, runs=15)


if __name__ == "__main__":
    sys.exit(main())
