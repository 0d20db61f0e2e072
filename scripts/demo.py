"""Run notebooks/quickstart.ipynb against a real Jupyter server, as a person would, and show it.

``make demo`` calls this. The server, its runner and its kernel are real and private: they live in
a folder of their own that goes when the demo ends. The executed notebook stays in ``.cache/``.
"""

from __future__ import annotations

import argparse
import os
import shutil
import signal
import sys
import tempfile
import time
from pathlib import Path

import nbformat
from headless import CellFailed, HeadlessNotebook, code_cells, heading, plain_text, with_parameters
from private_server import PrivateServer, ServerFailed

REPOSITORY = Path(__file__).resolve().parents[1]
QUICKSTART = REPOSITORY / "notebooks" / "quickstart.ipynb"
EXECUTED = REPOSITORY / ".cache" / "quickstart.ipynb"


def main() -> int:
    """Run the demo; return its exit code."""
    table = input_file()
    began = time.monotonic()
    folder = Path(tempfile.mkdtemp(prefix="jobs-ext-"))
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        with PrivateServer(folder, root=QUICKSTART.parent) as server:
            say(f"A Jupyter server with jobs_ext runs at {server.url} (until the demo ends)")
            run(server, table)
    except (CellFailed, ServerFailed) as error:
        print(f"\nThe demo failed: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("\nStopped; nothing was left running.", file=sys.stderr)
        return 130
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    say(f"Done in {time.monotonic() - began:.0f} s. The executed notebook: {EXECUTED}")
    say("To do the same by hand in JupyterLab: make lab")
    return 0


def input_file() -> Path | None:
    """Return the table asked for by ``INPUT=…``; None means the quickstart's own."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--input", default=os.environ.get("INPUT"), help="a table of profiles")
    given = parser.parse_args().input
    if not given:
        return None
    if not Path(given).is_file():
        parser.exit(2, f"INPUT: there is no file {given}\n")
    return Path(given).resolve()


def run(server: PrivateServer, table: Path | None) -> None:
    """Run the cells one by one, showing what each says and how far its jobs are."""
    notebook = nbformat.read(QUICKSTART, as_version=4)
    if table is not None:
        notebook = with_parameters(notebook, {"profiles": str(table)})
    total = len(code_cells(notebook))
    with HeadlessNotebook(server.start_kernel(QUICKSTART.name), notebook) as running:
        for number, index in enumerate(code_cells(notebook), start=1):
            say(f"[{number}/{total}] {heading(notebook, index)}")
            with server.show_batches():
                running.execute(index)
            print(plain_text(notebook.cells[index]), end="", flush=True)
    EXECUTED.parent.mkdir(exist_ok=True)
    nbformat.write(notebook, EXECUTED)


def say(text: str) -> None:
    """Print a line that stands out."""
    print(f"\n\033[1m{text}\033[0m" if sys.stdout.isatty() else f"\n{text}", flush=True)


if __name__ == "__main__":
    sys.exit(main())
