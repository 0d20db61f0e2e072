"""Run a notebook of notebooks/ against a real Jupyter server, as a person would, and show it.

``make demo`` calls this for the quickstart. The server, its runner and its kernel are real and
private: they live in a folder of their own that goes when the demo ends. The executed notebook
stays in ``.cache/``.
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
NOTEBOOKS = REPOSITORY / "notebooks"
EXECUTED = REPOSITORY / ".cache"


def main() -> int:
    """Run the demo; return its exit code."""
    given = arguments()
    began = time.monotonic()
    folder = Path(tempfile.mkdtemp(prefix="jobs-ext-"))
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        with PrivateServer(folder, root=NOTEBOOKS) as server:
            say(f"A Jupyter server with jobs_ext runs at {server.url} (until the demo ends)")
            run(server, given.notebook, given.input)
    except (CellFailed, ServerFailed) as error:
        print(f"\nThe demo failed: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("\nStopped; nothing was left running.", file=sys.stderr)
        return 130
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    executed = EXECUTED / given.notebook
    say(f"Done in {time.monotonic() - began:.0f} s. The executed notebook: {executed}")
    say("To do the same by hand in JupyterLab: make lab")
    return 0


def arguments() -> argparse.Namespace:
    """Return the notebook to run, and the table for it by ``INPUT=…``; None means its own."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("notebook", nargs="?", default="quickstart.ipynb")
    parser.add_argument("--input", default=os.environ.get("INPUT"), help="a table of profiles")
    given = parser.parse_args()
    if not (NOTEBOOKS / given.notebook).is_file():
        parser.exit(2, f"there is no notebook {given.notebook} in {NOTEBOOKS}\n")
    given.input = Path(given.input).resolve() if given.input else None
    if given.input and not given.input.is_file():
        parser.exit(2, f"INPUT: there is no file {given.input}\n")
    return given


def run(server: PrivateServer, name: str, table: Path | None) -> None:
    """Run the cells one by one, showing what each says and how far its jobs are."""
    notebook = nbformat.read(NOTEBOOKS / name, as_version=4)
    if table is not None:
        notebook = with_parameters(notebook, {"profiles": str(table)})
    total = len(code_cells(notebook))
    with HeadlessNotebook(server.start_kernel(name), notebook) as running:
        for number, index in enumerate(code_cells(notebook), start=1):
            say(f"[{number}/{total}] {heading(notebook, index)}")
            with server.show_batches():
                running.execute(index)
            print(plain_text(notebook.cells[index]), end="", flush=True)
    EXECUTED.mkdir(exist_ok=True)
    nbformat.write(notebook, EXECUTED / name)


def say(text: str) -> None:
    """Print a line that stands out."""
    print(f"\n\033[1m{text}\033[0m" if sys.stdout.isatty() else f"\n{text}", flush=True)


if __name__ == "__main__":
    sys.exit(main())
